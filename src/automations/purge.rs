//! The end of runs: of deleted workspaces, and of restored backups.

use super::RunId;
use super::run::{KIND, close};
use super::store::runs;
use crate::auth::workspaces;
use crate::platform::db::IdleTask;
use crate::platform::{Result, Tx, jobs};

/// How many runs go in one transaction.
const PIECE: u64 = 200;

const HELD: &str = "It was due when a backup was restored. Nobody can say whether it was sent in the meantime, so \
    the rest is not sent.";

/// The chore that deletes the runs of deleted workspaces, and locks that hold nothing any more.
pub fn purger() -> IdleTask {
    IdleTask { name: "purge runs", step: purge_piece, urgent_above: u64::MAX }
}

fn purge_piece(tx: &Tx) -> Result<u64> {
    let unlocked = runs::forget_locks(tx, PIECE)?;
    let purged = match workspaces::hidden(tx)? {
        Some(workspace) => runs::purge(tx, workspace, PIECE)?,
        None => 0,
    };
    Ok(unlocked.max(purged) as u64)
}

/// Stops the runs whose next step was due while a backup lay unused, and tells how many there were. The
/// installation that it was taken of may have sent those steps since.
pub fn hold_restored(tx: &Tx) -> Result<usize> {
    let due = jobs::due(tx, KIND)?;
    for id in &due {
        if let Some(mut run) = runs::find(tx, RunId(*id))? {
            close(tx, &mut run, ("restored", HELD.into()))?;
        }
    }
    Ok(due.len())
}
