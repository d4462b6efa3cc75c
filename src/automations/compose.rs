//! What a step would send to somebody, or why it cannot: read only, so that a rehearsal does the same.

use crate::auth::Caller;
use crate::messaging::messages::{self, NewMessage, Origin, Ticket};
use crate::messaging::templates::{self, Compiled, Rendered, Status, TemplateId};
use crate::messaging::{Address, Channel, Recipient, suppression};
use crate::platform::{Result, Time};
use rusqlite::Connection;
use uuid::Uuid;

use super::words;

/// Why a step's message failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// For programs.
    pub reason: &'static str,
    /// For people.
    pub text: String,
    /// The provider's code, where it gave one.
    pub error_code: Option<String>,
    /// Whether the fallback is sent for it.
    pub falls_back: bool,
}

impl Failure {
    /// A failure that the fallback answers.
    pub fn new(reason: &'static str, text: String) -> Self {
        Self { reason, text, error_code: None, falls_back: true }
    }
}

/// A message to be.
#[derive(Debug, Clone)]
pub struct Letter {
    /// Its id and token.
    pub ticket: Ticket,
    /// How it travels.
    pub channel: Channel,
    /// Where to.
    pub address: Address,
    /// What it says.
    pub rendered: Rendered,
    /// The template and its version.
    pub template: (TemplateId, i64),
}

impl Letter {
    /// The message that is written for a run.
    pub fn into_message(self, recipient: &Recipient, run: Uuid) -> NewMessage<'_> {
        NewMessage {
            ticket: self.ticket,
            origin: Origin::Automation,
            channel: self.channel,
            recipient,
            address: self.address,
            rendered: self.rendered,
            template: Some(self.template),
            campaign: None,
            run: Some(run),
        }
    }
}

/// Works out the message of a template for somebody. `base` is this installation's address, for links.
pub fn compose(
    db: &Connection,
    by: &Caller,
    recipient: &Recipient,
    channel: Channel,
    template: TemplateId,
    base: &str,
    now: Time,
) -> Result<Result<Letter, Failure>> {
    let refuse = |reason, text: String| Ok(Err(Failure::new(reason, text)));
    let Some(address) = recipient.address(channel, &by.default_country) else {
        return refuse("no_address", words::no_address(channel).into());
    };
    if let Some(why) = suppression::reason(db, by.workspace, channel, &address.key)? {
        return refuse("suppressed", why.sentence().into());
    }
    let Some(template) = templates::find(db, by.workspace, template)? else {
        return refuse("template_deleted", "The template was deleted.".into());
    };
    if template.status != Status::Approved {
        let text = format!("The template “{}” is not approved any more.", template.name);
        return refuse("template_not_approved", text);
    }
    let Ok(compiled) = Compiled::new(channel, &template.content) else {
        let text = format!("The template “{}” cannot be read.", template.name);
        return refuse("render_failed", text);
    };
    let ticket = Ticket::fresh(now)?;
    let rendered =
        match compiled.render(recipient, Origin::Automation, &ticket.unsubscribe_url(base)) {
            Ok(rendered) if rendered.body.trim().is_empty() => {
                return refuse("render_failed", "The text is empty for this lead.".into());
            }
            Ok(rendered) => rendered,
            Err(why) => {
                return refuse("render_failed", format!("The text cannot be filled: {why}."));
            }
        };
    if rendered.template.is_none()
        && messages::is_outside_window(db, by.workspace, channel, &address.key, now)?
    {
        return refuse("outside_window", words::OUTSIDE_WINDOW.into());
    }
    let template = (template.id, template.content_version);
    Ok(Ok(Letter { ticket, channel, address, rendered, template }))
}
