//! All SQL of pipelines and stages.

use super::{Pipeline, PipelineId, Place, Stage, StageId, StageType};
use crate::platform::ids::WorkspaceId;
use crate::platform::{Result, Tx};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row};

const COLUMNS: &str = "id, name, is_default, version, created_at, updated_at";

fn pipeline(row: &Row) -> rusqlite::Result<Pipeline> {
    Ok(Pipeline {
        id: row.get(0)?,
        name: row.get(1)?,
        is_default: row.get(2)?,
        stages: Vec::new(),
        lead_count: 0,
        version: row.get(3)?,
        created_at: row.get(4)?,
        updated_at: row.get(5)?,
    })
}

fn with_stages(db: &Connection, mut pipeline: Pipeline) -> Result<Pipeline> {
    pipeline.stages = db
        .prepare_cached(
            "SELECT id, name, color, type, position, lead_count FROM lead_pipeline_stages
             WHERE pipeline_id = ? ORDER BY position",
        )?
        .query_map([pipeline.id], stage)?
        .collect::<rusqlite::Result<_>>()?;
    pipeline.lead_count = pipeline.stages.iter().map(|stage| stage.lead_count).sum();
    Ok(pipeline)
}

impl FromSql for StageType {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_str()? {
            "open" => Ok(Self::Open),
            "won" => Ok(Self::Won),
            "lost" => Ok(Self::Lost),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}

fn stage(row: &Row) -> rusqlite::Result<Stage> {
    Ok(Stage {
        id: row.get(0)?,
        name: row.get(1)?,
        color: row.get(2)?,
        r#type: row.get(3)?,
        position: row.get(4)?,
        lead_count: row.get(5)?,
    })
}

pub(super) fn list(db: &Connection, workspace: WorkspaceId) -> Result<Vec<Pipeline>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM lead_pipelines WHERE workspace_id = ? ORDER BY is_default DESC, created_at, id"
    );
    let pipelines = db
        .prepare_cached(&sql)?
        .query_map([workspace], pipeline)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    pipelines.into_iter().map(|pipeline| with_stages(db, pipeline)).collect()
}

pub(super) fn get(
    db: &Connection,
    workspace: WorkspaceId,
    id: PipelineId,
) -> Result<Option<Pipeline>> {
    let sql = format!("SELECT {COLUMNS} FROM lead_pipelines WHERE id = ? AND workspace_id = ?");
    let found = db.prepare_cached(&sql)?.query_row((id, workspace), pipeline).optional()?;
    found.map(|pipeline| with_stages(db, pipeline)).transpose()
}

pub(super) fn default_id(db: &Connection, workspace: WorkspaceId) -> Result<Option<PipelineId>> {
    Ok(db
        .prepare_cached("SELECT id FROM lead_pipelines WHERE workspace_id = ? AND is_default = 1")?
        .query_row([workspace], |row| row.get(0))
        .optional()?)
}

const PLACE: &str = "SELECT s.pipeline_id, s.id, s.name, s.type FROM lead_pipeline_stages s
                     JOIN lead_pipelines p ON p.id = s.pipeline_id AND p.workspace_id = ?1";

fn a_place(row: &Row) -> rusqlite::Result<Place> {
    Ok(Place { pipeline: row.get(0)?, stage: row.get(1)?, name: row.get(2)?, kind: row.get(3)? })
}

pub(super) fn place(db: &Connection, workspace: WorkspaceId, id: StageId) -> Result<Option<Place>> {
    let sql = format!("{PLACE} WHERE s.id = ?2");
    Ok(db.prepare_cached(&sql)?.query_row((workspace, id), a_place).optional()?)
}

pub(super) fn first_place(
    db: &Connection,
    workspace: WorkspaceId,
    id: PipelineId,
) -> Result<Option<Place>> {
    let sql = format!("{PLACE} WHERE s.pipeline_id = ?2 ORDER BY s.position LIMIT 1");
    Ok(db.prepare_cached(&sql)?.query_row((workspace, id), a_place).optional()?)
}

pub(super) fn insert(
    tx: &Tx,
    workspace: WorkspaceId,
    id: PipelineId,
    name: &str,
    is_default: bool,
) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO lead_pipelines (id, workspace_id, name, is_default, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
    )?
    .execute((id, workspace, name, is_default, tx.now()))?;
    Ok(())
}

pub(super) fn touch(tx: &Tx, id: PipelineId, name: &str) -> Result<()> {
    tx.prepare_cached(
        "UPDATE lead_pipelines SET name = ?2, version = version + 1, updated_at = ?3 WHERE id = ?1",
    )?
    .execute((id, name, tx.now()))?;
    Ok(())
}

pub(super) fn clear_default(tx: &Tx, workspace: WorkspaceId) -> Result<()> {
    tx.prepare_cached(
        "UPDATE lead_pipelines SET is_default = 0, version = version + 1
         WHERE workspace_id = ? AND is_default = 1",
    )?
    .execute([workspace])?;
    Ok(())
}

pub(super) fn set_default(tx: &Tx, id: PipelineId) -> Result<()> {
    tx.prepare_cached("UPDATE lead_pipelines SET is_default = 1 WHERE id = ?")?.execute([id])?;
    Ok(())
}

pub(super) fn upsert_stage(tx: &Tx, pipeline: PipelineId, stage: &Stage) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO lead_pipeline_stages (id, pipeline_id, name, color, type, position)
         VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, color = excluded.color,
            type = excluded.type, position = excluded.position",
    )?
    .execute((
        stage.id,
        pipeline,
        &stage.name,
        &stage.color,
        stage.r#type.name(),
        stage.position,
    ))?;
    Ok(())
}

pub(super) fn delete_stage(tx: &Tx, id: StageId) -> Result<()> {
    tx.prepare_cached("DELETE FROM lead_pipeline_stages WHERE id = ?")?.execute([id])?;
    Ok(())
}

pub(super) fn delete(tx: &Tx, id: PipelineId) -> Result<()> {
    tx.prepare_cached("DELETE FROM lead_pipelines WHERE id = ?")?.execute([id])?;
    Ok(())
}

pub(super) fn count_leads(tx: &Tx, stage: StageId, change: i64) -> Result<()> {
    tx.prepare_cached(
        "UPDATE lead_pipeline_stages SET lead_count = lead_count + ?2 WHERE id = ?1",
    )?
    .execute((stage, change))?;
    Ok(())
}
