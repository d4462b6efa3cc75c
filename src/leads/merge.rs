//! Two leads that are one person become one, field by field, and come apart again.
//!
//! Notes, timeline, messages and the link to a contact follow; what other parts have of a lead (runs of automations,
//! members of audiences) they move themselves when they are told. The lead that goes in is deleted like any other and
//! says where it has gone.

use super::{Lead, LeadId, announce, checks::clean_tags, edit, notices, place, store};
use crate::activity;
use crate::auth::{Caller, member_name};
use crate::contacts::{self, ContactId, Handed};
use crate::fields::merge::{Choices, Compared, Sheet, choose, compare};
use crate::messaging::messages;
use crate::pipelines::{self, StageId};
use crate::platform::db::IdleTask;
use crate::platform::http::IfMatch;
use crate::platform::ids::{UserId, WorkspaceId, id};
use crate::platform::{Error, Result, Time, Tx};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use std::cell::RefCell;
use utoipa::ToSchema;
use uuid::Uuid;

/// For how many days a merge can be taken back.
pub(super) const UNDO_DAYS: i64 = 30;
/// How many merges are forgotten at once.
const PIECE: u64 = 200;

id!(
    /// A merge of two leads.
    LeadMergeId
);

/// A merge that can be taken back.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LeadMerge)]
pub struct Merge {
    pub id: LeadMergeId,
    /// The lead that went in.
    pub lead_id: LeadId,
    /// Its name.
    #[schema(example = "G. Hopper")]
    pub name: String,
    pub created_at: Time,
}

/// What a merge of two leads would mean.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LeadMergePreview)]
pub struct MergePreview {
    /// The lead that stays.
    pub this: Lead,
    /// The lead that goes in.
    pub other: Lead,
    /// The fields that they have otherwise. `stageId` and `assignedTo` hold ids.
    pub fields: Vec<Compared>,
    /// The tags that both have together.
    #[schema(example = json!(["hot", "referral"]))]
    pub tags: Vec<String>,
    /// How many notes and messages the other one brings along.
    pub notes: usize,
    #[schema(example = 3)]
    pub messages: u64,
}

/// What followed from one lead to the other, by id.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Moved {
    pub notes: Vec<Uuid>,
    pub activities: Vec<Uuid>,
    /// The contact that the other one had become.
    pub link: Option<Handed>,
    /// Tags that only the other one had.
    pub tags: Vec<String>,
    /// Where the lead stood in its former stage.
    pub position: i64,
    /// What other parts moved.
    pub parts: Map<String, Value>,
}

/// A merge with what its undo needs.
pub(super) struct Kept {
    pub lead: LeadId,
    pub other: LeadId,
    pub before: Sheet,
    pub after: Sheet,
    pub moved: Moved,
    pub created_at: Time,
}

/// The fields of a lead that are chosen from. Tags are not: a lead that stays gets those of both.
pub(super) fn sheet(lead: &Lead) -> Sheet {
    let plain = [
        ("name", "Name", json!(lead.name)),
        ("email", "Email", json!(lead.email)),
        ("phone", "Phone", json!(lead.phone)),
        ("company", "Company", json!(lead.company)),
        ("title", "Title", json!(lead.title)),
        ("score", "Score", json!(lead.base_score)),
        ("stageId", "Stage", json!(lead.stage_id)),
        ("assignedTo", "Assigned to", json!(lead.assigned_to)),
    ];
    Sheet::new(&plain, &lead.custom_map())
}

/// Gives a lead what a sheet says, but for who has it and where it stands.
pub(super) fn fill(lead: &mut Lead, sheet: &Sheet) -> Result<()> {
    lead.name = sheet.text("name").unwrap_or_default();
    lead.email = sheet.text("email");
    lead.phone = sheet.text("phone");
    lead.company = sheet.text("company");
    lead.title = sheet.text("title");
    lead.base_score = serde_json::from_value(sheet.value("score").clone()).unwrap_or_default();
    let custom = serde_json::to_string(&sheet.custom())?;
    lead.custom_fields = Some(RawValue::from_string(custom)?);
    Ok(())
}

pub(super) fn id_in<T: serde::de::DeserializeOwned>(sheet: &Sheet, field: &str) -> Option<T> {
    serde_json::from_value(sheet.value(field).clone()).ok()
}

/// What the timeline and listeners are told of changed fields; who has it and where it stands are told apart.
pub(super) fn changes(before: &Sheet, after: &Sheet) -> Vec<Value> {
    let is_field = |field: &Compared| !["stageId", "assignedTo"].contains(&field.field.as_str());
    let change = |field: Compared| {
        json!({
            "field": field.field, "displayName": field.display_name, "from": field.this, "to": field.other,
        })
    };
    compare(before, after).into_iter().filter(is_field).map(change).collect()
}

/// What a merge would mean.
///
/// # Errors
/// 404, or 422 for the same lead twice or another that is not there.
pub fn preview(
    db: &Connection,
    workspace: WorkspaceId,
    id: LeadId,
    other: LeadId,
) -> Result<MergePreview> {
    let (this, other) = both(db, workspace, id, other)?;
    Ok(MergePreview {
        fields: compare(&sheet(&this), &sheet(&other)),
        tags: tags_of_both(&this, &other),
        notes: store::notes(db, other.id)?.len(),
        messages: messages::count_of_lead(db, other.id.0)?,
        this,
        other,
    })
}

fn tags_of_both(this: &Lead, other: &Lead) -> Vec<String> {
    clean_tags(this.tags.iter().chain(&other.tags).map(String::as_str))
}

fn both(
    db: &Connection,
    workspace: WorkspaceId,
    id: LeadId,
    other: LeadId,
) -> Result<(Lead, Lead)> {
    let this = store::get(db, workspace, id)?;
    if id == other {
        let message = "A lead cannot be merged with itself.";
        return Err(Error::invalid("leadId", "same_lead", message));
    }
    let mut other = store::find(db, workspace, other)?
        .ok_or_else(|| Error::invalid("leadId", "unknown_lead", "There is no such lead."))?;
    // Somebody who has left gets nothing.
    if let Some(user) = other.assigned_to
        && member_name(db, workspace, user)?.is_none()
    {
        (other.assigned_to, other.assignee) = (None, None);
    }
    Ok((this, other))
}

/// Merges another lead into one.
///
/// # Errors
/// 404, 412, or 422 as for [`preview`] and for a field that neither has.
pub fn merge(
    tx: &Tx,
    by: &Caller,
    id: LeadId,
    if_match: &IfMatch,
    other: LeadId,
    choices: &Choices,
) -> Result<Lead> {
    let (this, other) = both(tx, by.workspace, id, other)?;
    if_match.check(this.version, || this.stale())?;
    let before = sheet(&this);
    let (after, lost) = choose(&before, &sheet(&other), choices)?;
    let merge = LeadMergeId::fresh(tx.now());
    let mut lead = this.clone();
    let mut moved = move_over(tx, by, merge, &mut lead, &other)?;
    go_in(tx, by, merge, &other, &lead)?;
    let mut changes = changes(&before, &after);
    fill(&mut lead, &after)?;
    lead.tags = tags_of_both(&this, &other);
    edit::note(&mut changes, "tags", "Tags", json!(this.tags), json!(lead.tags));
    moved.tags = lead.tags.iter().filter(|tag| !this.tags.contains(tag)).cloned().collect();
    store::insert_merge(tx, by, merge, (&this, &lead, other.id), (&before, &after), &moved)?;
    let detail = json!({
        "mergeId": merge, "leadId": other.id, "leadName": other.name, "changes": changes, "lost": lost,
    });
    activity::record(tx, id.0, "lead_merged", &by.actor, &detail)?;
    assign(tx, by, &mut lead, &after)?;
    edit::save(tx, by, &mut lead, "lead.updated")?;
    let (workspace, actor) = (by.workspace, by.actor.clone());
    tx.tell(&notices::Updated { workspace, by: actor, lead: id, changes })?;
    match id_in::<StageId>(&after, "stageId").filter(|stage| *stage != lead.stage_id) {
        // It comes to stand where the other one stood.
        Some(stage) => stand(tx, by, lead, stage, other.position),
        None => Ok(lead),
    }
}

/// What hangs on the other lead follows.
fn move_over(
    tx: &Tx,
    by: &Caller,
    merge: LeadMergeId,
    lead: &mut Lead,
    other: &Lead,
) -> Result<Moved> {
    let mut moved = Moved { position: lead.position, ..Moved::default() };
    if lead.contact_id.is_none() && other.contact_id.is_some() {
        moved.link = contacts::hand_link(tx, other.id.0, lead.id.0)?;
        if let Some(link) = &moved.link {
            relink(tx, lead, Some(link.contact), other.converted_at)?;
        }
    }
    moved.notes = store::move_notes(tx, other.id, lead.id)?;
    moved.activities = activity::hand_over(tx, other.id.0, lead.id.0)?;
    messages::follow_lead(tx, merge.0, other.id.0, lead.id.0, lead.contact_id)?;
    let told = notices::Merged {
        workspace: by.workspace,
        merge,
        from: other.id,
        to: lead.id,
        is_undo: false,
        kept: RefCell::default(),
    };
    tx.tell(&told)?;
    moved.parts = told.kept.into_inner();
    Ok(moved)
}

/// The contact that a lead became, from now on; its own messages are that one's.
pub(super) fn relink(
    tx: &Tx,
    lead: &mut Lead,
    contact: Option<ContactId>,
    at: Option<Time>,
) -> Result<()> {
    lead.contact_id = contact.map(|contact| contact.0);
    lead.converted_at = at.filter(|_| contact.is_some());
    store::set_contact(tx, lead)?;
    messages::belong_to(tx, lead.id.0, lead.contact_id)
}

/// The other lead is deleted, and says where it has gone.
fn go_in(tx: &Tx, by: &Caller, merge: LeadMergeId, other: &Lead, into: &Lead) -> Result<()> {
    let detail = json!({"mergeId": merge, "leadId": into.id, "leadName": into.name});
    activity::record(tx, other.id.0, "merged_into", &by.actor, &detail)?;
    edit::remove(tx, by, other)?;
    store::set_merged_into(tx, other.id, Some(into.id))?;
    announce(tx, by.workspace, "lead.deleted", &by.actor, other);
    Ok(())
}

/// Gives a lead to whom a sheet says, if that is another and still somebody.
pub(super) fn assign(tx: &Tx, by: &Caller, lead: &mut Lead, sheet: &Sheet) -> Result<()> {
    let mut user = id_in::<Option<UserId>>(sheet, "assignedTo").flatten();
    if let Some(wanted) = user
        && member_name(tx, by.workspace, wanted)?.is_none()
    {
        user = None;
    }
    match user == lead.assigned_to {
        true => Ok(()),
        false => edit::reassign(tx, by, lead, user),
    }
}

pub(super) fn stand(
    tx: &Tx,
    by: &Caller,
    lead: Lead,
    stage: StageId,
    position: i64,
) -> Result<Lead> {
    match pipelines::place(tx, by.workspace, stage)? {
        Some(place) => place::put(tx, by, lead, &place, position),
        None => Ok(lead),
    }
}

/// The chore that forgets merges which nobody can take back any more.
pub fn forgetter() -> IdleTask {
    IdleTask { name: "forget old merges of leads", step: forget_piece, urgent_above: u64::MAX }
}

fn forget_piece(tx: &Tx) -> Result<u64> {
    let before = tx.now().plus_days(-UNDO_DAYS);
    Ok(u64::from(store::forget_merges(tx, before, PIECE)? as u64 == PIECE))
}
