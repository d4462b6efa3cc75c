//! Campaigns: one approved template to one audience, now or at a time, at a rate, with quiet hours.
//!
//! Starting a campaign changes its state and notes where its audience ends; a job ([`feed`]) walks the members, works
//! out each one's message outside the writer, and writes it down: recipient, message and how far the walk has come in
//! one transaction. So a restart neither repeats nor skips anybody. It writes only a little ahead of what the rate
//! and the sender take; the ledger of messages does the rest and tells back what became of each ([`outcome`]).

mod check;
mod compose;
mod edit;
mod feed;
mod http;
mod list;
pub mod mapping;
mod moment;
mod outcome;
mod past;
mod preview;
mod purge;
mod recipients;
mod state;
mod store;
mod trial;
mod words;
mod write;

pub use edit::{Desk, create, delete, duplicate, update};
pub use feed::HANDLER;
pub use http::router;
pub use list::{Filter, list};
pub use outcome::{TELLER, on_lead_merged, on_moved, on_suppressed};
pub use past::send_whole;
pub use preview::{Preview, preview};
pub use purge::{erase, hold_restored, purger};
pub use recipients::{Outcome, RecipientRow, recipients};
pub use state::{cancel, pause, resume, schedule, send};
pub use trial::{Trial, trial};

use super::audiences::AudienceId;
use crate::auth::{Actor, Caller};
use crate::messaging::Channel;
use crate::messaging::templates::TemplateId;
use crate::platform::events::Event;
use crate::platform::ids::{WorkspaceId, id};
use crate::platform::{Error, Result, Time, Tx};
use mapping::Mapping;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;
use uuid::Uuid;

id!(
    /// A campaign.
    CampaignId
);

/// The most campaigns of one workspace.
const MOST: u64 = 10_000;

/// Where a campaign stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = CampaignStatus)]
pub enum Status {
    /// Being written.
    Draft,
    /// Starts by itself at its time.
    Scheduled,
    /// Under way.
    Sending,
    /// Held, by a person or by itself.
    Paused,
    /// Everybody was come to, and nothing is on its way any more.
    Completed,
    /// Ended by a person.
    Cancelled,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Draft,
        Self::Scheduled,
        Self::Sending,
        Self::Paused,
        Self::Completed,
        Self::Cancelled,
    ];

    /// Its name in the API and the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Scheduled => "scheduled",
            Self::Sending => "sending",
            Self::Paused => "paused",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl std::str::FromStr for Status {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|status| status.name() == text).ok_or(())
    }
}

/// When nothing is sent: from one time of day to another, over midnight if need be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = CampaignQuietHours)]
pub struct QuietHours {
    /// Hours and minutes.
    #[schema(example = "21:00")]
    pub from: String,
    /// Hours and minutes; what was held back is sent then.
    #[schema(example = "08:00")]
    pub to: String,
    /// Whose time it is.
    pub time_zone: ZoneOf,
}

/// Whose time counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = CampaignTimeZone)]
pub enum ZoneOf {
    /// The workspace's.
    Workspace,
    /// The recipient's, by the country of the phone number; the workspace's where that is not known.
    Recipient,
}

/// What a person sets of a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What people call it.
    pub name: String,
    /// How it is sent.
    pub channel: Channel,
    /// What it says.
    pub template: Option<TemplateId>,
    /// Who gets it.
    pub audience: Option<AudienceId>,
    /// What the template's variables stand for.
    pub mapping: Mapping,
    /// When it starts by itself.
    pub scheduled_at: Option<Time>,
    /// The most messages in a minute; `None` for as many as the channel takes.
    pub rate_per_minute: Option<u32>,
    /// When nothing is sent.
    pub quiet_hours: Option<QuietHours>,
}

/// How far a campaign has come. `sent` holds those that were delivered, and `delivered` those that were read, so
/// `total` is `remaining` + `waiting` + `pending` + `sent` + `failed` + `skipped`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CampaignStats)]
pub struct Stats {
    /// How many members the audience had when it started; null until they are counted.
    #[schema(example = 120)]
    pub total: Option<u64>,
    /// Not come to yet.
    #[schema(example = 20)]
    pub remaining: Option<u64>,
    /// Wait for the end of quiet hours.
    #[schema(example = 0)]
    pub waiting: u64,
    /// On their way to the provider.
    #[schema(example = 4)]
    pub pending: u64,
    /// The provider has taken them.
    #[schema(example = 90)]
    pub sent: u64,
    /// They arrived.
    #[schema(example = 80)]
    pub delivered: u64,
    /// Somebody read them.
    #[schema(example = 35)]
    pub read: u64,
    /// They did not arrive and will not.
    #[schema(example = 2)]
    pub failed: u64,
    /// Got none, for a reason.
    #[schema(example = 4)]
    pub skipped: u64,
    /// The same by reason: `no_address`, `suppressed`, `duplicate_address`, `outside_window`, `render_failed`,
    /// `not_found`, `cancelled`, `withdrawn`, `error`.
    #[schema(example = json!({"no_address": 3, "suppressed": 1}))]
    pub skipped_by: BTreeMap<String, u64>,
    /// Wanted no more messages after this one.
    #[schema(example = 1)]
    pub unsubscribed: u64,
}

/// A campaign as it stands.
#[derive(Debug, Clone)]
pub struct Campaign {
    /// Its id.
    pub id: CampaignId,
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// What a person set.
    pub settings: Settings,
    /// The name of its template.
    pub template_name: Option<String>,
    /// The name of its audience.
    pub audience_name: Option<String>,
    /// Where it stands.
    pub status: Status,
    /// Why it was paused by itself.
    pub reason: Option<String>,
    /// How far it has come.
    pub stats: Stats,
    /// Quiet hours hold it back until then.
    pub held_until: Option<Time>,
    /// Who had it sent.
    pub actor: Option<Actor>,
    /// Grows with each change of what a person sets, and of its status.
    pub version: i64,
    /// When it was made.
    pub created_at: Time,
    /// When it was changed last.
    pub updated_at: Time,
    /// When it started.
    pub started_at: Option<Time>,
    /// When it was completed or cancelled.
    pub ended_at: Option<Time>,
    base_url: Option<String>,
    provider: Option<String>,
    template_version: Option<i64>,
    walk: Walk,
    seq: i64,
}

/// How far the walk has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Walk {
    after: i64,
    upto: i64,
    is_walked: bool,
    /// In microseconds.
    next_at: i64,
}

/// One campaign of the workspace.
///
/// # Errors
/// 404.
pub fn get(db: &Connection, workspace: WorkspaceId, id: CampaignId) -> Result<Campaign> {
    store::find(db, id)?
        .filter(|campaign| campaign.workspace == workspace)
        .ok_or(Error::NotFound("campaign"))
}

/// The names of campaigns, also of deleted ones.
pub fn names(
    db: &Connection,
    workspace: WorkspaceId,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, String>> {
    store::names(db, workspace, ids)
}

/// The names of the campaigns that write to an audience, or will: scheduled, under way, or paused.
pub fn writing_to(
    db: &Connection,
    workspace: WorkspaceId,
    audience: AudienceId,
) -> Result<Vec<String>> {
    store::writing_to(db, workspace, audience)
}

/// Tells open pages that a campaign is another than before.
fn announce(tx: &Tx, workspace: WorkspaceId, id: CampaignId) {
    tx.publish(Event::new(workspace, "campaign.changed", &json!({"campaignId": id})));
}

impl Campaign {
    /// Who sends it: nobody waits for it, so it may do what its sender might.
    fn sender(&self, default_country: &str) -> Caller {
        let system = Caller::system(self.workspace, default_country);
        let actor = self.actor.clone().unwrap_or_else(|| system.actor.clone());
        Caller { actor, ..system }
    }
}
