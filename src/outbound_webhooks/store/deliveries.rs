//! SQL of events: what waits, and the log.

use super::super::{Delivery, OutboundDeliveryId, State};
use crate::leads::LeadId;
use crate::messaging::MessageId;
use crate::platform::http::paging::{read_cursor, write_cursor};
use crate::platform::http::{Page, Paging};
use crate::platform::{Error, Result, Time, Tx};
use rusqlite::{Connection, OptionalExtension, Row};

/// How many delivered and how many failed events the log keeps for each outbound webhook.
pub(crate) const KEPT: u64 = 500;
/// Totals are counted up to here.
const CAP: u64 = 10_000;

const COLUMNS: &str = "d.seq, d.id, d.type, d.lead_id, d.state, d.tries, d.next_at, d.happened_at, d.tried_at, \
    d.status, d.took_ms, d.answer, d.error, d.replayed_at, (SELECT name FROM leads WHERE id = d.lead_id)";

fn delivery_row(row: &Row) -> rusqlite::Result<Delivery> {
    let id: OutboundDeliveryId = row.get(1)?;
    Ok(Delivery {
        seq: row.get(0)?,
        id,
        webhook_id: format!("msg_{id}"),
        r#type: row.get(2)?,
        lead_id: row.get(3)?,
        status: row.get_ref(4)?.as_str()?.parse().unwrap_or(State::Failed),
        tries: row.get(5)?,
        next_try_at: row.get(6)?,
        happened_at: row.get(7)?,
        tried_at: row.get(8)?,
        response_status: row.get(9)?,
        duration_ms: row.get(10)?,
        response_body: row.get(11)?,
        error: row.get(12)?,
        replayed_at: row.get(13)?,
        lead_name: row.get(14)?,
    })
}

/// An event to be written down.
pub(crate) struct NewDelivery {
    pub webhook: i64,
    pub event: &'static str,
    pub lead: Option<LeadId>,
    pub message: Option<MessageId>,
}

/// Writes an event down, to be sent at once.
pub(crate) fn insert_delivery(
    tx: &Tx,
    new: &NewDelivery,
    detail: &str,
) -> Result<OutboundDeliveryId> {
    let id = OutboundDeliveryId::fresh(tx.now());
    tx.prepare_cached(
        "INSERT INTO outbound_webhook_deliveries
            (id, webhook, type, lead_id, message_id, detail, state, next_at, happened_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'waiting', ?7, ?7)",
    )?
    .execute((id, new.webhook, new.event, new.lead, new.message, detail, tx.now()))?;
    Ok(id)
}

/// One event of an outbound webhook.
pub(crate) fn delivery(db: &Connection, webhook: i64, id: OutboundDeliveryId) -> Result<Delivery> {
    let sql = format!(
        "SELECT {COLUMNS} FROM outbound_webhook_deliveries d WHERE d.id = ? AND d.webhook = ?"
    );
    db.prepare_cached(&sql)?
        .query_row((id, webhook), delivery_row)
        .optional()?
        .ok_or(Error::NotFound("delivery"))
}

/// What was sent, once it was.
pub(crate) fn body_of(db: &Connection, seq: i64) -> Result<Option<String>> {
    let sql = "SELECT body FROM outbound_webhook_deliveries WHERE seq = ?";
    Ok(db.prepare_cached(sql)?.query_row([seq], |row| row.get(0))?)
}

/// An event whose time has come.
#[derive(Debug, Clone)]
pub(crate) struct Due {
    pub seq: i64,
    pub id: OutboundDeliveryId,
    pub event: String,
    pub lead: Option<LeadId>,
    pub message: Option<MessageId>,
    pub detail: String,
    pub happened_at: Time,
    pub tries: u32,
    /// As it was sent before.
    pub body: Option<String>,
    /// When an earlier event of the same lead, which it waits for, is tried.
    pub behind: Option<Time>,
}

/// The events whose time has come, the longest overdue first. One of a lead waits for an earlier one of it that was
/// tried less than `patience` times.
pub(crate) fn due(
    db: &Connection,
    webhook: i64,
    now: Time,
    patience: u32,
    most: usize,
) -> Result<Vec<Due>> {
    let mut statement = db.prepare_cached(
        "SELECT d.seq, d.id, d.type, d.lead_id, d.message_id, d.detail, d.happened_at, d.tries, d.body,
            (SELECT max(e.next_at) FROM outbound_webhook_deliveries e
             WHERE e.lead_id = d.lead_id AND e.webhook = d.webhook AND e.seq < d.seq
                AND +e.state = 'waiting' AND e.tries < ?3)
         FROM outbound_webhook_deliveries d
         WHERE d.webhook = ?1 AND d.state = 'waiting' AND d.next_at <= ?2
         ORDER BY d.next_at, d.seq LIMIT ?4",
    )?;
    let rows = statement.query_map((webhook, now, patience, most), |row| {
        Ok(Due {
            seq: row.get(0)?,
            id: row.get(1)?,
            event: row.get(2)?,
            lead: row.get(3)?,
            message: row.get(4)?,
            detail: row.get(5)?,
            happened_at: row.get(6)?,
            tries: row.get(7)?,
            body: row.get(8)?,
            behind: row.get(9)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// When something is to be sent next.
pub(crate) fn next_at(db: &Connection, webhook: i64) -> Result<Option<Time>> {
    let sql = "SELECT next_at FROM outbound_webhook_deliveries
        WHERE webhook = ? AND state = 'waiting' ORDER BY next_at LIMIT 1";
    Ok(db.prepare_cached(sql)?.query_row([webhook], |row| row.get(0)).optional()?)
}

/// What came of a try.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tried {
    pub status: Option<u16>,
    pub answer: Option<String>,
    pub error: Option<String>,
    pub took_ms: i64,
}

/// Notes what came of a try. `next` is the moment of the next one where there is one.
pub(crate) fn settle(
    tx: &Tx,
    seq: i64,
    state: State,
    next: Option<Time>,
    tried: &Tried,
    body: Option<&str>,
) -> Result<()> {
    tx.prepare_cached(
        "UPDATE outbound_webhook_deliveries SET state = ?2, next_at = ?3, tries = tries + 1, tried_at = ?4,
            status = ?5, took_ms = ?6, answer = ?7, error = ?8, body = coalesce(?9, body)
         WHERE seq = ?1",
    )?
    .execute(rusqlite::params![
        seq,
        state.name(),
        next,
        tx.now(),
        tried.status,
        tried.took_ms,
        tried.answer,
        tried.error,
        body,
    ])?;
    Ok(())
}

/// Puts an event off: it waits for an earlier one.
pub(crate) fn put_off(tx: &Tx, seq: i64, until: Time) -> Result<()> {
    tx.prepare_cached(
        "UPDATE outbound_webhook_deliveries SET next_at = ?2 WHERE seq = ?1 AND state = 'waiting'",
    )?
    .execute((seq, until))?;
    Ok(())
}

/// What waits for a later moment is tried at once, the first thousand of it: the receiver is back.
pub(crate) fn bring_forward(tx: &Tx, webhook: i64) -> Result<()> {
    tx.prepare_cached(
        "UPDATE outbound_webhook_deliveries SET next_at = ?2 WHERE seq IN
            (SELECT seq FROM outbound_webhook_deliveries
             WHERE webhook = ?1 AND state = 'waiting' AND next_at > ?2 ORDER BY next_at LIMIT 1000)",
    )?
    .execute((webhook, tx.now()))?;
    Ok(())
}

/// Has an event sent again, as if it had not been tried.
pub(crate) fn requeue(tx: &Tx, delivery: &Delivery) -> Result<()> {
    let changed = tx
        .prepare_cached(
            "UPDATE outbound_webhook_deliveries SET state = 'waiting', tries = 0, next_at = ?2, replayed_at = ?2
             WHERE seq = ?1 AND state <> 'waiting'",
        )?
        .execute((delivery.seq, tx.now()))?;
    if changed == 0 {
        // A try that lies ahead is brought forward; nothing else changes.
        return put_off(tx, delivery.seq, tx.now());
    }
    Ok(())
}

/// Forgets the oldest events beyond what the log keeps.
pub(crate) fn trim(tx: &Tx, webhook: i64) -> Result<()> {
    for state in [State::Delivered, State::Failed] {
        tx.prepare_cached(
            "DELETE FROM outbound_webhook_deliveries WHERE seq IN
                (SELECT seq FROM outbound_webhook_deliveries WHERE webhook = ? AND state = ?
                 ORDER BY seq DESC LIMIT 200 OFFSET ?)",
        )?
        .execute((webhook, state.name(), KEPT))?;
    }
    Ok(())
}

/// Forgets some events of an outbound webhook; tells how many.
pub(crate) fn forget_some(tx: &Tx, webhook: i64, most: u64) -> Result<usize> {
    Ok(tx
        .prepare_cached(
            "DELETE FROM outbound_webhook_deliveries WHERE seq IN
                (SELECT seq FROM outbound_webhook_deliveries WHERE webhook = ? LIMIT ?)",
        )?
        .execute((webhook, most))?)
}

/// One page of the log, the newest first. Each state is read by itself, in the order of the log, and merged.
pub(crate) fn log(
    db: &Connection,
    webhook: i64,
    state: Option<State>,
    paging: &Paging,
) -> Result<Page<Delivery>> {
    let states = State::ALL.into_iter().filter(|one| state.is_none_or(|wanted| wanted == *one));
    let (before, skip) = match &paging.cursor {
        Some(cursor) => (read_cursor::<i64>(cursor)?, 0),
        None => (i64::MAX, paging.offset()),
    };
    let reach = skip.saturating_add(paging.limit + 1).min(CAP);
    let sql = format!(
        "SELECT {COLUMNS} FROM outbound_webhook_deliveries d
         WHERE d.webhook = ? AND d.state = ? AND d.seq < ? ORDER BY d.seq DESC LIMIT ?"
    );
    let mut found = Vec::new();
    let mut total = 0;
    for state in states {
        let mut statement = db.prepare_cached(&sql)?;
        let rows = statement.query_map((webhook, state.name(), before, reach), delivery_row)?;
        for row in rows {
            found.push(row?);
        }
        total += count(db, webhook, state)?;
    }
    found.sort_unstable_by_key(|delivery: &Delivery| std::cmp::Reverse(delivery.seq));
    found.drain(..usize::try_from(skip).unwrap_or(usize::MAX).min(found.len()));
    let limit = usize::try_from(paging.limit).unwrap_or(usize::MAX);
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|last| write_cursor(&last.seq));
    let mut page = Page::new(found, paging, total.min(CAP), total > CAP);
    page.next_cursor = next;
    Ok(page)
}

fn count(db: &Connection, webhook: i64, state: State) -> Result<u64> {
    let sql = "SELECT count(*) FROM (SELECT 1 FROM outbound_webhook_deliveries
        WHERE webhook = ? AND state = ? LIMIT ?)";
    Ok(db.prepare_cached(sql)?.query_row((webhook, state.name(), CAP + 1), |row| row.get(0))?)
}
