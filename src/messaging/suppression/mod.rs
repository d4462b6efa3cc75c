//! Addresses that must not be messaged, each for a reason. They are matched by their normalised form, on the
//! channel that the reason came by.

mod store;

pub use store::{Filter, each_key, list};

use super::messages::{self, Which};
use super::{Address, Channel, MessageId};
use crate::activity;
use crate::auth::{Actor, Caller};
use crate::platform::events::Event;
use crate::platform::ids::{WorkspaceId, id};
use crate::platform::{Error, Result, Time, Tx};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

id!(
    /// An address that must not be messaged.
    SuppressionId
);

/// Why an address must not be messaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SuppressionReason)]
pub enum Reason {
    /// Its owner followed the link in an e-mail.
    Unsubscribe,
    /// Its owner answered with STOP or the like.
    Stop,
    /// There is no such address, or never will be an answer from it.
    HardBounce,
    /// Its owner called a message spam.
    Complaint,
    /// Somebody of the workspace wants it so.
    Manual,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Unsubscribe, Self::Stop, Self::HardBounce, Self::Complaint, Self::Manual];

    /// Its name in the API and the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unsubscribe => "unsubscribe",
            Self::Stop => "stop",
            Self::HardBounce => "hard_bounce",
            Self::Complaint => "complaint",
            Self::Manual => "manual",
        }
    }

    /// For people, as the reason why a message was not sent.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Unsubscribe => "This address has unsubscribed.",
            Self::Stop => "This number has answered STOP.",
            Self::HardBounce => "Messages to this address come back for good.",
            Self::Complaint => "The owner of this address called a message spam.",
            Self::Manual => "Somebody of the workspace has suppressed this address.",
        }
    }

    /// Whether its owner wants it so, which outweighs every other reason.
    pub const fn is_wish(self) -> bool {
        matches!(self, Self::Unsubscribe | Self::Stop | Self::Complaint)
    }
}

impl std::str::FromStr for Reason {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|reason| reason.name() == text).ok_or(())
    }
}

/// An address that must not be messaged.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Suppression {
    /// Its id.
    pub id: SuppressionId,
    /// On which channel.
    pub channel: Channel,
    /// The address.
    #[schema(example = "grace@example.com")]
    pub address: String,
    /// Why.
    pub reason: Reason,
    /// What somebody noted.
    pub note: Option<String>,
    /// Who did it; null when it came by itself.
    pub by: Option<Actor>,
    /// The message that it came by.
    pub message_id: Option<MessageId>,
    /// Since when.
    pub created_at: Time,
}

/// The notice that an address must not be messaged from now on.
#[derive(Debug, Clone)]
pub struct Added {
    /// In which workspace.
    pub workspace: WorkspaceId,
    /// On which channel.
    pub channel: Channel,
    /// The address, as it is matched.
    pub address_key: String,
    /// Why.
    pub reason: Reason,
    /// The message that it came by.
    pub message: Option<MessageId>,
}

/// Why an address must not be messaged; `None` when it may.
pub fn reason(
    db: &Connection,
    workspace: WorkspaceId,
    channel: Channel,
    address_key: &str,
) -> Result<Option<Reason>> {
    Ok(store::find(db, workspace, channel, address_key)?.map(|found| found.reason))
}

/// Suppresses an address that a provider or its owner told of. One that is suppressed already stays so; its
/// owner's wish takes the place of any other reason.
pub fn add(
    tx: &Tx,
    by: &Caller,
    channel: Channel,
    address: &str,
    reason: Reason,
    message: Option<MessageId>,
) -> Result<()> {
    let Some(address) = Address::of(channel, address, &by.default_country) else { return Ok(()) };
    put(tx, by, (channel, &address), reason, message, None).map(drop)
}

/// Suppresses an address because somebody of the workspace wants it so.
///
/// # Errors
/// 422 for what is no address of the channel.
pub fn add_by_hand(
    tx: &Tx,
    by: &Caller,
    channel: Channel,
    address: &str,
    note: Option<String>,
) -> Result<Suppression> {
    let address = Address::of(channel, address, &by.default_country).ok_or_else(|| {
        let message = if channel.is_by_phone() {
            "Write a phone number with its country code."
        } else {
            "This is not an e-mail address."
        };
        Error::invalid("address", "invalid_address", message)
    })?;
    if note.as_deref().is_some_and(|note| note.chars().count() > 500) {
        return Err(Error::invalid("note", "too_long", "At most 500 characters."));
    }
    put(tx, by, (channel, &address), Reason::Manual, None, note)
}

fn put(
    tx: &Tx,
    by: &Caller,
    (channel, address): (Channel, &Address),
    reason: Reason,
    message: Option<MessageId>,
    note: Option<String>,
) -> Result<Suppression> {
    let known = store::find(tx, by.workspace, channel, &address.key)?;
    if let Some(known) = &known
        && (known.reason.is_wish() || !reason.is_wish())
    {
        return Ok(known.clone());
    }
    let suppression = Suppression {
        id: known.map_or_else(|| SuppressionId::fresh(tx.now()), |known| known.id),
        channel,
        address: address.to.clone(),
        reason,
        note,
        by: by.user.is_some().then(|| by.actor.clone()),
        message_id: message,
        created_at: tx.now(),
    };
    store::put(tx, by.workspace, &address.key, &suppression)?;
    tell_lead(tx, by, &suppression)?;
    announce(tx, by.workspace, &suppression);
    let workspace = by.workspace;
    tx.tell(&Added { workspace, channel, address_key: address.key.clone(), reason, message })?;
    Ok(suppression)
}

/// The owner of an address is erased: it is suppressed from now on, and of the address only a hash is kept.
pub fn seal(tx: &Tx, by: &Caller, channel: Channel, address_key: &str) -> Result<()> {
    let known = match store::find(tx, by.workspace, channel, address_key)? {
        Some(known) => known,
        None => {
            let new = Suppression {
                id: SuppressionId::fresh(tx.now()),
                channel,
                address: address_key.to_owned(),
                reason: Reason::Manual,
                note: None,
                by: by.user.is_some().then(|| by.actor.clone()),
                message_id: None,
                created_at: tx.now(),
            };
            store::put(tx, by.workspace, address_key, &new)?;
            new
        }
    };
    store::seal(tx, by.workspace, known.id, channel, address_key)?;
    announce(tx, by.workspace, &known);
    Ok(())
}

/// All that is known of a suppressed address.
pub fn find(
    db: &Connection,
    workspace: WorkspaceId,
    channel: Channel,
    address_key: &str,
) -> Result<Option<Suppression>> {
    store::find(db, workspace, channel, address_key)
}

/// Writes it on the timeline of the lead whose message it came by.
fn tell_lead(tx: &Tx, by: &Caller, suppression: &Suppression) -> Result<()> {
    let Some(message) = suppression.message_id else { return Ok(()) };
    let Some(message) = messages::find(tx, by.workspace, Which::Id(message))? else {
        return Ok(());
    };
    let Some(lead) = message.lead else { return Ok(()) };
    let detail = json!({
        "channel": suppression.channel, "address": suppression.address, "reason": suppression.reason,
        "messageId": message.id,
    });
    activity::record(tx, lead, "address_suppressed", &by.actor, &detail)
}

/// The owner of an address wants messages again: takes back what they had wished by an answer.
pub fn lift_stop(tx: &Tx, by: &Caller, channel: Channel, address: &str) -> Result<()> {
    let Some(address) = Address::of(channel, address, &by.default_country) else { return Ok(()) };
    let Some(known) = store::find(tx, by.workspace, channel, &address.key)? else { return Ok(()) };
    if known.reason == Reason::Stop {
        store::delete(tx, by.workspace, known.id)?;
        announce(tx, by.workspace, &known);
    }
    Ok(())
}

/// Lets an address be messaged again.
///
/// # Errors
/// 404.
pub fn remove(tx: &Tx, by: &Caller, id: SuppressionId) -> Result<()> {
    let known = store::get(tx, by.workspace, id)?.ok_or(Error::NotFound("suppression"))?;
    store::delete(tx, by.workspace, id)?;
    announce(tx, by.workspace, &known);
    Ok(())
}

/// Tells open pages that an address is suppressed, or is no more.
fn announce(tx: &Tx, workspace: WorkspaceId, suppression: &Suppression) {
    let data = json!({"suppressionId": suppression.id, "channel": suppression.channel});
    tx.publish(Event::new(workspace, "suppression.changed", &data));
}
