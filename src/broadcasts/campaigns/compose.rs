//! What a campaign would send to somebody, or why it does not: read only, so that a preview does the same.

use super::{Campaign, QuietHours, ZoneOf, mapping, words};
use crate::auth::Caller;
use crate::broadcasts::audiences::Member;
use crate::messaging::messages::{self, Letter, Origin, Refusal};
use crate::messaging::templates::Compiled;
use crate::messaging::{Recipient, quiet};
use crate::platform::{Error, Result, Time};
use rusqlite::Connection;

/// Why somebody gets no message: for programs and for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Skip {
    /// For programs.
    pub reason: &'static str,
    /// For people.
    pub detail: String,
}

impl Skip {
    /// A skip for a reason.
    pub fn new(reason: &'static str, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }
}

/// With what a text is made.
pub(super) struct Maker<'a> {
    /// Who sends.
    pub by: &'a Caller,
    /// The campaign.
    pub campaign: &'a Campaign,
    /// The template.
    pub compiled: &'a Compiled<'a>,
    /// This installation's address, for links.
    pub base: &'a str,
    /// The moment.
    pub now: Time,
}

impl Maker<'_> {
    /// Works out the message to somebody. Whatever is wrong with one of them is a reason to skip that one; only a
    /// database that is busy stops the rest.
    pub fn letter(&self, db: &Connection, member: &mut Member) -> Result<Result<Letter, Skip>> {
        mapping::apply(&self.campaign.settings.mapping, &mut member.recipient);
        let text = (self.compiled, Origin::Campaign);
        let made = messages::letter(db, self.by, text, &member.recipient, self.base, self.now);
        let skip = |reason, detail: &str| Ok(Err(Skip::new(reason, detail)));
        match made {
            Ok(Ok(letter)) => Ok(Ok(letter)),
            Ok(Err(Refusal::NoAddress)) => {
                skip("no_address", words::no_address(self.campaign.settings.channel))
            }
            Ok(Err(Refusal::Suppressed(why))) => skip("suppressed", why.sentence()),
            Ok(Err(Refusal::OutsideWindow)) => skip("outside_window", words::OUTSIDE_WINDOW),
            Ok(Err(Refusal::RenderFailed(why))) => {
                skip("render_failed", &format!("The text cannot be filled: {why}"))
            }
            Err(Error::Unavailable(seconds)) => Err(Error::Unavailable(seconds)),
            Err(error) => {
                tracing::error!(campaign = %self.campaign.id, mark = member.mark, %error, "no message");
                skip("error", words::ERROR)
            }
        }
    }
}

/// Until when quiet hours hold a message back: to everybody without a recipient, else to that one.
pub(super) fn quiet_until(
    hours: &QuietHours,
    recipient: Option<&Recipient>,
    (default_country, time_zone): (&str, &str),
    now: Time,
) -> Option<Time> {
    let phone = match (hours.time_zone, recipient) {
        (ZoneOf::Workspace, None) => None,
        (ZoneOf::Recipient, Some(recipient)) => recipient.phone.as_deref(),
        _ => return None,
    };
    let zones = quiet::zones_of(phone, default_country, time_zone);
    quiet::until(&hours.from, &hours.to, &zones, now)
}
