//! Messages of one person: telling all that was sent, and leaving only that it was.

use super::purge::take_back;
use super::search::{self, Asked};
use super::store::{COLUMNS, message};
use super::{Message, State};
use crate::messaging::Channel;
use crate::platform::ids::WorkspaceId;
use crate::platform::traces::ERASED;
use crate::platform::{Result, Tx};
use rusqlite::{Connection, OptionalExtension};
use serde_json::{Value, json};
use uuid::Uuid;

/// How many messages are gone through at once.
const PIECE: u64 = 50;

/// Whose messages are meant.
#[derive(Debug, Clone, Copy)]
pub enum Whose<'a> {
    /// Those to a lead.
    Lead(Uuid),
    /// Those to a contact.
    Contact(Uuid),
    /// Those to an address, as it is matched.
    Address(&'a str),
}

/// Messages of a person after the number `after`, some at a time, by number.
fn some(db: &Connection, workspace: WorkspaceId, whose: Whose, after: i64) -> Result<Vec<Message>> {
    let columns = format!("SELECT {COLUMNS} FROM messages m WHERE");
    let end = format!("AND m.workspace_id = ?2 AND m.seq > ?3 ORDER BY m.seq LIMIT {PIECE}");
    let (sql, key): (String, rusqlite::types::Value) = match whose {
        Whose::Lead(id) => {
            (format!("{columns} m.lead_id = ?1 {end}"), id.as_bytes().to_vec().into())
        }
        Whose::Contact(id) => {
            (format!("{columns} m.contact_id = ?1 {end}"), id.as_bytes().to_vec().into())
        }
        Whose::Address(address) => {
            let Asked::Match(query) = search::ask(db, &search::terms(address))? else {
                return Ok(Vec::new());
            };
            let sql = format!(
                "SELECT {COLUMNS} FROM message_search f CROSS JOIN messages m ON m.seq = f.rowid
                 WHERE f.message_search MATCH ?4 AND f.rowid > ?3 AND m.address_key = ?1
                    AND m.workspace_id = ?2
                 ORDER BY f.rowid LIMIT {PIECE}"
            );
            let mut statement = db.prepare_cached(&sql)?;
            let rows = statement.query_map((address, workspace, after, query), message)?;
            return Ok(rows.collect::<rusqlite::Result<_>>()?);
        }
    };
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map((key, workspace, after), message)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// All that is known of some messages of a person, those after the number `after`: answers the number of the last.
pub fn tell_all(
    db: &Connection,
    workspace: WorkspaceId,
    whose: Whose,
    after: i64,
) -> Result<Option<(i64, Vec<Value>)>> {
    let found = some(db, workspace, whose, after)?;
    let Some(last) = found.last().map(|message| message.seq) else { return Ok(None) };
    let mut told = Vec::with_capacity(found.len());
    for message in found {
        let html: Option<Option<String>> = db
            .prepare_cached("SELECT html FROM messages WHERE seq = ?")?
            .query_row([message.seq], |row| row.get(0))
            .optional()?;
        let events: Vec<Value> = db
            .prepare_cached(
                "SELECT type, at, user_agent, url FROM message_events WHERE message_id = ? ORDER BY at",
            )?
            .query_map([message.id], |row| {
                let at: crate::platform::Time = row.get(1)?;
                let (kind, agent, url): (String, String, String) =
                    (row.get(0)?, row.get(2)?, row.get(3)?);
                Ok(json!({"type": kind, "at": at, "userAgent": agent, "url": url}))
            })?
            .collect::<rusqlite::Result<_>>()?;
        told.push(json!({
            "id": message.id, "channel": message.channel, "origin": message.origin, "to": message.address,
            "recipientName": message.recipient_name, "status": message.status, "subject": message.subject,
            "body": message.body, "html": html.flatten(), "createdAt": message.created_at,
            "sentAt": message.sent_at, "deliveredAt": message.delivered_at, "readAt": message.read_at,
            "failedAt": message.failed_at, "events": events,
        }));
    }
    Ok(Some((last, told)))
}

/// What became of some messages that are erased.
#[derive(Debug, Default)]
pub struct Erased {
    /// How many were.
    pub count: u64,
    /// Whether there may be more.
    pub is_more: bool,
    /// Whether one is being handed over just now, and has to wait.
    pub waits: bool,
}

/// Leaves of some messages of a person only that there were such: the rest of the row is what counts are made of.
/// What still waits to be sent is taken back.
pub fn erase(tx: &Tx, workspace: WorkspaceId, whose: Whose) -> Result<Erased> {
    let found = some(tx, workspace, whose, 0)?;
    let mut erased = Erased { is_more: found.len() as u64 == PIECE, ..Erased::default() };
    let (under_way, found): (Vec<Message>, Vec<Message>) = found
        .into_iter()
        .partition(|message| matches!(message.state, State::Sending | State::Uncertain));
    erased.waits = !under_way.is_empty();
    let queued = found.iter().filter(|message| message.state == State::Queued).cloned().collect();
    take_back(tx, queued, "The person was erased before it was sent.")?;
    for message in &found {
        tx.prepare_cached("DELETE FROM message_search WHERE rowid = ?")?.execute([message.seq])?;
        tx.prepare_cached("DELETE FROM message_events WHERE message_id = ?")?
            .execute([message.id])?;
        tx.prepare_cached(
            "UPDATE messages SET address = ?2, address_key = '', lead_id = NULL, contact_id = NULL,
                recipient_name = NULL, subject = NULL, body = '', html = NULL, provider_template = NULL,
                error_message = NULL, provider_message_id = NULL, token = randomblob(16),
                version = version + 1
             WHERE seq = ?1",
        )?
        .execute((message.seq, ERASED))?;
        tx.prepare_cached("INSERT INTO message_search (rowid, text) VALUES (?, ?)")?
            .execute((message.seq, search::indexed(None, ERASED)))?;
        erased.count += 1;
    }
    Ok(erased)
}

/// Forgets when somebody wrote from an address last.
pub fn forget_heard(tx: &Tx, workspace: WorkspaceId, channel: Channel, key: &str) -> Result<()> {
    tx.prepare_cached(
        "DELETE FROM message_inbound WHERE workspace_id = ? AND channel = ? AND address_key = ?",
    )?
    .execute((workspace, channel, key))?;
    Ok(())
}

/// Merges a piece of the search index, so that what was deleted goes out of its files, too. True when there is more.
pub fn tidy_index(tx: &Tx, is_first: bool) -> Result<bool> {
    // A negative number begins a merge of everything.
    let pages = if is_first { -200 } else { 200 };
    let before = total_changes(tx)?;
    tx.prepare_cached("INSERT INTO message_search (message_search, rank) VALUES ('merge', ?)")?
        .execute([pages])?;
    // FTS5 says by less than two changes that nothing is left.
    Ok(total_changes(tx)? - before >= 2)
}

fn total_changes(db: &Connection) -> Result<i64> {
    Ok(db.prepare_cached("SELECT total_changes()")?.query_row([], |row| row.get(0))?)
}
