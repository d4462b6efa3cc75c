//! What providers report of a message, in any order and as often as they like: it only ever moves forward.

use super::{KIND, Message, OUTCOME_UNKNOWN, State, Status, Which, find, note, store, tell};
use crate::platform::ids::WorkspaceId;
use crate::platform::{Result, Time, Tx, jobs};
use serde_json::json;

/// A report of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// How far it has come.
    pub status: Status,
    /// When that was.
    pub at: Time,
    /// The provider's code of a failure.
    pub code: Option<String>,
    /// The provider's words for it.
    pub message: Option<String>,
}

/// Takes a report; false when there is no such message.
pub fn record(tx: &Tx, workspace: WorkspaceId, which: Which, report: Report) -> Result<bool> {
    let Some(mut message) = find(tx, workspace, which)? else { return Ok(false) };
    apply(tx, &mut message, report)?;
    Ok(true)
}

/// Moves a message forward by a report, if it does.
pub(super) fn apply(tx: &Tx, message: &mut Message, report: Report) -> Result<()> {
    let before = message.clone();
    if report.status == Status::Failed {
        fail(message, &report);
    } else {
        advance(message, &report);
    }
    let is_news = message.status != before.status
        || message.sent_at != before.sent_at
        || message.delivered_at != before.delivered_at
        || message.read_at != before.read_at;
    if !is_news {
        return Ok(());
    }
    // A message that waits for another try, or whose hand-over ended without an answer, was taken after all.
    if matches!(message.state, State::Queued | State::Uncertain) {
        message.state = State::Settled;
        jobs::cancel(tx, KIND, message.id.0)?;
    }
    save(tx, &before, message)
}

/// Ends a message as failed, for a reason of ours. Its job is left to the caller.
pub(super) fn give_up(tx: &Tx, message: &mut Message, code: &str, text: &str) -> Result<()> {
    store::set_state(tx, message.id, State::Settled)?;
    message.state = State::Settled;
    let report = Report {
        status: Status::Failed,
        at: tx.now(),
        code: Some(code.into()),
        message: Some(text.into()),
    };
    apply(tx, message, report)
}

/// Writes a message that has changed, with its entries on the timeline.
fn save(tx: &Tx, before: &Message, message: &mut Message) -> Result<()> {
    message.version += 1;
    store::update(tx, before, message)?;
    if before.sent_at.is_none() && message.sent_at.is_some() {
        note(tx, message, "message_sent", json!({}))?;
    }
    if before.status != Status::Failed && message.status == Status::Failed {
        let (code, text) = (&message.error_code, &message.error_message);
        note(tx, message, "message_failed", json!({"errorCode": code, "errorMessage": text}))?;
    }
    tell(tx, before.status, message)
}

/// A failure counts unless the message has arrived.
fn fail(message: &mut Message, report: &Report) {
    if matches!(message.status, Status::Pending | Status::Sent) {
        message.status = Status::Failed;
        message.failed_at = Some(report.at);
        message.error_code.clone_from(&report.code);
        message.error_message.clone_from(&report.message);
    }
}

/// Forward only. What has failed is taken back by its arrival; what nobody knew, by any news.
fn advance(message: &mut Message, report: &Report) {
    let was_unknown = message.error_code.as_deref() == Some(OUTCOME_UNKNOWN);
    let is_lifted =
        message.status == Status::Failed && (was_unknown || report.status >= Status::Delivered);
    if message.status == Status::Failed && !is_lifted {
        return;
    }
    let reached = if is_lifted { Status::Pending } else { message.status };
    let at = Some(report.at);
    if report.status >= Status::Sent {
        message.sent_at = message.sent_at.or(at);
    }
    // What is read has arrived, but nobody told when; a report of it may still come.
    if report.status == Status::Delivered {
        message.delivered_at = message.delivered_at.or(at);
    }
    if report.status == Status::Read {
        message.read_at = message.read_at.or(at);
    }
    message.status = reached.max(report.status);
    if message.status > Status::Pending {
        message.error_code = None;
        message.error_message = None;
        message.failed_at = None;
    }
}
