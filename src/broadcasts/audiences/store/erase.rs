//! SQL of what fixed audiences hold of one person.

use crate::platform::ids::WorkspaceId;
use crate::platform::{Result, Tx};
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

pub(in crate::broadcasts::audiences) fn erase_person(tx: &Tx, person: Uuid) -> Result<u64> {
    let gone = tx
        .prepare_cached("DELETE FROM audience_members WHERE person_id = ?")?
        .execute([person.as_bytes().as_slice()])?;
    Ok(gone as u64)
}

/// The first audience of a workspace from this number on that was made from a file.
pub(in crate::broadcasts::audiences) fn with_rows(
    db: &Connection,
    workspace: WorkspaceId,
    from: i64,
) -> Result<Option<i64>> {
    Ok(db
        .prepare_cached(
            "SELECT seq FROM audiences WHERE workspace_id = ? AND seq >= ? AND source = 'file' ORDER BY seq LIMIT 1",
        )?
        .query_row((workspace, from), |row| row.get(0))
        .optional()?)
}

pub(in crate::broadcasts::audiences) fn rows_between(
    db: &Connection,
    audience: i64,
    after: i64,
    upto: i64,
) -> Result<Vec<(i64, String)>> {
    Ok(db
        .prepare_cached(
            "SELECT mark, person FROM audience_members
             WHERE audience = ? AND mark > ? AND mark <= ? AND person IS NOT NULL",
        )?
        .query_map((audience, after, upto), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?)
}

pub(in crate::broadcasts::audiences) fn is_after(
    db: &Connection,
    audience: i64,
    mark: i64,
) -> Result<bool> {
    Ok(db
        .prepare_cached("SELECT 1 FROM audience_members WHERE audience = ? AND mark > ? LIMIT 1")?
        .exists((audience, mark))?)
}
