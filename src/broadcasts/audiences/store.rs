//! All SQL of audiences.

pub(super) mod erase;
mod moves;
pub(super) mod rows;
pub(super) mod sweep;

pub(super) use moves::{hand_back, hand_over};

use super::build::Way;
use super::list::Filter;
use super::people::Person;
use super::{Asked, Audience, AudienceId, FilterBody, Kind, Source};
use crate::auth::{Actor, Caller};
use crate::contacts::ContactId;
use crate::leads::LeadId;
use crate::platform::http::paging::{read_cursor, write_cursor};
use crate::platform::http::{Page, Paging};
use crate::platform::ids::WorkspaceId;
use crate::platform::normalize::fold;
use crate::platform::{Error, Result, Time, Tx};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

const COLUMNS: &str = "a.seq, a.id, a.name, a.kind, a.source, a.filter, a.member_count, a.last_mark, \
    a.actor, a.version, a.created_at, a.updated_at";
const THERE: &str = "a.deleted_at IS NULL AND a.state = 'ready'";

/// A member of a fixed audience as it is written down.
#[derive(Debug)]
pub(super) enum Kept {
    /// A lead.
    Lead(LeadId),
    /// A contact.
    Contact(ContactId),
    /// A row of a file.
    Row(Box<Person>),
}

/// An audience without its filter, and that as it is kept.
type Raw = (Audience, Option<String>);

fn raw(row: &Row) -> rusqlite::Result<Raw> {
    let actor = serde_json::from_str(row.get_ref(8)?.as_str()?);
    let actor = actor
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(8, Type::Text, error.into()))?;
    let audience = Audience {
        seq: row.get(0)?,
        id: row.get(1)?,
        name: row.get(2)?,
        kind: if row.get_ref(3)?.as_str()? == "live" { Kind::Live } else { Kind::Fixed },
        source: match row.get_ref(4)?.as_str()? {
            "contacts" => Source::Contacts,
            "file" => Source::File,
            _ => Source::Leads,
        },
        filter: None,
        member_count: row.get(6)?,
        last_mark: row.get(7)?,
        by: actor,
        version: row.get(9)?,
        created_at: row.get(10)?,
        updated_at: row.get(11)?,
    };
    Ok((audience, row.get(5)?))
}

fn understood((audience, filter): Raw, by: &Caller) -> Result<Audience> {
    let Some(filter) = filter else { return Ok(audience) };
    let body: FilterBody = serde_json::from_str(&filter)?;
    let asked = match audience.source {
        Source::Contacts => Asked::contacts(&body)?,
        Source::Leads | Source::File => Asked::leads(&body, by)?,
    };
    Ok(Audience { filter: Some(asked), ..audience })
}

/// An audience of the workspace; `None` when there is none, or it is not whole yet, or deleted.
pub fn find(db: &Connection, by: &Caller, id: AudienceId) -> Result<Option<Audience>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM audiences a WHERE a.id = ? AND a.workspace_id = ? AND {THERE}"
    );
    let found = db.prepare_cached(&sql)?.query_row((id, by.workspace), raw).optional()?;
    found.map(|found| understood(found, by)).transpose()
}

/// An audience of the workspace.
///
/// # Errors
/// 404.
pub fn get(db: &Connection, by: &Caller, id: AudienceId) -> Result<Audience> {
    find(db, by, id)?.ok_or(Error::NotFound("audience"))
}

/// An audience that was deleted after `since` and can come back.
pub(super) fn find_deleted(
    db: &Connection,
    by: &Caller,
    id: AudienceId,
    since: Time,
) -> Result<Option<Audience>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM audiences a
         WHERE a.id = ? AND a.workspace_id = ? AND a.deleted_at > ? AND a.state = 'ready'"
    );
    let found = db.prepare_cached(&sql)?.query_row((id, by.workspace, since), raw).optional()?;
    found.map(|found| understood(found, by)).transpose()
}

/// Audiences newest first.
pub(super) fn page(
    db: &Connection,
    by: &Caller,
    filter: &Filter,
    paging: &Paging,
) -> Result<Page<Audience>> {
    let (before, offset) = match &paging.cursor {
        Some(cursor) => (read_cursor::<i64>(cursor)?, 0),
        None => (i64::MAX, paging.offset()),
    };
    let search = filter.search.as_deref().map(fold);
    let (kind, source) = (filter.kind.map(Kind::name), filter.source.map(Source::name));
    let conditions = format!(
        "FROM audiences a INDEXED BY audiences_newest WHERE a.workspace_id = ?1 AND {THERE}
            AND (?2 IS NULL OR instr(a.name_key, ?2) > 0) AND (?3 IS NULL OR a.kind = ?3)
            AND (?4 IS NULL OR a.source = ?4)"
    );
    let total: u64 = db
        .prepare_cached(&format!("SELECT count(*) {conditions}"))?
        .query_row(params![by.workspace, search, kind, source], |row| row.get(0))?;
    let sql = format!(
        "SELECT {COLUMNS} {conditions} AND a.seq < ?5 ORDER BY a.seq DESC LIMIT ?6 OFFSET ?7"
    );
    let limit = paging.limit + 1;
    let mut found = db
        .prepare_cached(&sql)?
        .query_map(params![by.workspace, search, kind, source, before, limit, offset], raw)?
        .map(|row| understood(row?, by))
        .collect::<Result<Vec<_>>>()?;
    let more = found.len() as u64 > paging.limit;
    found.truncate(usize::try_from(paging.limit).unwrap_or(usize::MAX));
    let next = found.last().filter(|_| more).map(|last| write_cursor(&last.seq));
    let mut page = Page::new(found, paging, total, false);
    page.next_cursor = next;
    Ok(page)
}

/// Writes a new audience; answers its number.
pub(super) fn insert(
    tx: &Tx,
    by: &Caller,
    (id, name): (AudienceId, &str),
    (kind, source): (Kind, Source),
    filter: Option<&FilterBody>,
) -> Result<i64> {
    tx.prepare_cached(
        "INSERT INTO audiences (id, workspace_id, name, name_key, kind, source, filter, state, actor,
            created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'building', ?8, ?9, ?9)",
    )?
    .execute(params![
        id,
        by.workspace,
        name,
        fold(name),
        kind.name(),
        source.name(),
        filter.map(serde_json::to_string).transpose()?,
        serde_json::to_string(&by.actor)?,
        tx.now(),
    ])?;
    Ok(tx.last_insert_rowid())
}

/// Notes how the members that follow came; answers the number of that note.
pub(super) fn insert_addition(
    tx: &Tx,
    by: &Caller,
    audience: i64,
    (way, file): (Way, Option<&str>),
) -> Result<i64> {
    let number: i64 = tx
        .prepare_cached(
            "SELECT coalesce(max(number), 0) + 1 FROM audience_additions WHERE audience = ?",
        )?
        .query_row([audience], |row| row.get(0))?;
    tx.prepare_cached(
        "INSERT INTO audience_additions (audience, number, way, file, actor, created_at)
         VALUES (?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        audience,
        number,
        way.name(),
        file,
        serde_json::to_string(&by.actor)?,
        tx.now()
    ])?;
    Ok(number)
}

/// The greatest mark that an audience has given; `None` when it is not there any more.
pub(super) fn last_mark(tx: &Tx, audience: i64) -> Result<Option<i64>> {
    Ok(tx
        .prepare_cached("SELECT last_mark FROM audiences WHERE seq = ? AND deleted_at IS NULL")?
        .query_row([audience], |row| row.get(0))
        .optional()?)
}

/// Adds leads or contacts that are there and are no members yet, each under the next mark; answers the last
/// mark and how many were added.
pub(super) fn insert_people(
    tx: &Tx,
    workspace: WorkspaceId,
    (audience, addition): (i64, i64),
    source: Source,
    people: &[Uuid],
    mut mark: i64,
) -> Result<(i64, u64)> {
    let (table, kind) = match source {
        Source::Contacts => ("contacts", "contact"),
        Source::Leads | Source::File => ("leads", "lead"),
    };
    let sql = format!(
        "INSERT OR IGNORE INTO audience_members (audience, mark, addition, kind, person_id)
         SELECT ?1, ?2, ?3, '{kind}', p.id FROM {table} p
         WHERE p.id = ?4 AND p.workspace_id = ?5 AND p.deleted_at IS NULL"
    );
    let mut statement = tx.prepare_cached(&sql)?;
    let first = mark;
    for id in people {
        let id = id.as_bytes().as_slice();
        mark += i64::try_from(statement.execute(params![
            audience,
            mark + 1,
            addition,
            id,
            workspace
        ])?)
        .unwrap_or_default();
    }
    Ok((mark, (mark - first).unsigned_abs()))
}

/// Adds a row of a file.
pub(super) fn insert_row(
    tx: &Tx,
    (audience, addition): (i64, i64),
    mark: i64,
    (number, person): (u64, &Person),
) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO audience_members (audience, mark, addition, kind, row_number, person)
         VALUES (?, ?, ?, 'row', ?, ?)",
    )?
    .execute(params![audience, mark, addition, number, serde_json::to_string(person)?])?;
    Ok(())
}

/// Notes how far an audience has been built.
pub(super) fn grown(tx: &Tx, audience: i64, last_mark: i64, more: u64) -> Result<()> {
    tx.prepare_cached(
        "UPDATE audiences SET last_mark = ?2, member_count = member_count + ?3, updated_at = ?4
         WHERE seq = ?1",
    )?
    .execute(params![audience, last_mark, more, tx.now()])?;
    Ok(())
}

/// Shows an audience that is whole.
pub(super) fn set_ready(tx: &Tx, audience: i64) -> Result<bool> {
    let changed = tx
        .prepare_cached("UPDATE audiences SET state = 'ready', updated_at = ?2 WHERE seq = ?1")?
        .execute((audience, tx.now()))?;
    Ok(changed == 1)
}

/// Gives an audience another name or filter.
pub(super) fn update(tx: &Tx, audience: &Audience) -> Result<()> {
    let filter = audience.filter.as_ref().map(|asked| serde_json::to_string(asked.body()));
    tx.prepare_cached(
        "UPDATE audiences SET name = ?2, name_key = ?3, filter = ?4, version = ?5, updated_at = ?6
         WHERE seq = ?1",
    )?
    .execute(params![
        audience.seq,
        audience.name,
        fold(&audience.name),
        filter.transpose()?,
        audience.version,
        audience.updated_at,
    ])?;
    Ok(())
}

pub(super) fn set_deleted(tx: &Tx, audience: i64, deleted: bool) -> Result<()> {
    tx.prepare_cached(
        "UPDATE audiences SET deleted_at = ?2, version = version + 1, updated_at = ?3 WHERE seq = ?1",
    )?
    .execute((audience, deleted.then(|| tx.now()), tx.now()))?;
    Ok(())
}

/// Some members of a fixed audience, by rising marks.
pub(super) fn members(
    db: &Connection,
    audience: &Audience,
    (after, upto): (i64, i64),
    limit: usize,
) -> Result<Vec<(i64, Kept)>> {
    let mut statement = db.prepare_cached(
        "SELECT mark, kind, person_id, person FROM audience_members
         WHERE audience = ? AND mark > ? AND mark <= ? AND is_gone = 0 ORDER BY mark LIMIT ?",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = statement.query((audience.seq, after, upto, limit))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let kept = match row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)? {
            "lead" => Kept::Lead(row.get(2)?),
            "contact" => Kept::Contact(row.get(2)?),
            _ => Kept::Row(Box::new(serde_json::from_str(&row.get::<_, String>(3)?)?)),
        };
        found.push((row.get(0)?, kept));
    }
    Ok(found)
}

/// Takes a member out for good; false when there is none under this mark.
pub(super) fn delete_member(tx: &Tx, audience: i64, mark: i64) -> Result<bool> {
    let gone = tx
        .prepare_cached(
            "DELETE FROM audience_members WHERE audience = ? AND mark = ? AND is_gone = 0",
        )?
        .execute((audience, mark))?;
    if gone == 1 {
        tx.prepare_cached(
            "UPDATE audiences SET member_count = member_count - 1, updated_at = ? WHERE seq = ?",
        )?
        .execute((tx.now(), audience))?;
    }
    Ok(gone == 1)
}

/// Takes a lead or a contact out of every audience, or back in.
pub(super) fn set_gone(tx: &Tx, person: Uuid, is_gone: bool) -> Result<()> {
    let person = person.as_bytes().as_slice();
    let audiences = tx
        .prepare_cached(
            "UPDATE audience_members SET is_gone = ?2 WHERE person_id = ?1 AND is_gone <> ?2
             RETURNING audience",
        )?
        .query_map((person, is_gone), |row| row.get(0))?
        .collect::<rusqlite::Result<Vec<i64>>>()?;
    for audience in audiences {
        tx.prepare_cached("UPDATE audiences SET member_count = member_count + ? WHERE seq = ?")?
            .execute((if is_gone { -1 } else { 1 }, audience))?;
    }
    Ok(())
}

/// How the members of an audience came to it: number, way, file, by whom, when.
pub(super) fn additions(db: &Connection, audience: i64) -> Result<Vec<Addition>> {
    let mut statement = db.prepare_cached(
        "SELECT number, way, file, actor, created_at FROM audience_additions WHERE audience = ?
         ORDER BY number",
    )?;
    let rows = statement.query_map([audience], |row| {
        Ok(Addition {
            number: row.get(0)?,
            way: row.get_ref(1)?.as_str()?.parse().unwrap_or(Way::Selected),
            file: row.get(2)?,
            by: serde_json::from_str(row.get_ref(3)?.as_str()?).ok(),
            at: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How some members came to an audience.
#[derive(Debug, Clone)]
pub(super) struct Addition {
    pub number: i64,
    pub way: Way,
    pub file: Option<String>,
    pub by: Option<Actor>,
    pub at: Time,
}
