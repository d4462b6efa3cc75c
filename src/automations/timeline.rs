//! What automations did, on the timelines of their leads.

use super::run::Run;
use super::store::runs;
use super::{AutomationId, RunId};
use crate::activity::{self, ActivityId};
use crate::auth::Actor;
use crate::leads::LeadId;
use crate::messaging::messages::{self, Brief};
use crate::messaging::{Channel, MessageId};
use crate::platform::events::Event;
use crate::platform::ids::WorkspaceId;
use crate::platform::{Result, Time, Tx};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// The types of entries.
const TYPES: [&str; 10] = [
    "automation_triggered",
    "step_sent",
    "step_failed",
    "fallback",
    "step_skipped",
    "step_delivered_late",
    "automation_completed",
    "automation_failed",
    "automation_skipped",
    "automation_stopped",
];

/// The most entries that are shown of a lead.
const MOST: u64 = 500;

/// One thing that happened.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub kind: &'static str,
    pub text: String,
    pub step: Option<usize>,
    pub channel: Option<Channel>,
    pub message: Option<MessageId>,
    pub reason: Option<String>,
    pub error: Option<String>,
    /// What else there is to tell.
    pub more: Map<String, Value>,
}

impl Told {
    /// Something about the whole run.
    pub(super) fn of(kind: &'static str, text: String) -> Self {
        Self { kind, text, ..Self::default() }
    }

    /// Something about a step.
    pub(super) fn step(kind: &'static str, step: usize, text: String) -> Self {
        Self { step: Some(step), ..Self::of(kind, text) }
    }

    /// With the reason, for programs.
    pub(super) fn because(self, reason: &str) -> Self {
        Self { reason: Some(reason.to_owned()), ..self }
    }
}

/// Writes an entry about a run.
pub(super) fn record(tx: &Tx, run: &Run, told: Told) -> Result<()> {
    let by = run.caller();
    write(tx, (by.workspace, &by.actor), (run.automation, &run.name), run.lead, Some(run.id), told)
}

/// Writes an entry, also about a run that there is not.
pub(super) fn write(
    tx: &Tx,
    (workspace, actor): (WorkspaceId, &Actor),
    (automation, name): (AutomationId, &str),
    lead: LeadId,
    run: Option<RunId>,
    told: Told,
) -> Result<()> {
    let mut detail = told.more;
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            detail.insert(name.to_owned(), value);
        }
    };
    put("automationId", json!(automation));
    put("automationName", json!(name));
    put("runId", json!(run));
    put("stepIndex", json!(told.step));
    put("channel", json!(told.channel));
    put("messageId", json!(told.message));
    put("reason", json!(told.reason));
    put("errorCode", json!(told.error));
    put("text", json!(told.text));
    activity::record(tx, lead.0, told.kind, actor, &Value::Object(detail))?;
    let data = json!({"leadId": lead, "runId": run, "automationId": automation});
    tx.publish(Event::new(workspace, "automation.progress", &data));
    Ok(())
}

/// One entry of what automations did for a lead.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AutomationTimelineEntry)]
pub struct Entry {
    /// Its id; the same entry of the lead's activities has it too.
    pub id: ActivityId,
    /// `automation_triggered`, `step_sent`, `step_failed`, `fallback`, `step_skipped`, `step_delivered_late`,
    /// `automation_completed`, `automation_failed`, `automation_skipped` or `automation_stopped`.
    #[schema(example = "step_sent")]
    pub r#type: String,
    /// The run; null where none was started.
    pub run_id: Option<RunId>,
    /// The automation.
    pub automation_id: Option<AutomationId>,
    /// Its name at that time.
    #[schema(example = "Welcome Sequence")]
    pub automation_name: String,
    /// Which step, from 0; null for what is about the whole run.
    #[schema(example = 0)]
    pub step_index: Option<u64>,
    /// The channel that it is about.
    pub channel: Option<Channel>,
    /// How the message stands that it is about.
    pub message: Option<Brief>,
    /// `text` is a plain sentence, `reason` is for programs; further members depend on the type.
    #[schema(value_type = Object, example = json!({"text": "Sent by WhatsApp to +14155552671."}))]
    pub detail: Value,
    /// Whether this failed step can be tried again.
    #[schema(example = false)]
    pub can_retry: bool,
    /// When it happened.
    pub created_at: Time,
}

/// What automations did for a lead, newest first.
pub fn timeline(db: &Connection, workspace: WorkspaceId, lead: LeadId) -> Result<Vec<Entry>> {
    crate::leads::get(db, workspace, lead)?;
    let activities = activity::list_of(db, lead.0, &TYPES, MOST)?;
    let read =
        |detail: &Value, name: &str| detail.get(name).and_then(Value::as_str).map(str::to_owned);
    let messages: Vec<MessageId> = activities
        .iter()
        .filter_map(|entry| read(&entry.detail, "messageId")?.parse().ok())
        .collect();
    let briefs = messages::briefs(db, workspace, &messages)?;
    let mut retries = super::retry::candidates(&runs::newest_of(db, lead)?);
    let mut entries = Vec::with_capacity(activities.len());
    for activity::Activity { id, r#type, detail, created_at, .. } in activities {
        let step_index = detail.get("stepIndex").and_then(Value::as_u64);
        let run_id: Option<RunId> = read(&detail, "runId").and_then(|id| id.parse().ok());
        let message_id = read(&detail, "messageId").and_then(|id| id.parse().ok());
        // The newest failure of the step that a retry would send again.
        let can_retry = r#type == "step_failed"
            && run_id.zip(step_index).is_some_and(|failed| retries.remove(&failed));
        let entry = Entry {
            id,
            run_id,
            automation_id: read(&detail, "automationId").and_then(|id| id.parse().ok()),
            automation_name: read(&detail, "automationName").unwrap_or_default(),
            step_index,
            channel: read(&detail, "channel").and_then(|name| name.parse().ok()),
            message: message_id.and_then(|id: MessageId| briefs.get(&id).cloned()),
            r#type,
            can_retry,
            created_at,
            detail: without_columns(detail),
        };
        entries.push(entry);
    }
    Ok(entries)
}

/// A detail without what stands beside it.
fn without_columns(mut detail: Value) -> Value {
    if let Some(detail) = detail.as_object_mut() {
        for name in ["automationId", "automationName", "runId", "stepIndex", "channel", "messageId"]
        {
            detail.remove(name);
        }
    }
    detail
}
