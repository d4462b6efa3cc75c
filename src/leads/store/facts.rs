//! What reports ask of leads: read in the order of their arrival, each with the stages that it has left.

use crate::leads::{LeadId, Source};
use crate::pipelines::StageId;
use crate::platform::ids::{UserId, WorkspaceId};
use crate::platform::{Result, Time, Tx};
use rusqlite::types::FromSql;
use rusqlite::{Connection, Row, Rows};
use uuid::Uuid;

/// What reports ask of a lead that is not deleted.
#[derive(Debug, Clone)]
pub struct Fact {
    /// When it came in.
    pub created_at: Time,
    /// Where it stands.
    pub stage: StageId,
    /// Since when; `None` as long as it stands where it came in.
    pub stage_since: Option<Time>,
    /// How it came to be.
    pub source: Source,
    /// The webhook that received it.
    pub webhook: Option<Uuid>,
    /// Who has it.
    pub assigned_to: Option<UserId>,
    /// Whether it became a contact.
    pub is_converted: bool,
}

/// A time in a stage that is over.
#[derive(Debug, Clone, Copy)]
pub struct Spell {
    /// Which stage; it may be gone.
    pub stage: StageId,
    /// From when.
    pub entered_at: Time,
    /// Until when.
    pub left_at: Time,
}

fn get<T: FromSql>(row: &Row, column: usize) -> rusqlite::Result<T> {
    row.get(column)
}

fn source(row: &Row, column: usize) -> rusqlite::Result<Source> {
    let name = row.get_ref(column)?.as_str()?;
    let known = Source::ALL.into_iter().find(|source| source.name() == name);
    Ok(known.unwrap_or(Source::Manual))
}

/// Tells each lead that came in from `from` up to, not including, `to`, with the stages that it has left.
/// Leads and spells lie in the same order, so one walk over each is all there is to do.
pub fn facts(
    db: &Connection,
    workspace: WorkspaceId,
    (from, to): (Time, Time),
    mut each: impl FnMut(&Fact, &[Spell]),
) -> Result<()> {
    let mut leads = db.prepare_cached(
        "SELECT created_at, seq, stage_id, stage_since, source, webhook_id, assigned_to,
            converted_at IS NOT NULL
         FROM leads INDEXED BY leads_report
         WHERE workspace_id = ? AND created_at >= ? AND created_at < ? AND deleted_at IS NULL
         ORDER BY created_at, seq",
    )?;
    let mut spells = db.prepare_cached(
        "SELECT lead_created_at, lead_seq, stage_id, entered_at, left_at FROM lead_stage_spells
         WHERE workspace_id = ? AND lead_created_at >= ? AND lead_created_at < ?
         ORDER BY lead_created_at, lead_seq, n",
    )?;
    let mut walk = Walk { rows: spells.query((workspace, from, to))?, next: None };
    walk.step()?;
    let mut rows = leads.query((workspace, from, to))?;
    let mut left = Vec::new();
    while let Some(row) = rows.next()? {
        let fact = Fact {
            created_at: get(row, 0)?,
            stage: get(row, 2)?,
            stage_since: get(row, 3)?,
            source: source(row, 4)?,
            webhook: get(row, 5)?,
            assigned_to: get(row, 6)?,
            is_converted: get(row, 7)?,
        };
        walk.take((fact.created_at, get(row, 1)?), &mut left)?;
        each(&fact, &left);
    }
    Ok(())
}

/// A walk over spells, beside one over leads.
struct Walk<'a> {
    rows: Rows<'a>,
    next: Option<((Time, i64), Spell)>,
}

impl Walk<'_> {
    fn step(&mut self) -> Result<()> {
        self.next = match self.rows.next()? {
            None => None,
            Some(row) => {
                let (stage, entered_at, left_at) = (get(row, 2)?, get(row, 3)?, get(row, 4)?);
                Some(((get(row, 0)?, get(row, 1)?), Spell { stage, entered_at, left_at }))
            }
        };
        Ok(())
    }

    /// Those of one lead; those of leads before it, which are deleted, are passed over.
    fn take(&mut self, lead: (Time, i64), into: &mut Vec<Spell>) -> Result<()> {
        into.clear();
        while let Some((of, spell)) = self.next
            && of <= lead
        {
            if of == lead {
                into.push(spell);
            }
            self.step()?;
        }
        Ok(())
    }
}

/// Tells each lead that was moved to where it stands from `from` up to, not including, `to`.
pub fn moved(
    db: &Connection,
    workspace: WorkspaceId,
    (from, to): (Time, Time),
    mut each: impl FnMut(&Fact),
) -> Result<()> {
    let mut statement = db.prepare_cached(
        "SELECT stage_since, stage_id, source, webhook_id, assigned_to FROM leads INDEXED BY leads_moved
         WHERE workspace_id = ? AND stage_since >= ? AND stage_since < ? AND deleted_at IS NULL",
    )?;
    let mut rows = statement.query((workspace, from, to))?;
    while let Some(row) = rows.next()? {
        let since: Time = get(row, 0)?;
        each(&Fact {
            created_at: since,
            stage: get(row, 1)?,
            stage_since: Some(since),
            source: source(row, 2)?,
            webhook: get(row, 3)?,
            assigned_to: get(row, 4)?,
            is_converted: false,
        });
    }
    Ok(())
}

const LEAVE: &str = "INSERT INTO lead_stage_spells
        (workspace_id, lead_created_at, lead_seq, n, stage_id, entered_at, left_at)
    SELECT workspace_id, created_at, seq, version, stage_id, coalesce(stage_since, created_at), ?2 FROM leads";

/// Writes down that a lead leaves its stage now; to be called before it does.
pub(in crate::leads) fn leave_stage(tx: &Tx, lead: LeadId) -> Result<()> {
    tx.prepare_cached(&format!("{LEAVE} WHERE id = ?1"))?.execute((lead, tx.now()))?;
    Ok(())
}

/// The same of some deleted leads of a stage.
pub(in crate::leads) fn deleted_leave_stage(tx: &Tx, stage: StageId, most: i64) -> Result<()> {
    let sql = format!(
        "{LEAVE} WHERE seq IN
            (SELECT seq FROM leads WHERE stage_id = ?1 AND deleted_at IS NOT NULL LIMIT ?3)"
    );
    tx.prepare_cached(&sql)?.execute((stage, tx.now(), most))?;
    Ok(())
}

/// Deletes what is known of a lead's stages for good; to be called while there is the lead.
pub(in crate::leads) fn forget_spells(tx: &Tx, seq: i64) -> Result<()> {
    tx.prepare_cached(
        "DELETE FROM lead_stage_spells WHERE (workspace_id, lead_created_at, lead_seq) =
            (SELECT workspace_id, created_at, seq FROM leads WHERE seq = ?)",
    )?
    .execute([seq])?;
    Ok(())
}
