//! The board: every stage of a pipeline with its count and its first cards.

use super::Lead;
use super::list::{self, Filter, Sort, SortBy};
use crate::pipelines::{self, Pipeline, PipelineId, Stage};
use crate::platform::http::Paging;
use crate::platform::ids::WorkspaceId;
use crate::platform::{Error, Result};
use rusqlite::Connection;
use serde::Serialize;
use utoipa::ToSchema;

/// A board, column by column.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Board {
    pub pipeline_id: PipelineId,
    pub stages: Vec<Column>,
}

/// One stage and its first cards.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Column {
    #[serde(flatten)]
    pub stage: Stage,
    /// How many leads of the stage pass the filter.
    #[schema(example = 12)]
    pub count: u64,
    /// True when there are more than `count`.
    pub count_is_capped: bool,
    /// The first cards, from the top.
    pub cards: Vec<Lead>,
    /// Continue with `GET /leads?stageId=…&sortBy=position&sortOrder=asc&fields=card&cursor=…`.
    pub next_cursor: Option<String>,
}

/// Reads a pipeline's board; without a pipeline, the default one's.
pub fn board(
    db: &Connection,
    workspace: WorkspaceId,
    pipeline: Option<PipelineId>,
    filter: &Filter,
    limit: u64,
) -> Result<Board> {
    let pipeline = find(db, workspace, pipeline)?;
    let paging = Paging { page: 1, limit, cursor: None };
    let sort = Sort { by: SortBy::Position, descending: false };
    let mut columns = Vec::with_capacity(pipeline.stages.len());
    for stage in pipeline.stages {
        let filter = Filter { stage: Some(stage.id), pipeline: None, ..filter.clone() };
        let page = list::list(db, workspace, &filter, sort, &paging)?;
        columns.push(Column {
            stage,
            count: page.total,
            count_is_capped: page.total_is_capped,
            cards: page.data.into_iter().map(Lead::into_card).collect(),
            next_cursor: page.next_cursor,
        });
    }
    Ok(Board { pipeline_id: pipeline.id, stages: columns })
}

fn find(db: &Connection, workspace: WorkspaceId, id: Option<PipelineId>) -> Result<Pipeline> {
    match id {
        Some(id) => pipelines::get(db, workspace, id),
        None => pipelines::default(db, workspace)?.ok_or(Error::NotFound("pipeline")),
    }
}
