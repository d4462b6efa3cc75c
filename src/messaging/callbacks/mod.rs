//! What comes back from providers: whether a message arrived and was read, and what people answer.
//!
//! Each provider has a file that checks its signature and reads its callbacks into [`news`], without touching
//! anything; [`take()`] then writes what they tell, in one transaction. A callback whose signature does not
//! hold changes nothing at all.

mod desk;
mod http;
mod line;
mod machine;
mod meta;
mod news;
mod postmark;
mod sendgrid;
mod ses;
mod signed;
mod sns;
mod store;
mod take;
#[cfg(test)]
mod tests;
mod twilio;
mod words;

pub use desk::Desk;
pub use http::router;

use super::{Channel, MessageId};
use crate::auth::Caller;
use crate::platform::ids::WorkspaceId;
use crate::platform::{Result, Time};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// The notice that somebody wrote to us.
#[derive(Debug, Clone)]
pub struct Replied {
    /// The provider, at work in the workspace.
    pub by: Caller,
    /// The sender's number in E.164.
    pub from: String,
    /// The entry for the timelines of whose number it is.
    pub entry: Value,
}

/// The words by which our message id travels with a message and comes back in its callbacks.
pub mod marks {
    pub use super::sendgrid::MESSAGE as SENDGRID;
    pub use super::ses::MESSAGE as SES;
    pub use super::twilio::MESSAGE as TWILIO;
}

/// Whether a text is a verification key as SendGrid shows it.
pub fn is_sendgrid_key(shown: &str) -> bool {
    sendgrid::public_key(shown).is_some()
}

/// What came back on a channel so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CallbackFigures)]
pub struct Figures {
    /// Callbacks taken.
    #[schema(example = 120)]
    pub received: i64,
    /// Reports among them about messages that are not ours.
    #[schema(example = 0)]
    pub unknown: i64,
    /// Callbacks refused for their signature since the server started.
    #[schema(example = 0)]
    pub refused: u64,
    /// When a callback was taken last.
    pub last_at: Option<Time>,
}

/// What came back on a channel so far.
pub fn figures(
    db: &Connection,
    desk: &Desk,
    workspace: WorkspaceId,
    channel: Channel,
) -> Result<Figures> {
    let counted = store::figures(db, workspace, channel)?;
    Ok(Figures { refused: desk.refused(workspace, channel), ..counted })
}

/// What became of an e-mail, beyond what its status can tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageEvent {
    /// `delivered`, `bounced`, `complained`, `opened`, `clicked` or `unsubscribed`.
    #[schema(example = "opened")]
    pub r#type: String,
    /// When it happened.
    pub at: Time,
    /// Whether a program did it on its way: a scanner, or a proxy that loads pictures for everybody.
    #[schema(example = false)]
    pub is_machine: bool,
    /// Who opened or clicked, as programs call themselves.
    #[schema(
        example = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.4.0"
    )]
    pub user_agent: Option<String>,
    /// Where a click led to.
    #[schema(example = "https://example.com/offer")]
    pub url: Option<String>,
}

/// How often an e-mail was opened or clicked, by whom.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = EngagementCount)]
pub struct Count {
    /// By people.
    #[schema(example = 1)]
    pub human: i64,
    /// By programs.
    #[schema(example = 2)]
    pub machine: i64,
}

/// What became of an e-mail: its first events, oldest first, and how often it was opened and clicked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Echo {
    /// At most 200 events.
    pub events: Vec<MessageEvent>,
    /// How often it was opened.
    pub opens: Count,
    /// How often a link in it was followed.
    pub clicks: Count,
}

/// What became of an e-mail.
pub fn echo(db: &Connection, message: MessageId) -> Result<Echo> {
    store::echo(db, message)
}
