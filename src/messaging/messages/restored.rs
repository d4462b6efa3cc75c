//! Messages of a restored backup.

use super::record::give_up;
use super::{KIND, OUTCOME_UNKNOWN, State, Status, store};
use crate::platform::{Result, Tx, jobs};

const HELD: &str = "It waited to be sent when a backup was made that was restored since. Nobody can say whether \
    it was sent in the meantime.";

/// Holds what waited to be sent when the backup was made, and tells how many there were. The installation that
/// the backup was taken of may have sent them since; a person who knows can send them again.
pub fn hold_restored(tx: &Tx) -> Result<usize> {
    let waiting = store::unsettled(tx)?;
    for mut message in waiting.iter().cloned() {
        jobs::cancel(tx, KIND, message.id.0)?;
        if message.status == Status::Pending {
            give_up(tx, &mut message, OUTCOME_UNKNOWN, HELD)?;
        } else {
            // A report has told of it already.
            store::set_state(tx, message.id, State::Settled)?;
        }
    }
    Ok(waiting.len())
}
