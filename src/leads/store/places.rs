//! SQL of where leads stand.

use super::facts;
use crate::leads::{Lead, LeadId};
use crate::pipelines::{Place, StageId};
use crate::platform::{Result, Tx};
use rusqlite::{Connection, OptionalExtension};

pub(in crate::leads) fn set_place(tx: &Tx, lead: &Lead) -> Result<()> {
    tx.prepare_cached(
        "UPDATE leads SET pipeline_id = ?2, stage_id = ?3, position = ?4, version = ?5, updated_at = ?6,
            stage_since = iif(stage_id = ?3, stage_since, ?6)
         WHERE id = ?1",
    )?
    .execute((
        lead.id, lead.pipeline_id, lead.stage_id, lead.position, lead.version, lead.updated_at,
    ))?;
    Ok(())
}

fn position(db: &Connection, sql: &str, params: impl rusqlite::Params) -> Result<Option<i64>> {
    Ok(db.prepare_cached(sql)?.query_row(params, |row| row.get(0)).optional()?)
}

pub(in crate::leads) fn top_position(db: &Connection, stage: StageId) -> Result<Option<i64>> {
    let sql = "SELECT position FROM leads WHERE stage_id = ? AND deleted_at IS NULL
               ORDER BY position LIMIT 1";
    position(db, sql, [stage])
}

pub(in crate::leads) fn position_in(
    db: &Connection,
    stage: StageId,
    lead: LeadId,
) -> Result<Option<i64>> {
    let sql = "SELECT position FROM leads WHERE id = ? AND stage_id = ? AND deleted_at IS NULL";
    position(db, sql, (lead, stage))
}

/// The position of the card above this one, passing over those that are being moved.
pub(in crate::leads) fn neighbour_above(
    db: &Connection,
    stage: StageId,
    below: i64,
    moved: &[LeadId],
) -> Result<Option<i64>> {
    let sql = "SELECT id, position FROM leads WHERE stage_id = ? AND position < ?
               AND deleted_at IS NULL ORDER BY position DESC";
    first_that_stays(db, sql, (stage, below), moved)
}

/// The position of the card below this one, passing over those that are being moved.
pub(in crate::leads) fn neighbour_below(
    db: &Connection,
    stage: StageId,
    above: i64,
    moved: &[LeadId],
) -> Result<Option<i64>> {
    let sql = "SELECT id, position FROM leads WHERE stage_id = ? AND position > ?
               AND deleted_at IS NULL ORDER BY position";
    first_that_stays(db, sql, (stage, above), moved)
}

fn first_that_stays(
    db: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
    moved: &[LeadId],
) -> Result<Option<i64>> {
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    while let Some(row) = rows.next()? {
        if !moved.contains(&row.get(0)?) {
            return Ok(Some(row.get(1)?));
        }
    }
    Ok(None)
}

/// Makes room below a card: it and all above it move up.
pub(in crate::leads) fn shift_up(tx: &Tx, stage: StageId, down_to: i64, by: i64) -> Result<()> {
    tx.prepare_cached(
        "UPDATE leads SET position = position - ?3
         WHERE stage_id = ?1 AND position <= ?2 AND deleted_at IS NULL",
    )?
    .execute((stage, down_to, by))?;
    Ok(())
}

pub(in crate::leads) fn bottom_position(db: &Connection, stage: StageId) -> Result<Option<i64>> {
    let sql = "SELECT position FROM leads WHERE stage_id = ? AND deleted_at IS NULL
               ORDER BY position DESC LIMIT 1";
    position(db, sql, [stage])
}

fn limit(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX)
}

/// The topmost leads of a stage, at most so many.
pub(in crate::leads) fn topmost(
    db: &Connection,
    stage: StageId,
    most: usize,
) -> Result<Vec<LeadId>> {
    Ok(db
        .prepare_cached(
            "SELECT id FROM leads WHERE stage_id = ? AND deleted_at IS NULL
             ORDER BY position LIMIT ?",
        )?
        .query_map((stage, limit(most)), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?)
}

pub(in crate::leads) fn move_to_stage(
    tx: &Tx,
    lead: LeadId,
    to: &Place,
    position: i64,
) -> Result<()> {
    facts::leave_stage(tx, lead)?;
    tx.prepare_cached(
        "UPDATE leads SET stage_id = ?2, pipeline_id = ?3, position = ?4, version = version + 1,
            updated_at = ?5, stage_since = ?5
         WHERE id = ?1",
    )?
    .execute((lead, to.stage, to.pipeline, position, tx.now()))?;
    Ok(())
}

/// Moves deleted leads of a stage to another, at most so many; answers how many.
pub(in crate::leads) fn move_deleted(
    tx: &Tx,
    from: StageId,
    to: &Place,
    most: usize,
) -> Result<usize> {
    facts::deleted_leave_stage(tx, from, limit(most))?;
    Ok(tx
        .prepare_cached(
            "UPDATE leads SET stage_id = ?2, pipeline_id = ?3, version = version + 1, stage_since = ?5
             WHERE seq IN
                (SELECT seq FROM leads WHERE stage_id = ?1 AND deleted_at IS NOT NULL LIMIT ?4)",
        )?
        .execute((from, to.stage, to.pipeline, limit(most), tx.now()))?)
}
