//! A letter: what a text says to one recipient, and where it goes; or why it cannot be sent. Read only, whatever it
//! is for: a quick send, an automation, a preview, a rehearsal.

use super::{NewMessage, Origin, Ticket, is_outside_window};
use crate::auth::Caller;
use crate::messaging::suppression::{self, Reason};
use crate::messaging::templates::{Compiled, Rendered, TemplateId};
use crate::messaging::{Address, Channel, Recipient};
use crate::platform::{Result, Time};
use rusqlite::Connection;
use uuid::Uuid;

/// A message to be.
#[derive(Debug, Clone)]
pub struct Letter {
    /// Its id, and the secret of its unsubscribe link.
    pub ticket: Ticket,
    /// What makes it.
    pub origin: Origin,
    /// How it travels.
    pub channel: Channel,
    /// Where to.
    pub address: Address,
    /// What it says.
    pub rendered: Rendered,
}

/// Why there is no letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There is no address that the channel reaches.
    NoAddress,
    /// The address must not be messaged.
    Suppressed(Reason),
    /// The text cannot be filled, and why, in a sentence.
    RenderFailed(String),
    /// WhatsApp takes nothing but templates now.
    OutsideWindow,
}

/// Writes what a text says to somebody. `base` is this installation's address, for links.
pub fn letter(
    db: &Connection,
    by: &Caller,
    (compiled, origin): (&Compiled, Origin),
    to: &Recipient,
    base: &str,
    now: Time,
) -> Result<Result<Letter, Refusal>> {
    let channel = compiled.channel();
    let Some(address) = to.address(channel, &by.default_country) else {
        return Ok(Err(Refusal::NoAddress));
    };
    if let Some(reason) = suppression::reason(db, by.workspace, channel, &address.key)? {
        return Ok(Err(Refusal::Suppressed(reason)));
    }
    let ticket = Ticket::fresh(now)?;
    let rendered = match compiled.render(to, origin, &ticket.unsubscribe_url(base)) {
        Ok(rendered) if rendered.body.trim().is_empty() => {
            return Ok(Err(Refusal::RenderFailed("The text is empty.".into())));
        }
        Ok(rendered) => rendered,
        Err(why) => return Ok(Err(Refusal::RenderFailed(format!("{why}.")))),
    };
    if rendered.template.is_none()
        && is_outside_window(db, by.workspace, channel, &address.key, now)?
    {
        return Ok(Err(Refusal::OutsideWindow));
    }
    Ok(Ok(Letter { ticket, origin, channel, address, rendered }))
}

impl Letter {
    /// The message that is sent, by what made it; an automation says which one and which run of it.
    pub fn into_message(
        self,
        recipient: &Recipient,
        template: Option<(TemplateId, i64)>,
        automation: Option<(Uuid, Uuid)>,
    ) -> NewMessage<'_> {
        NewMessage {
            ticket: self.ticket,
            origin: self.origin,
            channel: self.channel,
            recipient,
            address: self.address,
            rendered: self.rendered,
            template,
            campaign: None,
            automation: automation.map(|(automation, _)| automation),
            run: automation.map(|(_, run)| run),
            due_at: None,
        }
    }
}
