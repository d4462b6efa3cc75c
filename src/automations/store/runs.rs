//! All SQL of runs and of the safety lock.

use super::super::next::{Past, StepState};
use super::super::run::{Run, RunState, StepPast};
use super::super::{Automation, AutomationId, RunId};
use super::plan;
use crate::leads::LeadId;
use crate::platform::ids::WorkspaceId;
use crate::platform::{Result, Time, Tx, jobs};
use rusqlite::{Connection, OptionalExtension, Row, params};

const SELECT: &str = "SELECT r.id, r.workspace_id, r.automation_id, r.lead_id, r.state, r.exit, r.started_at, \
    a.name, a.is_active, a.deleted_at IS NOT NULL, a.base_url, p.plan, w.default_country, w.time_zone \
    FROM lead_automation_runs r JOIN lead_automation_workflows a ON a.id = r.automation_id \
    JOIN lead_automation_plans p ON p.automation_id = r.automation_id AND p.revision = r.revision \
    JOIN workspaces w ON w.id = r.workspace_id";

fn run(row: &Row) -> rusqlite::Result<Run> {
    Ok(Run {
        id: row.get(0)?,
        workspace: row.get(1)?,
        automation: row.get(2)?,
        lead: row.get(3)?,
        state: RunState::parse(row.get_ref(4)?.as_str()?).unwrap_or(RunState::Stopped),
        exit: row.get(5)?,
        started_at: row.get(6)?,
        name: row.get(7)?,
        is_active: row.get(8)?,
        is_deleted: row.get(9)?,
        base_url: row.get(10)?,
        plan: plan(row, 11)?,
        default_country: row.get(12)?,
        time_zone: row.get(13)?,
        steps: Vec::new(),
    })
}

/// A run with the steps that were begun.
pub fn find(db: &Connection, id: RunId) -> Result<Option<Run>> {
    let sql = format!("{SELECT} WHERE r.id = ?");
    let found = db.prepare_cached(&sql)?.query_row([id], run).optional()?;
    found.map(|found| with_steps(db, found)).transpose()
}

/// The runs of a lead of which something may still be sent, newest first.
pub fn open_of(db: &Connection, lead: LeadId) -> Result<Vec<Run>> {
    of(db, "WHERE r.lead_id = ?1 AND r.exit IS NULL ORDER BY r.seq DESC LIMIT 1000", lead)
}

/// The newest runs of a lead.
pub fn newest_of(db: &Connection, lead: LeadId) -> Result<Vec<Run>> {
    of(db, "WHERE r.lead_id = ?1 ORDER BY r.seq DESC LIMIT 100", lead)
}

fn of(db: &Connection, condition: &str, lead: LeadId) -> Result<Vec<Run>> {
    let mut statement = db.prepare_cached(&format!("{SELECT} {condition}"))?;
    let found = statement.query_map([lead], run)?.collect::<rusqlite::Result<Vec<_>>>()?;
    found.into_iter().map(|found| with_steps(db, found)).collect()
}

fn with_steps(db: &Connection, run: Run) -> Result<Run> {
    let steps = db
        .prepare_cached(
            "SELECT state, is_fallback, is_retry, message_id, ended_at, watch_until
             FROM lead_automation_steps WHERE run_id = ? ORDER BY step",
        )?
        .query_map([run.id], |row| {
            let watch_until: Option<Time> = row.get(5)?;
            Ok(StepPast {
                past: Past {
                    state: StepState::parse(row.get_ref(0)?.as_str()?).unwrap_or(StepState::Failed),
                    ended_at: row.get(4)?,
                    is_watched: watch_until.is_some(),
                },
                is_fallback: row.get(1)?,
                is_retry: row.get(2)?,
                message: row.get(3)?,
                watch_until,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Run { steps, ..run })
}

/// Writes a run that starts.
pub fn insert(
    tx: &Tx,
    automation: &Automation,
    workspace: WorkspaceId,
    id: RunId,
    lead: LeadId,
) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO lead_automation_runs (id, workspace_id, automation_id, revision, lead_id, started_at)
         VALUES (?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![id, workspace, automation.id, automation.revision, lead, tx.now()])?;
    Ok(())
}

/// Hands the runs of a lead to another one; answers which those were.
pub fn hand_over(tx: &Tx, from: LeadId, to: LeadId) -> Result<Vec<RunId>> {
    Ok(tx
        .prepare_cached(
            "UPDATE lead_automation_runs SET lead_id = ? WHERE lead_id = ? RETURNING id",
        )?
        .query_map((to, from), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?)
}

/// Hands runs back to the lead that they came from.
pub fn hand_back(tx: &Tx, moved: &[RunId], from: LeadId, to: LeadId) -> Result<()> {
    let mut statement = tx.prepare_cached(
        "UPDATE lead_automation_runs SET lead_id = ? WHERE id = ? AND lead_id = ?",
    )?;
    for run in moved {
        statement.execute((to, run, from))?;
    }
    Ok(())
}

/// Writes how far a step has come.
pub fn put_step(tx: &Tx, run: RunId, step: usize, past: &StepPast) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO lead_automation_steps
            (run_id, step, state, is_fallback, is_retry, message_id, ended_at, watch_until)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT DO UPDATE SET state = ?3, is_fallback = ?4, is_retry = ?5, message_id = ?6, ended_at = ?7,
            watch_until = ?8",
    )?
    .execute(params![
        run,
        step,
        past.past.state.name(),
        past.is_fallback,
        past.is_retry,
        past.message,
        past.past.ended_at,
        past.watch_until,
    ])?;
    Ok(())
}

/// Writes how a run stands.
pub fn set_state(tx: &Tx, run: &Run) -> Result<()> {
    let ended_at = (run.state != RunState::Running).then_some(tx.now());
    tx.prepare_cached("UPDATE lead_automation_runs SET state = ?2, ended_at = ?3 WHERE id = ?1")?
        .execute((run.id, run.state.name(), ended_at))?;
    Ok(())
}

/// Writes why nothing more is sent for a run.
pub fn set_exit(tx: &Tx, run: &Run) -> Result<()> {
    tx.prepare_cached("UPDATE lead_automation_runs SET exit = ?2 WHERE id = ?1")?
        .execute((run.id, &run.exit))?;
    Ok(())
}

/// When an address triggered an automation last.
pub fn locked(db: &Connection, automation: AutomationId, address: &str) -> Result<Option<Time>> {
    Ok(db
        .prepare_cached(
            "SELECT triggered_at FROM lead_automation_locks WHERE automation_id = ? AND address_key = ?",
        )?
        .query_row((automation, address), |row| row.get(0))
        .optional()?)
}

/// An address triggers an automation.
pub fn lock(tx: &Tx, automation: AutomationId, address: &str) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO lead_automation_locks (automation_id, address_key, triggered_at) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET triggered_at = ?3",
    )?
    .execute((automation, address, tx.now()))?;
    Ok(())
}

/// Forgets when an address triggered automations of a workspace last.
pub fn unlock(tx: &Tx, workspace: WorkspaceId, address: &str) -> Result<()> {
    tx.prepare_cached(
        "DELETE FROM lead_automation_locks WHERE address_key = ? AND automation_id IN
            (SELECT id FROM lead_automation_workflows WHERE workspace_id = ?)",
    )?
    .execute((address, workspace))?;
    Ok(())
}

/// Deletes some locks whose window has passed; answers how many.
pub fn forget_locks(tx: &Tx, most: u64) -> Result<usize> {
    // The longest window that there can be has passed.
    let before = tx.now().plus_days(-30);
    Ok(tx
        .prepare_cached(
            "DELETE FROM lead_automation_locks WHERE (address_key, automation_id) IN
                (SELECT address_key, automation_id FROM lead_automation_locks WHERE triggered_at < ? LIMIT ?)",
        )?
        .execute((before, most))?)
}

/// Deletes some runs of a workspace for good, with their jobs; answers how many.
pub fn purge(tx: &Tx, workspace: WorkspaceId, most: u64) -> Result<usize> {
    let some: Vec<RunId> = tx
        .prepare_cached(
            "SELECT id FROM lead_automation_runs WHERE automation_id IN
                (SELECT id FROM lead_automation_workflows WHERE workspace_id = ?) LIMIT ?",
        )?
        .query_map((workspace, most), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for id in &some {
        jobs::cancel(tx, super::super::run::KIND, id.0)?;
        tx.prepare_cached("DELETE FROM lead_automation_runs WHERE id = ?")?.execute([id])?;
    }
    Ok(some.len())
}
