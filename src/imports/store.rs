//! All SQL of imports.

use super::check::Findings;
use super::rejected::Rejected;
use super::row::Rejection;
use super::rows::Row;
use super::survey::{Column, Written};
use super::target::Target;
use super::{Counts, Import, ImportId, Options, Sheet, Status, Undo};
use crate::leads::LeadId;
use crate::leads::quiet::Former;
use crate::platform::ids::WorkspaceId;
use crate::platform::secret::Hash;
use crate::platform::{Result, Time, Tx};
use rusqlite::{Connection, OptionalExtension, Row as SqlRow};

const COLUMNS: &str = "id, workspace_id, actor, status, file_name, size_bytes, rows, cursor, created, updated, \
    unchanged, skipped, rejected, deleted, restored, kept, problem, version, created_at, started_at, finished_at, \
    undone_at, undone_by";

/// How many imports a list shows.
const LISTED: u64 = 1_000;

fn import(row: &SqlRow) -> rusqlite::Result<Import> {
    let wrong = |index| {
        rusqlite::Error::InvalidColumnType(index, "import".into(), rusqlite::types::Type::Text)
    };
    Ok(Import {
        id: row.get(0)?,
        workspace: row.get(1)?,
        actor: serde_json::from_str(row.get_ref(2)?.as_str()?).map_err(|_| wrong(2))?,
        status: row.get_ref(3)?.as_str()?.parse().map_err(|()| wrong(3))?,
        file_name: row.get(4)?,
        size_bytes: row.get(5)?,
        rows: row.get(6)?,
        cursor: row.get(7)?,
        counts: Counts {
            created: row.get(8)?,
            updated: row.get(9)?,
            unchanged: row.get(10)?,
            skipped: row.get(11)?,
            rejected: row.get(12)?,
        },
        undo: Undo { deleted: row.get(13)?, restored: row.get(14)?, kept: row.get(15)? },
        problem: row.get(16)?,
        version: row.get(17)?,
        created_at: row.get(18)?,
        started_at: row.get(19)?,
        finished_at: row.get(20)?,
        undone_at: row.get(21)?,
        undone_by: row
            .get_ref(22)?
            .as_str_or_null()?
            .and_then(|text| serde_json::from_str(text).ok()),
    })
}

pub(super) fn find(
    db: &Connection,
    workspace: WorkspaceId,
    id: ImportId,
) -> Result<Option<Import>> {
    let sql = format!("SELECT {COLUMNS} FROM lead_imports WHERE id = ? AND workspace_id = ?");
    Ok(db.prepare_cached(&sql)?.query_row((id, workspace), import).optional()?)
}

/// An import of any workspace, for the job that works on it.
pub(super) fn any(db: &Connection, id: ImportId) -> Result<Option<Import>> {
    let sql = format!("SELECT {COLUMNS} FROM lead_imports WHERE id = ?");
    Ok(db.prepare_cached(&sql)?.query_row([id], import).optional()?)
}

pub(super) fn status(db: &Connection, id: ImportId) -> Result<Option<Status>> {
    Ok(any(db, id)?.map(|import| import.status))
}

pub(super) fn list(db: &Connection, workspace: WorkspaceId) -> Result<Vec<Import>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM lead_imports WHERE workspace_id = ?
         ORDER BY created_at DESC, id DESC LIMIT ?"
    );
    Ok(db
        .prepare_cached(&sql)?
        .query_map((workspace, LISTED), import)?
        .collect::<rusqlite::Result<_>>()?)
}

/// How many imports of a workspace are in a state of work.
pub(super) fn drafts(db: &Connection, workspace: WorkspaceId) -> Result<usize> {
    Ok(list(db, workspace)?.iter().filter(|import| import.status.needs_file()).count())
}

pub(super) fn insert(tx: &Tx, import: &Import, key: Hash, sheet: &Sheet) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO lead_imports (id, workspace_id, actor, status, file_name, size_bytes, columns_key, rows, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute((
        import.id,
        import.workspace,
        serde_json::to_string(&import.actor)?,
        import.status.name(),
        &import.file_name,
        import.size_bytes,
        key,
        import.rows,
        import.created_at,
    ))?;
    write_sheet(tx, import.id, sheet)
}

/// Another way to read the file was chosen.
pub(super) fn set_survey(tx: &Tx, id: ImportId, key: Hash, rows: u64) -> Result<()> {
    tx.prepare_cached("UPDATE lead_imports SET columns_key = ?2, rows = ?3 WHERE id = ?1")?
        .execute((id, key, rows))?;
    Ok(())
}

/// Writes status, counts and times, with the next version.
pub(super) fn save(tx: &Tx, import: &mut Import) -> Result<()> {
    import.version += 1;
    tx.prepare_cached(
        "UPDATE lead_imports SET status = ?2, problem = ?3, version = ?4, started_at = ?5, finished_at = ?6,
            undone_at = ?7, undone_by = ?8, actor = ?9 WHERE id = ?1",
    )?
    .execute((
        import.id,
        import.status.name(),
        &import.problem,
        import.version,
        import.started_at,
        import.finished_at,
        import.undone_at,
        import.undone_by.as_ref().map(serde_json::to_string).transpose()?,
        serde_json::to_string(&import.actor)?,
    ))?;
    Ok(())
}

/// Writes how far it is.
pub(super) fn advance(tx: &Tx, import: &Import) -> Result<()> {
    let Counts { created, updated, unchanged, skipped, rejected } = import.counts;
    tx.prepare_cached(
        "UPDATE lead_imports SET cursor = ?2, created = ?3, updated = ?4, unchanged = ?5, skipped = ?6, rejected = ?7
         WHERE id = ?1",
    )?
    .execute((import.id, import.cursor, created, updated, unchanged, skipped, rejected))?;
    Ok(())
}

fn texts(mapping: &[Target]) -> Vec<String> {
    mapping.iter().map(Target::to_string).collect()
}

pub(super) fn write_sheet(tx: &Tx, id: ImportId, sheet: &Sheet) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO lead_import_sheets (import_id, form, columns, samples, mapping, options, findings)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT DO UPDATE SET form = ?2, columns = ?3, samples = ?4, mapping = ?5, options = ?6, findings = ?7",
    )?
    .execute((
        id,
        serde_json::to_string(&sheet.written)?,
        serde_json::to_string(&sheet.columns)?,
        serde_json::to_string(&sheet.samples)?,
        serde_json::to_string(&texts(&sheet.mapping))?,
        serde_json::to_string(&sheet.options)?,
        sheet.findings.as_ref().map(serde_json::to_string).transpose()?,
    ))?;
    Ok(())
}

pub(super) fn set_findings(tx: &Tx, id: ImportId, findings: &Findings) -> Result<()> {
    tx.prepare_cached("UPDATE lead_import_sheets SET findings = ?2 WHERE import_id = ?1")?
        .execute((id, serde_json::to_string(findings)?))?;
    Ok(())
}

fn targets(text: &str) -> Vec<Target> {
    let texts: Vec<String> = serde_json::from_str(text).unwrap_or_default();
    texts.iter().map(|text| Target::parse(text).unwrap_or(Target::Ignore)).collect()
}

pub(super) fn sheet(db: &Connection, id: ImportId) -> Result<Option<Sheet>> {
    let row = db
        .prepare_cached(
            "SELECT form, columns, samples, mapping, options, findings FROM lead_import_sheets WHERE import_id = ?",
        )?
        .query_row([id], |row| {
            let text = |index: usize| row.get::<_, String>(index);
            Ok((text(0)?, text(1)?, text(2)?, text(3)?, text(4)?, row.get::<_, Option<String>>(5)?))
        })
        .optional()?;
    let Some((written, columns, samples, mapping, options, findings)) = row else {
        return Ok(None);
    };
    Ok(Some(Sheet {
        written: serde_json::from_str::<Written>(&written)?,
        columns: serde_json::from_str::<Vec<Column>>(&columns)?,
        samples: serde_json::from_str::<Vec<Row>>(&samples)?,
        mapping: targets(&mapping),
        options: serde_json::from_str::<Options>(&options)?,
        findings: findings.map(|text| serde_json::from_str(&text)).transpose()?,
    }))
}

/// How the last import of a table with these columns was mapped.
pub(super) fn last_mapping(
    db: &Connection,
    workspace: WorkspaceId,
    key: Hash,
) -> Result<Option<Vec<Target>>> {
    let text: Option<String> = db
        .prepare_cached(
            "SELECT s.mapping FROM lead_imports i JOIN lead_import_sheets s ON s.import_id = i.id
             WHERE i.workspace_id = ? AND i.columns_key = ? AND i.started_at IS NOT NULL
             ORDER BY i.created_at DESC LIMIT 1",
        )?
        .query_row((workspace, key), |row| row.get(0))
        .optional()?;
    Ok(text.map(|text| targets(&text)))
}

/// Notes what was done to a lead; of several changes to one, the first knows what was before.
pub(super) fn note_change(
    tx: &Tx,
    id: ImportId,
    lead: LeadId,
    version: i64,
    former: Option<&Former>,
) -> Result<()> {
    let former = former.map(serde_json::to_string).transpose()?;
    tx.prepare_cached(
        "INSERT INTO lead_import_changes (import_id, lead_id, version, former) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET version = ?3, former = ?4",
    )?
    .execute((id, lead, version, former))?;
    Ok(())
}

/// One change of an import: which lead, its version right after, what it was before.
pub(super) type ChangeRow = (LeadId, i64, Option<Former>);

fn change_row(row: &SqlRow) -> rusqlite::Result<ChangeRow> {
    let former: Option<String> = row.get(2)?;
    Ok((row.get(0)?, row.get(1)?, former.and_then(|text| serde_json::from_str(&text).ok())))
}

/// What was noted of a lead; the outer `None` says that the import has not touched it.
pub(super) fn change_of(db: &Connection, id: ImportId, lead: LeadId) -> Result<Option<ChangeRow>> {
    Ok(db
        .prepare_cached(
            "SELECT lead_id, version, former FROM lead_import_changes WHERE import_id = ? AND lead_id = ?",
        )?
        .query_row((id, lead), change_row)
        .optional()?)
}

/// The next changes to take back.
pub(super) fn changes_left(db: &Connection, id: ImportId, most: usize) -> Result<Vec<ChangeRow>> {
    Ok(db
        .prepare_cached(
            "SELECT lead_id, version, former FROM lead_import_changes
             WHERE import_id = ?1 AND lead_id > coalesce((SELECT undo_after FROM lead_imports WHERE id = ?1), x'')
             ORDER BY lead_id LIMIT ?2",
        )?
        .query_map((id, most), change_row)?
        .collect::<rusqlite::Result<_>>()?)
}

/// A change is taken back, and needed no more; or it is not, and this is why.
pub(super) fn end_change(tx: &Tx, id: ImportId, lead: LeadId, kept: Option<&str>) -> Result<()> {
    match kept {
        Some(why) => tx
            .prepare_cached(
                "UPDATE lead_import_changes SET kept = ?3 WHERE import_id = ?1 AND lead_id = ?2",
            )?
            .execute((id, lead, why))?,
        None => tx
            .prepare_cached("DELETE FROM lead_import_changes WHERE import_id = ? AND lead_id = ?")?
            .execute((id, lead))?,
    };
    Ok(())
}

pub(super) fn advance_undo(tx: &Tx, import: &Import, after: LeadId) -> Result<()> {
    let Undo { deleted, restored, kept } = import.undo;
    tx.prepare_cached(
        "UPDATE lead_imports SET undo_after = ?2, deleted = ?3, restored = ?4, kept = ?5 WHERE id = ?1",
    )?
    .execute((import.id, after, deleted, restored, kept))?;
    Ok(())
}

/// The leads that an undo left as they are, and why; those after a lead.
pub(super) fn kept(
    db: &Connection,
    id: ImportId,
    after: Option<LeadId>,
    most: u64,
) -> Result<Vec<(LeadId, String)>> {
    let after = after.map(|lead| lead.0.as_bytes().to_vec()).unwrap_or_default();
    Ok(db
        .prepare_cached(
            "SELECT lead_id, kept FROM lead_import_changes
             WHERE import_id = ? AND kept IS NOT NULL AND lead_id > ? ORDER BY lead_id LIMIT ?",
        )?
        .query_map((id, after, most), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?)
}

pub(super) fn reject(tx: &Tx, id: ImportId, row: &Row, why: &Rejection) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO lead_import_rejected (import_id, number, code, message, cells) VALUES (?, ?, ?, ?, ?)",
    )?
    .execute((id, row.number, &why.code, &why.message, serde_json::to_string(&row.cells)?))?;
    Ok(())
}

/// Rejected rows after a row.
pub(super) fn rejected(
    db: &Connection,
    id: ImportId,
    after: u64,
    most: u64,
) -> Result<Vec<Rejected>> {
    let rejected = |row: &SqlRow| {
        let cells: String = row.get(3)?;
        Ok(Rejected {
            number: row.get(0)?,
            code: row.get(1)?,
            message: row.get(2)?,
            cells: serde_json::from_str(&cells).unwrap_or_default(),
        })
    };
    Ok(db
        .prepare_cached(
            "SELECT number, code, message, cells FROM lead_import_rejected
             WHERE import_id = ? AND number > ? ORDER BY number LIMIT ?",
        )?
        .query_map((id, after, most), rejected)?
        .collect::<rusqlite::Result<_>>()?)
}

/// Rejected rows of any workspace after a place: the place of each, whose it is, its cells.
pub(super) fn rejected_after(
    db: &Connection,
    after: i64,
    most: u64,
) -> Result<Vec<(i64, WorkspaceId, String)>> {
    Ok(db
        .prepare_cached(
            "SELECT r.rowid, i.workspace_id, r.cells FROM lead_import_rejected r
             CROSS JOIN lead_imports i ON i.id = r.import_id
             WHERE r.rowid > ? ORDER BY r.rowid LIMIT ?",
        )?
        .query_map((after, most), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?)
}

pub(super) fn delete_rejected(tx: &Tx, place: i64) -> Result<()> {
    tx.prepare_cached("DELETE FROM lead_import_rejected WHERE rowid = ?")?.execute([place])?;
    Ok(())
}

/// Deletes some of what is kept for an undo and of the rejected rows; answers how many rows went.
pub(super) fn forget(tx: &Tx, id: ImportId, most: u64) -> Result<usize> {
    let changes = tx
        .prepare_cached(
            "DELETE FROM lead_import_changes WHERE import_id = ?1 AND lead_id IN
                (SELECT lead_id FROM lead_import_changes WHERE import_id = ?1 LIMIT ?2)",
        )?
        .execute((id, most))?;
    let rejected = tx
        .prepare_cached(
            "DELETE FROM lead_import_rejected WHERE import_id = ?1 AND number IN
                (SELECT number FROM lead_import_rejected WHERE import_id = ?1 LIMIT ?2)",
        )?
        .execute((id, most))?;
    Ok(changes + rejected)
}

/// Deletes an import.
pub(super) fn delete(tx: &Tx, id: ImportId) -> Result<()> {
    tx.prepare_cached("DELETE FROM lead_imports WHERE id = ?")?.execute([id])?;
    Ok(())
}

/// One import of a workspace, whichever.
pub(super) fn first_of(db: &Connection, workspace: WorkspaceId) -> Result<Option<ImportId>> {
    Ok(db
        .prepare_cached("SELECT id FROM lead_imports WHERE workspace_id = ? LIMIT 1")?
        .query_row([workspace], |row| row.get(0))
        .optional()?)
}

/// Whether anything is kept of an import that is over since.
pub(super) fn is_expired(import: &Import, now: Time) -> bool {
    import.finished_at.is_some_and(|finished| finished.plus_days(super::UNDO_DAYS) <= now)
}
