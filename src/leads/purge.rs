//! The end of a deleted workspace: its leads, contacts and messages go in small pieces while nobody waits, then the rest.

use super::{search, store};
use crate::auth::workspaces;
use crate::contacts;
use crate::messaging::messages;
use crate::platform::db::IdleTask;
use crate::platform::{Result, Tx};

/// How many leads, contacts and messages go in one transaction.
const PIECE: u64 = 200;

/// The chore that purges deleted workspaces.
pub fn purger() -> IdleTask {
    IdleTask { name: "purge deleted workspaces", step: purge_piece, urgent_above: u64::MAX }
}

fn purge_piece(tx: &Tx) -> Result<u64> {
    let Some(workspace) = workspaces::hidden(tx)? else { return Ok(0) };
    let leads = store::any_of(tx, workspace, PIECE)?;
    for seq in &leads {
        search::forget(tx, *seq)?;
        store::purge(tx, *seq)?;
    }
    let messages = messages::purge(tx, workspace, PIECE)?;
    let contacts = contacts::purge(tx, workspace, PIECE)?;
    if leads.is_empty() && messages == 0 && contacts == 0 {
        workspaces::forget(tx, workspace)?;
    }
    Ok(1)
}
