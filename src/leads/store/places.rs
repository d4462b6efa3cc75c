//! SQL of where leads stand.

use crate::leads::{Lead, LeadId};
use crate::pipelines::{Place, StageId};
use crate::platform::{Result, Tx};
use rusqlite::{Connection, OptionalExtension};

pub(in crate::leads) fn set_place(tx: &Tx, lead: &Lead) -> Result<()> {
    tx.prepare_cached(
        "UPDATE leads SET pipeline_id = ?2, stage_id = ?3, position = ?4, version = ?5, updated_at = ?6
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

pub(in crate::leads) fn ids_in_stage(db: &Connection, stage: StageId) -> Result<Vec<LeadId>> {
    Ok(db
        .prepare_cached("SELECT id FROM leads WHERE stage_id = ? AND deleted_at IS NULL")?
        .query_map([stage], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?)
}

/// Puts all leads of a stage below those of another; deleted ones go along.
pub(in crate::leads) fn move_stage(tx: &Tx, from: StageId, to: &Place, gap: i64) -> Result<()> {
    let edge = |sql: &str, stage: StageId| position(tx, sql, [stage]);
    let top =
        edge("SELECT min(position) FROM leads WHERE stage_id = ? AND deleted_at IS NULL", from);
    let bottom =
        edge("SELECT max(position) FROM leads WHERE stage_id = ? AND deleted_at IS NULL", to.stage);
    // min() and max() of nothing are NULL, which reads as a type error: nothing to shift then.
    let shift = match (top, bottom) {
        (Ok(Some(top)), Ok(Some(bottom))) => bottom - top + gap,
        _ => 0,
    };
    tx.prepare_cached(
        "UPDATE leads SET stage_id = ?2, pipeline_id = ?3, position = position + ?4,
            version = version + 1, updated_at = ?5
         WHERE stage_id = ?1",
    )?
    .execute((from, to.stage, to.pipeline, shift, tx.now()))?;
    Ok(())
}
