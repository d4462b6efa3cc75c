//! What is sent. The lead is as it stands when its event is sent first; `previous` is what the change replaced.

use super::store::Due;
use crate::auth::Actor;
use crate::leads::{self, Lead};
use crate::messaging::messages::{self, Message, Which};
use crate::pipelines::{self, PipelineId, StageId};
use crate::platform::http::Paging;
use crate::platform::ids::WorkspaceId;
use crate::platform::{Error, Result, Time};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What an event's row knows besides the lead.
#[derive(Deserialize)]
struct Detail {
    actor: Actor,
    previous: Option<Value>,
    #[serde(default)]
    test: bool,
}

/// The whole.
#[derive(Serialize)]
struct Payload<'a> {
    r#type: &'a str,
    timestamp: Time,
    data: Data,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    workspace_id: WorkspaceId,
    lead: Option<Value>,
    stage: Option<Named<StageId>>,
    pipeline: Option<Named<PipelineId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Value>,
    actor: Actor,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    test: bool,
}

#[derive(Serialize)]
struct Named<I> {
    id: I,
    name: String,
}

/// The body of an event; `None` when what it is about is gone for good.
pub(super) fn body(db: &Connection, workspace: WorkspaceId, due: &Due) -> Result<Option<String>> {
    let detail: Detail = serde_json::from_str(&due.detail)?;
    let lead = match due.lead {
        Some(id) => match leads::even_deleted(db, workspace, id)? {
            Some(lead) => Some(lead),
            None => return Ok(None),
        },
        None if detail.test => newest(db, workspace)?,
        None => None,
    };
    let message = match due.message {
        Some(id) => match messages::find(db, workspace, Which::Id(id))? {
            Some(message) => Some(wire(&message)),
            None => return Ok(None),
        },
        None => None,
    };
    let (stage, pipeline) = match &lead {
        Some(lead) => names(db, workspace, lead)?,
        None => (None, None),
    };
    let lead = match lead {
        Some(lead) => Some(serde_json::to_value(lead)?),
        None => detail.test.then(made_up),
    };
    let data = Data {
        workspace_id: workspace,
        lead,
        stage,
        pipeline,
        previous: detail.previous,
        message,
        actor: detail.actor,
        test: detail.test,
    };
    let payload = Payload { r#type: &due.event, timestamp: due.happened_at, data };
    Ok(Some(serde_json::to_string(&payload)?))
}

type Names = (Option<Named<StageId>>, Option<Named<PipelineId>>);

fn names(db: &Connection, workspace: WorkspaceId, lead: &Lead) -> Result<Names> {
    let pipeline = match pipelines::get(db, workspace, lead.pipeline_id) {
        Ok(pipeline) => pipeline,
        Err(Error::NotFound(_)) => return Ok((None, None)),
        Err(error) => return Err(error),
    };
    let stage = pipeline.stages.into_iter().find(|stage| stage.id == lead.stage_id);
    Ok((
        stage.map(|stage| Named { id: stage.id, name: stage.name }),
        Some(Named { id: pipeline.id, name: pipeline.name }),
    ))
}

/// The newest lead: an example that people know.
fn newest(db: &Connection, workspace: WorkspaceId) -> Result<Option<Lead>> {
    let sort = leads::Sort { by: leads::SortBy::CreatedAt, descending: true };
    let one = Paging { page: 1, limit: 1, cursor: None };
    let found = leads::list(db, workspace, &leads::Filter::default(), sort, &one)?;
    let Some(card) = found.data.into_iter().next() else { return Ok(None) };
    leads::find(db, workspace, card.id)
}

fn made_up() -> Value {
    json!({
        "id": "00000000-0000-7000-8000-000000000000", "name": "Grace Hopper", "email": "grace@example.com",
        "phone": "+14155552671", "company": "Navy", "title": "Rear Admiral", "tags": ["example"],
        "source": "manual", "score": 40, "assignedTo": null, "customFields": {"budget": "5k"},
    })
}

/// A message as the API has it, without its text.
fn wire(message: &Message) -> Value {
    json!({
        "id": message.id, "origin": message.origin, "channel": message.channel, "to": message.address,
        "status": message.status, "errorCode": message.error_code, "errorMessage": message.error_message,
        "leadId": message.lead, "contactId": message.contact, "campaignId": message.campaign,
        "runId": message.run, "createdAt": message.created_at, "sentAt": message.sent_at,
        "failedAt": message.failed_at,
    })
}
