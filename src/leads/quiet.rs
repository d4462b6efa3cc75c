//! Many leads at once: each is written as one alone would be, but open pages are told once for all of them, and
//! what a change needs to be put back comes along.

use super::{Lead, LeadPatch, NewLead, edit, place, store};
use crate::activity;
use crate::auth::{Caller, member_name};
use crate::pipelines::{self, PipelineId, Place};
use crate::platform::events::Event;
use crate::platform::ids::UserId;
use crate::platform::{Result, Tx};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

/// What of a lead was otherwise, by the names of its properties; what did not change is absent.
pub type Former = Map<String, Value>;

/// Makes a lead on top of a stage.
pub fn create(tx: &Tx, by: &Caller, new: NewLead, place: &Place) -> Result<Lead> {
    edit::make(tx, by, new, place)
}

/// Changes a lead, and moves it where it shall stand elsewhere. `None` when nothing differs.
///
/// # Errors
/// 422 with each field at fault; then nothing is changed.
pub fn update(
    tx: &Tx,
    by: &Caller,
    before: &Lead,
    patch: LeadPatch,
    to: Option<&Place>,
) -> Result<Option<Lead>> {
    let written = edit::write(tx, by, before, patch.checked()?)?;
    let Some(to) = to.filter(|to| to.stage != before.stage_id) else { return Ok(written) };
    let mut lead = written.unwrap_or_else(|| before.clone());
    let top = place::top_of(tx, to.stage)?;
    place::stand(tx, by, &mut lead, to, top)?;
    Ok(Some(lead))
}

/// What a lead was before a change, where it differs.
pub fn former(before: &Lead, after: &Lead) -> Former {
    let mut former = Former::new();
    let mut note = |name: &str, was: Value, is: Value| {
        if was != is {
            former.insert(name.into(), was);
        }
    };
    note("name", json!(before.name), json!(after.name));
    note("email", json!(before.email), json!(after.email));
    note("phone", json!(before.phone), json!(after.phone));
    note("company", json!(before.company), json!(after.company));
    note("title", json!(before.title), json!(after.title));
    note("tags", json!(before.tags), json!(after.tags));
    note("baseScore", json!(before.base_score), json!(after.base_score));
    note("assignedTo", json!(before.assigned_to), json!(after.assigned_to));
    note("customFields", json!(before.custom_fields), json!(after.custom_fields));
    let place = |lead: &Lead| json!([lead.stage_id, lead.position]);
    note("place", place(before), place(after));
    former
}

/// Gives a lead its former values back. A stage that is gone and a person who has left are passed over.
pub fn put_back(tx: &Tx, by: &Caller, before: &Lead, former: &Former) -> Result<Lead> {
    let mut lead = before.clone();
    let mut changes = Vec::new();
    set(former, "name", &mut lead.name);
    set(former, "email", &mut lead.email);
    set(former, "phone", &mut lead.phone);
    set(former, "company", &mut lead.company);
    set(former, "title", &mut lead.title);
    // Its name before there were rules.
    set(former, "score", &mut lead.base_score);
    set(former, "baseScore", &mut lead.base_score);
    for (name, display, from, to) in [
        ("name", "Name", json!(before.name), json!(lead.name)),
        ("email", "Email", json!(before.email), json!(lead.email)),
        ("phone", "Phone", json!(before.phone), json!(lead.phone)),
        ("company", "Company", json!(before.company), json!(lead.company)),
        ("title", "Title", json!(before.title), json!(lead.title)),
        ("score", "Score", json!(before.base_score), json!(lead.base_score)),
    ] {
        edit::note(&mut changes, name, display, from, to);
    }
    if let Some(fields) = former.get("customFields") {
        let (was, is) = (Value::Object(before.custom_map()), fields.clone());
        edit::note(&mut changes, "customFields", "Custom fields", was, is);
        lead.custom_fields = Some(RawValue::from_string(fields.to_string())?);
    }
    if !changes.is_empty() {
        let detail = json!({"changes": changes});
        activity::record(tx, lead.id.0, "field_updated", &by.actor, &detail)?;
    }
    let mut tags = lead.tags.clone();
    set(former, "tags", &mut tags);
    if tags != lead.tags {
        edit::retag(tx, by, &mut lead, tags, &mut changes)?;
    }
    let mut assigned: Option<UserId> = lead.assigned_to;
    set(former, "assignedTo", &mut assigned);
    if assigned != lead.assigned_to {
        let is_member = match assigned {
            Some(user) => member_name(tx, by.workspace, user)?.is_some(),
            None => true,
        };
        edit::reassign(tx, by, &mut lead, assigned.filter(|_| is_member))?;
    }
    edit::keep(tx, by, &mut lead)?;
    edit::tell_updated(tx, by, lead.id, changes)?;
    if let Some(Ok((stage, position))) = former.get("place").cloned().map(serde_json::from_value)
        && let Some(place) = pipelines::place(tx, by.workspace, stage)?
    {
        place::stand(tx, by, &mut lead, &place, position)?;
    }
    Ok(lead)
}

fn set<T: DeserializeOwned>(former: &Former, name: &str, value: &mut T) {
    let was = former.get(name).and_then(|was| T::deserialize(was).ok());
    if let Some(was) = was {
        *value = was;
    }
}

/// Deletes a lead softly.
pub fn delete(tx: &Tx, by: &Caller, lead: &Lead) -> Result<()> {
    edit::remove(tx, by, lead)
}

/// Whether somebody has written a note about a lead.
pub fn has_note(tx: &Tx, lead: &Lead) -> Result<bool> {
    store::has_note(tx, lead.id)
}

/// Tells open pages that many leads changed: of one pipeline, or of any.
pub fn tell(tx: &Tx, by: &Caller, pipeline: Option<PipelineId>) {
    let data = json!({"pipelineId": pipeline, "by": by.actor});
    tx.publish(Event::new(by.workspace, "leads.changed", &data));
}
