//! What carries a message: how one is handed over, and what can come of it.
//!
//! The line that matters runs between [`Outcome::Temporary`], where nothing can have been sent and a repeat is
//! harmless, and [`Outcome::Unknown`], where a repeat may send it twice.

mod faults;
mod meaning;
pub mod meta;
mod smtp;
#[cfg(test)]
mod tests;
pub mod twilio;

pub use meaning::meaning;

use super::channels::{ChannelSettings, Provider};
use super::{Channel, MessageId};
use crate::messaging::suppression::Reason;
use crate::platform::outbound::Outbound;
use crate::platform::{App, Time};
use std::time::Duration;

/// What handing over needs besides the settings and the message.
struct Way<'a> {
    outbound: &'a Outbound,
    now: Time,
    /// The name under which this installation is reached.
    host: Option<&'a str>,
}

impl<'a> Way<'a> {
    fn new(app: &'a App) -> Self {
        let url = app.settings.public_url.as_deref();
        let host =
            url.and_then(|url| url.split("://").nth(1)).and_then(|rest| rest.split(':').next());
        Self { outbound: &app.outbound, now: app.clock.now(), host }
    }
}

/// Hands a message over. Never called in a transaction.
pub async fn send(app: &App, carrier: &ChannelSettings, message: &Outgoing) -> Outcome {
    let way = Way::new(app);
    match &carrier.provider {
        Provider::Sandbox => {
            Outcome::Accepted { provider_message_id: Some(format!("sandbox-{}", message.id)) }
        }
        Provider::Smtp(settings) => smtp::send(&way, settings, message).await,
        Provider::Twilio(settings) => twilio::send(&way, settings, message).await,
        Provider::Meta(settings) => meta::send(&way, settings, message).await,
    }
}

/// Asks the provider for a message whose hand-over began at `since` and ended without an answer.
pub async fn look_up(
    app: &App,
    carrier: &ChannelSettings,
    message: &Outgoing,
    since: Time,
) -> LookUp {
    match &carrier.provider {
        Provider::Twilio(settings) => {
            twilio::look_up(&Way::new(app), settings, message, since).await
        }
        Provider::Sandbox | Provider::Smtp(_) | Provider::Meta(_) => LookUp::CannotTell,
    }
}

/// A message as it is handed to a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Its id with us; goes along where the provider keeps such a thing.
    pub id: MessageId,
    /// What it travels by.
    pub channel: Channel,
    /// An e-mail address as it was written, or a phone number in E.164.
    pub to: String,
    /// Of an e-mail.
    pub subject: Option<String>,
    /// The text, or the text part of an e-mail.
    pub text: String,
    /// The HTML part of an e-mail.
    pub html: Option<String>,
    /// The provider's own template to be used instead of the text.
    pub template: Option<ProviderTemplate>,
    /// Where one click unsubscribes the recipient.
    pub unsubscribe_url: Option<String>,
    /// Where the provider may report what became of it.
    pub callback_url: Option<String>,
}

/// A template that the provider keeps, and what fills it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ProviderTemplate {
    /// Meta's template name, Twilio's ContentSid.
    pub name: String,
    /// Meta's language code.
    pub language: Option<String>,
    /// Name and value, in order; the names of numbered ones are `1`, `2`, ….
    pub parameters: Vec<(String, String)>,
}

/// What came of handing a message over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The provider took it.
    Accepted {
        /// Its id with the provider.
        provider_message_id: Option<String>,
    },
    /// It never will, and said why.
    Refused {
        /// The provider's code.
        code: Option<String>,
        /// A plain sentence.
        message: String,
        /// Set when the address must not be messaged again.
        suppress: Option<Reason>,
    },
    /// Not now; nothing was sent.
    Temporary {
        /// The provider's code.
        code: Option<String>,
        /// A plain sentence.
        message: String,
        /// When the provider wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// Nobody knows whether it was taken: the answer never came, or made no sense.
    Unknown {
        /// The provider's code.
        code: Option<String>,
        /// A plain sentence.
        message: String,
    },
}

/// What a provider knows of a message whose hand-over ended without an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookUp {
    /// It has it.
    Found {
        /// Its id with the provider.
        provider_message_id: String,
    },
    /// It has no such message.
    NotFound,
    /// It cannot be asked.
    CannotTell,
}
