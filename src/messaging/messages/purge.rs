//! The end of messages: of a deleted lead, and of a deleted workspace.

use super::record::give_up;
use super::{KIND, WITHDRAWN, store};
use crate::platform::ids::WorkspaceId;
use crate::platform::{Result, Tx, jobs};
use uuid::Uuid;

/// Takes back what still waits to be sent to a lead that was deleted.
pub fn withdraw(tx: &Tx, lead: Uuid) -> Result<()> {
    for mut message in store::queued_of(tx, lead)? {
        jobs::cancel(tx, KIND, message.id.0)?;
        give_up(tx, &mut message, WITHDRAWN, "The lead was deleted before it was sent.")?;
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
