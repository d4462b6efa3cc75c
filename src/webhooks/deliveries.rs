//! The delivery log: what each webhook received last, and what became of it.
//!
//! Its rows form a ring of 100 places for each webhook, see the migration.

use super::WebhookId;
use crate::leads::{self, LeadId};
use crate::platform::ids::{WorkspaceId, id};
use crate::platform::{Error, Result, Time, Tx};
use rusqlite::{Connection, OptionalExtension, Row};
use serde::Serialize;
use utoipa::ToSchema;

/// How many deliveries each webhook keeps.
pub const KEPT: i64 = 100;

id!(
    /// One request that a webhook received, or one element of its array.
    DeliveryId
);

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// A new lead.
    Created,
    /// A lead that was there got what was new.
    Updated,
    /// The lead was there, and the webhook leaves such leads alone.
    Skipped,
    /// A call without data.
    Ping,
    /// Refused; `detail` says why.
    Rejected,
    /// A bot filled in the honeypot.
    Discarded,
}

impl Outcome {
    const ALL: [(Outcome, &'static str); 6] = [
        (Outcome::Created, "created"),
        (Outcome::Updated, "updated"),
        (Outcome::Skipped, "skipped"),
        (Outcome::Ping, "ping"),
        (Outcome::Rejected, "rejected"),
        (Outcome::Discarded, "discarded"),
    ];

    fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(outcome, _)| *outcome == self).map_or("rejected", |(_, name)| name)
    }

    fn parse(text: &str) -> Outcome {
        Self::ALL
            .iter()
            .find(|(_, name)| *name == text)
            .map_or(Outcome::Rejected, |(outcome, _)| *outcome)
    }
}

/// One entry of the log, without the payload: what lists and live events carry.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// When it came.
    pub received_at: Time,
    /// What became of it.
    pub outcome: Outcome,
    /// The HTTP status it was answered with.
    #[schema(example = 201)]
    pub status: u16,
    /// The lead, if there is one.
    pub lead_id: Option<LeadId>,
    /// The lead's name at that time.
    #[schema(example = "Ada Lovelace")]
    pub lead_name: Option<String>,
    /// `Content-Type` as sent.
    #[schema(example = "application/json")]
    pub content_type: Option<String>,
    /// The source whose shape the payload has; null when it was taken field by field.
    #[schema(example = "typeform")]
    pub recognized_as: Option<String>,
    /// The size of the payload in bytes.
    #[schema(example = 312)]
    pub size_bytes: u64,
    /// Why it was refused, or made no lead.
    pub detail: Option<String>,
    /// When it was last taken again by hand.
    pub replayed_at: Option<Time>,
}

/// What is kept of the payload so that it can be looked at and taken again.
#[derive(Debug, Clone)]
pub struct Stored {
    /// JSON, an URL-encoded form, or, of a refused body, its beginning.
    pub payload: String,
    /// True for a form.
    pub is_form: bool,
    /// `X-Shopify-Topic`, without which that source's payloads cannot be told.
    pub topic: Option<String>,
}

const COLUMNS: &str = "id, received_at, outcome, status, lead_id, lead_name, content_type, recognized_as, \
                       size_bytes, detail, replayed_at";

fn delivery_row(row: &Row) -> rusqlite::Result<Delivery> {
    Ok(Delivery {
        id: row.get(0)?,
        received_at: row.get(1)?,
        outcome: Outcome::parse(row.get_ref(2)?.as_str()?),
        status: row.get(3)?,
        lead_id: row.get(4)?,
        lead_name: row.get(5)?,
        content_type: row.get(6)?,
        recognized_as: row.get(7)?,
        size_bytes: row.get(8)?,
        detail: row.get(9)?,
        replayed_at: row.get(10)?,
    })
}

/// Writes a delivery into its place in the ring, over the one that was there.
pub(super) fn put(
    tx: &Tx,
    number: i64,
    sequence: i64,
    delivery: &Delivery,
    stored: &Stored,
) -> Result<()> {
    tx.prepare_cached(
        "INSERT OR REPLACE INTO lead_webhook_deliveries (place, id, sequence, received_at, outcome, status,
            lead_id, lead_name, content_type, recognized_as, size_bytes, detail, topic, is_form, payload)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    )?
    .execute(rusqlite::params![
        number * KEPT + sequence % KEPT,
        delivery.id,
        sequence,
        delivery.received_at,
        delivery.outcome.as_str(),
        delivery.status,
        delivery.lead_id,
        delivery.lead_name,
        delivery.content_type,
        delivery.recognized_as,
        delivery.size_bytes,
        delivery.detail,
        stored.topic,
        stored.is_form,
        stored.payload,
    ])?;
    Ok(())
}

/// Where a webhook's ring stands.
fn ring(db: &Connection, workspace: WorkspaceId, webhook: WebhookId) -> Result<i64> {
    db.prepare_cached(
        "SELECT s.number FROM lead_webhooks w JOIN lead_webhook_stats s ON s.webhook_id = w.id
         WHERE w.id = ?2 AND w.workspace_id = ?1 AND w.deleted_at IS NULL",
    )?
    .query_row((workspace, webhook), |row| row.get(0))
    .optional()?
    .ok_or(Error::NotFound("webhook"))
}

/// The webhook's deliveries, newest first.
pub(super) fn list(
    db: &Connection,
    workspace: WorkspaceId,
    webhook: WebhookId,
) -> Result<Vec<Delivery>> {
    let first = ring(db, workspace, webhook)? * KEPT;
    let sql = format!(
        "SELECT {COLUMNS} FROM lead_webhook_deliveries WHERE place >= ?1 AND place < ?1 + {KEPT}
         ORDER BY sequence DESC"
    );
    let mut rows = db
        .prepare_cached(&sql)?
        .query_map([first], delivery_row)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    for delivery in &mut rows {
        follow(db, workspace, delivery)?;
    }
    Ok(rows)
}

/// A lead that went into another one is that one now.
fn follow(db: &Connection, workspace: WorkspaceId, delivery: &mut Delivery) -> Result<()> {
    if let Some(lead) = delivery.lead_id
        && let Some(now) = leads::successor(db, workspace, lead)?
    {
        delivery.lead_id = Some(now);
    }
    Ok(())
}

/// One delivery with its payload, and its place in the ring.
pub(super) fn find(
    db: &Connection,
    workspace: WorkspaceId,
    webhook: WebhookId,
    id: DeliveryId,
) -> Result<(i64, Delivery, Stored)> {
    let first = ring(db, workspace, webhook)? * KEPT;
    let sql = format!(
        "SELECT {COLUMNS}, place, payload, is_form, topic FROM lead_webhook_deliveries
         WHERE place >= ?1 AND place < ?1 + {KEPT} AND id = ?2"
    );
    let found = db
        .prepare_cached(&sql)?
        .query_row((first, id), |row| {
            let stored =
                Stored { payload: row.get(12)?, is_form: row.get(13)?, topic: row.get(14)? };
            Ok((row.get(11)?, delivery_row(row)?, stored))
        })
        .optional()?;
    let (place, mut delivery, stored) = found.ok_or(Error::NotFound("delivery"))?;
    follow(db, workspace, &mut delivery)?;
    Ok((place, delivery, stored))
}

/// Notes that a delivery was taken again, and what became of it this time.
pub(super) fn set_replayed(tx: &Tx, place: i64, delivery: &Delivery) -> Result<()> {
    tx.prepare_cached(
        "UPDATE lead_webhook_deliveries SET outcome = ?2, status = ?3, lead_id = ?4, lead_name = ?5,
            recognized_as = ?6, detail = ?7, replayed_at = ?8 WHERE place = ?1",
    )?
    .execute(rusqlite::params![
        place,
        delivery.outcome.as_str(),
        delivery.status,
        delivery.lead_id,
        delivery.lead_name,
        delivery.recognized_as,
        delivery.detail,
        delivery.replayed_at,
    ])?;
    Ok(())
}

/// Forgets a webhook's deliveries.
pub(super) fn forget(tx: &Tx, workspace: WorkspaceId, webhook: WebhookId) -> Result<()> {
    let first = ring(tx, workspace, webhook)? * KEPT;
    tx.prepare_cached("DELETE FROM lead_webhook_deliveries WHERE place >= ?1 AND place < ?2")?
        .execute((first, first + KEPT))?;
    Ok(())
}

/// The ring of the next webhook of a workspace after a number, deleted webhooks too.
pub(super) fn next_ring(
    db: &Connection,
    workspace: WorkspaceId,
    after: i64,
) -> Result<Option<i64>> {
    Ok(db
        .prepare_cached(
            "SELECT s.number FROM lead_webhook_stats s JOIN lead_webhooks w ON w.id = s.webhook_id
             WHERE s.number > ? AND w.workspace_id = ? ORDER BY s.number LIMIT 1",
        )?
        .query_row((after, workspace), |row| row.get(0))
        .optional()?)
}

/// Place, time, lead, its name, what was told, payload.
pub(super) type Slot = (i64, Time, Option<LeadId>, Option<String>, Option<String>, String);

/// All that is kept in a ring.
pub(super) fn in_ring(db: &Connection, number: i64) -> Result<Vec<Slot>> {
    let sql = format!(
        "SELECT place, received_at, lead_id, lead_name, detail, payload FROM lead_webhook_deliveries
         WHERE place >= ?1 AND place < ?1 + {KEPT}"
    );
    Ok(db
        .prepare_cached(&sql)?
        .query_map([number * KEPT], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
        })?
        .collect::<rusqlite::Result<_>>()?)
}

/// Leaves of a delivery only that it came.
pub(super) fn empty(tx: &Tx, place: i64) -> Result<()> {
    tx.prepare_cached(
        "UPDATE lead_webhook_deliveries SET lead_id = NULL, lead_name = NULL, detail = NULL, payload = ''
         WHERE place = ?",
    )?
    .execute([place])?;
    Ok(())
}
