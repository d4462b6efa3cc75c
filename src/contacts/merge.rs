//! Two contacts that are one person become one, field by field, and come apart again.
//!
//! Leads, notes, messages and differences follow. A value that gives way is kept as a difference, so that nothing is
//! lost and a later lead with such an address is still this person. The contact that goes in is deleted and says
//! where it has gone.

use super::differences::{Difference, DifferenceId};
use super::{Contact, ContactDetail, ContactId, Fields, announce, edit, notices, store};
use crate::auth::Caller;
use crate::fields::merge::{Choices, Compared, Sheet, Slot, choose, compare, undo};
use crate::platform::db::IdleTask;
use crate::platform::http::IfMatch;
use crate::platform::ids::{WorkspaceId, id};
use crate::platform::{Error, Result, Time, Tx};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

/// For how many days a merge can be taken back.
const UNDO_DAYS: i64 = 30;
/// How many merges are forgotten at once.
const PIECE: u64 = 200;

id!(
    /// A merge of two contacts.
    ContactMergeId
);

/// A merge that can be taken back.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ContactMerge)]
pub struct Merge {
    pub id: ContactMergeId,
    /// The contact that went in.
    pub contact_id: ContactId,
    /// Its name.
    #[schema(example = "G. Hopper")]
    pub name: String,
    pub created_at: Time,
}

/// What a merge of two contacts would mean.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ContactMergePreview)]
pub struct MergePreview {
    /// The contact that stays.
    pub this: Contact,
    /// The contact that goes in.
    pub other: Contact,
    /// The fields that they have otherwise.
    pub fields: Vec<Compared>,
    /// How many leads, notes and differences the other one brings along.
    pub leads: usize,
    pub notes: usize,
    pub differences: usize,
}

/// What became of a merge that was taken back.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ContactUnmerge)]
pub struct Unmerge {
    /// The contact that had stayed.
    pub contact: ContactDetail,
    /// The contact that had gone in, as it was.
    pub other: ContactDetail,
    /// Fields that were changed since the merge, and so stay as they are.
    pub kept: Vec<Slot>,
}

/// What followed from one contact to the other, by id.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Moved {
    /// Leads, with what the undo of their conversion needs.
    pub leads: Vec<(Uuid, i64)>,
    pub notes: Vec<Uuid>,
    pub differences: Vec<Uuid>,
    /// Differences that the merge made of values that gave way.
    pub made: Vec<DifferenceId>,
}

/// A merge with what its undo needs.
pub(super) struct Kept {
    pub contact: ContactId,
    pub other: ContactId,
    pub before: Sheet,
    pub after: Sheet,
    pub moved: Moved,
    pub created_at: Time,
}

/// What a merge would mean.
///
/// # Errors
/// 404, or 422 for the same contact twice or another that is not there.
pub fn preview(
    db: &Connection,
    workspace: WorkspaceId,
    id: ContactId,
    other: ContactId,
) -> Result<MergePreview> {
    let (this, other) = both(db, workspace, id, other)?;
    Ok(MergePreview {
        fields: compare(&this.fields().sheet(), &other.fields().sheet()),
        leads: other.lead_ids.len(),
        notes: store::notes(db, other.id)?.len(),
        differences: store::differences(db, other.id)?.len(),
        this,
        other,
    })
}

fn both(
    db: &Connection,
    workspace: WorkspaceId,
    id: ContactId,
    other: ContactId,
) -> Result<(Contact, Contact)> {
    let this = store::get(db, workspace, id)?;
    if id == other {
        let message = "A contact cannot be merged with itself.";
        return Err(Error::invalid("contactId", "same_contact", message));
    }
    let other = store::find(db, workspace, other)?.ok_or_else(|| {
        Error::invalid("contactId", "unknown_contact", "There is no such contact.")
    })?;
    Ok((this, other))
}

/// Merges another contact into one.
///
/// # Errors
/// 404, 412, or 422 as for [`preview`] and for a field that neither has.
pub fn merge(
    tx: &Tx,
    by: &Caller,
    id: ContactId,
    if_match: &IfMatch,
    other: ContactId,
    choices: &Choices,
) -> Result<Contact> {
    let (this, other) = both(tx, by.workspace, id, other)?;
    if_match.check(this.version, || this.stale())?;
    let before = this.fields().sheet();
    let (after, lost) = choose(&before, &other.fields().sheet(), choices)?;
    store::set_deleted(tx, &other, true)?;
    store::set_merged_into(tx, other.id, Some(id))?;
    let mut moved = store::move_over(tx, other.id, id)?;
    let mut contact = this.with(Fields::from_sheet(&after));
    moved.made = keep(tx, by, &contact, lost)?;
    let merge = ContactMergeId::fresh(tx.now());
    store::insert_merge(tx, by, merge, (&contact, &other), (&before, &after), &moved)?;
    let changes = edit::changes(&Fields::from_sheet(&before), &contact.fields());
    let detail = json!({
        "mergeId": merge, "contactId": other.id, "contactName": other.name, "changes": changes,
    });
    edit::record(tx, by, id, "contact_merged", &detail)?;
    let detail = json!({"mergeId": merge, "contactId": id, "contactName": contact.name});
    edit::record(tx, by, other.id, "merged_into", &detail)?;
    edit::save(tx, by, &mut contact)?;
    announce(tx, by.workspace, "contact.deleted", &by.actor, other.id);
    let leads = moved.leads.iter().map(|(lead, _)| *lead).collect();
    let (by, name) = (by.clone(), contact.name.clone());
    let workspace = by.workspace;
    tx.tell(&notices::Merged { by, merge, from: other.id, to: id, name, leads, is_undo: false })?;
    store::get(tx, workspace, id)
}

/// Keeps what gave way beside a contact; answers the differences that this made.
fn keep(tx: &Tx, by: &Caller, contact: &Contact, lost: Vec<Slot>) -> Result<Vec<DifferenceId>> {
    let mut made = Vec::new();
    for Slot { field, display_name, value } in lost {
        let is_same_address = match field.as_str() {
            "email" => {
                store::key_of_email(value.as_str()) == store::key_of_email(contact.email.as_deref())
            }
            "phone" => {
                let key = |phone| store::key_of_phone(by, phone);
                key(value.as_str()) == key(contact.phone.as_deref())
            }
            _ => false,
        };
        let difference = Difference {
            id: DifferenceId::fresh(tx.now()),
            field,
            display_name,
            value,
            lead_id: None,
            other_contact_id: None,
            created_at: tx.now(),
        };
        if !is_same_address && store::insert_difference(tx, by, contact.id, &difference)? {
            made.push(difference.id);
        }
    }
    Ok(made)
}

/// Takes a merge back: the other contact is as it was and has again what came from it, and the one that stayed has
/// its former values again, but for fields that were changed since.
///
/// # Errors
/// 404, also after 30 days; 409 when the contact was deleted or merged since, or when somebody else has one of the
/// addresses by now.
pub fn undo_merge(tx: &Tx, by: &Caller, id: ContactMergeId) -> Result<Unmerge> {
    let kept = store::merge(tx, by.workspace, id)?
        .filter(|kept| tx.now() <= kept.created_at.plus_days(UNDO_DAYS))
        .ok_or(Error::NotFound("merge"))?;
    let Some(this) = store::find(tx, by.workspace, kept.contact)? else {
        let is_merged = store::merged_into(tx, kept.contact)?.is_some();
        return Err(match is_merged {
            true => {
                let message = "The contact was merged into another since; take that back first.";
                Error::Conflict("merged_since", message.into())
            }
            false => {
                let message = "The contact was deleted since; restore it first.";
                Error::Conflict("contact_deleted", message.into())
            }
        });
    };
    let other = store::find_deleted(tx, by.workspace, kept.other)?;
    let other = other.ok_or(Error::NotFound("contact"))?;
    let (restored, changed) = undo(&kept.before, &kept.after, &this.fields().sheet());
    let mut contact = this.with(Fields::from_sheet(&restored));
    edit::refuse_taken(tx, by, Some(contact.id), &contact.fields())?;
    let leads = store::move_back(tx, &kept.moved, contact.id, other.id)?;
    let detail = json!({"mergeId": id, "contactId": other.id, "contactName": other.name});
    edit::record(tx, by, contact.id, "merge_undone", &detail)?;
    edit::save(tx, by, &mut contact)?;
    edit::refuse_taken(tx, by, Some(other.id), &other.fields())?;
    store::set_deleted(tx, &other, false)?;
    store::set_merged_into(tx, other.id, None)?;
    store::delete_merge(tx, id)?;
    let detail = json!({"mergeId": id, "contactId": contact.id, "contactName": contact.name});
    edit::record(tx, by, other.id, "merge_undone", &detail)?;
    announce(tx, by.workspace, "contact.restored", &by.actor, other.id);
    tx.tell(&notices::Merged {
        by: by.clone(),
        merge: id,
        from: contact.id,
        to: other.id,
        name: other.name,
        leads,
        is_undo: true,
    })?;
    Ok(Unmerge {
        contact: store::detail(tx, by.workspace, contact.id)?,
        other: store::detail(tx, by.workspace, other.id)?,
        kept: changed,
    })
}

/// The chore that forgets merges which nobody can take back any more.
pub fn forgetter() -> IdleTask {
    IdleTask { name: "forget old merges of contacts", step: forget_piece, urgent_above: u64::MAX }
}

fn forget_piece(tx: &Tx) -> Result<u64> {
    let before = tx.now().plus_days(-UNDO_DAYS);
    Ok(u64::from(store::forget_merges(tx, before, PIECE)? as u64 == PIECE))
}
