//! Where a lead stands: its stage, its place among the cards there, and who has it.
//!
//! Cards are ordered by an integer with gaps of 2^20. Cards placed between two others share the gap evenly;
//! when too few numbers are left between them, the cards above move up. Integers keep the index small,
//! and stay exact as JSON numbers for 2^33 cards on top of each other.

use super::notices::{Assigned, Moved, StageChanged};
use super::{Assignee, Lead, LeadId, announce, edit, store};
use crate::activity;
use crate::auth::{Caller, member_name};
use crate::pipelines::{self, Place, StageId};
use crate::platform::events::Event;
use crate::platform::http::IfMatch;
use crate::platform::ids::UserId;
use crate::platform::{Error, Result, Tx};
use serde_json::{Value, json};

/// The distance between neighbours.
const GAP: i64 = 1 << 20;

/// Where a card shall go. Without a neighbour named it goes on top.
#[derive(Debug, Clone)]
pub struct Destination {
    /// The stage.
    pub stage: StageId,
    /// The card that shall stand directly below.
    pub before: Option<LeadId>,
    /// The card that shall stand directly above.
    pub after: Option<LeadId>,
}

impl Destination {
    fn has_neighbour(&self) -> bool {
        self.before.is_some() || self.after.is_some()
    }
}

/// The position on top of a stage.
pub(super) fn top_of(tx: &Tx, stage: StageId) -> Result<i64> {
    Ok(store::top_position(tx, stage)?.map_or(0, |top| top - GAP))
}

/// Moves a lead to a stage and a place in it.
pub fn move_to(
    tx: &Tx,
    by: &Caller,
    id: LeadId,
    if_match: &IfMatch,
    to: &Destination,
) -> Result<Lead> {
    let lead = store::get(tx, by.workspace, id)?;
    if_match.check(lead.version, || lead.stale())?;
    let place = stage_of(tx, by, to)?;
    let other = |id: &LeadId| *id != lead.id;
    let others =
        Destination { before: to.before.filter(other), after: to.after.filter(other), ..*to };
    let is_by_itself = to.has_neighbour() && !others.has_neighbour();
    let position = match is_by_itself && lead.stage_id == to.stage {
        true => lead.position,
        false => slots(tx, &others, &[id])?.first().copied().unwrap_or_default(),
    };
    put(tx, by, lead, &place, position)
}

/// The stage of a destination; names the field at fault.
pub(super) fn stage_of(tx: &Tx, by: &Caller, to: &Destination) -> Result<Place> {
    pipelines::place(tx, by.workspace, to.stage)?.ok_or_else(|| pipelines::unknown_stage("stageId"))
}

/// Puts a lead at a position of a stage.
pub(super) fn put(
    tx: &Tx,
    by: &Caller,
    mut lead: Lead,
    place: &Place,
    position: i64,
) -> Result<Lead> {
    if lead.stage_id == place.stage && lead.position == position {
        return Ok(lead);
    }
    let from = json!({"pipelineId": lead.pipeline_id, "stageId": lead.stage_id});
    stand(tx, by, &mut lead, place, position)?;
    let card = lead.clone().into_card();
    let data = json!({"leadId": lead.id, "by": by.actor, "lead": card, "from": from});
    tx.publish(Event::new(by.workspace, "lead.moved", &data));
    Ok(lead)
}

/// The same, without telling open pages.
pub(super) fn stand(
    tx: &Tx,
    by: &Caller,
    lead: &mut Lead,
    place: &Place,
    position: i64,
) -> Result<()> {
    if lead.stage_id != place.stage {
        change_stage(tx, by, lead, place)?;
    }
    lead.position = position;
    lead.version += 1;
    lead.updated_at = tx.now();
    store::set_place(tx, lead)
}

fn change_stage(tx: &Tx, by: &Caller, lead: &mut Lead, place: &Place) -> Result<()> {
    let from = pipelines::place(tx, by.workspace, lead.stage_id)?;
    let detail = json!({"from": from.as_ref().map(named), "to": named(place)});
    activity::record(tx, lead.id.0, "stage_changed", &by.actor, &detail)?;
    store::leave_stage(tx, lead.id)?;
    pipelines::count_leads(tx, lead.stage_id, -1)?;
    pipelines::count_leads(tx, place.stage, 1)?;
    tx.tell(&Moved {
        workspace: by.workspace,
        by: by.actor.clone(),
        lead: lead.id,
        from_pipeline: lead.pipeline_id,
        from: lead.stage_id,
        from_name: from.map(|from| from.name),
        to: place.stage,
    })?;
    lead.stage_id = place.stage;
    lead.pipeline_id = place.pipeline;
    tx.tell(&StageChanged {
        workspace: by.workspace,
        lead: lead.id,
        stage: place.stage,
        kind: place.kind,
    })
}

fn named(place: &Place) -> Value {
    json!({"id": place.stage, "name": place.name})
}

/// The positions at which leads come to stand side by side, in their order.
pub(super) fn slots(tx: &Tx, to: &Destination, moved: &[LeadId]) -> Result<Vec<i64>> {
    let (above, below) = neighbours(tx, to, moved)?;
    let count = i64::try_from(moved.len()).map_err(Error::internal)?;
    let (first, step) = match (above, below) {
        (None, None) => (0, GAP),
        (None, Some(below)) => (below - count * GAP, GAP),
        (Some(above), None) => (above + GAP, GAP),
        (Some(mut above), Some(below)) => {
            if below - above <= count {
                store::shift_up(tx, to.stage, above, count * GAP)?;
                above -= count * GAP;
            }
            let step = (below - above) / (count + 1);
            (above + step, step)
        }
    };
    Ok((0..count).map(|place| first + place * step).collect())
}

/// The positions of the cards above and below a destination, passing over those that are being moved.
fn neighbours(tx: &Tx, to: &Destination, moved: &[LeadId]) -> Result<(Option<i64>, Option<i64>)> {
    let stage = to.stage;
    let position = |id: Option<LeadId>| match id {
        Some(id) => store::position_in(tx, stage, id),
        None => Ok(None),
    };
    if let Some(below) = position(to.before)? {
        return Ok((store::neighbour_above(tx, stage, below, moved)?, Some(below)));
    }
    if let Some(above) = position(to.after)? {
        return Ok((Some(above), store::neighbour_below(tx, stage, above, moved)?));
    }
    if to.has_neighbour() {
        let field = if to.before.is_some() { "beforeId" } else { "afterId" };
        let message = "This lead is not in that stage; place the card by another one.";
        return Err(Error::invalid(field, "not_in_stage", message));
    }
    Ok((None, store::neighbour_below(tx, stage, i64::MIN, moved)?))
}

/// Assigns a lead to somebody, or to nobody.
pub fn assign(
    tx: &Tx,
    by: &Caller,
    id: LeadId,
    if_match: &IfMatch,
    user: Option<UserId>,
) -> Result<Lead> {
    let mut lead = store::get(tx, by.workspace, id)?;
    if_match.check(lead.version, || lead.stale())?;
    if lead.assigned_to == user {
        return Ok(lead);
    }
    edit::reassign(tx, by, &mut lead, user)?;
    lead.version += 1;
    lead.updated_at = tx.now();
    store::set_assignee(tx, &lead)?;
    announce(tx, by.workspace, "lead.updated", &by.actor, &lead);
    Ok(lead)
}

/// Says on the timeline of a lead that was just made, and to the parts above, that a rule gave it to whoever has it.
pub fn note_rule(tx: &Tx, by: &Caller, lead: &Lead, rule: &str) -> Result<()> {
    let detail = json!({"from": null, "to": lead.assignee, "rule": rule});
    activity::record(tx, lead.id.0, "assigned", &by.actor, &detail)?;
    tx.tell(&Assigned {
        workspace: by.workspace,
        by: by.actor.clone(),
        lead: lead.id,
        from: None,
        to: lead.assigned_to,
    })
}

/// A member of the workspace, as somebody to assign to; 422 for anybody else.
pub(super) fn assignee(tx: &Tx, by: &Caller, user: UserId) -> Result<Assignee> {
    let name = member_name(tx, by.workspace, user)?.ok_or_else(|| {
        let message = "This person is not a member of the workspace.";
        Error::invalid("assignedTo", "unknown_user", message)
    })?;
    Ok(Assignee { id: user, name })
}

/// Moves leads of a stage to the end of another, in their order, at most so many; deleted ones go along
/// last, so that they can still be restored. Answers how many it moved.
pub fn move_out(tx: &Tx, by: &Caller, from: StageId, to: StageId, most: usize) -> Result<usize> {
    let find = |stage| -> Result<Place> {
        pipelines::place(tx, by.workspace, stage)?.ok_or(Error::NotFound("stage"))
    };
    let (from, to) = (find(from)?, find(to)?);
    let moved = store::topmost(tx, from.stage, most)?;
    let detail = json!({"from": named(&from), "to": named(&to)});
    let mut position = store::bottom_position(tx, to.stage)?.map_or(0, |bottom| bottom + GAP);
    for id in &moved {
        activity::record(tx, id.0, "stage_changed", &by.actor, &detail)?;
        store::move_to_stage(tx, *id, &to, position)?;
        position += GAP;
        tx.tell(&Moved {
            workspace: by.workspace,
            by: by.actor.clone(),
            lead: *id,
            from_pipeline: from.pipeline,
            from: from.stage,
            from_name: Some(from.name.clone()),
            to: to.stage,
        })?;
    }
    let count = i64::try_from(moved.len()).map_err(Error::internal)?;
    pipelines::count_leads(tx, from.stage, -count)?;
    pipelines::count_leads(tx, to.stage, count)?;
    if count > 0 {
        let data = json!({"pipelineId": to.pipeline, "by": by.actor});
        tx.publish(Event::new(by.workspace, "leads.changed", &data));
    }
    let deleted = store::move_deleted(tx, from.stage, &to, most - moved.len())?;
    Ok(moved.len() + deleted)
}
