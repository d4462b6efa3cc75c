//! What has ended is not kept for ever: sessions, invitations and counted guesses go while nobody waits.

use super::{guesses, store};
use crate::platform::db::IdleTask;
use crate::platform::{Result, Tx};

/// How many rows of a kind go in one transaction.
pub(super) const PIECE: usize = 500;

/// A session that nobody used for so long ended a while ago; until then, its token is told that it has.
const SESSION_DAYS: i64 = 14;

/// An invitation stays so long after its last day, accepted or not.
const INVITATION_DAYS: i64 = 90;

/// The chore that forgets what has ended.
pub fn forgetter() -> IdleTask {
    IdleTask { name: "forget what has ended", step: forget, urgent_above: u64::MAX }
}

fn forget(tx: &Tx) -> Result<u64> {
    let now = tx.now();
    let gone = [
        store::forget_sessions(tx, now.plus_days(-SESSION_DAYS))?,
        store::forget_invitations(tx, now.plus_days(-INVITATION_DAYS))?,
        store::forget_old_guesses(tx, now.plus_millis(-guesses::WINDOW))?,
    ];
    Ok(u64::from(gone.contains(&PIECE)))
}
