//! Where a lead stands: its stage, its place among the cards there, and who has it.
//!
//! Cards are ordered by an integer with gaps of 2^20. A card placed between two others takes the middle;
//! when no number is left between them, the cards above move up by one gap. Integers keep the index small,
//! and stay exact as JSON numbers for 2^33 cards on top of each other.

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
    let mut lead = store::get(tx, by.workspace, id)?;
    if_match.check(lead.version, || lead.stale())?;
    let place = pipelines::place(tx, by.workspace, to.stage)?
        .ok_or_else(|| pipelines::unknown_stage("stageId"))?;
    let position = position_for(tx, &lead, to)?;
    if lead.stage_id == place.stage && lead.position == position {
        return Ok(lead);
    }
    let from = json!({"pipelineId": lead.pipeline_id, "stageId": lead.stage_id});
    if lead.stage_id != place.stage {
        change_stage(tx, by, &mut lead, &place)?;
    }
    lead.position = position;
    lead.version += 1;
    lead.updated_at = tx.now();
    store::set_place(tx, &lead)?;
    let card = lead.clone().into_card();
    let data = json!({"leadId": id, "by": by.actor, "lead": card, "from": from});
    tx.publish(Event::new(by.workspace, "lead.moved", &data));
    Ok(lead)
}

fn change_stage(tx: &Tx, by: &Caller, lead: &mut Lead, place: &Place) -> Result<()> {
    let from = pipelines::place(tx, by.workspace, lead.stage_id)?.map(|place| named(&place));
    let detail = json!({"from": from, "to": named(place)});
    activity::record(tx, lead.id.0, "stage_changed", &by.actor, &detail)?;
    pipelines::count_leads(tx, lead.stage_id, -1)?;
    pipelines::count_leads(tx, place.stage, 1)?;
    lead.stage_id = place.stage;
    lead.pipeline_id = place.pipeline;
    Ok(())
}

fn named(place: &Place) -> Value {
    json!({"id": place.stage, "name": place.name})
}

fn position_for(tx: &Tx, lead: &Lead, to: &Destination) -> Result<i64> {
    let anchor = |id: Option<LeadId>| -> Result<Option<i64>> {
        match id.filter(|id| *id != lead.id) {
            Some(id) => store::position_in(tx, to.stage, id),
            None => Ok(None),
        }
    };
    if let Some(below) = anchor(to.before)? {
        let above = store::neighbour_above(tx, to.stage, below, lead.id)?;
        return between(tx, to.stage, above, Some(below));
    }
    if let Some(above) = anchor(to.after)? {
        let below = store::neighbour_below(tx, to.stage, above, lead.id)?;
        return between(tx, to.stage, Some(above), below);
    }
    let named = to.before.or(to.after).filter(|id| *id != lead.id);
    if named.is_some() {
        let field = if to.before.is_some() { "beforeId" } else { "afterId" };
        let message = "This lead is not in that stage; place the card by another one.";
        return Err(Error::invalid(field, "not_in_stage", message));
    }
    let alone = to.before.is_some() || to.after.is_some();
    if alone && lead.stage_id == to.stage {
        return Ok(lead.position);
    }
    match store::top_position_without(tx, to.stage, lead.id)? {
        Some(top) => Ok(top - GAP),
        None => Ok(0),
    }
}

fn between(tx: &Tx, stage: StageId, above: Option<i64>, below: Option<i64>) -> Result<i64> {
    match (above, below) {
        (None, None) => Ok(0),
        (None, Some(below)) => Ok(below - GAP),
        (Some(above), None) => Ok(above + GAP),
        (Some(above), Some(below)) if below - above > 1 => Ok(above + (below - above) / 2),
        (Some(above), Some(below)) => {
            store::shift_up(tx, stage, above, GAP)?;
            Ok(below - GAP / 2)
        }
    }
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

/// A member of the workspace, as somebody to assign to; 422 for anybody else.
pub(super) fn assignee(tx: &Tx, by: &Caller, user: UserId) -> Result<Assignee> {
    let name = member_name(tx, by.workspace, user)?.ok_or_else(|| {
        let message = "This person is not a member of the workspace.";
        Error::invalid("assignedTo", "unknown_user", message)
    })?;
    Ok(Assignee { id: user, name })
}

/// Moves all leads of a stage to the end of another, in their order; deleted ones go along, so that they
/// can still be restored.
pub fn move_all(tx: &Tx, by: &Caller, from: StageId, to: StageId) -> Result<()> {
    let find = |stage| -> Result<Place> {
        pipelines::place(tx, by.workspace, stage)?.ok_or(Error::NotFound("stage"))
    };
    let (from, to) = (find(from)?, find(to)?);
    let moved = store::ids_in_stage(tx, from.stage)?;
    let detail = json!({"from": named(&from), "to": named(&to)});
    for id in &moved {
        activity::record(tx, id.0, "stage_changed", &by.actor, &detail)?;
    }
    store::move_stage(tx, from.stage, &to, GAP)?;
    let count = i64::try_from(moved.len()).map_err(Error::internal)?;
    pipelines::count_leads(tx, from.stage, -count)?;
    pipelines::count_leads(tx, to.stage, count)?;
    let data = json!({"pipelineId": to.pipeline, "by": by.actor});
    tx.publish(Event::new(by.workspace, "leads.changed", &data));
    Ok(())
}
