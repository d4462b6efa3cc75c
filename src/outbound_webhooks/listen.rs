//! What is heard from the parts below, written down in the transaction in which it happens.
//!
//! An event is one narrow row for each outbound webhook that wants it, and none where nobody does. One job for each
//! outbound webhook, not one for each event, sees to what waits; see [`send`](super::send).

use super::EventType::{self, Assigned, Converted, Created, Deleted, Imported, MessageFailed};
use super::send::KIND;
use super::store::{self, NewDelivery};
use crate::auth::{Actor, Caller};
use crate::leads::{LeadId, Source, notices};
use crate::messaging::MessageId;
use crate::messaging::messages::{self, Status};
use crate::platform::ids::WorkspaceId;
use crate::platform::jobs::{self, Queue};
use crate::platform::told::Listener;
use crate::platform::{Result, Tx};
use serde_json::{Map, Value, json};

/// Everything that is listened to.
pub fn listeners() -> Vec<Listener> {
    vec![
        Listener::of(|tx: &Tx, told: &notices::Created| {
            let event = if told.source == Source::Import { Imported } else { Created };
            Change { workspace: told.workspace, event, by: &told.by, lead: told.lead }
                .write(tx, || None)
        }),
        Listener::of(|tx: &Tx, told: &notices::Updated| {
            let event = EventType::Updated;
            Change { workspace: told.workspace, event, by: &told.by, lead: told.lead }
                .write(tx, || Some(before(&told.changes)))
        }),
        Listener::of(|tx: &Tx, told: &notices::Moved| {
            let event = EventType::Moved;
            Change { workspace: told.workspace, event, by: &told.by, lead: told.lead }.write(
                tx,
                || {
                    Some(json!({
                        "stageId": told.from, "stageName": told.from_name,
                        "pipelineId": told.from_pipeline,
                    }))
                },
            )
        }),
        Listener::of(|tx: &Tx, told: &notices::Assigned| {
            Change { workspace: told.workspace, event: Assigned, by: &told.by, lead: told.lead }
                .write(tx, || Some(json!({"assignedTo": told.from})))
        }),
        Listener::of(|tx: &Tx, told: &notices::Converted| {
            Change { workspace: told.workspace, event: Converted, by: &told.by, lead: told.lead }
                .write(tx, || None)
        }),
        Listener::of(|tx: &Tx, told: &notices::Deleted| {
            Change { workspace: told.workspace, event: Deleted, by: &told.by, lead: told.lead }
                .write(tx, || None)
        }),
        Listener::of(|tx: &Tx, told: &notices::Restored| {
            let event = EventType::Restored;
            Change { workspace: told.workspace, event, by: &told.by, lead: told.lead }
                .write(tx, || None)
        }),
        Listener::of(on_message),
    ]
}

/// Something that happened to a lead.
struct Change<'a> {
    workspace: WorkspaceId,
    event: EventType,
    by: &'a Actor,
    lead: LeadId,
}

impl Change<'_> {
    fn write(&self, tx: &Tx, previous: impl Fn() -> Option<Value>) -> Result<()> {
        let detail = || {
            let mut detail = json!({"actor": self.by});
            if let Some(previous) = previous() {
                detail["previous"] = previous;
            }
            detail
        };
        write(tx, self.workspace, self.event, Some(self.lead), None, detail)
    }
}

/// What the changed fields were before; custom fields by their keys, as in a lead.
fn before(changes: &[Value]) -> Value {
    let mut previous = Map::new();
    let mut custom = Map::new();
    for change in changes {
        let Some(field) = change["field"].as_str() else { continue };
        let was = change["from"].clone();
        match field.strip_prefix("customFields.") {
            Some(key) => custom.insert(key.to_owned(), was),
            None if field == "customFields" => custom.insert("_displayNames".into(), was),
            None => previous.insert(field.to_owned(), was),
        };
    }
    if !custom.is_empty() {
        previous.insert("customFields".into(), Value::Object(custom));
    }
    Value::Object(previous)
}

fn on_message(tx: &Tx, told: &messages::Moved) -> Result<()> {
    if told.status != Status::Failed || told.before == Status::Failed {
        return Ok(());
    }
    let actor = Caller::system(told.workspace, "").actor;
    let lead = told.lead.map(LeadId);
    let detail = || json!({"actor": actor});
    write(tx, told.workspace, MessageFailed, lead, Some(told.id), detail)
}

fn write(
    tx: &Tx,
    workspace: WorkspaceId,
    event: EventType,
    lead: Option<LeadId>,
    message: Option<MessageId>,
    detail: impl Fn() -> Value,
) -> Result<()> {
    let listening = store::listening(tx, workspace, event)?;
    if listening.is_empty() {
        return Ok(());
    }
    let detail = detail().to_string();
    for hook in listening {
        let new = NewDelivery { webhook: hook.number, event: event.name(), lead, message };
        store::insert_delivery(tx, &new, &detail)?;
        let due = hook.rests_until.map_or(tx.now(), |until| until.max(tx.now()));
        jobs::ensure(tx, KIND, hook.id.0, Queue::Outbound, due)?;
    }
    Ok(())
}
