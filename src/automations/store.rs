//! All SQL of automations: their settings here, their runs in `runs`.

pub(super) mod runs;

use super::plan::Plan;
use super::{Automation, AutomationId, Settings, Stats};
use crate::platform::ids::WorkspaceId;
use crate::platform::{Result, Tx};
use crate::webhooks::WebhookId;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::HashMap;
use uuid::Uuid;

const SELECT: &str = "SELECT a.id, a.name, a.description, a.webhook_id, a.safety_lock_minutes, a.is_active, a.plan, \
    a.revision, a.version, a.created_at, a.updated_at, s.triggered, s.completed, s.failed, s.skipped, s.stopped \
    FROM lead_automation_workflows a JOIN lead_automation_stats s ON s.automation_id = a.id";

fn automation(row: &Row) -> rusqlite::Result<Automation> {
    let [triggered, completed, failed, skipped, stopped] =
        [row.get(11)?, row.get(12)?, row.get(13)?, row.get(14)?, row.get(15)?];
    let waiting: i64 = triggered - completed - failed - stopped;
    Ok(Automation {
        id: row.get(0)?,
        settings: Settings {
            name: row.get(1)?,
            description: row.get(2)?,
            webhook: row.get(3)?,
            safety_lock_minutes: row.get(4)?,
            is_active: row.get(5)?,
            plan: plan(row, 6)?,
        },
        revision: row.get(7)?,
        version: row.get(8)?,
        created_at: row.get(9)?,
        updated_at: row.get(10)?,
        stats: Stats { triggered, completed, failed, skipped, stopped, waiting },
    })
}

/// A plan as it is stored.
fn plan(row: &Row, column: usize) -> rusqlite::Result<Plan> {
    serde_json::from_str(row.get_ref(column)?.as_str()?).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(
            column,
            rusqlite::types::Type::Text,
            Box::new(error),
        )
    })
}

/// The automations of a workspace, oldest first.
pub(super) fn list(db: &Connection, workspace: WorkspaceId) -> Result<Vec<Automation>> {
    let sql = format!("{SELECT} WHERE a.workspace_id = ? AND a.deleted_at IS NULL ORDER BY a.id");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([workspace], automation)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The names of all automations that a workspace ever had.
pub fn names(db: &Connection, workspace: WorkspaceId) -> Result<HashMap<Uuid, String>> {
    let mut statement =
        db.prepare_cached("SELECT id, name FROM lead_automation_workflows WHERE workspace_id = ?")?;
    let rows = statement.query_map([workspace], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn find(
    db: &Connection,
    workspace: WorkspaceId,
    id: AutomationId,
) -> Result<Option<Automation>> {
    let sql = format!("{SELECT} WHERE a.id = ? AND a.workspace_id = ? AND a.deleted_at IS NULL");
    Ok(db.prepare_cached(&sql)?.query_row((id, workspace), automation).optional()?)
}

/// The active automations of a webhook, oldest first.
pub(super) fn triggered_by(db: &Connection, webhook: WebhookId) -> Result<Vec<Automation>> {
    let sql = format!(
        "{SELECT} WHERE a.webhook_id = ? AND a.deleted_at IS NULL AND a.is_active = 1 ORDER BY a.id"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([webhook], automation)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn insert(
    tx: &Tx,
    workspace: WorkspaceId,
    id: AutomationId,
    settings: &Settings,
    base: &str,
) -> Result<()> {
    let plan = serde_json::to_string(&settings.plan)?;
    tx.prepare_cached(
        "INSERT INTO lead_automation_workflows (id, workspace_id, name, description, webhook_id,
            safety_lock_minutes, is_active, plan, base_url, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10)",
    )?
    .execute(params![
        id,
        workspace,
        settings.name,
        settings.description,
        settings.webhook,
        settings.safety_lock_minutes,
        settings.is_active,
        plan,
        base,
        tx.now(),
    ])?;
    tx.prepare_cached("INSERT INTO lead_automation_stats (automation_id) VALUES (?)")?
        .execute([id])?;
    keep_plan(tx, id, 1, &plan)
}

pub(super) fn update(
    tx: &Tx,
    id: AutomationId,
    settings: &Settings,
    revision: i64,
    base: &str,
) -> Result<()> {
    let plan = serde_json::to_string(&settings.plan)?;
    tx.prepare_cached(
        "UPDATE lead_automation_workflows SET name = ?2, description = ?3, webhook_id = ?4,
            safety_lock_minutes = ?5, is_active = ?6, plan = ?7, revision = ?8, base_url = ?9,
            version = version + 1, updated_at = ?10
         WHERE id = ?1",
    )?
    .execute(params![
        id,
        settings.name,
        settings.description,
        settings.webhook,
        settings.safety_lock_minutes,
        settings.is_active,
        plan,
        revision,
        base,
        tx.now(),
    ])?;
    keep_plan(tx, id, revision, &plan)
}

/// Keeps what an automation does at one revision, for the runs that start with it.
fn keep_plan(tx: &Tx, id: AutomationId, revision: i64, plan: &str) -> Result<()> {
    tx.prepare_cached(
        "INSERT OR IGNORE INTO lead_automation_plans (automation_id, revision, plan) VALUES (?, ?, ?)",
    )?
    .execute((id, revision, plan))?;
    Ok(())
}

pub(super) fn delete(tx: &Tx, id: AutomationId) -> Result<()> {
    tx.prepare_cached(
        "UPDATE lead_automation_workflows SET deleted_at = ?2, is_active = 0, version = version + 1 WHERE id = ?1",
    )?
    .execute((id, tx.now()))?;
    Ok(())
}

/// What is counted of an automation.
#[derive(Debug, Clone, Copy)]
pub(super) enum Counted {
    Triggered,
    Completed,
    Failed,
    Skipped,
    Stopped,
}

/// Counts one more, or one less.
pub(super) fn count(tx: &Tx, id: AutomationId, what: Counted, change: i64) -> Result<()> {
    let column = match what {
        Counted::Triggered => "triggered",
        Counted::Completed => "completed",
        Counted::Failed => "failed",
        Counted::Skipped => "skipped",
        Counted::Stopped => "stopped",
    };
    let sql =
        format!("UPDATE lead_automation_stats SET {column} = {column} + ? WHERE automation_id = ?");
    tx.prepare_cached(&sql)?.execute((change, id))?;
    Ok(())
}
