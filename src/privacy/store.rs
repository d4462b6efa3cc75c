//! All SQL of the record of exports and erasures.

use super::{Kind, Person, PrivacyRequestId, Request, State};
use crate::auth::Caller;
use crate::platform::db::IdleTask;
use crate::platform::http::paging::{read_cursor, write_cursor};
use crate::platform::http::{Page, Paging};
use crate::platform::ids::WorkspaceId;
use crate::platform::{Error, Result, Tx};
use rusqlite::{Connection, OptionalExtension, Row};
use std::collections::BTreeMap;
use uuid::Uuid;

/// How long a person is kept with an export.
const HELD_MILLIS: i64 = 3_600_000;
/// How many are forgotten at once.
const PIECE: usize = 100;

const COLUMNS: &str = "id, kind, state, subject_hash, actor, counts, created_at, finished_at";

fn request(row: &Row) -> rusqlite::Result<Request> {
    let json = |text: &str| serde_json::from_str(text).ok();
    Ok(Request {
        id: row.get(0)?,
        kind: if row.get_ref(1)?.as_str()? == "export" { Kind::Export } else { Kind::Erasure },
        state: match row.get_ref(2)?.as_str()? {
            "ready" => State::Ready,
            "running" => State::Running,
            _ => State::Completed,
        },
        subject_hash: row.get(3)?,
        by: json(row.get_ref(4)?.as_str()?)
            .unwrap_or_else(|| Caller::system(WorkspaceId(Uuid::nil()), "").actor),
        counts: serde_json::from_str(row.get_ref(5)?.as_str()?).unwrap_or_default(),
        created_at: row.get(6)?,
        finished_at: row.get(7)?,
    })
}

pub(super) fn insert(
    tx: &Tx,
    by: &Caller,
    id: PrivacyRequestId,
    kind: Kind,
    person: &Person,
) -> Result<()> {
    let (kind, state) = match kind {
        Kind::Export => ("export", "ready"),
        Kind::Erasure => ("erasure", "running"),
    };
    let counts =
        BTreeMap::from([("leads", person.leads.len()), ("contacts", person.contacts.len())]);
    let counts = if kind == "export" { serde_json::to_string(&counts)? } else { "{}".into() };
    tx.prepare_cached(
        "INSERT INTO privacy_requests (id, workspace_id, kind, state, subject_hash, actor, counts, person, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute((
        id,
        by.workspace,
        kind,
        state,
        person.hash(by.workspace),
        serde_json::to_string(&by.actor)?,
        counts,
        serde_json::to_string(person)?,
        tx.now(),
    ))?;
    Ok(())
}

/// One record of the workspace.
///
/// # Errors
/// 404.
pub fn get(db: &Connection, workspace: WorkspaceId, id: PrivacyRequestId) -> Result<Request> {
    let sql = format!("SELECT {COLUMNS} FROM privacy_requests WHERE id = ? AND workspace_id = ?");
    let found = db.prepare_cached(&sql)?.query_row((id, workspace), request).optional()?;
    found.ok_or(Error::NotFound("privacy request"))
}

/// One page of a workspace's record, newest first.
pub fn list(db: &Connection, workspace: WorkspaceId, paging: &Paging) -> Result<Page<Request>> {
    let (before, offset) = match &paging.cursor {
        Some(cursor) => (read_cursor::<PrivacyRequestId>(cursor)?, 0),
        None => (PrivacyRequestId(Uuid::max()), paging.offset()),
    };
    let total: u64 = db
        .prepare_cached("SELECT count(*) FROM (SELECT 1 FROM privacy_requests WHERE workspace_id = ? LIMIT 10001)")?
        .query_row([workspace], |row| row.get(0))?;
    let sql = format!(
        "SELECT {COLUMNS} FROM privacy_requests WHERE workspace_id = ? AND id < ? ORDER BY id DESC LIMIT ? OFFSET ?"
    );
    let mut found: Vec<Request> = db
        .prepare_cached(&sql)?
        .query_map((workspace, before, paging.limit + 1, offset), request)?
        .collect::<rusqlite::Result<_>>()?;
    let more = found.len() as u64 > paging.limit;
    found.truncate(usize::try_from(paging.limit).unwrap_or(usize::MAX));
    let next = found.last().filter(|_| more).map(|last| write_cursor(&last.id));
    let mut page = Page::new(found, paging, total.min(10_000), total > 10_000);
    page.next_cursor = next;
    Ok(page)
}

/// The person of an export, as long as it is kept.
pub(super) fn person(
    db: &Connection,
    workspace: WorkspaceId,
    id: PrivacyRequestId,
) -> Result<Option<Person>> {
    let text: Option<Option<String>> = db
        .prepare_cached("SELECT person FROM privacy_requests WHERE id = ? AND workspace_id = ? AND kind = 'export'")?
        .query_row((id, workspace), |row| row.get(0))
        .optional()?;
    Ok(text.flatten().map(|text| serde_json::from_str(&text)).transpose()?)
}

/// An erasure under way.
pub(super) struct Running {
    pub by: Caller,
    pub person: Person,
    pub counts: BTreeMap<String, u64>,
    pub stage: usize,
    pub place: i64,
}

pub(super) fn running(db: &Connection, id: PrivacyRequestId) -> Result<Option<Running>> {
    type Kept = (WorkspaceId, String, String, String, usize, i64, String);
    let row: Option<Kept> = db
        .prepare_cached(
            "SELECT r.workspace_id, r.actor, r.counts, r.person, r.stage, r.place, w.default_country
             FROM privacy_requests r JOIN workspaces w ON w.id = r.workspace_id
             WHERE r.id = ? AND r.state = 'running' AND r.person IS NOT NULL",
        )?
        .query_row([id], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?))
        })
        .optional()?;
    let Some((workspace, actor, counts, person, stage, place, country)) = row else {
        return Ok(None);
    };
    Ok(Some(Running {
        by: Caller { actor: serde_json::from_str(&actor)?, ..Caller::system(workspace, &country) },
        person: serde_json::from_str(&person)?,
        counts: serde_json::from_str(&counts)?,
        stage,
        place,
    }))
}

pub(super) fn set_place(tx: &Tx, id: PrivacyRequestId, running: &Running) -> Result<()> {
    tx.prepare_cached(
        "UPDATE privacy_requests SET stage = ?2, place = ?3, counts = ?4 WHERE id = ?1",
    )?
    .execute((id, running.stage, running.place, serde_json::to_string(&running.counts)?))?;
    Ok(())
}

pub(super) fn complete(
    tx: &Tx,
    id: PrivacyRequestId,
    counts: &BTreeMap<String, u64>,
) -> Result<()> {
    tx.prepare_cached(
        "UPDATE privacy_requests SET state = 'completed', person = NULL, counts = ?2, finished_at = ?3
         WHERE id = ?1",
    )?
    .execute((id, serde_json::to_string(counts)?, tx.now()))?;
    Ok(())
}

/// The chore that forgets whom an export was about.
pub fn forgetter() -> IdleTask {
    IdleTask { name: "forget the persons of exports", step: forget_piece, urgent_above: u64::MAX }
}

fn forget_piece(tx: &Tx) -> Result<u64> {
    let forgotten = tx
        .prepare_cached(
            "UPDATE privacy_requests SET state = 'completed', person = NULL, finished_at = ?2 WHERE id IN
                (SELECT id FROM privacy_requests
                 WHERE kind = 'export' AND created_at < ?1 AND person IS NOT NULL LIMIT ?3)",
        )?
        .execute((tx.now().plus_millis(-HELD_MILLIS), tx.now(), PIECE))?;
    Ok(u64::from(forgotten == PIECE))
}
