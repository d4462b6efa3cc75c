//! All SQL of outbound webhooks; that of their events is in `deliveries.rs`.

mod deliveries;

pub(super) use deliveries::*;

use super::{EventType, OffReason, OutboundWebhook, OutboundWebhookId, Settings};
use crate::platform::ids::WorkspaceId;
use crate::platform::{Result, Time, Tx};
use rusqlite::{Connection, OptionalExtension, Row};
use uuid::Uuid;

const COLUMNS: &str = "number, id, workspace_id, name, url, events, is_active, off_reason, off_at, secret_sealed, \
    former_sealed, former_until, failures, failing_since, rests_until, delivered_at, version, created_at, updated_at";

fn webhook(row: &Row) -> rusqlite::Result<OutboundWebhook> {
    let reason: Option<String> = row.get("off_reason")?;
    let off_at: Option<Time> = row.get("off_at")?;
    Ok(OutboundWebhook {
        number: row.get("number")?,
        id: row.get("id")?,
        workspace: row.get("workspace_id")?,
        settings: Settings {
            name: row.get("name")?,
            url: row.get("url")?,
            events: EventType::of_bits(row.get("events")?),
            is_active: row.get("is_active")?,
        },
        off: reason.and_then(|reason| OffReason::parse(&reason)).zip(off_at),
        secret_sealed: row.get("secret_sealed")?,
        former_sealed: row.get("former_sealed")?,
        former_until: row.get("former_until")?,
        failures: row.get("failures")?,
        failing_since: row.get("failing_since")?,
        rests_until: row.get("rests_until")?,
        delivered_at: row.get("delivered_at")?,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

/// The workspace's outbound webhooks, oldest first.
pub(super) fn list(db: &Connection, workspace: WorkspaceId) -> Result<Vec<OutboundWebhook>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM outbound_webhooks
         WHERE workspace_id = ? AND deleted_at IS NULL ORDER BY number"
    );
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_map([workspace], webhook)?.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn find(
    db: &Connection,
    workspace: WorkspaceId,
    id: OutboundWebhookId,
) -> Result<Option<OutboundWebhook>> {
    Ok(by_id(db, id)?.filter(|found| found.workspace == workspace))
}

/// Whatever workspace it is of: for its job.
pub(super) fn by_id(db: &Connection, id: OutboundWebhookId) -> Result<Option<OutboundWebhook>> {
    let sql =
        format!("SELECT {COLUMNS} FROM outbound_webhooks WHERE id = ? AND deleted_at IS NULL");
    Ok(db.prepare_cached(&sql)?.query_row([id], webhook).optional()?)
}

/// Who wants to hear of an event.
pub(super) struct Listening {
    pub number: i64,
    pub id: OutboundWebhookId,
    pub rests_until: Option<Time>,
}

/// Who wants to hear of an event: most often nobody, and that is one look into an index.
pub(super) fn listening(
    tx: &Tx,
    workspace: WorkspaceId,
    event: EventType,
) -> Result<Vec<Listening>> {
    let mut statement = tx.prepare_cached(
        "SELECT number, id, rests_until FROM outbound_webhooks
         WHERE workspace_id = ? AND is_active = 1 AND events & ? <> 0 AND deleted_at IS NULL",
    )?;
    let rows = statement.query_map((workspace, event.bit()), |row| {
        Ok(Listening { number: row.get(0)?, id: row.get(1)?, rests_until: row.get(2)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn insert(
    tx: &Tx,
    workspace: WorkspaceId,
    id: OutboundWebhookId,
    settings: &Settings,
    sealed: &[u8],
) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO outbound_webhooks
            (id, workspace_id, name, url, events, is_active, secret_sealed, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)",
    )?
    .execute((
        id,
        workspace,
        &settings.name,
        &settings.url,
        EventType::bits(&settings.events),
        settings.is_active,
        sealed,
        tx.now(),
    ))?;
    Ok(())
}

pub(super) fn update(tx: &Tx, number: i64, settings: &Settings) -> Result<()> {
    tx.prepare_cached(
        "UPDATE outbound_webhooks SET name = ?2, url = ?3, events = ?4, is_active = ?5,
            off_reason = iif(?5, NULL, off_reason), off_at = iif(?5, NULL, off_at),
            version = version + 1, updated_at = ?6
         WHERE number = ?1",
    )?
    .execute((
        number,
        &settings.name,
        &settings.url,
        EventType::bits(&settings.events),
        settings.is_active,
        tx.now(),
    ))?;
    Ok(())
}

/// Another secret; the one in force until now is kept as the former one.
pub(super) fn set_secret(
    tx: &Tx,
    before: &OutboundWebhook,
    sealed: &[u8],
    former_until: Time,
) -> Result<()> {
    tx.prepare_cached(
        "UPDATE outbound_webhooks SET former_sealed = secret_sealed, former_until = ?3, secret_sealed = ?2,
            version = version + 1, updated_at = ?4
         WHERE number = ?1",
    )?
    .execute((before.number, sealed, former_until, tx.now()))?;
    Ok(())
}

/// How it went lately.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Health {
    pub failures: i64,
    pub failing_since: Option<Time>,
    pub rests_until: Option<Time>,
    pub delivered_at: Option<Time>,
}

/// Notes how it went lately. A delivery that was noted stays.
pub(super) fn set_health(tx: &Tx, number: i64, health: &Health) -> Result<()> {
    tx.prepare_cached(
        "UPDATE outbound_webhooks SET failures = ?2, failing_since = ?3, rests_until = ?4,
            delivered_at = coalesce(?5, delivered_at)
         WHERE number = ?1",
    )?
    .execute((
        number,
        health.failures,
        health.failing_since,
        health.rests_until,
        health.delivered_at,
    ))?;
    Ok(())
}

/// Ends a rest.
pub(super) fn wake(tx: &Tx, number: i64) -> Result<()> {
    tx.prepare_cached("UPDATE outbound_webhooks SET rests_until = NULL WHERE number = ?")?
        .execute([number])?;
    Ok(())
}

/// Switches it off, for a reason of ours.
pub(super) fn switch_off(tx: &Tx, number: i64, reason: OffReason) -> Result<()> {
    tx.prepare_cached(
        "UPDATE outbound_webhooks SET is_active = 0, off_reason = ?2, off_at = ?3, rests_until = NULL,
            version = version + 1, updated_at = ?3
         WHERE number = ?1",
    )?
    .execute((number, reason.name(), tx.now()))?;
    Ok(())
}

/// All that are switched on, of any workspace.
pub(super) fn active(db: &Connection) -> Result<Vec<OutboundWebhook>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM outbound_webhooks WHERE is_active = 1 AND deleted_at IS NULL"
    );
    let mut statement = db.prepare(&sql)?;
    Ok(statement.query_map([], webhook)?.collect::<rusqlite::Result<_>>()?)
}

/// Nobody sees it any more; the row goes with its log.
pub(super) fn hide(tx: &Tx, number: i64) -> Result<()> {
    tx.prepare_cached(
        "UPDATE outbound_webhooks SET deleted_at = ?2, is_active = 0, secret_sealed = x'',
            former_sealed = NULL, former_until = NULL
         WHERE number = ?1",
    )?
    .execute((number, tx.now()))?;
    Ok(())
}

/// One that is hidden.
pub(super) fn hidden(tx: &Tx) -> Result<Option<i64>> {
    let sql = "SELECT number FROM outbound_webhooks WHERE deleted_at IS NOT NULL LIMIT 1";
    Ok(tx.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?)
}

/// Deletes one for good.
pub(super) fn forget(tx: &Tx, number: i64) -> Result<()> {
    tx.prepare_cached("DELETE FROM outbound_webhooks WHERE number = ?")?.execute([number])?;
    Ok(())
}

/// Leaves of the deliveries about a lead that is erased only that there were such; answers how many.
pub fn erase(tx: &Tx, lead: Uuid) -> Result<u64> {
    let emptied = tx
        .prepare_cached(
            "UPDATE outbound_webhook_deliveries
             SET detail = json_object('actor', json(detail -> '$.actor')), body = NULL, answer = NULL, error = NULL
             WHERE lead_id = ? AND (body IS NOT NULL OR answer IS NOT NULL OR error IS NOT NULL
                OR detail -> '$.previous' IS NOT NULL)",
        )?
        .execute([lead])?;
    Ok(emptied as u64)
}
