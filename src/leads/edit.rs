//! Making, changing, deleting and restoring leads. Each change writes its activity and tells open pages.

use super::checks::Tags;
use super::{
    Lead, LeadId, LeadPatch, NewLead, announce, convert, notices, place, scoring, search, store,
};
use crate::activity;
use crate::auth::{Caller, member_name};
use crate::contacts;
use crate::fields::custom_fields;
use crate::messaging::messages;
use crate::pipelines::{self, Place};
use crate::platform::http::{IfMatch, Patch};
use crate::platform::ids::UserId;
use crate::platform::{Error, Result, Tx};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

/// Makes a lead, on top of its stage.
pub fn create(tx: &Tx, by: &Caller, new: NewLead) -> Result<Lead> {
    let place = pipelines::place_for_new(tx, by, new.pipeline, new.stage)?;
    let lead = make(tx, by, new, &place)?;
    announce(tx, by.workspace, "lead.created", &by.actor, &lead);
    Ok(lead)
}

/// Makes a lead on top of a stage, without telling open pages.
pub(super) fn make(tx: &Tx, by: &Caller, new: NewLead, place: &Place) -> Result<Lead> {
    let assignee = new.assigned_to.map(|user| place::assignee(tx, by, user)).transpose()?;
    let fields = serde_json::to_string(&new.custom_fields)?;
    let position = place::top_of(tx, place.stage)?;
    let mut lead = Lead {
        id: LeadId::fresh(tx.now()),
        name: new.name,
        email: new.email,
        phone: new.phone,
        company: new.company,
        title: new.title,
        tags: new.tags,
        source: new.source,
        score: new.score.min(100),
        base_score: new.score.min(100),
        pipeline_id: place.pipeline,
        stage_id: place.stage,
        position,
        assigned_to: assignee.as_ref().map(|assignee| assignee.id),
        assignee,
        custom_fields: Some(RawValue::from_string(fields)?),
        webhook_id: new.webhook,
        contact_id: None,
        converted_at: None,
        created_at: tx.now(),
        updated_at: tx.now(),
        version: 1,
        seq: 0,
    };
    scoring::apply(tx, by.workspace, &mut lead)?;
    lead.seq = store::insert(tx, by, &lead, new.phone_key)?;
    pipelines::count_leads(tx, lead.stage_id, 1)?;
    record_creation(tx, by, &lead, place, new.detail)?;
    tx.tell(&notices::Created {
        workspace: by.workspace,
        by: by.actor.clone(),
        lead: lead.id,
        source: lead.source,
    })?;
    Ok(lead)
}

fn record_creation(tx: &Tx, by: &Caller, lead: &Lead, place: &Place, extra: Value) -> Result<()> {
    let mut detail = json!({
        "source": lead.source, "to": {"id": place.stage, "name": place.name},
    });
    if let (Some(detail), Value::Object(extra)) = (detail.as_object_mut(), extra) {
        detail.extend(extra);
    }
    activity::record(tx, lead.id.0, "lead_created", &by.actor, &detail)
}

/// Changes the fields that are named; the others stay.
pub fn update(
    tx: &Tx,
    by: &Caller,
    id: LeadId,
    if_match: &IfMatch,
    patch: LeadPatch,
) -> Result<Lead> {
    for (field, named) in
        [("stageId", patch.stage_id.is_named()), ("pipelineId", patch.pipeline_id.is_named())]
    {
        if named {
            let message = "A lead is moved by PATCH /leads/{id}/stage.";
            return Err(Error::invalid(field, "not_here", message));
        }
    }
    let patch = patch.checked()?;
    let before = store::get(tx, by.workspace, id)?;
    if_match.check(before.version, || before.stale())?;
    match write(tx, by, &before, patch)? {
        Some(lead) => {
            announce(tx, by.workspace, "lead.updated", &by.actor, &lead);
            Ok(lead)
        }
        None => Ok(before),
    }
}

/// Writes a checked change, without telling open pages; `None` when nothing differs.
pub(super) fn write(tx: &Tx, by: &Caller, before: &Lead, patch: LeadPatch) -> Result<Option<Lead>> {
    let mut lead = before.clone();
    let mut changes = Vec::new();
    apply_texts(&mut lead, &patch, &mut changes);
    apply_score(&mut lead, &patch, &mut changes);
    apply_custom_fields(&mut lead, patch.custom_fields, &mut changes)?;
    let tags = patch.tags.change().map(|tags| tags.map(Tags::into_clean).unwrap_or_default());
    let retagged = tags.filter(|tags| *tags != lead.tags);
    let reassigned = patch.assigned_to.change().filter(|user| *user != lead.assigned_to);
    if changes.is_empty() && retagged.is_none() && reassigned.is_none() {
        return Ok(None);
    }
    if !changes.is_empty() {
        let detail = json!({"changes": changes});
        activity::record(tx, lead.id.0, "field_updated", &by.actor, &detail)?;
    }
    if let Some(tags) = retagged {
        retag(tx, by, &mut lead, tags, &mut changes)?;
    }
    if let Some(user) = reassigned {
        reassign(tx, by, &mut lead, user)?;
    }
    keep(tx, by, &mut lead)?;
    tell_updated(tx, by, lead.id, changes)?;
    Ok(Some(lead))
}

/// Adds to what changed, where it did.
pub(super) fn note(
    changes: &mut Vec<Value>,
    field: &str,
    display_name: &str,
    from: Value,
    to: Value,
) {
    if from != to {
        changes.push(json!({
            "field": field, "displayName": display_name, "from": from, "to": to,
        }));
    }
}

fn apply_texts(lead: &mut Lead, patch: &LeadPatch, changes: &mut Vec<Value>) {
    if let Patch::Set(name) = &patch.name {
        note(changes, "name", "Name", json!(lead.name), json!(name));
        lead.name.clone_from(name);
    }
    let fields = [
        ("email", "Email", &mut lead.email, &patch.email),
        ("phone", "Phone", &mut lead.phone, &patch.phone),
        ("company", "Company", &mut lead.company, &patch.company),
        ("title", "Title", &mut lead.title, &patch.title),
    ];
    for (field, display_name, current, patch) in fields {
        if let Some(value) = patch.clone().change() {
            note(changes, field, display_name, json!(current), json!(value));
            *current = value;
        }
    }
}

/// Who sets a score sets what the rules add to. The score that a lead has already says nothing new: so what was read
/// can be written back, by a program as by a file.
fn apply_score(lead: &mut Lead, patch: &LeadPatch, changes: &mut Vec<Value>) {
    let set = |named: Option<i64>| u8::try_from(named.unwrap_or_default()).unwrap_or_default();
    let score = patch.score.clone().change().map(set).filter(|score| *score != lead.score);
    let Some(base) = patch.base_score.clone().change().map(set).or(score) else { return };
    note(changes, "score", "Score", json!(lead.base_score), json!(base));
    lead.base_score = base;
}

fn apply_custom_fields(
    lead: &mut Lead,
    patch: Patch<Map<String, Value>>,
    changes: &mut Vec<Value>,
) -> Result<()> {
    let Some(change) = patch.change() else { return Ok(()) };
    let before = lead.custom_map();
    let after = change.map(|change| custom_fields::merge(&before, &change)).unwrap_or_default();
    let keys = before.keys().chain(after.keys().filter(|key| !before.contains_key(*key)));
    for key in keys.filter(|key| *key != custom_fields::DISPLAY_NAMES) {
        let value = |fields: &Map<String, Value>| fields.get(key).cloned().unwrap_or_default();
        let named = if after.contains_key(key) { &after } else { &before };
        let display_name = custom_fields::display_name(named, key);
        let field = format!("customFields.{key}");
        note(changes, &field, display_name, value(&before), value(&after));
    }
    if changes.is_empty() && before != after {
        // Only a display name changed: told too, since people see it.
        let names = |fields: &Map<String, Value>| {
            fields.get(custom_fields::DISPLAY_NAMES).cloned().unwrap_or_default()
        };
        note(changes, "customFields", "Field names", names(&before), names(&after));
    }
    lead.custom_fields = Some(RawValue::from_string(serde_json::to_string(&after)?)?);
    Ok(())
}

/// Tells the parts above what was changed, if it was anything that a lead says.
pub(super) fn tell_updated(tx: &Tx, by: &Caller, lead: LeadId, changes: Vec<Value>) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let (workspace, by) = (by.workspace, by.actor.clone());
    tx.tell(&notices::Updated { workspace, by, lead, changes })
}

/// Gives a lead other tags.
pub(super) fn retag(
    tx: &Tx,
    by: &Caller,
    lead: &mut Lead,
    tags: Vec<String>,
    changes: &mut Vec<Value>,
) -> Result<()> {
    let detail = json!({"from": lead.tags, "to": tags});
    activity::record(tx, lead.id.0, "tags_changed", &by.actor, &detail)?;
    note(changes, "tags", "Tags", json!(lead.tags), json!(tags));
    lead.tags = tags;
    Ok(())
}

/// Assigns a lead to somebody, or to nobody.
pub(super) fn reassign(tx: &Tx, by: &Caller, lead: &mut Lead, user: Option<UserId>) -> Result<()> {
    let assignee = user.map(|user| place::assignee(tx, by, user)).transpose()?;
    let former = match (&lead.assignee, lead.assigned_to) {
        (Some(former), _) => json!(former),
        (None, Some(id)) => json!({"id": id, "name": member_name(tx, by.workspace, id)?}),
        (None, None) => Value::Null,
    };
    let detail = json!({"from": former, "to": assignee});
    activity::record(tx, lead.id.0, "assigned", &by.actor, &detail)?;
    let from = lead.assigned_to;
    lead.assigned_to = user;
    lead.assignee = assignee;
    tx.tell(&notices::Assigned {
        workspace: by.workspace,
        by: by.actor.clone(),
        lead: lead.id,
        from,
        to: user,
    })
}

/// Writes a changed lead with its next version, keeps the search index in step, tells open pages.
pub(super) fn save(tx: &Tx, by: &Caller, lead: &mut Lead, event: &'static str) -> Result<()> {
    keep(tx, by, lead)?;
    announce(tx, by.workspace, event, &by.actor, lead);
    Ok(())
}

/// The same, without telling open pages.
pub(super) fn keep(tx: &Tx, by: &Caller, lead: &mut Lead) -> Result<()> {
    lead.version += 1;
    lead.updated_at = tx.now();
    scoring::apply(tx, by.workspace, lead)?;
    search::forget(tx, lead.seq)?;
    store::update(tx, by, lead)?;
    search::index_again(tx, lead.seq)
}

/// Deletes a lead softly: it is nowhere to be seen, and can be restored.
pub fn delete(tx: &Tx, by: &Caller, id: LeadId, if_match: &IfMatch) -> Result<Lead> {
    let lead = store::get(tx, by.workspace, id)?;
    if_match.check(lead.version, || lead.stale())?;
    remove(tx, by, &lead)?;
    announce(tx, by.workspace, "lead.deleted", &by.actor, &lead);
    Ok(lead)
}

/// The same, without telling open pages.
pub(super) fn remove(tx: &Tx, by: &Caller, lead: &Lead) -> Result<()> {
    let id = lead.id;
    search::forget(tx, lead.seq)?;
    store::set_deleted(tx, id, true)?;
    contacts::hide_lead(tx, id.0, true)?;
    pipelines::count_leads(tx, lead.stage_id, -1)?;
    activity::record(tx, id.0, "lead_deleted", &by.actor, &json!({}))?;
    tx.tell(&notices::Deleted { workspace: by.workspace, by: by.actor.clone(), lead: id })?;
    messages::withdraw(tx, id.0)
}

/// Takes a deletion back. 404 for a lead that is not deleted and not there; 409 for one that was merged: that is taken
/// back.
pub fn restore(tx: &Tx, by: &Caller, id: LeadId) -> Result<Lead> {
    if let Some(lead) = store::find(tx, by.workspace, id)? {
        return Ok(lead);
    }
    if !store::is_deleted(tx, by.workspace, id)? {
        return Err(Error::NotFound("lead"));
    }
    if store::merged_into(tx, id)?.is_some() {
        let message = "This lead was merged into another; take the merge back instead.";
        return Err(Error::Conflict("merged", message.into()));
    }
    let lead = bring_back(tx, by, id)?;
    activity::record(tx, id.0, "lead_restored", &by.actor, &json!({}))?;
    let lead = convert::settle(tx, by, lead)?;
    tx.tell(&notices::Restored { workspace: by.workspace, by: by.actor.clone(), lead: id })?;
    announce(tx, by.workspace, "lead.restored", &by.actor, &lead);
    Ok(lead)
}

/// A deleted lead is there again, without anybody being told.
pub(super) fn bring_back(tx: &Tx, by: &Caller, id: LeadId) -> Result<Lead> {
    store::set_deleted(tx, id, false)?;
    contacts::hide_lead(tx, id.0, false)?;
    let mut lead = store::get(tx, by.workspace, id)?;
    // The rules may have changed meanwhile.
    scoring::refresh(tx, by.workspace, &mut lead)?;
    search::index_again(tx, lead.seq)?;
    pipelines::count_leads(tx, lead.stage_id, 1)?;
    Ok(lead)
}
