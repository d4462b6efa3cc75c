//! SQL of leads that belong to one person.

use super::{COLUMNS, TABLES, lead};
use crate::leads::erase::Holding;
use crate::leads::notes::NoteId;
use crate::leads::{Lead, LeadId};
use crate::platform::ids::WorkspaceId;
use crate::platform::{Result, Tx};
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

pub(in crate::leads) fn with_key(
    db: &Connection,
    workspace: WorkspaceId,
    is_email: bool,
    key: &str,
    most: u64,
) -> Result<Vec<LeadId>> {
    let column = if is_email { "email_key" } else { "phone_key" };
    let sql = format!(
        "SELECT id FROM leads WHERE workspace_id = ?1 AND {column} = ?2 AND deleted_at IS NULL
         UNION ALL SELECT id FROM leads
            WHERE workspace_id = ?1 AND {column} = ?2 AND {column} <> '' AND deleted_at IS NOT NULL
         UNION ALL SELECT lead_id FROM lead_merges
            WHERE {column} = ?2 AND {column} <> '' AND workspace_id = ?1
         LIMIT ?3"
    );
    Ok(db
        .prepare_cached(&sql)?
        .query_map((workspace, key, most), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?)
}

pub(in crate::leads) fn holding(
    db: &Connection,
    workspace: WorkspaceId,
    id: LeadId,
) -> Result<Option<Holding>> {
    type Row = (String, String, Option<Uuid>);
    let row: Option<Row> = db
        .prepare_cached(
            "SELECT email_key, phone_key, contact_id FROM leads WHERE id = ? AND workspace_id = ?",
        )?
        .query_row((id, workspace), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((email, phone, contact)) = row else { return Ok(None) };
    let former = db
        .prepare_cached("SELECT email_key, phone_key FROM lead_merges WHERE lead_id = ?")?
        .query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Some(Holding { email, phone, contact, merged: super::merged_with(db, id)?, former }))
}

/// A lead, deleted or not, and whether it is.
pub(in crate::leads) fn find_any(
    db: &Connection,
    workspace: WorkspaceId,
    id: LeadId,
) -> Result<Option<(Lead, bool)>> {
    let sql = format!(
        "SELECT {COLUMNS}, l.deleted_at IS NOT NULL AS is_deleted FROM {TABLES}
         WHERE l.id = ? AND l.workspace_id = ?"
    );
    let row = |row: &rusqlite::Row| Ok((lead(row)?, row.get("is_deleted")?));
    Ok(db.prepare_cached(&sql)?.query_row((id, workspace), row).optional()?)
}

/// The leads of a workspace with numbers in a range, deleted ones too.
pub(in crate::leads) fn between(
    db: &Connection,
    workspace: WorkspaceId,
    after: i64,
    upto: i64,
) -> Result<Vec<LeadId>> {
    Ok(db
        .prepare_cached("SELECT id FROM leads WHERE seq > ? AND seq <= ? AND +workspace_id = ?")?
        .query_map((after, upto, workspace), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?)
}

pub(in crate::leads) fn is_after(db: &Connection, seq: i64) -> Result<bool> {
    Ok(db.prepare_cached("SELECT 1 FROM leads WHERE seq > ? LIMIT 1")?.exists([seq])?)
}

pub(in crate::leads) fn rewrite_note(tx: &Tx, lead: LeadId, id: NoteId, value: &str) -> Result<()> {
    tx.prepare_cached("UPDATE lead_notes SET value = ? WHERE lead_id = ? AND id = ?")?
        .execute((value, lead, id))?;
    Ok(())
}
