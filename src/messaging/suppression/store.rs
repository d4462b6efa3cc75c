//! All SQL of suppressions.

use super::{Reason, Suppression, SuppressionId};
use crate::messaging::Channel;
use crate::platform::http::paging::{read_cursor, write_cursor};
use crate::platform::http::{Page, Paging};
use crate::platform::ids::WorkspaceId;
use crate::platform::normalize::digits;
use crate::platform::traces::ERASED;
use crate::platform::{Result, Tx};
use data_encoding::HEXLOWER;
use rusqlite::{Connection, OptionalExtension, Row, params};
use sha2::{Digest, Sha256};
use uuid::Uuid;

const COLUMNS: &str = "id, channel, address, reason, note, actor, message_id, created_at";
/// Totals are counted up to here.
const CAP: u64 = 10_000;

fn suppression(row: &Row) -> rusqlite::Result<Suppression> {
    let actor = row.get_ref(5)?.as_str_or_null()?;
    Ok(Suppression {
        id: row.get(0)?,
        channel: row.get(1)?,
        address: row.get(2)?,
        reason: row.get_ref(3)?.as_str()?.parse().unwrap_or(Reason::Manual),
        note: row.get(4)?,
        by: actor.and_then(|actor| serde_json::from_str(actor).ok()),
        message_id: row.get(6)?,
        created_at: row.get(7)?,
    })
}

pub(super) fn find(
    db: &Connection,
    workspace: WorkspaceId,
    channel: Channel,
    address_key: &str,
) -> Result<Option<Suppression>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM suppressions
         WHERE workspace_id = ? AND channel = ? AND address_key IN (?, ?) LIMIT 1"
    );
    let sealed = sealed(workspace, channel, address_key);
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_row((workspace, channel, address_key, sealed), suppression).optional()?)
}

/// What stands for the address of somebody who is erased: it tells nobody the address, and is found by whoever has it.
fn sealed(workspace: WorkspaceId, channel: Channel, address_key: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(workspace.0.as_bytes());
    hash.update(channel.name());
    hash.update(address_key);
    format!("sha256:{}", HEXLOWER.encode(&hash.finalize()))
}

/// Keeps of a suppressed address only what it is found by.
pub(super) fn seal(
    tx: &Tx,
    workspace: WorkspaceId,
    id: SuppressionId,
    channel: Channel,
    address_key: &str,
) -> Result<()> {
    tx.prepare_cached(
        "UPDATE suppressions SET address_key = ?3, address = ?4, note = NULL, message_id = NULL
         WHERE id = ?1 AND workspace_id = ?2",
    )?
    .execute((id, workspace, sealed(workspace, channel, address_key), ERASED))?;
    Ok(())
}

pub(super) fn get(
    db: &Connection,
    workspace: WorkspaceId,
    id: SuppressionId,
) -> Result<Option<Suppression>> {
    let sql = format!("SELECT {COLUMNS} FROM suppressions WHERE id = ? AND workspace_id = ?");
    Ok(db.prepare_cached(&sql)?.query_row((id, workspace), suppression).optional()?)
}

pub(super) fn put(
    tx: &Tx,
    workspace: WorkspaceId,
    address_key: &str,
    new: &Suppression,
) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO suppressions (id, workspace_id, channel, address_key, address, reason, note, actor,
            message_id, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT (workspace_id, channel, address_key) DO UPDATE SET reason = ?6, note = ?7, actor = ?8,
            message_id = ?9, created_at = ?10",
    )?
    .execute(params![
        new.id,
        workspace,
        new.channel,
        address_key,
        new.address,
        new.reason.name(),
        new.note,
        new.by.as_ref().map(serde_json::to_string).transpose()?,
        new.message_id,
        new.created_at,
    ])?;
    Ok(())
}

pub(super) fn delete(tx: &Tx, workspace: WorkspaceId, id: SuppressionId) -> Result<()> {
    tx.prepare_cached("DELETE FROM suppressions WHERE id = ? AND workspace_id = ?")?
        .execute((id, workspace))?;
    Ok(())
}

/// Gives the key of each address that must not be messaged on a channel.
pub fn each_key(
    db: &Connection,
    workspace: WorkspaceId,
    channel: Channel,
    mut take: impl FnMut(&str),
) -> Result<()> {
    let mut statement = db.prepare_cached(
        "SELECT address_key FROM suppressions WHERE workspace_id = ? AND channel = ?",
    )?;
    let mut rows = statement.query((workspace, channel))?;
    while let Some(row) = rows.next()? {
        take(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?);
    }
    Ok(())
}

/// Which suppressions.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// On this channel.
    pub channel: Option<Channel>,
    /// For this reason.
    pub reason: Option<Reason>,
    /// With this in their address.
    pub search: Option<String>,
}

/// One page of a workspace's suppressions, newest first.
pub fn list(
    db: &Connection,
    workspace: WorkspaceId,
    filter: &Filter,
    paging: &Paging,
) -> Result<Page<Suppression>> {
    let search = filter.search.as_deref().map(|search| {
        let is_number = !search.contains(char::is_alphabetic) && !search.contains('@');
        if is_number { digits(search) } else { search.trim().to_lowercase() }
    });
    let (before, offset) = match &paging.cursor {
        Some(cursor) => (read_cursor::<SuppressionId>(cursor)?, 0),
        None => (SuppressionId(Uuid::max()), paging.offset()),
    };
    let conditions = "FROM suppressions WHERE workspace_id = ?1 AND (?2 IS NULL OR channel = ?2)
        AND (?3 IS NULL OR reason = ?3) AND (?4 IS NULL OR instr(address_key, ?4) > 0)";
    let reason = filter.reason.map(Reason::name);
    let count = format!("SELECT count(*) FROM (SELECT 1 {conditions} LIMIT {})", CAP + 1);
    let total: u64 = db
        .prepare_cached(&count)?
        .query_row(params![workspace, filter.channel, reason, search], |row| row.get(0))?;
    let page =
        format!("SELECT {COLUMNS} {conditions} AND id < ?5 ORDER BY id DESC LIMIT ?6 OFFSET ?7");
    let mut found: Vec<Suppression> = db
        .prepare_cached(&page)?
        .query_map(
            params![workspace, filter.channel, reason, search, before, paging.limit + 1, offset],
            suppression,
        )?
        .collect::<rusqlite::Result<_>>()?;
    let more = found.len() as u64 > paging.limit;
    found.truncate(usize::try_from(paging.limit).unwrap_or(usize::MAX));
    let next = found.last().filter(|_| more).map(|last| write_cursor(&last.id));
    let mut page = Page::new(found, paging, total.min(CAP), total > CAP);
    page.next_cursor = next;
    Ok(page)
}
