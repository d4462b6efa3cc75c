//! `/v1/identity/lead-pipelines`.

use super::{
    MoveLeads, NewPipeline, Pipeline, PipelineChange, PipelineId, Removal, StageChange, StageId,
    StageType, edit, ensure_default, get, list,
};
use crate::auth::{Caller, Can, LeadsManage, LeadsView};
use crate::platform::http::{Answer, IfMatch, Json, Once, Page, Params, PathOf, Problem, Tagged};
use crate::platform::{App, Result, Tx};
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use serde::Deserialize;
use std::collections::HashMap;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of pipelines. Leads are a tier above, so the way to move them is handed in.
pub fn router(move_leads: MoveLeads) -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_pipelines, create_pipeline))
        .routes(routes!(ensure_default_pipeline))
        .routes(routes!(get_pipeline, update_pipeline, delete_pipeline))
        .layer(Extension(move_leads))
}

/// A stage in a request: with `id` a known one, without it a new one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StageBody {
    id: Option<StageId>,
    #[schema(example = "Qualified")]
    name: String,
    #[schema(example = "#8b5cf6")]
    color: Option<String>,
    r#type: Option<StageType>,
    /// Taken and not used: the order of the list counts.
    #[serde(rename = "position")]
    _position: Option<i64>,
    /// Taken and not used, so that a stage can be sent back as it came.
    #[serde(rename = "leadCount")]
    _lead_count: Option<i64>,
}

/// The colour of a stage that names none: slate.
const PLAIN: &str = "#64748b";

impl StageBody {
    fn into_change(self) -> StageChange {
        StageChange {
            id: self.id,
            name: self.name,
            color: self.color.unwrap_or_else(|| PLAIN.into()),
            r#type: self.r#type.unwrap_or(StageType::Open),
        }
    }
}

fn changes(stages: Vec<StageBody>) -> Vec<StageChange> {
    stages.into_iter().map(StageBody::into_change).collect()
}

/// A pipeline to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewPipelineBody {
    #[schema(example = "Partners")]
    name: String,
    #[serde(default)]
    is_default: bool,
    stages: Vec<StageBody>,
}

/// What shall change of a pipeline.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PipelinePatch {
    #[schema(example = "Sales")]
    name: Option<String>,
    /// `true` makes it the default one; the one before is so no more.
    is_default: Option<bool>,
    /// All stages in their new order. One that is left out is removed.
    stages: Option<Vec<StageBody>>,
    /// For each removed stage that still holds leads, the stage that they go to.
    #[serde(default)]
    #[schema(value_type = Option<HashMap<String, String>>)]
    move_leads_to: Option<HashMap<StageId, StageId>>,
}

/// List pipelines with their stages
#[utoipa::path(get, path = "/v1/identity/lead-pipelines", tag = "Pipelines",
    params(("page" = Option<u64>, Query), ("limit" = Option<u64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Page<Pipeline>)))]
async fn list_pipelines(
    by: Can<LeadsView>,
    State(app): State<App>,
    mut params: Params,
) -> Result<Json<Page<Pipeline>>> {
    let paging = params.paging();
    params.finish()?;
    let all = app.db.read(move |db| list(db, by.workspace)).await?;
    Page::of_whole(all, &paging).map(Json)
}

/// Make a pipeline with its stages
#[utoipa::path(post, path = "/v1/identity/lead-pipelines", tag = "Pipelines", request_body = NewPipelineBody,
    responses((status = 201, body = Pipeline)))]
async fn create_pipeline(
    by: Can<LeadsManage>,
    State(app): State<App>,
    once: Once,
    Json(new): Json<NewPipelineBody>,
) -> Result<Answer> {
    let new =
        NewPipeline { name: new.name, is_default: new.is_default, stages: changes(new.stages) };
    app.once(once, move |tx| {
        let pipeline = edit::create(tx, &by, new)?;
        Answer::created(pipeline.version, &pipeline)
    })
    .await
}

/// Make the default pipeline if there is none
///
/// Answers the default pipeline: 201 when it was made now, 200 when it stood already.
#[utoipa::path(post, path = "/v1/identity/lead-pipelines/ensure-default", tag = "Pipelines",
    responses((status = 200, body = Pipeline), (status = 201, body = Pipeline)))]
async fn ensure_default_pipeline(
    by: Can<LeadsView>,
    State(app): State<App>,
    once: Once,
) -> Result<Answer> {
    app.once(once, move |tx| {
        let (pipeline, made) = ensure_default(tx, &by)?;
        let status = if made { StatusCode::CREATED } else { StatusCode::OK };
        Ok(Answer::tagged(pipeline.version, &pipeline)?.with_status(status))
    })
    .await
}

/// Get a pipeline with its stages
#[utoipa::path(get, path = "/v1/identity/lead-pipelines/{id}", tag = "Pipelines",
    params(("id" = PipelineId, Path)), responses((status = 200, body = Pipeline)))]
async fn get_pipeline(
    by: Can<LeadsView>,
    State(app): State<App>,
    PathOf(id): PathOf<PipelineId>,
) -> Result<Tagged<Pipeline>> {
    let pipeline = app.db.read(move |db| get(db, by.workspace, id)).await?;
    Ok(Tagged(pipeline.version, pipeline))
}

/// Update a pipeline and its stages
///
/// Leads stay in their stage. A stage that still holds leads can be removed only by saying in `moveLeadsTo`
/// where its leads go.
#[utoipa::path(patch, path = "/v1/identity/lead-pipelines/{id}", tag = "Pipelines",
    params(("id" = PipelineId, Path)), request_body = PipelinePatch, responses((status = 200, body = Pipeline)))]
async fn update_pipeline(
    by: Can<LeadsManage>,
    State(app): State<App>,
    Extension(move_leads): Extension<MoveLeads>,
    PathOf(id): PathOf<PipelineId>,
    if_match: IfMatch,
    Json(patch): Json<PipelinePatch>,
) -> Result<Tagged<Pipeline>> {
    let change = PipelineChange {
        name: patch.name,
        make_default: patch.is_default == Some(true),
        stages: patch.stages.map(changes),
        move_leads_to: patch.move_leads_to.unwrap_or_default(),
    };
    let (caller, known, wanted) = (by.clone(), if_match.clone(), change.clone());
    let plan = move |tx: &Tx| edit::removals(tx, &caller, id, &known, &wanted);
    empty(&app, &by, plan, move_leads).await?;
    let pipeline =
        app.db.write(move |tx| edit::update(tx, &by, id, &if_match, change, move_leads)).await?;
    Ok(Tagged(pipeline.version, pipeline))
}

/// How many leads change their stage in one transaction.
const PIECE: usize = 500;

/// Empties stages before they are removed, in pieces, so that nobody waits long for the writer however many
/// leads a stage holds. What comes in meanwhile goes with the removal itself. When that fails after all, some
/// leads stand already where they were to go.
async fn empty(
    app: &App,
    by: &Caller,
    plan: impl FnOnce(&Tx) -> Result<Vec<Removal>> + Send + 'static,
    move_leads: MoveLeads,
) -> Result<()> {
    for Removal { stage, leads_to } in app.db.write(plan).await? {
        loop {
            let by = by.clone();
            let piece = move |tx: &Tx| move_leads(tx, &by, stage, leads_to, PIECE);
            if app.db.write(piece).await? < PIECE {
                break;
            }
        }
    }
    Ok(())
}

/// Delete a pipeline
///
/// Not the default one. One that holds leads wants `moveLeadsTo`, a stage of another pipeline.
#[utoipa::path(delete, path = "/v1/identity/lead-pipelines/{id}", tag = "Pipelines",
    params(("id" = PipelineId, Path), ("moveLeadsTo" = Option<StageId>, Query)),
    responses((status = 204), (status = 409, description = "It is the default one, or holds leads", body = Problem)))]
async fn delete_pipeline(
    by: Can<LeadsManage>,
    State(app): State<App>,
    Extension(move_leads): Extension<MoveLeads>,
    PathOf(id): PathOf<PipelineId>,
    if_match: IfMatch,
    mut params: Params,
) -> Result<StatusCode> {
    let target = params.parsed("moveLeadsTo", "The id of a stage.");
    params.finish()?;
    let (caller, known) = (by.clone(), if_match.clone());
    let plan = move |tx: &Tx| edit::deletion(tx, &caller, id, &known, target);
    empty(&app, &by, plan, move_leads).await?;
    app.db.write(move |tx| edit::delete(tx, &by, id, &if_match, target, move_leads)).await?;
    Ok(StatusCode::NO_CONTENT)
}
