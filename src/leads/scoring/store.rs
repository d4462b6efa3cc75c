//! All SQL of the rules and of the work that a change of them makes.

use super::{Rule, RuleId};
use crate::leads::{Lead, store as leads};
use crate::platform::ids::WorkspaceId;
use crate::platform::{Result, Tx};
use rusqlite::{Connection, OptionalExtension, Row};

const RULE: &str = "id, condition, points, is_active, version, created_at, updated_at";

fn rule(row: &Row) -> rusqlite::Result<Rule> {
    let condition = serde_json::from_str(row.get_ref(1)?.as_str()?).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, error.into())
    })?;
    Ok(Rule {
        id: row.get(0)?,
        condition,
        points: row.get(2)?,
        is_active: row.get(3)?,
        version: row.get(4)?,
        created_at: row.get(5)?,
        updated_at: row.get(6)?,
    })
}

pub(super) fn list(db: &Connection, workspace: WorkspaceId) -> Result<Vec<Rule>> {
    let sql = format!(
        "SELECT {RULE} FROM lead_score_rules WHERE workspace_id = ? ORDER BY created_at, id"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([workspace], rule)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Those that count.
pub(super) fn active(db: &Connection, workspace: WorkspaceId) -> Result<Vec<Rule>> {
    let mut rules = list(db, workspace)?;
    rules.retain(|rule| rule.is_active);
    Ok(rules)
}

pub(super) fn find(db: &Connection, workspace: WorkspaceId, id: RuleId) -> Result<Option<Rule>> {
    let sql = format!("SELECT {RULE} FROM lead_score_rules WHERE id = ? AND workspace_id = ?");
    Ok(db.prepare_cached(&sql)?.query_row((id, workspace), rule).optional()?)
}

pub(super) fn insert(tx: &Tx, workspace: WorkspaceId, rule: &Rule) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO lead_score_rules (id, workspace_id, condition, points, is_active, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
    )?
    .execute((
        rule.id,
        workspace,
        serde_json::to_string(&rule.condition)?,
        rule.points,
        rule.is_active,
        rule.created_at,
    ))?;
    Ok(())
}

pub(super) fn update(tx: &Tx, rule: &Rule) -> Result<()> {
    tx.prepare_cached(
        "UPDATE lead_score_rules SET condition = ?2, points = ?3, is_active = ?4, version = ?5, updated_at = ?6
         WHERE id = ?1",
    )?
    .execute((
        rule.id,
        serde_json::to_string(&rule.condition)?,
        rule.points,
        rule.is_active,
        rule.version,
        rule.updated_at,
    ))?;
    Ok(())
}

pub(super) fn delete(tx: &Tx, id: RuleId) -> Result<()> {
    tx.prepare_cached("DELETE FROM lead_score_rules WHERE id = ?")?.execute([id])?;
    Ok(())
}

/// How far the work of a workspace has come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Work {
    /// Leads that came before this one are yet to be scored.
    pub below: i64,
    pub total: i64,
    pub done: i64,
}

pub(super) fn work(db: &Connection, workspace: WorkspaceId) -> Result<Option<Work>> {
    Ok(db
        .prepare_cached("SELECT below, total, done FROM lead_score_work WHERE workspace_id = ?")?
        .query_row([workspace], |row| {
            Ok(Work { below: row.get(0)?, total: row.get(1)?, done: row.get(2)? })
        })
        .optional()?)
}

/// Begins the work, also where it was under way.
pub(super) fn begin_work(tx: &Tx, workspace: WorkspaceId) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO lead_score_work (workspace_id, below, total, done, began_at)
         SELECT ?1, 9223372036854775807, coalesce(sum(s.lead_count), 0), 0, ?2
         FROM lead_pipelines p JOIN lead_pipeline_stages s ON s.pipeline_id = p.id WHERE p.workspace_id = ?1
         ON CONFLICT DO UPDATE SET below = excluded.below, total = excluded.total, done = 0,
            began_at = excluded.began_at",
    )?
    .execute((workspace, tx.now()))?;
    Ok(())
}

pub(super) fn set_work(tx: &Tx, workspace: WorkspaceId, work: Work) -> Result<()> {
    tx.prepare_cached("UPDATE lead_score_work SET below = ?2, done = ?3 WHERE workspace_id = ?1")?
        .execute((workspace, work.below, work.done))?;
    Ok(())
}

pub(super) fn end_work(tx: &Tx, workspace: WorkspaceId) -> Result<()> {
    tx.prepare_cached("DELETE FROM lead_score_work WHERE workspace_id = ?")?
        .execute([workspace])?;
    Ok(())
}

/// The leads that came before one, newest first, as long as `go_on` says so.
pub(super) fn each_below(
    db: &Connection,
    workspace: WorkspaceId,
    below: i64,
    most: usize,
    mut go_on: impl FnMut(Lead) -> Result<bool>,
) -> Result<()> {
    let sql = format!(
        "SELECT {} FROM {} WHERE l.workspace_id = ? AND l.deleted_at IS NULL AND l.seq < ?
         ORDER BY l.seq DESC LIMIT ?",
        leads::COLUMNS,
        leads::TABLES
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query((workspace, below, most))?;
    while let Some(row) = rows.next()? {
        if !go_on(leads::lead(row)?)? {
            break;
        }
    }
    Ok(())
}

/// Writes a score that was worked out, and nothing else of the lead.
pub(super) fn set_score(tx: &Tx, lead: &Lead) -> Result<()> {
    tx.prepare_cached("UPDATE leads SET score = ?2, base_score = ?3 WHERE seq = ?1")?.execute((
        lead.seq,
        lead.score,
        lead.own_base(),
    ))?;
    Ok(())
}
