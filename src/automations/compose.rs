//! What a step would send to somebody, or why it cannot: read only, so that a rehearsal does the same.

use super::words;
use crate::auth::Caller;
use crate::messaging::messages::{self, Letter, Origin, Refusal};
use crate::messaging::templates::{self, Compiled, Status, TemplateId};
use crate::messaging::{Channel, Recipient};
use crate::platform::{Result, Time};
use rusqlite::Connection;

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

/// A letter, and the version of the template that says it.
pub struct Composed {
    /// The letter.
    pub letter: Letter,
    /// The template and its version.
    pub template: (TemplateId, i64),
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
) -> Result<Result<Composed, Failure>> {
    let refuse = |reason, text: String| Ok(Err(Failure::new(reason, text)));
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
    let text = (&compiled, Origin::Automation);
    match messages::letter(db, by, text, recipient, base, now)? {
        Err(Refusal::NoAddress) => refuse("no_address", words::no_address(channel).into()),
        Err(Refusal::Suppressed(why)) => refuse("suppressed", why.sentence().into()),
        Err(Refusal::OutsideWindow) => refuse("outside_window", words::OUTSIDE_WINDOW.into()),
        Err(Refusal::RenderFailed(why)) => {
            refuse("render_failed", format!("The text cannot be filled for this lead: {why}"))
        }
        Ok(letter) => {
            let template = (template.id, template.content_version);
            Ok(Ok(Composed { letter, template }))
        }
    }
}
