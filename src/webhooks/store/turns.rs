//! Whose turn it is to get a webhook's next lead.

use crate::platform::ids::UserId;
use crate::platform::{Result, Time, Tx};
use crate::webhooks::WebhookId;
use rusqlite::Connection;
use std::collections::HashMap;

/// When somebody got a lead of a webhook last: as a number that grows with each, and on the clock.
#[derive(Debug, Clone, Copy)]
pub(in crate::webhooks) struct Turn {
    pub number: i64,
    pub at: Time,
}

/// The last turn of each who ever had one.
pub(in crate::webhooks) fn turns(
    db: &Connection,
    webhook: WebhookId,
) -> Result<HashMap<UserId, Turn>> {
    let mut statement = db.prepare_cached(
        "SELECT user_id, turn, taken_at FROM lead_webhook_turns WHERE webhook_id = ?",
    )?;
    let rows = statement.query_map([webhook], |row| {
        Ok((row.get(0)?, Turn { number: row.get(1)?, at: row.get(2)? }))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Notes that somebody got a lead.
pub(in crate::webhooks) fn take_turn(
    tx: &Tx,
    webhook: WebhookId,
    user: UserId,
    number: i64,
) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO lead_webhook_turns (webhook_id, user_id, turn, taken_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET turn = ?3, taken_at = ?4",
    )?
    .execute((webhook, user, number, tx.now()))?;
    Ok(())
}
