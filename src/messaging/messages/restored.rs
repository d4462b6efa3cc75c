//! Messages of a restored backup.

use super::record::{Report, apply};
use super::{KIND, OUTCOME_UNKNOWN, State, Status, store};
use crate::platform::{Result, Tx, jobs};

/// Holds what waited to be sent when the backup was made, and tells how many there were. The installation that
/// the backup was taken of may have sent them since; a person who knows can send them again.
pub fn hold_restored(tx: &Tx) -> Result<usize> {
    let waiting = store::unsettled(tx)?;
    for mut message in waiting.iter().cloned() {
        jobs::cancel(tx, KIND, message.id.0)?;
        store::set_state(tx, message.id, State::Settled)?;
        message.state = State::Settled;
        let text = "It waited to be sent when a backup was made that was restored since. Nobody can say whether \
            it was sent in the meantime.";
        let report = Report {
            status: Status::Failed,
            at: tx.now(),
            code: Some(OUTCOME_UNKNOWN.into()),
            message: Some(text.into()),
        };
        if message.status == Status::Pending {
            apply(tx, &mut message, report)?;
        }
    }
    Ok(waiting.len())
}
