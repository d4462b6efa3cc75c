//! Outbound webhooks: addresses of others (n8n, Zapier, Make, one's own program) that are told what happens to leads.
//!
//! What happens is heard and written down in the transaction in which it happens ([`listen`]), so no crash loses an
//! event. One job for each outbound webhook then sends what waits, a few at a time, signed after Standard Webhooks
//! ([`send`], [`sign`]). At least once: a crash between the request and its record sends it again under the same
//! `webhook-id`, by which receivers know a repeat.
//!
//! Events of one lead are sent one after the other; one that keeps failing holds up those after it for about half an
//! hour and is overtaken then. Events of different leads may overtake each other.

mod event;
mod http;
mod listen;
mod payload;
mod purge;
mod send;
mod sign;
mod store;

pub use event::EventType;
pub use http::router;
pub use listen::listeners;
pub use purge::{hold_restored, purger};
pub use send::HANDLER;
pub use store::erase;

use crate::auth::{Caller, check_name};
use crate::leads::LeadId;
use crate::platform::events::Event;
use crate::platform::ids::{WorkspaceId, id};
use crate::platform::jobs::{self, Queue};
use crate::platform::outbound::host_of;
use crate::platform::secret::Vault;
use crate::platform::{Error, FieldError, Result, Time, Tx};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::NewDelivery;
use utoipa::ToSchema;

id!(
    /// An outbound webhook.
    OutboundWebhookId
);
id!(
    /// One event for one outbound webhook; after `msg_`, the `webhook-id` that the receiver gets.
    OutboundDeliveryId
);

/// Most outbound webhooks of one workspace.
const MOST: usize = 50;
/// The longest address, in characters.
const LONGEST_URL: usize = 2_000;

/// What a person sets of an outbound webhook.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Its name, 1 to 200 characters.
    pub name: String,
    /// Where events are sent.
    pub url: String,
    /// Which ones.
    pub events: Vec<EventType>,
    /// Whether they are.
    pub is_active: bool,
}

/// Why an outbound webhook was switched off by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OutboundWebhookOff)]
pub enum OffReason {
    /// The receiver answered 410 Gone.
    Gone,
    /// Nothing came through for three days.
    Failing,
    /// The data was restored without the key that opens its secret: rotate the secret, then switch it on.
    SecretLost,
    /// The data was restored from a backup: whoever runs that installation decides whether this one sends.
    Restored,
}

impl OffReason {
    const ALL: [Self; 4] = [Self::Gone, Self::Failing, Self::SecretLost, Self::Restored];

    const fn name(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Failing => "failing",
            Self::SecretLost => "secret_lost",
            Self::Restored => "restored",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == text)
    }
}

/// An outbound webhook as it stands.
#[derive(Debug, Clone)]
pub struct OutboundWebhook {
    /// Its id.
    pub id: OutboundWebhookId,
    /// What a person sets.
    pub settings: Settings,
    /// Why and when it was switched off by itself.
    pub off: Option<(OffReason, Time)>,
    /// Since when nothing comes through.
    pub failing_since: Option<Time>,
    /// When an event came through last.
    pub delivered_at: Option<Time>,
    /// Until when the former secret signs too.
    pub former_until: Option<Time>,
    /// Grows with each change by a person, and when it is switched off.
    pub version: i64,
    /// When it was made.
    pub created_at: Time,
    /// When it was changed last.
    pub updated_at: Time,
    number: i64,
    workspace: WorkspaceId,
    secret_sealed: Vec<u8>,
    former_sealed: Option<Vec<u8>>,
    failures: i64,
    rests_until: Option<Time>,
}

/// How an event stands for one outbound webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = OutboundDeliveryStatus)]
pub enum State {
    /// For its first or its next try.
    Waiting,
    /// Answered with 2xx.
    Delivered,
    /// Given up.
    Failed,
}

impl State {
    const ALL: [Self; 3] = [Self::Waiting, Self::Delivered, Self::Failed];

    const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

impl std::str::FromStr for State {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|state| state.name() == text).ok_or(())
    }
}

/// One event for one outbound webhook.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OutboundDelivery)]
pub struct Delivery {
    pub id: OutboundDeliveryId,
    /// The `webhook-id` header: the same for each try and each replay.
    #[schema(example = "msg_0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e10")]
    pub webhook_id: String,
    #[schema(example = "lead.created")]
    pub r#type: String,
    pub lead_id: Option<LeadId>,
    /// How the lead is called now.
    #[schema(example = "Grace Hopper")]
    pub lead_name: Option<String>,
    pub status: State,
    /// How often it was tried.
    #[schema(example = 1)]
    pub tries: u32,
    /// When it happened.
    pub happened_at: Time,
    /// When it was tried last.
    pub tried_at: Option<Time>,
    /// When it is tried next; null once it is delivered or given up.
    pub next_try_at: Option<Time>,
    /// The HTTP status of the last answer.
    #[schema(example = 200)]
    pub response_status: Option<u16>,
    /// How long the answer took.
    #[schema(example = 84)]
    pub duration_ms: Option<i64>,
    /// The beginning of the last answer.
    #[schema(example = "ok")]
    pub response_body: Option<String>,
    /// Why there was none.
    pub error: Option<String>,
    /// When somebody had it sent again.
    pub replayed_at: Option<Time>,
    #[serde(skip)]
    seq: i64,
}

/// The workspace's outbound webhooks, oldest first.
pub fn list(db: &Connection, workspace: WorkspaceId) -> Result<Vec<OutboundWebhook>> {
    store::list(db, workspace)
}

/// One outbound webhook of the workspace.
pub fn get(
    db: &Connection,
    workspace: WorkspaceId,
    id: OutboundWebhookId,
) -> Result<OutboundWebhook> {
    store::find(db, workspace, id)?.ok_or(Error::NotFound("outbound webhook"))
}

/// Makes an outbound webhook; answers it with its secret, which is shown this once.
///
/// # Errors
/// 422 with each setting at fault.
pub fn create(
    tx: &Tx,
    by: &Caller,
    vault: &Vault,
    settings: Settings,
) -> Result<(OutboundWebhook, String)> {
    let settings = checked(settings)?;
    if store::list(tx, by.workspace)?.len() >= MOST {
        let message = format!("A workspace has at most {MOST} outbound webhooks.");
        return Err(Error::Conflict("too_many_outbound_webhooks", message));
    }
    let id = OutboundWebhookId::fresh(tx.now());
    let (secret, sealed) = sign::fresh(vault, id)?;
    store::insert(tx, by.workspace, id, &settings, &sealed)?;
    announce(tx, by.workspace, id);
    Ok((get(tx, by.workspace, id)?, secret))
}

/// Changes what a person sets. Switched on again, it forgets its failures and sends what waits; switched off, it
/// hears of nothing, and what waits stays.
///
/// # Errors
/// 404, or 422 with each setting at fault.
pub fn update(
    tx: &Tx,
    by: &Caller,
    id: OutboundWebhookId,
    settings: Settings,
) -> Result<OutboundWebhook> {
    let settings = checked(settings)?;
    let before = get(tx, by.workspace, id)?;
    store::update(tx, before.number, &settings)?;
    if settings.is_active && !before.settings.is_active {
        store::set_health(tx, before.number, &store::Health::default())?;
        jobs::ensure(tx, send::KIND, id.0, Queue::Outbound, tx.now())?;
    }
    announce(tx, by.workspace, id);
    get(tx, by.workspace, id)
}

/// Gives an outbound webhook another secret; the former one signs too for a day.
///
/// # Errors
/// 404.
pub fn rotate(
    tx: &Tx,
    by: &Caller,
    vault: &Vault,
    id: OutboundWebhookId,
) -> Result<(OutboundWebhook, String)> {
    let before = get(tx, by.workspace, id)?;
    let (secret, sealed) = sign::fresh(vault, id)?;
    store::set_secret(tx, &before, &sealed, tx.now().plus_days(sign::OVERLAP_DAYS))?;
    announce(tx, by.workspace, id);
    Ok((get(tx, by.workspace, id)?, secret))
}

/// Removes an outbound webhook, with its log and what waits.
///
/// # Errors
/// 404.
pub fn delete(tx: &Tx, by: &Caller, id: OutboundWebhookId) -> Result<()> {
    let found = get(tx, by.workspace, id)?;
    jobs::cancel(tx, send::KIND, id.0)?;
    store::hide(tx, found.number)?;
    announce(tx, by.workspace, id);
    Ok(())
}

/// Sends an example of an event, about the newest lead or a made-up one. Goes the way of any other.
///
/// # Errors
/// 404, or 409 while it is switched off.
pub fn test(tx: &Tx, by: &Caller, id: OutboundWebhookId, event: EventType) -> Result<Delivery> {
    let hook = get(tx, by.workspace, id)?;
    must_be_on(&hook)?;
    let detail = json!({"actor": by.actor, "test": true}).to_string();
    let new = NewDelivery { webhook: hook.number, event: event.name(), lead: None, message: None };
    let made = store::insert_delivery(tx, &new, &detail)?;
    send_soon(tx, &hook)?;
    store::delivery(tx, hook.number, made)
}

/// Sends an event again, with the same body under the same `webhook-id`.
///
/// # Errors
/// 404, or 409 while the outbound webhook is switched off.
pub fn replay(
    tx: &Tx,
    by: &Caller,
    id: OutboundWebhookId,
    delivery: OutboundDeliveryId,
) -> Result<Delivery> {
    let hook = get(tx, by.workspace, id)?;
    must_be_on(&hook)?;
    let found = store::delivery(tx, hook.number, delivery)?;
    store::requeue(tx, &found)?;
    send_soon(tx, &hook)?;
    store::delivery(tx, hook.number, delivery)
}

fn must_be_on(hook: &OutboundWebhook) -> Result<()> {
    if hook.settings.is_active {
        return Ok(());
    }
    let message = "This outbound webhook is switched off; switch it on first.".into();
    Err(Error::Conflict("switched_off", message))
}

/// Somebody waits for it, so a rest after failures ends.
fn send_soon(tx: &Tx, hook: &OutboundWebhook) -> Result<()> {
    store::wake(tx, hook.number)?;
    announce(tx, hook.workspace, hook.id);
    jobs::ensure(tx, send::KIND, hook.id.0, Queue::Outbound, tx.now())
}

/// Tells open pages that an outbound webhook, or its log, changed.
fn announce(tx: &Tx, workspace: WorkspaceId, id: OutboundWebhookId) {
    tx.publish(Event::new(workspace, "webhook.outbound", &json!({"outboundWebhookId": id})));
}

fn checked(mut settings: Settings) -> Result<Settings> {
    let mut faults = Vec::new();
    match check_name("name", &settings.name, 200) {
        Ok(name) => settings.name = name,
        Err(Error::Invalid(fields)) => faults.extend(fields),
        Err(error) => return Err(error),
    }
    settings.url = settings.url.trim().to_owned();
    if settings.url.chars().count() > LONGEST_URL {
        faults.push(FieldError::new("url", "too_long", "At most 2,000 characters."));
    } else if host_of(&settings.url).is_none() {
        let message =
            "Write it as https://example.com/hooks/leads, without a name or password in it.";
        faults.push(FieldError::new("url", "invalid_url", message));
    }
    if settings.events.is_empty() {
        faults.push(FieldError::new("events", "required", "Choose at least one event."));
    }
    if faults.is_empty() { Ok(settings) } else { Err(Error::Invalid(faults)) }
}
