//! All SQL of callbacks.

use super::super::{Channel, MessageId};
use super::news::{MailEvent, Reply};
use super::{Count, Echo, Figures, MessageEvent};
use crate::platform::ids::WorkspaceId;
use crate::platform::{Result, Time, Tx};
use rusqlite::{Connection, OptionalExtension, Row};

/// The most events that are kept of one e-mail: one that went to a list is opened without end.
const MOST: i64 = 1_000;
/// The most events that are told of one e-mail.
const TOLD: i64 = 200;

/// Counts a callback that was taken.
pub(super) fn count(tx: &Tx, workspace: WorkspaceId, channel: Channel, unknown: i64) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO message_callbacks (workspace_id, channel, received, unknown, last_at)
         VALUES (?1, ?2, 1, ?3, ?4)
         ON CONFLICT (workspace_id, channel) DO UPDATE SET received = received + 1,
            unknown = unknown + excluded.unknown, last_at = excluded.last_at",
    )?
    .execute((workspace, channel, unknown, tx.now()))?;
    Ok(())
}

pub(super) fn figures(
    db: &Connection,
    workspace: WorkspaceId,
    channel: Channel,
) -> Result<Figures> {
    let found = db
        .prepare_cached(
            "SELECT received, unknown, last_at FROM message_callbacks
             WHERE workspace_id = ? AND channel = ?",
        )?
        .query_row((workspace, channel), |row| {
            let (received, unknown) = (row.get(0)?, row.get(1)?);
            Ok(Figures { received, unknown, refused: 0, last_at: row.get(2)? })
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}

/// Keeps an event; one that is there already, or one too many, is passed over.
pub(super) fn insert_event(
    tx: &Tx,
    message: MessageId,
    event: &MailEvent,
    at: Time,
    is_machine: bool,
) -> Result<()> {
    tx.prepare_cached(
        "INSERT OR IGNORE INTO message_events (message_id, at, type, user_agent, url, is_machine)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6
         WHERE (SELECT count(*) FROM (SELECT 1 FROM message_events WHERE message_id = ?1 LIMIT ?7)) < ?7",
    )?
    .execute(rusqlite::params![
        message,
        at,
        event.kind.name(),
        event.user_agent.as_deref().unwrap_or_default(),
        event.url.as_deref().unwrap_or_default(),
        is_machine,
        MOST,
    ])?;
    Ok(())
}

pub(super) fn echo(db: &Connection, message: MessageId) -> Result<Echo> {
    let events = db
        .prepare_cached(
            "SELECT type, at, is_machine, user_agent, url FROM message_events
             WHERE message_id = ? ORDER BY at, type LIMIT ?",
        )?
        .query_map((message, TOLD), event)?
        .collect::<rusqlite::Result<_>>()?;
    let mut statement = db.prepare_cached(
        "SELECT coalesce(sum(is_machine = 0), 0), coalesce(sum(is_machine), 0) FROM message_events
         WHERE message_id = ? AND type = ?",
    )?;
    let mut counted = |kind: &str| {
        let count = |row: &Row| Ok(Count { human: row.get(0)?, machine: row.get(1)? });
        statement.query_row((message, kind), count)
    };
    Ok(Echo { events, opens: counted("opened")?, clicks: counted("clicked")? })
}

fn event(row: &Row) -> rusqlite::Result<MessageEvent> {
    let told = |index: usize| -> rusqlite::Result<Option<String>> {
        let text: String = row.get(index)?;
        Ok((!text.is_empty()).then_some(text))
    };
    Ok(MessageEvent {
        r#type: row.get(0)?,
        at: row.get(1)?,
        is_machine: row.get(2)?,
        user_agent: told(3)?,
        url: told(4)?,
    })
}

/// Notes a reply; false when it was taken before.
pub(super) fn insert_reply(
    tx: &Tx,
    workspace: WorkspaceId,
    provider: &str,
    reply: &Reply,
) -> Result<bool> {
    let added = tx
        .prepare_cached(
            "INSERT OR IGNORE INTO message_replies (workspace_id, provider, provider_message_id, received_at)
             VALUES (?, ?, ?, ?)",
        )?
        .execute((workspace, provider, &reply.id, tx.now()))?;
    Ok(added > 0)
}
