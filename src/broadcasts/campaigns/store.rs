//! All SQL of campaigns: what people set here, what happens while they are sent in `progress` and `people`.

pub(super) mod people;
pub(super) mod progress;

use super::{Campaign, CampaignId, Settings, Stats, Status, Walk};
use crate::auth::Actor;
use crate::broadcasts::audiences::AudienceId;
use crate::platform::ids::WorkspaceId;
use crate::platform::keyset::Place;
use crate::platform::{Result, Time, Tx};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::HashMap;
use uuid::Uuid;

const SELECT: &str = "SELECT c.seq, c.id, c.workspace_id, c.name, c.channel, c.template_id, c.audience_id, c.mapping, \
    c.scheduled_at, c.rate_per_minute, c.quiet_hours, c.status, c.reason, c.actor, c.base_url, c.provider, \
    c.template_version, c.version, c.created_at, c.updated_at, c.started_at, c.ended_at, p.after, p.upto, p.is_walked, \
    p.next_at, p.held_until, p.total, p.waiting, p.pending, p.sent, p.delivered, p.read, p.failed, p.skipped, \
    p.unsubscribed, t.name, c.audience_name \
    FROM campaigns c JOIN campaign_progress p ON p.campaign_id = c.id \
    LEFT JOIN message_templates t ON t.id = c.template_id";

fn campaign(row: &Row) -> rusqlite::Result<Campaign> {
    let count = |place: usize| row.get::<_, u64>(place);
    let (read, delivered, sent) = (count(32)?, count(31)?, count(30)?);
    let (waiting, pending, failed, skipped) = (count(28)?, count(29)?, count(33)?, count(34)?);
    let total: Option<u64> = row.get(27)?;
    let reached = waiting + pending + sent + delivered + read + failed + skipped;
    let actor = row.get_ref(13)?.as_str_or_null()?;
    Ok(Campaign {
        seq: row.get(0)?,
        id: row.get(1)?,
        workspace: row.get(2)?,
        settings: Settings {
            name: row.get(3)?,
            channel: row.get(4)?,
            template: row.get(5)?,
            audience: row.get(6)?,
            mapping: serde_json::from_str(row.get_ref(7)?.as_str()?).unwrap_or_default(),
            scheduled_at: row.get(8)?,
            rate_per_minute: row.get(9)?,
            quiet_hours: row
                .get_ref(10)?
                .as_str_or_null()?
                .and_then(|hours| serde_json::from_str(hours).ok()),
        },
        status: row.get_ref(11)?.as_str()?.parse().unwrap_or(Status::Paused),
        reason: row.get(12)?,
        actor: actor.and_then(|actor| serde_json::from_str::<Actor>(actor).ok()),
        base_url: row.get(14)?,
        provider: row.get(15)?,
        template_version: row.get(16)?,
        version: row.get(17)?,
        created_at: row.get(18)?,
        updated_at: row.get(19)?,
        started_at: row.get(20)?,
        ended_at: row.get(21)?,
        walk: Walk {
            after: row.get(22)?,
            upto: row.get(23)?,
            is_walked: row.get(24)?,
            next_at: row.get(25)?,
        },
        held_until: row.get(26)?,
        stats: Stats {
            total,
            remaining: total.map(|total| total.saturating_sub(reached)),
            waiting,
            pending,
            sent: sent + delivered + read,
            delivered: delivered + read,
            read,
            failed,
            skipped,
            skipped_by: Default::default(),
            unsubscribed: count(35)?,
        },
        template_name: row.get(36)?,
        audience_name: row.get(37)?,
    })
}

/// A campaign of any workspace that is not deleted.
pub(super) fn find(db: &Connection, id: CampaignId) -> Result<Option<Campaign>> {
    let sql = format!("{SELECT} WHERE c.id = ? AND c.deleted_at IS NULL");
    let found = db.prepare_cached(&sql)?.query_row([id], campaign).optional()?;
    found.map(|campaign| with_skips(db, campaign)).transpose()
}

/// Where a campaign stands, without all the rest.
pub(super) fn status(db: &Connection, id: CampaignId) -> Result<Option<Status>> {
    let sql = "SELECT status FROM campaigns WHERE id = ?";
    let status: Option<String> =
        db.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?;
    Ok(status.and_then(|status| status.parse().ok()))
}

fn with_skips(db: &Connection, mut campaign: Campaign) -> Result<Campaign> {
    campaign.stats.skipped_by = progress::skips(db, campaign.id)?;
    Ok(campaign)
}

/// The campaigns of a workspace after a place, newest first, without more than `most`.
pub(super) fn newest(
    db: &Connection,
    workspace: WorkspaceId,
    after: Option<&Place>,
    most: usize,
) -> Result<Vec<Campaign>> {
    let before = after.map_or(i64::MAX, |place| place.1);
    let sql = format!(
        "{SELECT} WHERE c.workspace_id = ? AND c.seq < ? AND c.deleted_at IS NULL ORDER BY c.seq DESC LIMIT ?"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params![workspace, before, most], campaign)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Adds to each why some were skipped.
pub(super) fn with_all_skips(db: &Connection, campaigns: Vec<Campaign>) -> Result<Vec<Campaign>> {
    campaigns.into_iter().map(|campaign| with_skips(db, campaign)).collect()
}

pub(super) fn count(db: &Connection, workspace: WorkspaceId) -> Result<u64> {
    let sql = "SELECT count(*) FROM campaigns WHERE workspace_id = ? AND deleted_at IS NULL";
    Ok(db.prepare_cached(sql)?.query_row([workspace], |row| row.get(0))?)
}

pub(super) fn insert(
    tx: &Tx,
    workspace: WorkspaceId,
    id: CampaignId,
    settings: &Settings,
    status: Status,
) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO campaigns (id, workspace_id, name, channel, template_id, audience_id, mapping, scheduled_at,
            rate_per_minute, quiet_hours, status, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12)",
    )?
    .execute(params![
        id,
        workspace,
        settings.name,
        settings.channel,
        settings.template,
        settings.audience,
        serde_json::to_string(&settings.mapping)?,
        settings.scheduled_at,
        settings.rate_per_minute,
        settings.quiet_hours.as_ref().map(serde_json::to_string).transpose()?,
        status.name(),
        tx.now(),
    ])?;
    tx.prepare_cached("INSERT INTO campaign_progress (campaign_id) VALUES (?)")?.execute([id])?;
    Ok(())
}

/// Writes what a person set, and where that leaves it.
pub(super) fn update(tx: &Tx, id: CampaignId, settings: &Settings, status: Status) -> Result<()> {
    tx.prepare_cached(
        "UPDATE campaigns SET name = ?2, channel = ?3, template_id = ?4, audience_id = ?5, mapping = ?6,
            scheduled_at = ?7, rate_per_minute = ?8, quiet_hours = ?9, status = ?10, reason = NULL,
            version = version + 1, updated_at = ?11
         WHERE id = ?1",
    )?
    .execute(params![
        id,
        settings.name,
        settings.channel,
        settings.template,
        settings.audience,
        serde_json::to_string(&settings.mapping)?,
        settings.scheduled_at,
        settings.rate_per_minute,
        settings.quiet_hours.as_ref().map(serde_json::to_string).transpose()?,
        status.name(),
        tx.now(),
    ])?;
    Ok(())
}

/// Keeps what its audience is called.
pub(super) fn set_audience_name(tx: &Tx, id: CampaignId, name: Option<&str>) -> Result<()> {
    tx.prepare_cached("UPDATE campaigns SET audience_name = ?2 WHERE id = ?1")?
        .execute((id, name))?;
    Ok(())
}

/// The names of campaigns, also of deleted ones.
pub(super) fn names(
    db: &Connection,
    workspace: WorkspaceId,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, String>> {
    let mut statement =
        db.prepare_cached("SELECT name FROM campaigns WHERE id = ? AND workspace_id = ?")?;
    let mut found = HashMap::with_capacity(ids.len());
    for id in ids {
        if let Some(name) = statement.query_row((id, workspace), |row| row.get(0)).optional()? {
            found.insert(*id, name);
        }
    }
    Ok(found)
}

/// The names of the campaigns that an audience is needed for.
pub(super) fn writing_to(
    db: &Connection,
    workspace: WorkspaceId,
    audience: AudienceId,
) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached(
        "SELECT name FROM campaigns
         WHERE audience_id = ? AND workspace_id = ? AND status IN ('scheduled', 'sending', 'paused')
            AND deleted_at IS NULL ORDER BY seq",
    )?;
    let rows = statement.query_map((audience, workspace), |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Notes who has it sent, and at which address they reached this installation.
pub(super) fn set_sender(tx: &Tx, id: CampaignId, actor: &Actor, base: &str) -> Result<()> {
    tx.prepare_cached("UPDATE campaigns SET actor = ?2, base_url = ?3 WHERE id = ?1")?
        .execute((id, serde_json::to_string(actor)?, base))?;
    Ok(())
}

/// Notes what it is sent with.
pub(super) fn set_means(tx: &Tx, id: CampaignId, provider: &str, template: i64) -> Result<()> {
    tx.prepare_cached("UPDATE campaigns SET provider = ?2, template_version = ?3 WHERE id = ?1")?
        .execute((id, provider, template))?;
    Ok(())
}

/// Another status, and why, if it came by itself.
pub(super) fn set_status(
    tx: &Tx,
    id: CampaignId,
    status: Status,
    reason: Option<&str>,
) -> Result<()> {
    let is_over = matches!(status, Status::Completed | Status::Cancelled);
    tx.prepare_cached(
        "UPDATE campaigns SET status = ?2, reason = ?3, version = version + 1, updated_at = ?4,
            ended_at = CASE WHEN ?5 THEN ?4 END
         WHERE id = ?1",
    )?
    .execute((id, status.name(), reason, tx.now(), is_over))?;
    Ok(())
}

/// It starts: everybody up to this mark is to be come to.
pub(super) fn begin(tx: &Tx, id: CampaignId, upto: i64) -> Result<()> {
    tx.prepare_cached("UPDATE campaigns SET started_at = ? WHERE id = ?")?
        .execute((tx.now(), id))?;
    let now = tx.now().millis().saturating_mul(1_000);
    tx.prepare_cached(
        "UPDATE campaign_progress SET upto = ?2, next_at = ?3 WHERE campaign_id = ?1",
    )?
    .execute((id, upto, now))?;
    Ok(())
}

pub(super) fn delete(tx: &Tx, id: CampaignId) -> Result<()> {
    tx.prepare_cached(
        "UPDATE campaigns SET deleted_at = ?2, updated_at = ?2, version = version + 1 WHERE id = ?1",
    )?
    .execute((id, tx.now()))?;
    Ok(())
}

/// Campaigns of all workspaces that are under way, or start by themselves at a time.
pub(super) fn open(db: &Connection) -> Result<Vec<(CampaignId, Status, Option<Time>)>> {
    let mut statement = db.prepare_cached(
        "SELECT id, status, scheduled_at FROM campaigns
         WHERE status IN ('scheduled', 'sending') AND deleted_at IS NULL",
    )?;
    let rows = statement.query_map([], |row| {
        let status = row.get_ref(1)?.as_str()?.parse().unwrap_or(Status::Paused);
        Ok((row.get(0)?, status, row.get(2)?))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The default country for phone numbers and the time zone of a workspace that is not deleted.
pub(super) fn place(db: &Connection, workspace: WorkspaceId) -> Result<Option<(String, String)>> {
    let sql =
        "SELECT default_country, time_zone FROM workspaces WHERE id = ? AND deleted_at IS NULL";
    let mut statement = db.prepare_cached(sql)?;
    Ok(statement.query_row([workspace], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}
