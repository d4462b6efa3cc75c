//! Changing contacts.

use crate::auth::{Can, ContactsManage};
use crate::contacts::{
    ContactDetail, ContactId, ContactPatch, DifferenceId, Note, NoteId, add_note, create, delete,
    delete_note, detail, dismiss, restore, update, use_difference,
};
use crate::platform::http::{Answer, IfMatch, Json, Once, PathOf, Tagged};
use crate::platform::{App, Result};
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

/// Create a contact
///
/// 409 `contact_exists` when another contact has the e-mail address or the phone number, in whatever spelling:
/// `errors` names the field and `existingId` that contact.
#[utoipa::path(post, path = "/v1/identity/contacts", tag = "Contacts", request_body = ContactPatch,
    responses((status = 201, body = ContactDetail), (status = 409, description = "Another contact has that address")))]
pub(super) async fn create_contact(
    by: Can<ContactsManage>,
    State(app): State<App>,
    once: Once,
    Json(body): Json<ContactPatch>,
) -> Result<Answer> {
    let fields = body.into_new()?;
    app.once(once, move |tx| {
        let contact = create(tx, &by, fields)?;
        Answer::created(contact.version, &detail(tx, by.workspace, contact.id)?)
    })
    .await
}

/// Update a contact's fields
///
/// Changes only what it names; `null` clears. Of custom fields, the keys named are set or removed.
#[utoipa::path(patch, path = "/v1/identity/contacts/{id}", tag = "Contacts", params(("id" = ContactId, Path)),
    request_body = ContactPatch,
    responses((status = 200, body = ContactDetail), (status = 409, description = "Another contact has that address")))]
pub(super) async fn update_contact(
    by: Can<ContactsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<ContactId>,
    if_match: IfMatch,
    Json(patch): Json<ContactPatch>,
) -> Result<Tagged<ContactDetail>> {
    let changed = app
        .db
        .write(move |tx| {
            update(tx, &by, id, &if_match, patch)?;
            detail(tx, by.workspace, id)
        })
        .await?;
    Ok(Tagged(changed.contact.version, changed))
}

/// Delete a contact
///
/// Softly: it can be restored. Leads that became it are no longer converted.
#[utoipa::path(delete, path = "/v1/identity/contacts/{id}", tag = "Contacts", params(("id" = ContactId, Path)),
    responses((status = 204)))]
pub(super) async fn delete_contact(
    by: Can<ContactsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<ContactId>,
    if_match: IfMatch,
) -> Result<StatusCode> {
    app.db.write(move |tx| delete(tx, &by, id, &if_match)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Restore a deleted contact
///
/// 409 `contact_exists` when another contact has its address by now.
#[utoipa::path(post, path = "/v1/identity/contacts/{id}/restore", tag = "Contacts", params(("id" = ContactId, Path)),
    responses((status = 200, body = ContactDetail), (status = 409, description = "Another contact has that address")))]
pub(super) async fn restore_contact(
    by: Can<ContactsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<ContactId>,
    once: Once,
) -> Result<Answer> {
    app.once(once, move |tx| {
        let contact = restore(tx, &by, id)?;
        Answer::tagged(contact.version, &detail(tx, by.workspace, id)?)
    })
    .await
}

/// A note to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ContactNoteBody {
    #[schema(example = "Prefers to be called in the morning.")]
    value: String,
}

/// Add a note to a contact
#[utoipa::path(post, path = "/v1/identity/contacts/{id}/notes", tag = "Contacts", params(("id" = ContactId, Path)),
    request_body = ContactNoteBody, responses((status = 201, body = Note)))]
pub(super) async fn add_contact_note(
    by: Can<ContactsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<ContactId>,
    once: Once,
    Json(note): Json<ContactNoteBody>,
) -> Result<Answer> {
    app.once(once, move |tx| {
        let note = add_note(tx, &by, id, &note.value)?;
        Answer::new(StatusCode::CREATED, &note)
    })
    .await
}

/// Delete a note of a contact
#[utoipa::path(delete, path = "/v1/identity/contacts/{id}/notes/{noteId}", tag = "Contacts",
    params(("id" = ContactId, Path), ("noteId" = NoteId, Path)), responses((status = 204)))]
pub(super) async fn delete_contact_note(
    by: Can<ContactsManage>,
    State(app): State<App>,
    PathOf((id, note)): PathOf<(ContactId, NoteId)>,
) -> Result<StatusCode> {
    app.db.write(move |tx| delete_note(tx, &by, id, note)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Use a differing value
///
/// It becomes the contact's; the former value is kept among the differences in its place.
#[utoipa::path(post, path = "/v1/identity/contacts/{id}/differences/{differenceId}/use", tag = "Contacts",
    params(("id" = ContactId, Path), ("differenceId" = DifferenceId, Path)),
    responses((status = 200, body = ContactDetail), (status = 409, description = "Another contact has that address")))]
pub(super) async fn use_contact_difference(
    by: Can<ContactsManage>,
    State(app): State<App>,
    PathOf((id, difference)): PathOf<(ContactId, DifferenceId)>,
    once: Once,
) -> Result<Answer> {
    app.once(once, move |tx| {
        let contact = use_difference(tx, &by, id, difference)?;
        Answer::tagged(contact.version, &detail(tx, by.workspace, id)?)
    })
    .await
}

/// Dismiss a differing value
#[utoipa::path(delete, path = "/v1/identity/contacts/{id}/differences/{differenceId}", tag = "Contacts",
    params(("id" = ContactId, Path), ("differenceId" = DifferenceId, Path)), responses((status = 204)))]
pub(super) async fn dismiss_contact_difference(
    by: Can<ContactsManage>,
    State(app): State<App>,
    PathOf((id, difference)): PathOf<(ContactId, DifferenceId)>,
) -> Result<StatusCode> {
    app.db.write(move |tx| dismiss(tx, &by, id, difference)).await?;
    Ok(StatusCode::NO_CONTENT)
}
