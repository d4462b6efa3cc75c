//! SQL of merges: what moves from one lead to another, and what an undo needs.

use super::key_of_phone;
use crate::auth::Caller;
use crate::fields::merge::Sheet;
use crate::leads::merge::{Kept, LeadMergeId, Merge, Moved};
use crate::leads::{Lead, LeadId};
use crate::platform::ids::WorkspaceId;
use crate::platform::normalize::email_key;
use crate::platform::{Result, Time, Tx};
use rusqlite::{Connection, OptionalExtension};
use serde_json::{Value, json};
use uuid::Uuid;

/// How many merges one lead can have gone through, one after the other, and still be found.
const LONGEST_CHAIN: usize = 100;

/// The lead that a lead went into, directly.
pub(in crate::leads) fn merged_into(db: &Connection, id: LeadId) -> Result<Option<LeadId>> {
    let into: Option<Option<LeadId>> = db
        .prepare_cached("SELECT merged_into FROM leads WHERE id = ?")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    Ok(into.flatten())
}

/// What a lead that was merged is now, through as many merges as there were; `None` when it was not merged, or that is
/// gone too.
pub fn successor(db: &Connection, workspace: WorkspaceId, id: LeadId) -> Result<Option<LeadId>> {
    let mut statement = db.prepare_cached(
        "SELECT merged_into, deleted_at IS NULL FROM leads WHERE id = ? AND workspace_id = ?",
    )?;
    let mut id = id;
    for step in 0..LONGEST_CHAIN {
        let row: Option<(Option<LeadId>, bool)> = statement
            .query_row((id, workspace), |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        match row {
            Some((_, true)) => return Ok((step > 0).then_some(id)),
            Some((Some(into), false)) => id = into,
            Some((None, false)) | None => return Ok(None),
        }
    }
    Ok(None)
}

pub(in crate::leads) fn set_merged_into(tx: &Tx, id: LeadId, into: Option<LeadId>) -> Result<()> {
    tx.prepare_cached("UPDATE leads SET merged_into = ? WHERE id = ?")?.execute((into, id))?;
    Ok(())
}

/// The leads that went into a lead, and the one that it went into.
pub(in crate::leads) fn merged_with(db: &Connection, id: LeadId) -> Result<Vec<LeadId>> {
    let mut all: Vec<LeadId> = db
        .prepare_cached("SELECT id FROM leads WHERE merged_into = ?")?
        .query_map([id], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    all.extend(merged_into(db, id)?);
    Ok(all)
}

/// Moves the notes of a lead to another one; answers which those were.
pub(in crate::leads) fn move_notes(tx: &Tx, from: LeadId, to: LeadId) -> Result<Vec<Uuid>> {
    Ok(tx
        .prepare_cached("UPDATE lead_notes SET lead_id = ? WHERE lead_id = ? RETURNING id")?
        .query_map((to, from), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?)
}

pub(in crate::leads) fn move_notes_back(
    tx: &Tx,
    notes: &[Uuid],
    from: LeadId,
    to: LeadId,
) -> Result<()> {
    let mut statement =
        tx.prepare_cached("UPDATE lead_notes SET lead_id = ? WHERE lead_id = ? AND id = ?")?;
    for note in notes {
        statement.execute((to, from, note))?;
    }
    Ok(())
}

/// Writes a merge: the lead before and after it, and the other one.
pub(in crate::leads) fn insert_merge(
    tx: &Tx,
    by: &Caller,
    id: LeadMergeId,
    (was, is, other): (&Lead, &Lead, LeadId),
    (before, after): (&Sheet, &Sheet),
    moved: &Moved,
) -> Result<()> {
    let email = |lead: &Lead| lead.email.as_deref().and_then(email_key).unwrap_or_default();
    let gave_way = |was: String, is: String| if was == is { String::new() } else { was };
    tx.prepare_cached(
        "INSERT INTO lead_merges (id, workspace_id, lead_id, other_id, before, after, moved, email_key,
            phone_key, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute((
        id,
        by.workspace,
        was.id,
        other,
        serde_json::to_string(before)?,
        serde_json::to_string(after)?,
        serde_json::to_string(moved)?,
        gave_way(email(was), email(is)),
        gave_way(key_of_phone(by, was), key_of_phone(by, is)),
        tx.now(),
    ))?;
    Ok(())
}

/// A merge with what its undo needs.
pub(in crate::leads) fn merge(
    db: &Connection,
    workspace: WorkspaceId,
    id: LeadMergeId,
) -> Result<Option<Kept>> {
    type Row = (LeadId, LeadId, String, String, String, Time);
    let row: Option<Row> = db
        .prepare_cached(
            "SELECT lead_id, other_id, before, after, moved, created_at FROM lead_merges
             WHERE id = ? AND workspace_id = ?",
        )?
        .query_row((id, workspace), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
        })
        .optional()?;
    let Some((lead, other, before, after, moved, created_at)) = row else { return Ok(None) };
    Ok(Some(Kept {
        lead,
        other,
        before: serde_json::from_str(&before)?,
        after: serde_json::from_str(&after)?,
        moved: serde_json::from_str(&moved)?,
        created_at,
    }))
}

/// The merges of a lead that can be taken back, newest first.
pub(in crate::leads) fn merges_of(db: &Connection, lead: LeadId) -> Result<Vec<Merge>> {
    Ok(db
        .prepare_cached(
            "SELECT m.id, m.other_id, l.name, m.created_at
             FROM lead_merges m JOIN leads l ON l.id = m.other_id
             WHERE m.lead_id = ? ORDER BY m.id DESC",
        )?
        .query_map([lead], |row| {
            Ok(Merge {
                id: row.get(0)?,
                lead_id: row.get(1)?,
                name: row.get(2)?,
                created_at: row.get(3)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?)
}

pub(in crate::leads) fn delete_merge(tx: &Tx, id: LeadMergeId) -> Result<()> {
    tx.prepare_cached("DELETE FROM lead_merges WHERE id = ?")?.execute([id])?;
    Ok(())
}

/// All that merges keep of a lead: its fields before and after each of them, with their ids.
pub(in crate::leads) fn kept_of(
    db: &Connection,
    lead: LeadId,
) -> Result<Vec<(LeadMergeId, Value)>> {
    type Row = (LeadMergeId, String, String, Time);
    let rows: Vec<Row> = db
        .prepare_cached(
            "SELECT id, before, after, created_at FROM lead_merges WHERE lead_id = ? ORDER BY id",
        )?
        .query_map([lead], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let kept = |(id, before, after, at): Row| {
        let (before, after): (Sheet, Sheet) =
            (serde_json::from_str(&before)?, serde_json::from_str(&after)?);
        Ok((id, json!({"id": id, "createdAt": at, "before": before, "after": after})))
    };
    rows.into_iter().map(kept).collect()
}

/// Forgets some merges that nobody can take back any more; answers how many.
pub(in crate::leads) fn forget_merges(tx: &Tx, before: Time, most: u64) -> Result<usize> {
    Ok(tx
        .prepare_cached(
            "DELETE FROM lead_merges WHERE id IN (SELECT id FROM lead_merges WHERE created_at < ? LIMIT ?)",
        )?
        .execute((before, most))?)
}
