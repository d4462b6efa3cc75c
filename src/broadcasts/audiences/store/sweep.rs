//! The SQL that ends audiences.

use crate::platform::ids::WorkspaceId;
use crate::platform::{Result, Time, Tx};
use rusqlite::OptionalExtension;

/// An audience that was not built on since `abandoned`, or was deleted before `deleted` and has members yet.
pub fn ended(tx: &Tx, abandoned: Time, deleted: Time) -> Result<Option<i64>> {
    let half_built = tx
        .prepare_cached(
            "SELECT seq FROM audiences WHERE state = 'building' AND updated_at < ? LIMIT 1",
        )?
        .query_row([abandoned], |row| row.get(0))
        .optional()?;
    if half_built.is_some() {
        return Ok(half_built);
    }
    // The row of a deleted audience goes too: what a campaign shows of its audience, it has itself.
    Ok(tx
        .prepare_cached(
            "SELECT seq FROM audiences WHERE deleted_at IS NOT NULL AND deleted_at < ? LIMIT 1",
        )?
        .query_row([deleted], |row| row.get(0))
        .optional()?)
}

/// Some audience of a workspace.
pub fn any_of(tx: &Tx, workspace: WorkspaceId) -> Result<Option<i64>> {
    Ok(tx
        .prepare_cached("SELECT seq FROM audiences WHERE workspace_id = ? LIMIT 1")?
        .query_row([workspace], |row| row.get(0))
        .optional()?)
}

/// Deletes some members for good; answers how many.
pub fn members(tx: &Tx, audience: i64, limit: u64) -> Result<usize> {
    Ok(tx
        .prepare_cached(
            "DELETE FROM audience_members WHERE audience = ?1 AND mark IN
                (SELECT mark FROM audience_members WHERE audience = ?1 LIMIT ?2)",
        )?
        .execute((audience, limit))?)
}

/// Deletes an audience that has no members any more.
pub fn forget(tx: &Tx, audience: i64) -> Result<()> {
    tx.prepare_cached("DELETE FROM audiences WHERE seq = ?")?.execute([audience])?;
    Ok(())
}
