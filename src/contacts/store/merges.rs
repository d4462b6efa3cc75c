//! SQL of merges: what moves from one contact to another, and what an undo needs.

use crate::auth::Caller;
use crate::contacts::merge::{ContactMergeId, Kept, Merge, Moved};
use crate::contacts::{Contact, ContactId};
use crate::fields::merge::Sheet;
use crate::platform::ids::WorkspaceId;
use crate::platform::{Result, Time, Tx};
use rusqlite::{Connection, OptionalExtension};
use std::collections::HashSet;

/// How many merges one contact can have gone through, one after the other, and still be found.
const LONGEST_CHAIN: usize = 100;

/// The contact that a contact went into, directly.
pub(in crate::contacts) fn merged_into(
    db: &Connection,
    id: ContactId,
) -> Result<Option<ContactId>> {
    let into: Option<Option<ContactId>> = db
        .prepare_cached("SELECT merged_into FROM contacts WHERE id = ?")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    Ok(into.flatten())
}

/// What a contact that was merged is now, through as many merges as there were; `None` when that is gone too.
pub(in crate::contacts) fn successor(
    db: &Connection,
    workspace: WorkspaceId,
    id: ContactId,
) -> Result<Option<ContactId>> {
    let mut statement = db.prepare_cached(
        "SELECT merged_into, deleted_at IS NULL FROM contacts WHERE id = ? AND workspace_id = ?",
    )?;
    let mut id = id;
    for step in 0..LONGEST_CHAIN {
        let row: Option<(Option<ContactId>, bool)> = statement
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

pub(in crate::contacts) fn set_merged_into(
    tx: &Tx,
    id: ContactId,
    into: Option<ContactId>,
) -> Result<()> {
    tx.prepare_cached("UPDATE contacts SET merged_into = ? WHERE id = ?")?.execute((into, id))?;
    Ok(())
}

/// Moves what hangs on a contact to another one; answers what that was.
pub(in crate::contacts) fn move_over(tx: &Tx, from: ContactId, to: ContactId) -> Result<Moved> {
    let leads = tx
        .prepare_cached("SELECT lead_id, version FROM contact_leads WHERE contact_id = ?")?
        .query_map([from], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    // A conversion is taken back whole only from the contact that it made or changed: no version is 0.
    tx.prepare_cached("UPDATE contact_leads SET contact_id = ?, version = 0 WHERE contact_id = ?")?
        .execute((to, from))?;
    // A note that the other one has too (of a lead that was converted twice) stays where it is.
    let notes = tx
        .prepare_cached(
            "UPDATE OR IGNORE contact_notes SET contact_id = ? WHERE contact_id = ? RETURNING id",
        )?
        .query_map((to, from), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut moved = Moved { leads, notes, ..Moved::default() };
    let known = values(tx, to)?;
    for (id, value) in difference_values(tx, from)? {
        if !known.contains(&value) {
            move_difference(tx, from, to, id)?;
            moved.differences.push(id);
        }
    }
    // Whose address it was is no other contact any more.
    tx.prepare_cached(
        "UPDATE contact_differences SET other_id = NULL WHERE contact_id = ? AND other_id = ?",
    )?
    .execute((to, from))?;
    Ok(moved)
}

type Value = (String, String);

fn difference_values(db: &Connection, contact: ContactId) -> Result<Vec<(uuid::Uuid, Value)>> {
    Ok(db
        .prepare_cached("SELECT id, field, value FROM contact_differences WHERE contact_id = ?")?
        .query_map([contact], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?
        .collect::<rusqlite::Result<_>>()?)
}

fn values(db: &Connection, contact: ContactId) -> Result<HashSet<Value>> {
    Ok(difference_values(db, contact)?.into_iter().map(|(_, value)| value).collect())
}

fn move_difference(tx: &Tx, from: ContactId, to: ContactId, id: uuid::Uuid) -> Result<()> {
    tx.prepare_cached(
        "UPDATE contact_differences SET contact_id = ? WHERE contact_id = ? AND id = ?",
    )?
    .execute((to, from, id))?;
    Ok(())
}

/// Moves back what a merge had moved, as far as it is still there; answers the leads.
pub(in crate::contacts) fn move_back(
    tx: &Tx,
    moved: &Moved,
    from: ContactId,
    to: ContactId,
) -> Result<Vec<uuid::Uuid>> {
    let mut leads = Vec::new();
    for (lead, version) in &moved.leads {
        let is_back = tx
            .prepare_cached(
                "UPDATE contact_leads SET contact_id = ?, version = ? WHERE lead_id = ? AND contact_id = ?",
            )?
            .execute((to, version, lead, from))?;
        if is_back > 0 {
            leads.push(*lead);
        }
    }
    for note in &moved.notes {
        tx.prepare_cached(
            "UPDATE contact_notes SET contact_id = ? WHERE contact_id = ? AND id = ?",
        )?
        .execute((to, from, note))?;
    }
    for difference in &moved.differences {
        move_difference(tx, from, to, *difference)?;
    }
    for difference in &moved.made {
        super::delete_difference(tx, from, *difference)?;
    }
    Ok(leads)
}

pub(in crate::contacts) fn insert_merge(
    tx: &Tx,
    by: &Caller,
    id: ContactMergeId,
    (contact, other): (&Contact, &Contact),
    (before, after): (&Sheet, &Sheet),
    moved: &Moved,
) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO contact_merges (id, workspace_id, contact_id, other_id, before, after, moved,
            created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute((
        id,
        by.workspace,
        contact.id,
        other.id,
        serde_json::to_string(before)?,
        serde_json::to_string(after)?,
        serde_json::to_string(moved)?,
        tx.now(),
    ))?;
    Ok(())
}

/// A merge with what its undo needs.
pub(in crate::contacts) fn merge(
    db: &Connection,
    workspace: WorkspaceId,
    id: ContactMergeId,
) -> Result<Option<Kept>> {
    type Row = (ContactId, ContactId, String, String, String, Time);
    let row: Option<Row> = db
        .prepare_cached(
            "SELECT contact_id, other_id, before, after, moved, created_at FROM contact_merges
             WHERE id = ? AND workspace_id = ?",
        )?
        .query_row((id, workspace), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
        })
        .optional()?;
    let Some((contact, other, before, after, moved, created_at)) = row else { return Ok(None) };
    Ok(Some(Kept {
        contact,
        other,
        before: serde_json::from_str(&before)?,
        after: serde_json::from_str(&after)?,
        moved: serde_json::from_str(&moved)?,
        created_at,
    }))
}

/// The merges of a contact that can be taken back, newest first.
pub(in crate::contacts) fn merges_of(db: &Connection, contact: ContactId) -> Result<Vec<Merge>> {
    Ok(db
        .prepare_cached(
            "SELECT m.id, m.other_id, c.name, m.created_at
             FROM contact_merges m JOIN contacts c ON c.id = m.other_id
             WHERE m.contact_id = ? ORDER BY m.id DESC",
        )?
        .query_map([contact], |row| {
            Ok(Merge {
                id: row.get(0)?,
                contact_id: row.get(1)?,
                name: row.get(2)?,
                created_at: row.get(3)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?)
}

pub(in crate::contacts) fn delete_merge(tx: &Tx, id: ContactMergeId) -> Result<()> {
    tx.prepare_cached("DELETE FROM contact_merges WHERE id = ?")?.execute([id])?;
    Ok(())
}

/// Forgets some merges that nobody can take back any more; answers how many.
pub(in crate::contacts) fn forget_merges(tx: &Tx, before: Time, most: u64) -> Result<usize> {
    Ok(tx
        .prepare_cached(
            "DELETE FROM contact_merges WHERE id IN
                (SELECT id FROM contact_merges WHERE created_at < ? LIMIT ?)",
        )?
        .execute((before, most))?)
}
