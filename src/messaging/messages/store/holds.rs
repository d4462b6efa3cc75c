//! Campaigns whose messages are held.

use crate::messaging::messages::hold::Hold;
use crate::platform::ids::WorkspaceId;
use crate::platform::{Result, Tx};
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

/// How the messages of a campaign are held, if they are.
pub fn find(db: &Connection, campaign: Uuid) -> Result<Option<Hold>> {
    let is_final: Option<bool> = db
        .prepare_cached("SELECT is_final FROM message_holds WHERE campaign_id = ?")?
        .query_row([campaign], |row| row.get(0))
        .optional()?;
    Ok(is_final.map(|is_final| if is_final { Hold::ForGood } else { Hold::ForNow }))
}

pub fn set(tx: &Tx, workspace: WorkspaceId, campaign: Uuid, hold: Option<Hold>) -> Result<()> {
    match hold {
        None => {
            tx.prepare_cached("DELETE FROM message_holds WHERE campaign_id = ?")?
                .execute([campaign])?;
        }
        Some(hold) => {
            tx.prepare_cached(
                "INSERT INTO message_holds (campaign_id, workspace_id, is_final) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET is_final = ?3",
            )?
            .execute((campaign, workspace, hold == Hold::ForGood))?;
        }
    }
    Ok(())
}
