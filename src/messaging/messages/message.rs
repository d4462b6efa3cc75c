//! What a message is.

use crate::auth::Actor;
use crate::messaging::templates::TemplateId;
use crate::messaging::{Channel, MessageId};
use crate::platform::Time;
use crate::platform::ids::WorkspaceId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What made a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MessageOrigin)]
pub enum Origin {
    /// Somebody wrote to leads.
    QuickSend,
    /// A step of an automation.
    Automation,
    /// A campaign.
    Campaign,
}

impl Origin {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::QuickSend, Self::Automation, Self::Campaign];

    /// Its name in the API and the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::QuickSend => "quick_send",
            Self::Automation => "automation",
            Self::Campaign => "campaign",
        }
    }
}

impl std::str::FromStr for Origin {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|origin| origin.name() == text).ok_or(())
    }
}

/// How far a message has come. Later ones are greater; a failure stands apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = MessageStatus)]
pub enum Status {
    /// Not with the provider yet.
    Pending,
    /// The provider has it.
    Sent,
    /// It arrived.
    Delivered,
    /// Somebody read it.
    Read,
    /// It did not arrive and will not.
    Failed,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Pending, Self::Sent, Self::Delivered, Self::Read, Self::Failed];

    /// Its name in the API and the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed => "failed",
        }
    }
}

impl std::str::FromStr for Status {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|status| status.name() == text).ok_or(())
    }
}

/// Where the ledger stands with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Waits for its turn.
    Queued,
    /// Is being handed over.
    Sending,
    /// Was being handed over when the program ended: to be looked up.
    Uncertain,
    /// The ledger is done with it.
    Settled,
}

impl State {
    pub(super) const ALL: [Self; 4] = [Self::Queued, Self::Sending, Self::Uncertain, Self::Settled];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Uncertain => "uncertain",
            Self::Settled => "settled",
        }
    }
}

/// A message as it stands.
#[derive(Debug, Clone)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// The workspace that sends it.
    pub workspace: WorkspaceId,
    /// What made it.
    pub origin: Origin,
    /// What it travels by.
    pub channel: Channel,
    /// How far it has come.
    pub status: Status,
    /// Where the ledger stands with it.
    pub state: State,
    /// What carries it.
    pub provider: String,
    /// Its id there.
    pub provider_message_id: Option<String>,
    /// Where it goes, as the provider takes it.
    pub address: String,
    /// What the address is matched by.
    pub address_key: String,
    /// The lead.
    pub lead: Option<Uuid>,
    /// The contact.
    pub contact: Option<Uuid>,
    /// The campaign that made it.
    pub campaign: Option<Uuid>,
    /// The automation that made it.
    pub automation: Option<Uuid>,
    /// The run of it.
    pub run: Option<Uuid>,
    /// The template that it was made from.
    pub template: Option<TemplateId>,
    /// And its version.
    pub template_version: Option<i64>,
    /// Why it failed, for programs.
    pub error_code: Option<String>,
    /// Why it failed, for people.
    pub error_message: Option<String>,
    /// How often it was handed over.
    pub tries: u32,
    /// When it was made.
    pub created_at: Time,
    /// When the provider took it.
    pub sent_at: Option<Time>,
    /// When it arrived.
    pub delivered_at: Option<Time>,
    /// When it was read.
    pub read_at: Option<Time>,
    /// When it failed.
    pub failed_at: Option<Time>,
    /// Grows with each change.
    pub version: i64,
    /// Who had it sent.
    pub actor: Option<Actor>,
    /// The recipient's name at that time.
    pub recipient_name: Option<String>,
    /// Of an e-mail.
    pub subject: Option<String>,
    /// The text.
    pub body: String,
    /// The HTML part of an e-mail; lists leave it out.
    pub html: Option<String>,
    /// When the ledger began its last hand-over.
    pub(super) sending_at: Option<Time>,
    /// The moment that the channel's pace gave it.
    pub(super) slot_at: Option<Time>,
    pub(super) seq: i64,
}

/// The notice that a message stands otherwise than before.
#[derive(Debug, Clone)]
pub struct Moved {
    /// The workspace that sends it.
    pub workspace: WorkspaceId,
    /// Which message.
    pub id: MessageId,
    /// The lead.
    pub lead: Option<Uuid>,
    /// The campaign that made it.
    pub campaign: Option<Uuid>,
    /// The run of an automation that made it.
    pub run: Option<Uuid>,
    /// What it travels by.
    pub channel: Channel,
    /// Where it goes.
    pub address: String,
    /// How far it had come.
    pub before: Status,
    /// How far it has come.
    pub status: Status,
    /// Why it failed, for programs.
    pub error_code: Option<String>,
    /// Why it failed, for people.
    pub error_message: Option<String>,
}

/// The notice that somebody who should have got a message gets none: told by whoever made up their mind, in the
/// transaction that keeps it.
#[derive(Debug, Clone)]
pub struct Skipped {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// What would have made the message.
    pub origin: Origin,
    /// The campaign or automation that would have.
    pub source: Option<Uuid>,
    /// What it would have travelled by.
    pub channel: Channel,
    /// Why there is none, for programs.
    pub reason: &'static str,
}
