//! What carries a message: how one is handed over, and what can come of it.

use super::{Channel, MessageId};
use crate::messaging::suppression::Reason;
use std::time::Duration;

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
