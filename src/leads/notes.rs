//! Notes: what people write down about a lead.

use super::{LeadId, announce, store};
use crate::activity;
use crate::auth::{Actor, Caller};
use crate::fields::checks;
use crate::platform::ids::id;
use crate::platform::{Error, Result, Time, Tx};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

id!(
    /// A note about a lead.
    NoteId
);

/// A note about a lead.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Note {
    pub id: NoteId,
    #[schema(example = "Called back, wants a demo on Friday.")]
    pub value: String,
    pub author: Option<Actor>,
    pub created_at: Time,
}

/// Adds a note.
pub fn add_note(tx: &Tx, by: &Caller, lead: LeadId, value: &str) -> Result<Note> {
    let value = checks::note(value)?;
    let found = store::get(tx, by.workspace, lead)?;
    let note = Note {
        id: NoteId::fresh(tx.now()),
        value: value.to_owned(),
        author: Some(by.actor.clone()),
        created_at: tx.now(),
    };
    store::insert_note(tx, lead, &note)?;
    let beginning: String = value.chars().take(200).collect();
    let detail = json!({"noteId": note.id, "value": beginning});
    activity::record(tx, lead.0, "note_added", &by.actor, &detail)?;
    announce(tx, by.workspace, "lead.updated", &by.actor, &found);
    Ok(note)
}

/// Deletes a note.
pub fn delete_note(tx: &Tx, by: &Caller, lead: LeadId, note: NoteId) -> Result<()> {
    let found = store::get(tx, by.workspace, lead)?;
    if !store::delete_note(tx, lead, note)? {
        return Err(Error::NotFound("note"));
    }
    activity::record(tx, lead.0, "note_deleted", &by.actor, &json!({"noteId": note}))?;
    announce(tx, by.workspace, "lead.updated", &by.actor, &found);
    Ok(())
}
