//! The end of campaigns: of deleted workspaces, of restored backups, and of people who are to be forgotten.

use super::store::people;
use super::{Status, state, store};
use crate::auth::workspaces;
use crate::platform::db::IdleTask;
use crate::platform::{Result, Tx};
use uuid::Uuid;

/// How many recipients go in one transaction.
const PIECE: u64 = 200;

/// The chore that deletes the recipients of deleted workspaces.
pub fn purger() -> IdleTask {
    IdleTask { name: "purge campaigns", step: purge_piece, urgent_above: u64::MAX }
}

fn purge_piece(tx: &Tx) -> Result<u64> {
    match workspaces::hidden(tx)? {
        Some(workspace) => Ok(people::purge(tx, workspace, PIECE)? as u64),
        None => Ok(0),
    }
}

/// Forgets who somebody was to whom campaigns wrote, or would have; that somebody got a message stays.
pub fn erase(tx: &Tx, lead: Option<Uuid>, contact: Option<Uuid>) -> Result<()> {
    people::erase(tx, lead, contact)
}

/// Pauses the campaigns that were under way in a backup, or whose time came while it lay unused, and tells how many
/// there were. The installation that it was taken of may have sent the rest since.
pub fn hold_restored(tx: &Tx) -> Result<usize> {
    let mut held = 0;
    for (id, status, scheduled_at) in store::open(tx)? {
        let is_due = status == Status::Sending || scheduled_at.is_some_and(|at| at <= tx.now());
        if let Some(campaign) = store::find(tx, id)?.filter(|_| is_due) {
            state::hold(tx, &campaign, "restored")?;
            held += 1;
        }
    }
    Ok(held)
}
