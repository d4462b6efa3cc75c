//! Making, changing, deleting and restoring contacts. An address is one contact's only.

use super::{Contact, ContactId, ContactPatch, Fields, announce, notices, store};
use crate::activity;
use crate::auth::Caller;
use crate::fields::merge::{Compared, compare};
use crate::platform::http::IfMatch;
use crate::platform::{Error, FieldError, Result, Tx};
use serde_json::{Value, json};

/// Makes a contact. 409 when another has its e-mail address or phone number.
pub fn create(tx: &Tx, by: &Caller, fields: Fields) -> Result<Contact> {
    refuse_taken(tx, by, None, &fields)?;
    let contact = Contact {
        id: ContactId::fresh(tx.now()),
        name: String::new(),
        email: None,
        phone: None,
        company: None,
        title: None,
        platform: None,
        custom_fields: fields.custom_fields.clone(),
        lead_ids: Vec::new(),
        created_at: tx.now(),
        updated_at: tx.now(),
        version: 1,
        seq: 0,
    };
    let mut contact = contact.with(fields);
    contact.seq = store::insert(tx, by, &contact)?;
    record(tx, by, contact.id, "contact_created", &json!({}))?;
    announce(tx, by.workspace, "contact.created", &by.actor, contact.id);
    Ok(contact)
}

/// Changes the fields that are named; the others stay.
pub fn update(
    tx: &Tx,
    by: &Caller,
    id: ContactId,
    if_match: &IfMatch,
    patch: ContactPatch,
) -> Result<Contact> {
    let patch = patch.checked()?;
    let before = store::get(tx, by.workspace, id)?;
    if_match.check(before.version, || before.stale())?;
    let fields = patch.apply(before.fields());
    if fields == before.fields() {
        return Ok(before);
    }
    refuse_taken(tx, by, Some(id), &fields)?;
    record(tx, by, id, "field_updated", &json!({"changes": changes(&before.fields(), &fields)}))?;
    let mut contact = before.with(fields);
    save(tx, by, &mut contact)?;
    Ok(contact)
}

/// What a timeline tells of changed fields.
pub(super) fn changes(before: &Fields, after: &Fields) -> Vec<Value> {
    let compared = compare(&before.sheet(), &after.sheet());
    let change = |field: Compared| {
        json!({
            "field": field.field, "displayName": field.display_name, "from": field.this, "to": field.other,
        })
    };
    compared.into_iter().map(change).collect()
}

/// Writes an entry on the timeline of a contact.
pub(super) fn record(
    tx: &Tx,
    by: &Caller,
    contact: ContactId,
    kind: &str,
    detail: &Value,
) -> Result<()> {
    activity::record_of_contact(tx, contact.0, kind, &by.actor, detail)
}

/// Writes a changed contact with its next version, tells open pages.
pub(super) fn save(tx: &Tx, by: &Caller, contact: &mut Contact) -> Result<()> {
    contact.version += 1;
    contact.updated_at = tx.now();
    store::update(tx, by, contact)?;
    announce(tx, by.workspace, "contact.updated", &by.actor, contact.id);
    Ok(())
}

/// 409 when another contact has the e-mail address or the phone number.
pub(super) fn refuse_taken(
    tx: &Tx,
    by: &Caller,
    own: Option<ContactId>,
    fields: &Fields,
) -> Result<()> {
    let holders = store::holders(tx, by, fields.email.as_deref(), fields.phone.as_deref())?;
    let mut taken = Vec::new();
    let mut first = None;
    for (field, holder) in [("email", holders.email), ("phone", holders.phone)] {
        let Some(holder) = holder.filter(|holder| Some(holder.id) != own) else { continue };
        let what = if field == "email" { "e-mail address" } else { "phone number" };
        let message = format!("{} has this {what} already.", holder.name);
        taken.push(FieldError::new(field, "taken", message));
        first = first.or(Some(holder.id.0));
    }
    match first {
        None => Ok(()),
        Some(id) => Err(Error::Exists { code: "contact_exists", fields: taken, id }),
    }
}

/// Deletes a contact softly: it is nowhere to be seen, and can be restored.
pub fn delete(tx: &Tx, by: &Caller, id: ContactId, if_match: &IfMatch) -> Result<()> {
    let contact = store::get(tx, by.workspace, id)?;
    if_match.check(contact.version, || contact.stale())?;
    store::set_deleted(tx, &contact, true)?;
    record(tx, by, id, "contact_deleted", &json!({}))?;
    let leads = store::links_of(tx, id)?;
    tx.tell(&notices::Deleted { by: by.clone(), contact: id, name: contact.name, leads })?;
    announce(tx, by.workspace, "contact.deleted", &by.actor, id);
    Ok(())
}

/// Takes a deletion back. 404 for a contact that is not deleted and not there; 409 when another has its
/// address by now, and for one that was merged: that is taken back.
pub fn restore(tx: &Tx, by: &Caller, id: ContactId) -> Result<Contact> {
    if let Some(contact) = store::find(tx, by.workspace, id)? {
        return Ok(contact);
    }
    let contact = store::find_deleted(tx, by.workspace, id)?.ok_or(Error::NotFound("contact"))?;
    if store::merged_into(tx, id)?.is_some() {
        let message = "This contact was merged into another; take the merge back instead.";
        return Err(Error::Conflict("merged", message.into()));
    }
    refuse_taken(tx, by, Some(id), &contact.fields())?;
    store::set_deleted(tx, &contact, false)?;
    record(tx, by, id, "contact_restored", &json!({}))?;
    let leads = store::links_of(tx, id)?;
    let name = contact.name.clone();
    tx.tell(&notices::Restored { by: by.clone(), contact: id, name, leads })?;
    announce(tx, by.workspace, "contact.restored", &by.actor, id);
    store::get(tx, by.workspace, id)
}
