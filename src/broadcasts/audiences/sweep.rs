//! The end of audiences: those that a crash left half built, those that were deleted a while ago, and those of
//! deleted workspaces go in small pieces while nobody waits.

use super::edit::KEPT_DAYS;
use super::store::sweep;
use crate::auth::workspaces;
use crate::platform::db::IdleTask;
use crate::platform::{Result, Tx};

/// How many members go in one transaction.
const PIECE: u64 = 500;

/// After so long without a new member, nobody builds an audience any more.
const ABANDONED_MILLIS: i64 = 15 * 60 * 1000;

/// The chore that sweeps them away.
pub fn sweeper() -> IdleTask {
    IdleTask { name: "sweep audiences", step: piece, urgent_above: u64::MAX }
}

fn piece(tx: &Tx) -> Result<u64> {
    let abandoned = tx.now().plus_millis(-ABANDONED_MILLIS);
    let deleted = tx.now().plus_days(-KEPT_DAYS);
    let next = match sweep::ended(tx, abandoned, deleted)? {
        Some(audience) => Some(audience),
        None => match workspaces::hidden(tx)? {
            Some(workspace) => sweep::any_of(tx, workspace)?,
            None => None,
        },
    };
    let Some(audience) = next else { return Ok(0) };
    if sweep::members(tx, audience, PIECE)? == 0 {
        sweep::forget(tx, audience)?;
    }
    Ok(1)
}
