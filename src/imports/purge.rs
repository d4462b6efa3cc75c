//! The end of imports: of those that are too old to be undone, and of deleted workspaces.

use super::{ImportId, store};
use crate::auth::workspaces;
use crate::platform::db::IdleTask;
use crate::platform::{Result, Tx};

/// How many rows go in one transaction.
const PIECE: u64 = 500;

/// The chore that deletes the imports of deleted workspaces, in small pieces.
pub fn purger() -> IdleTask {
    IdleTask { name: "purge imports", step: purge_piece, urgent_above: u64::MAX }
}

fn purge_piece(tx: &Tx) -> Result<u64> {
    let Some(workspace) = workspaces::hidden(tx)? else { return Ok(0) };
    let Some(import) = store::first_of(tx, workspace)? else { return Ok(0) };
    if store::forget(tx, import, PIECE)? == 0 {
        store::delete(tx, import)?;
    }
    Ok(1)
}

/// Deletes some of what was kept for an undo; false when nothing is left.
pub(super) fn forget_piece(tx: &Tx, id: ImportId) -> Result<bool> {
    Ok(store::forget(tx, id, PIECE)? > 0)
}
