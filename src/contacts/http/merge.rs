//! Merging contacts, and their timelines.

use crate::activity::{self, Activity, ActivityId};
use crate::auth::{Can, ContactsManage, ContactsView};
use crate::contacts::{
    ContactDetail, ContactId, ContactMergeId, MergePreview, Unmerge, detail, get, merge, preview,
    undo_merge,
};
use crate::fields::merge::{Choices, Side};
use crate::platform::http::{Answer, IfMatch, Json, Once, Page, Params, PathOf};
use crate::platform::{App, Error, Result};
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

/// Preview a merge of two contacts
///
/// Which fields they have otherwise, and what the other one would bring along. Changes nothing.
#[utoipa::path(get, path = "/v1/identity/contacts/{id}/merge", tag = "Contacts",
    params(("id" = ContactId, Path, description = "The contact that would stay"),
        ("contactId" = ContactId, Query, description = "The contact that would go in")),
    responses((status = 200, body = MergePreview)))]
pub(super) async fn preview_contact_merge(
    by: Can<ContactsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<ContactId>,
    mut params: Params,
) -> Result<Json<MergePreview>> {
    let other = params.parsed::<ContactId>("contactId", "The id of a contact.");
    params.finish()?;
    let other =
        other.ok_or_else(|| Error::invalid("contactId", "required", "This is required."))?;
    let preview = app.db.read(move |db| preview(db, by.workspace, id, other)).await?;
    Ok(Json(preview))
}

/// Which contact goes in, and whose values are taken.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ContactMergeBody {
    /// The contact that goes in.
    contact_id: ContactId,
    /// Whose value a field shall have. A field that is left out keeps this contact's value, or takes the other's
    /// where this one has none.
    #[serde(default)]
    #[schema(value_type = HashMap<String, Side>, example = json!({"name": "this", "email": "other", "customFields.budget": "other"}))]
    fields: Choices,
}

/// Merge two contacts
///
/// The contact named in the body goes into this one: its leads, notes, messages and differences follow. Values that
/// give way are kept as differences. The other contact is 404 `merged` from then on, and `mergedInto` says where it
/// has gone. Can be taken back for 30 days.
#[utoipa::path(post, path = "/v1/identity/contacts/{id}/merge", tag = "Contacts",
    params(("id" = ContactId, Path, description = "The contact that stays")),
    request_body = ContactMergeBody, responses((status = 200, body = ContactDetail)))]
pub(super) async fn merge_contacts(
    by: Can<ContactsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<ContactId>,
    if_match: IfMatch,
    once: Once,
    Json(body): Json<ContactMergeBody>,
) -> Result<Answer> {
    app.once(once, move |tx| {
        let contact = merge(tx, &by, id, &if_match, body.contact_id, &body.fields)?;
        Answer::tagged(contact.version, &detail(tx, by.workspace, id)?)
    })
    .await
}

/// Take a merge of contacts back
///
/// The other contact is as it was, with what came from it. Fields of this one that were changed since the merge stay
/// as they are, and are named in `kept`. 409 when the contact was deleted or merged since, or when another contact has
/// one of the addresses by now; 404 after 30 days.
#[utoipa::path(post, path = "/v1/identity/contact-merges/{id}/undo", tag = "Contacts",
    params(("id" = ContactMergeId, Path)),
    responses((status = 200, body = Unmerge), (status = 409, description = "It cannot be taken back (now)")))]
pub(super) async fn undo_contact_merge(
    by: Can<ContactsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<ContactMergeId>,
    once: Once,
) -> Result<Answer> {
    app.once(once, move |tx| Answer::ok(&undo_merge(tx, &by, id)?)).await
}

/// List a contact's timeline
///
/// Newest first.
#[utoipa::path(get, path = "/v1/identity/contacts/{id}/activities", tag = "Contacts",
    params(("id" = ContactId, Path), ("limit" = Option<u64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Page<Activity>)))]
pub(super) async fn list_contact_activities(
    by: Can<ContactsView>,
    State(app): State<App>,
    PathOf(id): PathOf<ContactId>,
    mut params: Params,
) -> Result<Json<Page<Activity>>> {
    let paging = params.paging();
    params.finish()?;
    let unknown =
        || Error::invalid("cursor", "invalid", "Use a nextCursor of this list, unchanged.");
    let place = paging.cursor.as_deref().map(|id| id.parse::<ActivityId>().map_err(|_| unknown()));
    let before = place.transpose()?;
    let page = app
        .db
        .read(move |db| {
            get(db, by.workspace, id)?;
            let mut entries = activity::list_of_contact(db, id.0, before, paging.limit + 1)?;
            let more = entries.len() as u64 > paging.limit;
            entries.truncate(usize::try_from(paging.limit).unwrap_or(usize::MAX));
            let next = entries.last().filter(|_| more).map(|last| last.id.to_string());
            let total = activity::count_of_contact(db, id.0)?;
            let mut page = Page::new(entries, &paging, total, false);
            page.next_cursor = next;
            Ok(page)
        })
        .await?;
    Ok(Json(page))
}
