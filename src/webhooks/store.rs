//! All SQL of webhooks and their counters.

mod turns;

pub(super) use turns::{take_turn, turns};

use super::assign::Assignment;
use super::interpret::Rules;
use super::target::FieldMapping;
use super::{OnDuplicate, Settings, Stats, Webhook, WebhookId};
use crate::pipelines::{PipelineId, StageId};
use crate::platform::ids::WorkspaceId;
use crate::platform::secret::Hash;
use crate::platform::{Error, Result, Tx};
use rusqlite::{Connection, OptionalExtension, Row};
use serde_json::{Map, Value};
use std::collections::HashMap;
use uuid::Uuid;

const WEBHOOK: &str = "w.id, w.name, w.key_sealed, w.preset, w.field_mapping, w.on_duplicate, w.pipeline_id, \
    w.stage_id, w.is_active, w.redirect_hosts, w.honeypot_field, w.version, w.created_at, w.updated_at, \
    s.total_received, s.created, s.updated, s.skipped, s.rejected, s.last_received_at, p.name, t.name, w.assignment";

const FROM: &str = "FROM lead_webhooks w JOIN lead_webhook_stats s ON s.webhook_id = w.id
    LEFT JOIN lead_pipelines p ON p.id = w.pipeline_id
    LEFT JOIN lead_pipeline_stages t ON t.id = w.stage_id";

fn webhook_row(row: &Row) -> rusqlite::Result<Webhook> {
    Ok(Webhook {
        id: row.get(0)?,
        key_sealed: row.get(2)?,
        settings: Settings {
            name: row.get(1)?,
            preset: row.get(3)?,
            mapping: mapping(row.get_ref(4)?.as_str()?),
            on_duplicate: OnDuplicate::parse(row.get_ref(5)?.as_str()?).unwrap_or_default(),
            pipeline: row.get(6)?,
            stage: row.get(7)?,
            is_active: row.get(8)?,
            redirect_hosts: serde_json::from_str(row.get_ref(9)?.as_str()?).unwrap_or_default(),
            honeypot: row.get(10)?,
            assignment: assignment(row, 22)?,
        },
        version: row.get(11)?,
        created_at: row.get(12)?,
        updated_at: row.get(13)?,
        stats: Stats {
            total_received: row.get(14)?,
            created: row.get(15)?,
            updated: row.get(16)?,
            skipped: row.get(17)?,
            rejected: row.get(18)?,
            last_received_at: row.get(19)?,
        },
        pipeline_name: row.get(20)?,
        stage_name: row.get(21)?,
        assignees: Vec::new(),
    })
}

fn assignment(row: &Row, column: usize) -> rusqlite::Result<Option<Assignment>> {
    let json = row.get_ref(column)?.as_str_or_null()?;
    Ok(json.and_then(|json| serde_json::from_str(json).ok()))
}

fn mapping(json: &str) -> FieldMapping {
    let object: Map<String, Value> = serde_json::from_str(json).unwrap_or_default();
    FieldMapping::from_json(&object).unwrap_or_default()
}

/// The workspace's webhooks, oldest first.
pub(super) fn list(db: &Connection, workspace: WorkspaceId) -> Result<Vec<Webhook>> {
    let sql = format!(
        "SELECT {WEBHOOK} {FROM} WHERE w.workspace_id = ? AND w.deleted_at IS NULL ORDER BY w.created_at, w.id"
    );
    let rows = db
        .prepare_cached(&sql)?
        .query_map([workspace], webhook_row)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// The names of all webhooks that a workspace ever had.
pub fn names(db: &Connection, workspace: WorkspaceId) -> Result<HashMap<Uuid, String>> {
    let mut statement =
        db.prepare_cached("SELECT id, name FROM lead_webhooks WHERE workspace_id = ?")?;
    let rows = statement.query_map([workspace], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn find(db: &Connection, workspace: WorkspaceId, id: WebhookId) -> Result<Webhook> {
    let sql = format!(
        "SELECT {WEBHOOK} {FROM} WHERE w.id = ?2 AND w.workspace_id = ?1 AND w.deleted_at IS NULL"
    );
    db.prepare_cached(&sql)?
        .query_row((workspace, id), webhook_row)
        .optional()?
        .ok_or(Error::NotFound("webhook"))
}

pub(super) fn insert(
    tx: &Tx,
    workspace: WorkspaceId,
    id: WebhookId,
    settings: &Settings,
    (hash, sealed): (Hash, &[u8]),
) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO lead_webhooks (id, workspace_id, name, key_hash, key_sealed, preset, field_mapping,
            on_duplicate, pipeline_id, stage_id, is_active, redirect_hosts, honeypot_field, created_at, updated_at,
            assignment)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?14, ?15)",
    )?
    .execute(rusqlite::params![
        id,
        workspace,
        settings.name,
        hash,
        sealed,
        settings.preset,
        json(&settings.mapping.to_json())?,
        settings.on_duplicate.as_str(),
        settings.pipeline,
        settings.stage,
        settings.is_active,
        json(&settings.redirect_hosts)?,
        settings.honeypot,
        tx.now(),
        settings.assignment.as_ref().map(json).transpose()?,
    ])?;
    tx.prepare_cached(
        "INSERT INTO lead_webhook_stats (webhook_id, number)
         VALUES (?1, (SELECT coalesce(max(number), 0) + 1 FROM lead_webhook_stats))",
    )?
    .execute([id])?;
    Ok(())
}

fn json(value: &impl serde::Serialize) -> Result<String> {
    Ok(serde_json::to_string(value)?)
}

pub(super) fn update(
    tx: &Tx,
    workspace: WorkspaceId,
    id: WebhookId,
    settings: &Settings,
) -> Result<()> {
    tx.prepare_cached(
        "UPDATE lead_webhooks SET name = ?3, preset = ?4, field_mapping = ?5, on_duplicate = ?6, pipeline_id = ?7,
            stage_id = ?8, is_active = ?9, redirect_hosts = ?10, honeypot_field = ?11, version = version + 1,
            updated_at = ?12, assignment = ?13
         WHERE id = ?2 AND workspace_id = ?1 AND deleted_at IS NULL",
    )?
    .execute(rusqlite::params![
        workspace,
        id,
        settings.name,
        settings.preset,
        json(&settings.mapping.to_json())?,
        settings.on_duplicate.as_str(),
        settings.pipeline,
        settings.stage,
        settings.is_active,
        json(&settings.redirect_hosts)?,
        settings.honeypot,
        tx.now(),
        settings.assignment.as_ref().map(json).transpose()?,
    ])?;
    Ok(())
}

pub(super) fn set_key(
    tx: &Tx,
    workspace: WorkspaceId,
    id: WebhookId,
    hash: Hash,
    sealed: &[u8],
) -> Result<()> {
    tx.prepare_cached(
        "UPDATE lead_webhooks SET key_hash = ?3, key_sealed = ?4, version = version + 1, updated_at = ?5
         WHERE id = ?2 AND workspace_id = ?1 AND deleted_at IS NULL",
    )?
    .execute((workspace, id, hash, sealed, tx.now()))?;
    Ok(())
}

/// Takes a webhook away. Its name stays for the leads that came by it; its key and its log do not.
pub(super) fn delete(tx: &Tx, workspace: WorkspaceId, id: WebhookId) -> Result<()> {
    tx.prepare_cached(
        "UPDATE lead_webhooks SET key_hash = randomblob(32), key_sealed = x'', is_active = 0,
            version = version + 1, deleted_at = ?3, updated_at = ?3
         WHERE id = ?2 AND workspace_id = ?1 AND deleted_at IS NULL",
    )?
    .execute((workspace, id, tx.now()))?;
    Ok(())
}

/// A webhook as ingest needs it, all of the installation's at once.
pub(super) struct HookRow {
    pub hash: Hash,
    pub id: WebhookId,
    pub workspace: WorkspaceId,
    pub default_country: String,
    pub rules: Rules,
    pub on_duplicate: OnDuplicate,
    pub is_active: bool,
    pub redirect_hosts: Vec<String>,
    pub version: i64,
}

pub(super) fn hooks(db: &Connection) -> Result<Vec<HookRow>> {
    let rows = db
        .prepare_cached(
            "SELECT w.key_hash, w.id, w.workspace_id, w.preset, w.field_mapping,
                w.honeypot_field, w.name, w.on_duplicate, w.is_active, w.redirect_hosts, w.version, c.default_country
             FROM lead_webhooks w JOIN workspaces c ON c.id = w.workspace_id AND c.deleted_at IS NULL
             WHERE w.deleted_at IS NULL",
        )?
        .query_map([], |row| {
            Ok(HookRow {
                hash: row.get(0)?,
                id: row.get(1)?,
                workspace: row.get(2)?,
                rules: Rules {
                    preset: row.get(3)?,
                    mapping: mapping(row.get_ref(4)?.as_str()?),
                    honeypot: row.get(5)?,
                    webhook_name: row.get(6)?,
                    tells: false,
                },
                on_duplicate: OnDuplicate::parse(row.get_ref(7)?.as_str()?).unwrap_or_default(),
                is_active: row.get(8)?,
                redirect_hosts: serde_json::from_str(row.get_ref(9)?.as_str()?).unwrap_or_default(),
                version: row.get(10)?,
                default_country: row.get(11)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// Where a webhook's leads go, and how its workspace reads phone numbers.
pub(super) struct Place {
    pub pipeline: Option<PipelineId>,
    pub stage: Option<StageId>,
    pub default_country: String,
    /// By which rule its leads are given to people.
    pub assignment: Option<Assignment>,
}

/// The place of a webhook, if it is still of that version; `None` when it changed or is gone.
pub(super) fn place_of(tx: &Tx, id: WebhookId, version: i64) -> Result<Option<Place>> {
    Ok(tx
        .prepare_cached(
            "SELECT w.pipeline_id, w.stage_id, c.default_country, w.assignment FROM lead_webhooks w
             JOIN workspaces c ON c.id = w.workspace_id AND c.deleted_at IS NULL
             WHERE w.id = ? AND w.version = ? AND w.deleted_at IS NULL",
        )?
        .query_row((id, version), |row| {
            Ok(Place {
                pipeline: row.get(0)?,
                stage: row.get(1)?,
                default_country: row.get(2)?,
                assignment: assignment(row, 3)?,
            })
        })
        .optional()?)
}

/// What one request adds to the counters.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Counted {
    pub deliveries: i64,
    pub created: i64,
    pub updated: i64,
    pub skipped: i64,
    pub rejected: i64,
}

/// Adds to the counters; answers the number of the webhook's ring and of its newest delivery.
pub(super) fn count(tx: &Tx, id: WebhookId, counted: Counted) -> Result<(i64, i64)> {
    let received = counted.created + counted.updated + counted.skipped;
    // RETURNING would open and drop a temporary table for each request.
    tx.prepare_cached(
        "UPDATE lead_webhook_stats SET deliveries = deliveries + ?2, total_received = total_received + ?3,
            created = created + ?4, updated = updated + ?5, skipped = skipped + ?6, rejected = rejected + ?7,
            last_received_at = iif(?3 > 0, ?8, last_received_at)
         WHERE webhook_id = ?1",
    )?
    .execute((
        id,
        counted.deliveries,
        received,
        counted.created,
        counted.updated,
        counted.skipped,
        counted.rejected,
        tx.now(),
    ))?;
    Ok(tx
        .prepare_cached("SELECT number, deliveries FROM lead_webhook_stats WHERE webhook_id = ?")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?)
}
