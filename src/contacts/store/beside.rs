//! SQL of what is kept beside a contact: its notes and differences.

use super::{key_of_email, key_of_phone};
use crate::auth::Caller;
use crate::contacts::differences::{Difference, DifferenceId};
use crate::contacts::notes::{Note, NoteId};
use crate::contacts::{Contact, ContactId};
use crate::platform::{Result, Tx};
use rusqlite::{Connection, Row};
use uuid::Uuid;

pub(in crate::contacts) fn insert_note(tx: &Tx, contact: ContactId, note: &Note) -> Result<()> {
    // A lead that is converted again brings the same notes.
    tx.prepare_cached(
        "INSERT OR IGNORE INTO contact_notes (contact_id, id, value, author, lead_id, created_at)
         VALUES (?, ?, ?, ?, ?, ?)",
    )?
    .execute((
        contact,
        note.id,
        &note.value,
        note.author.as_ref().map(serde_json::to_string).transpose()?,
        note.lead_id,
        note.created_at,
    ))?;
    Ok(())
}

pub(in crate::contacts) fn delete_note(tx: &Tx, contact: ContactId, note: NoteId) -> Result<bool> {
    let gone = tx
        .prepare_cached("DELETE FROM contact_notes WHERE contact_id = ? AND id = ?")?
        .execute((contact, note))?;
    Ok(gone > 0)
}

/// All notes of a contact, newest first.
pub(in crate::contacts) fn notes(db: &Connection, contact: ContactId) -> Result<Vec<Note>> {
    let note = |row: &Row| -> rusqlite::Result<Note> {
        let author = row.get_ref(2)?.as_str_or_null()?;
        Ok(Note {
            id: row.get(0)?,
            value: row.get(1)?,
            author: author.and_then(|author| serde_json::from_str(author).ok()),
            lead_id: row.get(3)?,
            created_at: row.get(4)?,
        })
    };
    Ok(db
        .prepare_cached(
            "SELECT id, value, author, lead_id, created_at FROM contact_notes
             WHERE contact_id = ? ORDER BY id DESC",
        )?
        .query_map([contact], note)?
        .collect::<rusqlite::Result<_>>()?)
}

/// Keeps a difference; false when it is known already.
pub(in crate::contacts) fn insert_difference(
    tx: &Tx,
    by: &Caller,
    contact: ContactId,
    difference: &Difference,
) -> Result<bool> {
    let value = serde_json::to_string(&difference.value)?;
    let is_known = differences(tx, contact)?
        .iter()
        .any(|known| known.field == difference.field && known.value == difference.value);
    if is_known {
        return Ok(false);
    }
    let address_key = match difference.field.as_str() {
        "email" => key_of_email(difference.value.as_str()),
        "phone" => key_of_phone(by, difference.value.as_str()),
        _ => String::new(),
    };
    tx.prepare_cached(
        "INSERT INTO contact_differences (contact_id, id, field, display_name, value, lead_id, other_id,
            created_at, address_key)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute((
        contact,
        difference.id,
        &difference.field,
        &difference.display_name,
        value,
        difference.lead_id,
        difference.other_contact_id,
        difference.created_at,
        address_key,
    ))?;
    Ok(true)
}

pub(in crate::contacts) fn delete_difference(
    tx: &Tx,
    contact: ContactId,
    id: DifferenceId,
) -> Result<()> {
    tx.prepare_cached("DELETE FROM contact_differences WHERE contact_id = ? AND id = ?")?
        .execute((contact, id))?;
    Ok(())
}

/// What leads said otherwise, in the order in which they said it.
pub(in crate::contacts) fn differences(
    db: &Connection,
    contact: ContactId,
) -> Result<Vec<Difference>> {
    let difference = |row: &Row| -> rusqlite::Result<Difference> {
        Ok(Difference {
            id: row.get(0)?,
            field: row.get(1)?,
            display_name: row.get(2)?,
            value: serde_json::from_str(row.get_ref(3)?.as_str()?).unwrap_or_default(),
            lead_id: row.get(4)?,
            other_contact_id: row.get(5)?,
            created_at: row.get(6)?,
        })
    };
    Ok(db
        .prepare_cached(
            "SELECT id, field, display_name, value, lead_id, other_id, created_at
             FROM contact_differences WHERE contact_id = ? ORDER BY id",
        )?
        .query_map([contact], difference)?
        .collect::<rusqlite::Result<_>>()?)
}

/// Takes away what a lead brought beside the fields.
pub(in crate::contacts) fn forget_lead(tx: &Tx, contact: ContactId, lead: Uuid) -> Result<()> {
    tx.prepare_cached("DELETE FROM contact_differences WHERE contact_id = ? AND lead_id = ?")?
        .execute((contact, lead))?;
    tx.prepare_cached("DELETE FROM contact_notes WHERE contact_id = ? AND lead_id = ?")?
        .execute((contact, lead))?;
    Ok(())
}

/// A contact with the leads that became it.
pub(in crate::contacts) fn with_leads(db: &Connection, contact: Contact) -> Result<Contact> {
    let lead_ids = db
        .prepare_cached(
            "SELECT lead_id FROM contact_leads WHERE contact_id = ? AND is_hidden = 0
             ORDER BY linked_at, lead_id",
        )?
        .query_map([contact.id], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Contact { lead_ids, ..contact })
}
