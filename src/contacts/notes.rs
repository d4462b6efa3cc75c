//! Notes: what people write down about a contact, and what was carried over from its leads.

use super::{ContactId, edit, store};
use crate::auth::{Actor, Caller};
use crate::fields::checks;
use crate::platform::ids::id;
use crate::platform::{Error, Result, Time, Tx};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

id!(
    /// A note about a contact.
    NoteId
);

/// A note about a contact.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ContactNote)]
pub struct Note {
    pub id: NoteId,
    #[schema(example = "Prefers to be called in the morning.")]
    pub value: String,
    pub author: Option<Actor>,
    /// The lead that it was carried over from.
    pub lead_id: Option<Uuid>,
    pub created_at: Time,
}

/// Adds a note.
pub fn add_note(tx: &Tx, by: &Caller, contact: ContactId, value: &str) -> Result<Note> {
    let value = checks::note(value)?;
    let mut found = store::get(tx, by.workspace, contact)?;
    let note = Note {
        id: NoteId::fresh(tx.now()),
        value: value.to_owned(),
        author: Some(by.actor.clone()),
        lead_id: None,
        created_at: tx.now(),
    };
    store::insert_note(tx, contact, &note)?;
    let beginning: String = value.chars().take(200).collect();
    let detail = json!({"noteId": note.id, "value": beginning});
    edit::record(tx, by, contact, "note_added", &detail)?;
    edit::save(tx, by, &mut found)?;
    Ok(note)
}

/// Deletes a note.
pub fn delete_note(tx: &Tx, by: &Caller, contact: ContactId, note: NoteId) -> Result<()> {
    let mut found = store::get(tx, by.workspace, contact)?;
    if !store::delete_note(tx, contact, note)? {
        return Err(Error::NotFound("note"));
    }
    edit::record(tx, by, contact, "note_deleted", &json!({"noteId": note}))?;
    edit::save(tx, by, &mut found)
}
