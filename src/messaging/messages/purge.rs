//! The end of messages: of a deleted lead, of a run that stopped, and of a deleted workspace.

use super::record::give_up;
use super::{KIND, Message, WITHDRAWN, store};
use crate::platform::ids::WorkspaceId;
use crate::platform::{Result, Tx, jobs};
use uuid::Uuid;

/// Takes back what still waits to be sent to a lead that was deleted.
pub fn withdraw(tx: &Tx, lead: Uuid) -> Result<()> {
    take_back(tx, store::queued_of(tx, lead)?, "The lead was deleted before it was sent.")
}

/// Takes back what still waits to be sent for a run of an automation, and says why.
pub fn withdraw_of_run(tx: &Tx, run: Uuid, why: &str) -> Result<()> {
    take_back(tx, store::queued_of_run(tx, run)?, why)
}

pub(super) fn take_back(tx: &Tx, messages: Vec<Message>, why: &str) -> Result<()> {
    for mut message in messages {
        jobs::cancel(tx, KIND, message.id.0)?;
        give_up(tx, &mut message, WITHDRAWN, why)?;
    }
    Ok(())
}

/// Deletes some messages of a deleted workspace for good; answers how many.
pub fn purge(tx: &Tx, workspace: WorkspaceId, limit: u64) -> Result<usize> {
    let gone = store::purge(tx, workspace, limit)?;
    for id in &gone {
        jobs::cancel(tx, KIND, id.0)?;
    }
    Ok(gone.len())
}
