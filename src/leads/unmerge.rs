//! Taking a merge of leads back.

use super::merge::{
    Kept, LeadMergeId, UNDO_DAYS, assign, changes, fill, id_in, relink, sheet, stand,
};
use super::{Lead, LeadDetail, LeadId, announce, convert, detail, edit, notices, scoring, store};
use crate::activity;
use crate::auth::Caller;
use crate::contacts;
use crate::fields::merge::{Slot, undo};
use crate::messaging::messages;
use crate::pipelines::StageId;
use crate::platform::{Error, Result, Tx};
use serde::Serialize;
use serde_json::json;
use std::cell::RefCell;
use utoipa::ToSchema;

/// What became of a merge that was taken back.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LeadUnmerge)]
pub struct Unmerge {
    /// The lead that had stayed.
    pub lead: LeadDetail,
    /// The lead that had gone in, as it was.
    pub other: LeadDetail,
    /// Fields that were changed since the merge, and so stay as they are.
    pub kept: Vec<Slot>,
}

/// Takes a merge back: the other lead is as it was and has again what came from it, and the one that stayed has its
/// former values again, but for fields that were changed since.
///
/// # Errors
/// 404, also after 30 days; 409 when the lead was deleted or merged since.
pub fn undo_merge(tx: &Tx, by: &Caller, id: LeadMergeId) -> Result<Unmerge> {
    let kept = store::merge(tx, by.workspace, id)?
        .filter(|kept| tx.now() <= kept.created_at.plus_days(UNDO_DAYS))
        .ok_or(Error::NotFound("merge"))?;
    let this = store::find(tx, by.workspace, kept.lead)?.ok_or(gone(tx, kept.lead)?)?;
    store::set_merged_into(tx, kept.other, None)?;
    store::delete_merge(tx, id)?;
    let mut other = edit::bring_back(tx, by, kept.other)?;
    let mut lead = this.clone();
    move_back(tx, by, id, &kept, &mut lead, &mut other)?;
    // Its messages are its own again.
    scoring::refresh(tx, by.workspace, &mut other)?;
    other = convert::settle(tx, by, other)?;
    let changed = put_back(tx, by, id, &kept, lead, &other)?;
    let detail = json!({"mergeId": id, "leadId": this.id, "leadName": this.name});
    activity::record(tx, other.id.0, "merge_undone", &by.actor, &detail)?;
    let (workspace, actor) = (by.workspace, by.actor.clone());
    tx.tell(&notices::Restored { workspace, by: actor, lead: other.id })?;
    announce(tx, by.workspace, "lead.restored", &by.actor, &other);
    Ok(Unmerge {
        lead: detail::detail(tx, by.workspace, kept.lead)?,
        other: detail::detail(tx, by.workspace, kept.other)?,
        kept: changed,
    })
}

/// Why a merge into a lead that is not there cannot be taken back.
fn gone(tx: &Tx, lead: LeadId) -> Result<Error> {
    Ok(match store::merged_into(tx, lead)? {
        Some(_) => {
            let message = "The lead was merged into another since; take that back first.";
            Error::Conflict("merged_since", message.into())
        }
        None => {
            let message = "The lead was deleted since; restore it first.";
            Error::Conflict("lead_deleted", message.into())
        }
    })
}

/// What came from the other lead goes back to it, as far as it is still there.
fn move_back(
    tx: &Tx,
    by: &Caller,
    merge: LeadMergeId,
    kept: &Kept,
    lead: &mut Lead,
    other: &mut Lead,
) -> Result<()> {
    let moved = &kept.moved;
    if let Some(link) = &moved.link {
        let contact = contacts::take_link_back(tx, link, lead.id.0, other.id.0)?;
        let at = other.converted_at;
        relink(tx, other, contact, at)?;
        if contact.is_some() {
            relink(tx, lead, None, None)?;
        }
    }
    store::move_notes_back(tx, &moved.notes, lead.id, other.id)?;
    activity::hand_back(tx, &moved.activities, lead.id.0, other.id.0)?;
    messages::leave_lead(tx, merge.0, lead.id.0, other.id.0, other.contact_id)?;
    tx.tell(&notices::Merged {
        workspace: by.workspace,
        merge,
        from: lead.id,
        to: other.id,
        is_undo: true,
        kept: RefCell::new(moved.parts.clone()),
    })
}

/// The lead that stayed has its former values again; answers those that were changed since, and so stay.
fn put_back(
    tx: &Tx,
    by: &Caller,
    merge: LeadMergeId,
    kept: &Kept,
    mut lead: Lead,
    other: &Lead,
) -> Result<Vec<Slot>> {
    let now = sheet(&lead);
    let (restored, changed) = undo(&kept.before, &kept.after, &now);
    let mut changes = changes(&now, &restored);
    fill(&mut lead, &restored)?;
    let tags = lead.tags.clone();
    lead.tags.retain(|tag| !kept.moved.tags.contains(tag));
    edit::note(&mut changes, "tags", "Tags", json!(tags), json!(lead.tags));
    let detail = json!({
        "mergeId": merge, "leadId": other.id, "leadName": other.name, "changes": changes,
    });
    activity::record(tx, lead.id.0, "merge_undone", &by.actor, &detail)?;
    assign(tx, by, &mut lead, &restored)?;
    edit::save(tx, by, &mut lead, "lead.updated")?;
    let (workspace, actor) = (by.workspace, by.actor.clone());
    tx.tell(&notices::Updated { workspace, by: actor, lead: lead.id, changes })?;
    if let Some(stage) = id_in::<StageId>(&restored, "stageId").filter(|id| *id != lead.stage_id) {
        stand(tx, by, lead, stage, kept.moved.position)?;
    }
    Ok(changed)
}
