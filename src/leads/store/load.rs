//! How many leads people have; the counts are kept by triggers, see the migration.

use crate::platform::Result;
use crate::platform::ids::{UserId, WorkspaceId};
use rusqlite::Connection;

/// How many leads somebody has that stand in stages of the type *open*.
pub fn open_leads(db: &Connection, workspace: WorkspaceId, user: UserId) -> Result<i64> {
    Ok(db
        .prepare_cached(
            "SELECT coalesce(sum(c.leads), 0) FROM lead_assigned_counts c
             JOIN lead_pipeline_stages s ON s.id = c.stage_id AND s.type = 'open'
             WHERE c.user_id = ? AND c.workspace_id = ?",
        )?
        .query_row((user, workspace), |row| row.get(0))?)
}
