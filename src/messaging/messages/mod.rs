//! Messages: one row for each message to one recipient, whatever made it, and the ledger that hands it over.
//!
//! The intent is committed before the provider is called, the outcome after it, and the call happens outside
//! any transaction (`send.rs`). So a crash leaves one of three things: a message that waits and is sent, one
//! whose outcome stands, or one that was being handed over. The last is looked up where the provider can be
//! asked, and else shown as unknown; it is never sent again by itself.

mod carrier;
mod erase;
mod hold;
mod letter;
mod list;
mod message;
mod moves;
mod outcomes;
mod pace;
mod purge;
mod record;
mod restored;
mod search;
mod send;
mod store;
mod tally;

pub use erase::{Erased, Whose, erase, forget_heard, tell_all, tidy_index};
pub use hold::{hold, release, stop};
pub use letter::{Letter, Refusal, letter};
pub use list::{Filter, list};
pub use message::{Message, Moved, Origin, Skipped, State, Status};
pub use moves::{count_of_lead, follow_lead, forgetter, hand_back, hand_over, leave_lead};
pub use outcomes::outcomes;
pub use purge::{purge, withdraw, withdraw_of_run};
pub use record::{Report, record};
pub use restored::hold_restored;
pub use send::HANDLER;
pub use store::{Brief, belong_to, briefs, find, heard, last_heard};
pub use tally::{
    Count, Counted, Counter, Series, begin_of, counts, on_skipped, on_suppressed, quarter_of,
};

use super::templates::{Rendered, TemplateId};
use super::{Address, Channel, MessageId, Recipient};
use crate::activity;
use crate::auth::Caller;
use crate::platform::events::Event;
use crate::platform::ids::WorkspaceId;
use crate::platform::{Error, Result, Time, Tx, jobs, secret};
use data_encoding::BASE64URL_NOPAD;
use rusqlite::Connection;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use uuid::Uuid;

/// The kind of a message's job.
const KIND: &str = "message";
/// More messages than this made at once are told to open pages as one event.
const MANY: usize = 50;
/// What carries a channel until somebody sets a provider: nothing leaves the machine.
pub const SANDBOX: &str = "sandbox";

/// The code of a message of which nobody knows whether it was sent.
pub const OUTCOME_UNKNOWN: &str = "outcome_unknown";

/// The code of a message that was taken back before it was sent.
pub const WITHDRAWN: &str = "withdrawn";

/// Which message is meant.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    /// By our id.
    Id(MessageId),
    /// By a provider's name and its id there.
    Provider(&'a str, &'a str),
}

/// The id of a message to be, and the secret by which its recipient unsubscribes: both stand in its text, so
/// they are there before it.
#[derive(Debug, Clone, Copy)]
pub struct Ticket {
    /// The id.
    pub id: MessageId,
    token: [u8; 16],
}

impl Ticket {
    /// A fresh one.
    pub fn fresh(now: Time) -> Result<Self> {
        Ok(Self { id: MessageId::fresh(now), token: secret::random()? })
    }

    /// Where its recipient unsubscribes, under this installation's address.
    pub fn unsubscribe_url(&self, base: &str) -> String {
        unsubscribe_url(base, self.id, &self.token)
    }
}

fn unsubscribe_url(base: &str, id: MessageId, token: &[u8; 16]) -> String {
    let token = BASE64URL_NOPAD.encode(&[id.0.as_bytes().as_slice(), token].concat());
    format!("{base}/unsubscribe/{token}")
}

/// The message that an unsubscribe token stands for; `None` for one that we did not write.
pub fn by_token(db: &Connection, token: &str) -> Result<Option<Message>> {
    use subtle::ConstantTimeEq;
    let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).unwrap_or_default();
    let Some((id, token)) = bytes.split_first_chunk::<16>() else { return Ok(None) };
    let id = MessageId(Uuid::from_bytes(*id));
    let Some((workspace, kept)) = store::token(db, id)? else { return Ok(None) };
    if !bool::from(kept.as_slice().ct_eq(token)) {
        return Ok(None);
    }
    find(db, workspace, Which::Id(id))
}

/// A message to be sent.
#[derive(Debug, Clone)]
pub struct NewMessage<'a> {
    /// Its id and token.
    pub ticket: Ticket,
    /// What makes it.
    pub origin: Origin,
    /// What it travels by.
    pub channel: Channel,
    /// To whom.
    pub recipient: &'a Recipient,
    /// Where that is.
    pub address: Address,
    /// What it says.
    pub rendered: Rendered,
    /// The template that it was made from, and its version.
    pub template: Option<(TemplateId, i64)>,
    /// The campaign that makes it.
    pub campaign: Option<Uuid>,
    /// The automation that makes it.
    pub automation: Option<Uuid>,
    /// The run of it.
    pub run: Option<Uuid>,
    /// From when it may be handed over; `None` is at once.
    pub due_at: Option<Time>,
}

impl NewMessage<'_> {
    fn series(&self, provider: &str) -> Series {
        Series {
            channel: self.channel,
            origin: Some(self.origin),
            source: self.campaign.or(self.automation),
            provider: provider.to_owned(),
        }
    }
}

/// The name of what carries a channel now.
pub fn provider(db: &Connection, workspace: WorkspaceId, channel: Channel) -> Result<String> {
    carrier::provider(db, workspace, channel)
}

/// Writes messages and has them sent. A campaign tells open pages itself, of many at a time.
pub fn create(tx: &Tx, by: &Caller, new: Vec<NewMessage>) -> Result<Vec<MessageId>> {
    let is_many = new.len() > MANY;
    let is_of_campaign = new.iter().all(|message| message.campaign.is_some());
    let mut ids = Vec::with_capacity(new.len());
    let mut providers: HashMap<Channel, String> = HashMap::new();
    let mut made: HashMap<Series, i64> = HashMap::new();
    for message in new {
        let provider = match providers.entry(message.channel) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                place.insert(carrier::provider(tx, by.workspace, message.channel)?)
            }
        };
        store::insert(tx, by, provider, &message)?;
        *made.entry(message.series(provider)).or_default() += 1;
        let id = message.ticket.id;
        let due_at = message.due_at.unwrap_or(tx.now());
        jobs::schedule(tx, KIND, id.0, message.channel.queue(), due_at)?;
        if !is_many && message.campaign.is_none() {
            let lead = message.recipient.lead;
            let told = told(id, lead, message.channel, message.origin, Status::Pending, None);
            tx.publish(Event::new(by.workspace, "message.created", &told));
        }
        ids.push(id);
    }
    tally::made(tx, by.workspace, made)?;
    if is_many && !is_of_campaign {
        let data = json!({"count": ids.len(), "by": by.actor});
        tx.publish(Event::new(by.workspace, "messages.changed", &data));
    }
    Ok(ids)
}

/// Whether WhatsApp takes nothing but templates at an address now: nobody has written from it for a day. The
/// sandbox takes everything.
pub fn is_outside_window(
    db: &Connection,
    workspace: WorkspaceId,
    channel: Channel,
    address_key: &str,
    now: Time,
) -> Result<bool> {
    if channel != Channel::Whatsapp || carrier::provider(db, workspace, channel)? == SANDBOX {
        return Ok(false);
    }
    let heard = last_heard(db, workspace, channel, address_key)?;
    Ok(heard.is_none_or(|heard| heard.plus_days(1) <= now))
}

/// One message of the workspace.
///
/// # Errors
/// 404.
pub fn get(db: &Connection, workspace: WorkspaceId, id: MessageId) -> Result<Message> {
    find(db, workspace, Which::Id(id))?.ok_or(Error::NotFound("message"))
}

/// Sends a failed message once more, because a person wants it.
///
/// # Errors
/// 404, or 409 for a message that has not failed.
pub fn retry(tx: &Tx, by: &Caller, id: MessageId) -> Result<Message> {
    let message = get(tx, by.workspace, id)?;
    if message.status != Status::Failed || message.state != State::Settled {
        let text = "Only a message that has failed can be sent again.".into();
        return Err(Error::Conflict("not_failed", text));
    }
    if message.address_key.is_empty() {
        let text = "The person whom this message was for is erased.".into();
        return Err(Error::Conflict("erased", text));
    }
    let provider = carrier::provider(tx, by.workspace, message.channel)?;
    store::queue_again(tx, &message, &provider)?;
    jobs::schedule(tx, KIND, id.0, message.channel.queue(), tx.now())?;
    let again = get(tx, by.workspace, id)?;
    tell(tx, message.status, &again)?;
    Ok(again)
}

/// Lets happen by hand what a provider would report of a message that the sandbox carried.
///
/// # Errors
/// 404, or 409 for a message that is with a real provider or was not sent.
pub fn simulate(tx: &Tx, by: &Caller, id: MessageId, status: Status) -> Result<Message> {
    let message = get(tx, by.workspace, id)?;
    if message.provider != SANDBOX || message.state != State::Settled || message.sent_at.is_none() {
        let text = "Only a message that the sandbox has sent can be simulated.".into();
        return Err(Error::Conflict("not_sandbox", text));
    }
    let is_failure = status == Status::Failed;
    let report = Report {
        status,
        at: tx.now(),
        code: is_failure.then(|| "simulated".into()),
        message: is_failure.then(|| "This failure was simulated by hand.".into()),
    };
    record(tx, by.workspace, Which::Id(id), report)?;
    get(tx, by.workspace, id)
}

/// What open pages are told of a message.
fn told(
    id: MessageId,
    lead: Option<Uuid>,
    channel: Channel,
    origin: Origin,
    status: Status,
    error_code: Option<&str>,
) -> Value {
    json!({
        "messageId": id, "leadId": lead, "channel": channel, "origin": origin, "status": status,
        "errorCode": error_code,
    })
}

/// Tells that a message stands otherwise than before: the parts above, and open pages.
fn tell(tx: &Tx, before: Status, message: &Message) -> Result<()> {
    announce(tx, message);
    tx.tell(&Moved {
        workspace: message.workspace,
        id: message.id,
        lead: message.lead,
        campaign: message.campaign,
        run: message.run,
        channel: message.channel,
        address: message.address.clone(),
        before,
        status: message.status,
        error_code: message.error_code.clone(),
        error_message: message.error_message.clone(),
    })
}

/// Tells open pages that there is more to be seen of a message than how it stands.
pub(in crate::messaging) fn show(tx: &Tx, workspace: WorkspaceId, id: MessageId) -> Result<()> {
    if let Some(message) = find(tx, workspace, Which::Id(id))? {
        announce(tx, &message);
    }
    Ok(())
}

/// Tells open pages how a message stands. Those of a campaign are too many to be told of one by one: it tells of
/// them together.
fn announce(tx: &Tx, message: &Message) {
    if message.campaign.is_some() {
        return;
    }
    let Message { id, lead, channel, origin, status, .. } = message;
    let told = told(*id, *lead, *channel, *origin, *status, message.error_code.as_deref());
    tx.publish(Event::new(message.workspace, "message.updated", &told));
}

/// Writes an entry about a message on the lead's timeline. An automation writes its own.
fn note(tx: &Tx, message: &Message, kind: &str, mut detail: Value) -> Result<()> {
    let Some(lead) = message.lead.filter(|_| message.origin != Origin::Automation) else {
        return Ok(());
    };
    if let Some(detail) = detail.as_object_mut() {
        detail.insert("messageId".into(), json!(message.id));
        detail.insert("channel".into(), json!(message.channel));
        detail.insert("to".into(), json!(message.address));
        detail.insert("origin".into(), json!(message.origin));
    }
    let system = Caller::system(message.workspace, "").actor;
    activity::record(tx, lead, kind, message.actor.as_ref().unwrap_or(&system), &detail)
}
