//! SQL of contacts that belong to one person, and of making them go.

use super::notes;
use crate::contacts::erase::Holding;
use crate::contacts::{ContactId, store};
use crate::platform::ids::WorkspaceId;
use crate::platform::traces::{ERASED, Traces};
use crate::platform::{Result, Tx};
use rusqlite::{Connection, OptionalExtension};

pub(in crate::contacts) fn with_address(
    db: &Connection,
    workspace: WorkspaceId,
    is_email: bool,
    key: &str,
) -> Result<Vec<ContactId>> {
    let (column, field) = if is_email { ("email_key", "email") } else { ("phone_key", "phone") };
    let sql = format!(
        "SELECT id FROM contacts
            WHERE workspace_id = ?1 AND {column} = ?2 AND {column} <> '' AND deleted_at IS NULL
         UNION SELECT id FROM contacts
            WHERE workspace_id = ?1 AND {column} = ?2 AND {column} <> '' AND deleted_at IS NOT NULL
         UNION SELECT c.id FROM contact_differences d JOIN contacts c ON c.id = d.contact_id
            WHERE d.address_key = ?2 AND d.address_key <> '' AND d.field = ?3 AND c.workspace_id = ?1"
    );
    Ok(db
        .prepare_cached(&sql)?
        .query_map((workspace, key, field), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?)
}

pub(in crate::contacts) fn holding(
    db: &Connection,
    workspace: WorkspaceId,
    id: ContactId,
) -> Result<Option<Holding>> {
    let row: Option<(String, String, Option<ContactId>)> = db
        .prepare_cached(
            "SELECT email_key, phone_key, merged_into FROM contacts WHERE id = ? AND workspace_id = ?",
        )?
        .query_row((id, workspace), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((email, phone, into)) = row else { return Ok(None) };
    let mut holding = Holding { emails: vec![email], phones: vec![phone], ..Holding::default() };
    let mut kept = db.prepare_cached(
        "SELECT field, address_key FROM contact_differences WHERE contact_id = ? AND address_key <> ''",
    )?;
    let mut rows = kept.query([id])?;
    while let Some(row) = rows.next()? {
        let field: String = row.get(0)?;
        let list = if field == "email" { &mut holding.emails } else { &mut holding.phones };
        list.push(row.get(1)?);
    }
    holding.leads = store::links_of(db, id)?.into_iter().map(|(lead, _)| lead).collect();
    holding.merged = db
        .prepare_cached("SELECT id FROM contacts WHERE merged_into = ?")?
        .query_map([id], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    holding.merged.extend(into);
    Ok(Some(holding))
}

pub(in crate::contacts) fn erase(tx: &Tx, workspace: WorkspaceId, id: ContactId) -> Result<bool> {
    let gone = tx
        .prepare_cached("DELETE FROM contacts WHERE id = ? AND workspace_id = ?")?
        .execute((id, workspace))?;
    Ok(gone > 0)
}

/// The contacts of a workspace with numbers in a range, deleted ones too.
pub(in crate::contacts) fn between(
    db: &Connection,
    workspace: WorkspaceId,
    after: i64,
    upto: i64,
) -> Result<Vec<ContactId>> {
    Ok(db
        .prepare_cached("SELECT id FROM contacts WHERE seq > ? AND seq <= ? AND +workspace_id = ?")?
        .query_map((after, upto, workspace), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?)
}

pub(in crate::contacts) fn is_after(db: &Connection, seq: i64) -> Result<bool> {
    Ok(db.prepare_cached("SELECT 1 FROM contacts WHERE seq > ? LIMIT 1")?.exists([seq])?)
}

/// Takes the traces of a person out of a contact's notes, and the differences that are the person's.
pub(in crate::contacts) fn redact_beside(tx: &Tx, id: ContactId, traces: &Traces) -> Result<u64> {
    let mut taken = 0;
    for note in notes(tx, id)?.into_iter().filter(|note| traces.are_in(&note.value)) {
        tx.prepare_cached("UPDATE contact_notes SET value = ? WHERE contact_id = ? AND id = ?")?
            .execute((ERASED, id, note.id))?;
        taken += 1;
    }
    for difference in store::differences(tx, id)? {
        if traces.are_in(&difference.value.to_string()) {
            store::delete_difference(tx, id, difference.id)?;
            taken += 1;
        }
    }
    Ok(taken)
}
