//! Pipelines: rows of stages that leads move through. Each workspace has at least the default one.

mod edit;
mod http;
mod store;

pub use edit::{
    MoveLeads, NewPipeline, PipelineChange, Removal, StageChange, create, delete, deletion,
    removals, update,
};
pub use http::router;

use crate::auth::Caller;
use crate::platform::events::Event;
use crate::platform::ids::{WorkspaceId, id};
use crate::platform::{Error, Result, Time, Tx};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

id!(
    /// A pipeline.
    PipelineId
);
id!(
    /// A stage of a pipeline.
    StageId
);

/// A pipeline with its stages, in their order.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pipeline {
    pub id: PipelineId,
    #[schema(example = "Sales")]
    pub name: String,
    /// Whether leads go here that name no pipeline.
    pub is_default: bool,
    pub stages: Vec<Stage>,
    /// How many leads are in it.
    pub lead_count: i64,
    pub version: i64,
    pub created_at: Time,
    pub updated_at: Time,
}

/// A stage of a pipeline: a column of the board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Stage {
    pub id: StageId,
    #[schema(example = "Qualified")]
    pub name: String,
    #[schema(example = "#8b5cf6", pattern = "^#[0-9a-f]{6}$")]
    pub color: String,
    pub r#type: StageType,
    /// Its place among the stages, from 0.
    #[schema(example = 2)]
    pub position: i64,
    /// How many leads are in it.
    pub lead_count: i64,
}

/// What a stage means for reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum StageType {
    /// Still to be decided.
    Open,
    /// Became a customer.
    Won,
    /// Did not.
    Lost,
}

impl StageType {
    /// Its name in the API and the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Won => "won",
            Self::Lost => "lost",
        }
    }
}

/// The six stages that a default pipeline starts with.
const DEFAULT_STAGES: [(&str, &str, StageType); 6] = [
    ("New", "#3b82f6", StageType::Open),
    ("Contacted", "#f59e0b", StageType::Open),
    ("Qualified", "#8b5cf6", StageType::Open),
    ("Proposal", "#ec4899", StageType::Open),
    ("Won", "#22c55e", StageType::Won),
    ("Lost", "#ef4444", StageType::Lost),
];

/// A stage as others need it: with the pipeline it belongs to.
#[derive(Debug, Clone)]
pub struct Place {
    pub pipeline: PipelineId,
    pub stage: StageId,
    /// The stage's name, for activities.
    pub name: String,
    /// What the stage means.
    pub kind: StageType,
}

/// All pipelines of a workspace, the default one first.
pub fn list(db: &Connection, workspace: WorkspaceId) -> Result<Vec<Pipeline>> {
    store::list(db, workspace)
}

/// One pipeline.
pub fn get(db: &Connection, workspace: WorkspaceId, id: PipelineId) -> Result<Pipeline> {
    store::get(db, workspace, id)?.ok_or(Error::NotFound("pipeline"))
}

/// The default pipeline; `None` while the workspace has none.
pub fn default(db: &Connection, workspace: WorkspaceId) -> Result<Option<Pipeline>> {
    let Some(id) = store::default_id(db, workspace)? else { return Ok(None) };
    store::get(db, workspace, id)
}

/// The default pipeline, made with its six stages where there is none. True when it was made now.
pub fn ensure_default(tx: &Tx, by: &Caller) -> Result<(Pipeline, bool)> {
    if let Some(pipeline) = default(tx, by.workspace)? {
        return Ok((pipeline, false));
    }
    let stages = DEFAULT_STAGES.into_iter().map(|(name, color, kind)| StageChange {
        id: None,
        name: name.into(),
        color: color.into(),
        r#type: kind,
    });
    let new = NewPipeline { name: "Leads".into(), is_default: true, stages: stages.collect() };
    Ok((edit::create(tx, by, new)?, true))
}

/// A stage of this workspace; `None` for any other.
pub fn place(db: &Connection, workspace: WorkspaceId, stage: StageId) -> Result<Option<Place>> {
    store::place(db, workspace, stage)
}

/// Where a new lead goes: into the stage named, else the first stage of the pipeline named, else of the
/// default pipeline. Names the field at fault.
pub fn place_for_new(
    tx: &Tx,
    by: &Caller,
    pipeline: Option<PipelineId>,
    stage: Option<StageId>,
) -> Result<Place> {
    let workspace = by.workspace;
    if let Some(stage) = stage {
        let place = place(tx, workspace, stage)?.ok_or_else(|| unknown_stage("stageId"))?;
        if pipeline.is_some_and(|pipeline| pipeline != place.pipeline) {
            let message = "This stage is not one of that pipeline.";
            return Err(Error::invalid("stageId", "other_pipeline", message));
        }
        return Ok(place);
    }
    let id = match pipeline {
        Some(id) => id,
        None => match store::default_id(tx, workspace)? {
            Some(id) => id,
            None => ensure_default(tx, by)?.0.id,
        },
    };
    store::first_place(tx, workspace, id)?.ok_or_else(|| {
        Error::invalid("pipelineId", "unknown_pipeline", "There is no such pipeline.")
    })
}

/// The refusal of a stage that this workspace does not have.
pub fn unknown_stage(field: &str) -> Error {
    Error::invalid(field, "unknown_stage", "There is no such stage.")
}

/// Leads came into or went from a stage.
pub fn count_leads(tx: &Tx, stage: StageId, change: i64) -> Result<()> {
    store::count_leads(tx, stage, change)
}

/// Tells open pages that a pipeline changed.
fn announce(tx: &Tx, by: &Caller, id: PipelineId) {
    let data = json!({"pipelineId": id, "by": by.actor});
    tx.publish(Event::new(by.workspace, "pipeline.changed", &data));
}
