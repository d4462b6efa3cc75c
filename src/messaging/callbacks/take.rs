//! Writes what a callback tells, in one transaction. Everything here bears repeats and any order.

use super::super::messages::{self, Message, Which};
use super::super::{Channel, MessageId, suppression, templates};
use super::news::{Consent, EventKind, Fate, News, Reference, Reply, Report, TemplateNews, Wish};
use super::{Replied, machine, store};
use crate::auth::Caller;
use crate::platform::events::Event;
use crate::platform::{Result, Tx};
use serde_json::json;

/// The longest reply that a timeline shows, in characters: WhatsApp's limit.
const LONGEST: usize = 4_096;

/// Where news come from.
#[derive(Debug, Clone, Copy)]
pub struct Source {
    /// The channel that is reported on.
    pub channel: Channel,
    /// What carries it, as messages name it.
    pub provider: &'static str,
}

/// Writes what a callback tells.
pub(super) fn take(tx: &Tx, by: &Caller, source: &Source, news: &[News]) -> Result<()> {
    let mut unknown = 0;
    for piece in news {
        match piece {
            News::Report(told) => {
                if !report(tx, by, source, told)? {
                    unknown += 1;
                }
            }
            News::Reply(told) => reply(tx, by, source, told)?,
            News::Consent(told) => consent(tx, by, source.channel, told)?,
            News::Template(told) => template(tx, by, source.channel, told)?,
        }
    }
    store::count(tx, by.workspace, source.channel, unknown)
}

/// False when the message is not ours.
fn report(tx: &Tx, by: &Caller, source: &Source, told: &Report) -> Result<bool> {
    let Some(message) = find(tx, by, source, &told.message)? else { return Ok(false) };
    let mut fate = told.fate.clone();
    let at = told.at.unwrap_or(tx.now());
    if let Some(event) = &told.event {
        let is_engagement = matches!(event.kind, EventKind::Opened | EventKind::Clicked);
        let arrived = message.delivered_at.or(message.sent_at);
        let is_machine = is_engagement && machine::is_machine(event, at, arrived);
        store::insert_event(tx, message.id, event, at, is_machine)?;
        if is_engagement && !is_machine {
            fate = Some(Fate::Read);
        }
    }
    if let Some(fate) = fate {
        // A provider's clock may be ahead of ours; what it tells has happened all the same.
        let at = at.min(tx.now());
        messages::record(tx, by.workspace, Which::Id(message.id), fate.at(at))?;
    }
    if let Some(reason) = told.suppress {
        suppression::add(tx, by, source.channel, &message.address, reason, Some(message.id))?;
    }
    if told.event.is_some() {
        messages::show(tx, by.workspace, message.id)?;
    }
    Ok(true)
}

/// The message that is meant. Our own id is looked at first: it is known from the start, while the provider's
/// is stored only after its answer, which a callback may overtake.
fn find(tx: &Tx, by: &Caller, source: &Source, told: &Reference) -> Result<Option<Message>> {
    let ours = told.ours.map(|id| Which::Id(MessageId(id)));
    let theirs = told.theirs.as_deref().map(|id| Which::Provider(source.provider, id));
    for which in ours.into_iter().chain(theirs) {
        let found = messages::find(tx, by.workspace, which)?;
        if let Some(message) = found.filter(|message| message.channel == source.channel) {
            return Ok(Some(message));
        }
    }
    Ok(None)
}

/// A reply that was taken before changes nothing.
fn reply(tx: &Tx, by: &Caller, source: &Source, told: &Reply) -> Result<()> {
    if !store::insert_reply(tx, by.workspace, source.provider, told)? {
        return Ok(());
    }
    let at = told.at.unwrap_or(tx.now()).min(tx.now());
    let channel = source.channel;
    messages::heard(tx, by.workspace, channel, &told.from, at)?;
    match told.wish {
        Some(Wish::Stop) => {
            suppression::add(tx, by, channel, &told.from, suppression::Reason::Stop, None)?;
        }
        Some(Wish::Start) => suppression::lift_stop(tx, by, channel, &told.from)?,
        None => {}
    }
    let text: String = told.text.replace('\0', "").chars().take(LONGEST).collect();
    let entry = json!({"channel": channel, "from": told.from, "text": text});
    tx.publish(Event::new(by.workspace, "message.received", &entry));
    tx.tell(&Replied { by: by.clone(), from: told.from.clone(), entry })?;
    Ok(())
}

fn consent(tx: &Tx, by: &Caller, channel: Channel, told: &Consent) -> Result<()> {
    match told.wish {
        Wish::Stop => suppression::add(tx, by, channel, &told.address, told.reason, None),
        Wish::Start => suppression::lift_stop(tx, by, channel, &told.address),
    }
}

fn template(tx: &Tx, by: &Caller, channel: Channel, told: &TemplateNews) -> Result<()> {
    let language = told.language.as_deref();
    let which = (told.name.as_str(), language);
    templates::decide(tx, by.workspace, channel, which, told.status, told.note.as_deref())
}
