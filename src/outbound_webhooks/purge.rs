//! The end of outbound webhooks, and of what a backup knew of them.

use super::{OffReason, announce, send, store};
use crate::platform::db::IdleTask;
use crate::platform::{Result, Tx, jobs};

/// How many events go in one transaction.
const PIECE: u64 = 500;

/// The chore that deletes the log of removed outbound webhooks in pieces, then themselves.
pub fn purger() -> IdleTask {
    IdleTask { name: "purge outbound webhooks", step: purge_piece, urgent_above: u64::MAX }
}

fn purge_piece(tx: &Tx) -> Result<u64> {
    let Some(number) = store::hidden(tx)? else { return Ok(0) };
    if store::forget_some(tx, number, PIECE)? == 0 {
        store::forget(tx, number)?;
    }
    Ok(1)
}

/// Switches off every outbound webhook of a restored backup, and tells how many there were: the installation that it
/// was taken of may go on sending, and what waited may have been sent.
pub fn hold_restored(tx: &Tx) -> Result<usize> {
    let active = store::active(tx)?;
    for hook in &active {
        jobs::cancel(tx, send::KIND, hook.id.0)?;
        store::switch_off(tx, hook.number, OffReason::Restored)?;
        announce(tx, hook.workspace, hook.id);
    }
    Ok(active.len())
}
