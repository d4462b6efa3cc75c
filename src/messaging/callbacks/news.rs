//! What providers tell, in our words: each provider's callbacks are read into these.

use super::super::messages::{self, Status};
use super::super::suppression::Reason;
use super::super::templates;
use crate::platform::Time;
use serde_json::Value;
use uuid::Uuid;

/// The longest text that is kept of what a provider says, in characters.
const LONGEST: usize = 500;

/// One piece of news.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// How a message fares.
    Report(Report),
    /// Somebody wrote to us.
    Reply(Reply),
    /// Somebody stops messages, or takes them again, without writing to us.
    Consent(Consent),
    /// Meta decided on a template.
    Template(TemplateNews),
}

/// Which message is meant. Ours is known before the provider's own id is stored, so it is looked at first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reference {
    /// Our id, which the provider gives back.
    pub ours: Option<Uuid>,
    /// The provider's.
    pub theirs: Option<String>,
}

impl Reference {
    /// From what a provider gives back, of which neither need be there nor be an id.
    pub fn new(ours: Option<&str>, theirs: Option<&str>) -> Self {
        Self {
            ours: ours.and_then(|id| id.trim().parse().ok()),
            theirs: theirs.filter(|id| !id.is_empty()).map(|id| id.chars().take(200).collect()),
        }
    }
}

/// How a message fares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Which message.
    pub message: Reference,
    /// When it happened, where the provider says so.
    pub at: Option<Time>,
    /// What it means for the message's status.
    pub fate: Option<Fate>,
    /// Why its address must not be written to again.
    pub suppress: Option<Reason>,
    /// What becomes an entry of the message's events.
    pub event: Option<MailEvent>,
}

/// A status as a provider reports one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It left the provider.
    Sent,
    /// It arrived.
    Delivered,
    /// A person read it.
    Read,
    /// It did not arrive and will not.
    Failed {
        /// The provider's code.
        code: Option<String>,
        /// The provider's words.
        message: Option<String>,
    },
}

impl Fate {
    /// A failure with what the provider says of it.
    pub fn failed(code: Option<&str>, message: Option<&str>) -> Self {
        Self::Failed { code: code.and_then(clipped), message: message.and_then(clipped) }
    }

    /// The report that the ledger takes.
    pub(super) fn at(self, at: Time) -> messages::Report {
        let (status, code, message) = match self {
            Self::Sent => (Status::Sent, None, None),
            Self::Delivered => (Status::Delivered, None, None),
            Self::Read => (Status::Read, None, None),
            Self::Failed { code, message } => (Status::Failed, code, message),
        };
        messages::Report { status, at, code, message }
    }
}

/// What became of an e-mail, beyond what its status can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailEvent {
    /// What happened.
    pub kind: EventKind,
    /// Who opened or clicked, as programs call themselves.
    pub user_agent: Option<String>,
    /// Where a click led to.
    pub url: Option<String>,
    /// Whether the provider itself says that no person did it.
    pub is_machine: bool,
}

impl MailEvent {
    /// Something that a mail server did.
    pub fn of(kind: EventKind) -> Self {
        Self { kind, user_agent: None, url: None, is_machine: false }
    }
}

/// The kinds of events of an e-mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// The mail server of the recipient took it.
    Delivered,
    /// It came back.
    Bounced,
    /// The recipient called it spam.
    Complained,
    /// Its picture was loaded.
    Opened,
    /// A link in it was followed.
    Clicked,
    /// The recipient wants no more.
    Unsubscribed,
}

impl EventKind {
    /// Its name in the API and the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Bounced => "bounced",
            Self::Complained => "complained",
            Self::Opened => "opened",
            Self::Clicked => "clicked",
            Self::Unsubscribed => "unsubscribed",
        }
    }
}

/// What somebody wrote to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The provider's id of it.
    pub id: String,
    /// The sender's number in E.164.
    pub from: String,
    /// The text; what is no text is named in brackets, as in `[image]`.
    pub text: String,
    /// When it was written, where the provider says so.
    pub at: Option<Time>,
    /// Whether it stops or restarts messages.
    pub wish: Option<Wish>,
}

/// A wish about further messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// The address.
    pub address: String,
    /// What is wished.
    pub wish: Wish,
    /// Why it is suppressed when it is.
    pub reason: Reason,
}

/// No more messages, or messages again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// No more.
    Stop,
    /// Again.
    Start,
}

/// What Meta decided on a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateNews {
    /// Its name at Meta.
    pub name: String,
    /// Its language, as in `en_US`.
    pub language: Option<String>,
    /// Whether it may be used.
    pub status: templates::Status,
    /// Why, when it may not.
    pub note: Option<String>,
}

/// A provider's words for people, short and on one line; `None` when nothing is left.
pub(super) fn clipped(text: &str) -> Option<String> {
    let text: String =
        text.chars().filter(|c| !c.is_control() || *c == ' ').take(LONGEST).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A member's text, whatever else the object holds.
pub(super) fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str().filter(|text| !text.is_empty())
}

/// The entries of a member that is a list; none when it is not.
pub(super) fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A moment in seconds since 1970, as a number or as digits in a string.
pub(super) fn seconds(value: &Value, name: &str) -> Option<Time> {
    let value = value.get(name)?;
    let seconds = value.as_i64().or_else(|| value.as_str()?.parse().ok())?;
    // What lies outside the next centuries is no moment.
    (0..=10_000_000_000).contains(&seconds).then(|| Time::from_millis(seconds * 1000))
}
