//! Those whom campaigns have come to.

use crate::broadcasts::audiences::Who;
use crate::broadcasts::campaigns::recipients::{Outcome, RecipientRow};
use crate::broadcasts::campaigns::{CampaignId, recipients};
use crate::leads::LeadId;
use crate::messaging::{Channel, MessageId};
use crate::platform::ids::WorkspaceId;
use crate::platform::keyset::{Key, Place};
use crate::platform::{Result, Time, Tx};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use uuid::Uuid;

/// Somebody who was come to.
pub struct Entry<'a> {
    /// The place in the audience.
    pub mark: i64,
    /// Who.
    pub who: Who,
    /// What they are called.
    pub name: &'a str,
    /// Where the message goes.
    pub address: Option<&'a str>,
    /// What the address is matched by, for those who get a message.
    pub address_key: Option<&'a str>,
    /// The message.
    pub message: Option<MessageId>,
    /// How that stands.
    pub outcome: Outcome,
    /// Why, for programs.
    pub reason: &'a str,
    /// Why, for people.
    pub detail: Option<&'a str>,
    /// Until when quiet hours hold it back.
    pub due_at: Option<Time>,
}

/// Writes somebody down; over the row of one who has waited for the end of quiet hours.
pub fn put(tx: &Tx, id: CampaignId, entry: &Entry) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO campaign_recipients (campaign_id, mark, lead_id, contact_id, name, address, address_key,
            message_id, outcome, reason, detail, due_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
         ON CONFLICT (campaign_id, mark) DO UPDATE SET name = ?5, address = ?6, address_key = ?7,
            message_id = ?8, outcome = ?9, reason = ?10, detail = ?11, due_at = ?12",
    )?
    .execute(params![
        id,
        entry.mark,
        entry.who.lead(),
        entry.who.contact(),
        entry.name,
        entry.address,
        entry.address_key,
        entry.message,
        entry.outcome.name(),
        entry.reason,
        entry.detail,
        entry.due_at,
    ])?;
    Ok(())
}

/// Whether somebody else of this campaign has the address.
pub fn has_address(db: &Connection, id: CampaignId, address_key: &str) -> Result<bool> {
    Ok(db
        .prepare_cached(
            "SELECT 1 FROM campaign_recipients WHERE address_key = ? AND campaign_id = ?",
        )?
        .exists((address_key, id))?)
}

/// The marks of those whose quiet hours are over, the longest first.
pub fn due(db: &Connection, id: CampaignId, now: Time, limit: usize) -> Result<Vec<(i64, String)>> {
    let mut statement = db.prepare_cached(
        "SELECT mark, name FROM campaign_recipients
         WHERE campaign_id = ? AND due_at <= ? ORDER BY due_at, seq LIMIT ?",
    )?;
    let rows =
        statement.query_map(params![id, now, limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whether somebody still waits for the end of quiet hours.
pub fn is_waiting(db: &Connection, id: CampaignId, mark: i64) -> Result<bool> {
    Ok(db
        .prepare_cached(
            "SELECT 1 FROM campaign_recipients
             WHERE campaign_id = ? AND mark = ? AND outcome = 'waiting'",
        )?
        .exists((id, mark))?)
}

/// When the next quiet hours are over.
pub fn next_due(db: &Connection, id: CampaignId) -> Result<Option<Time>> {
    Ok(db
        .prepare_cached(
            "SELECT due_at FROM campaign_recipients
             WHERE campaign_id = ? AND due_at IS NOT NULL ORDER BY due_at LIMIT 1",
        )?
        .query_row([id], |row| row.get(0))
        .optional()?)
}

/// Who a message is to, and how that stood.
pub struct Known {
    /// The number of the row.
    pub seq: i64,
    /// Of which campaign.
    pub campaign: CampaignId,
    /// How it stood.
    pub outcome: Outcome,
    /// Why.
    pub reason: String,
}

fn known(row: &Row) -> rusqlite::Result<Known> {
    Ok(Known {
        seq: row.get(0)?,
        campaign: row.get(1)?,
        outcome: row.get_ref(2)?.as_str()?.parse().unwrap_or(Outcome::Pending),
        reason: row.get(3)?,
    })
}

/// The recipient of a message.
pub fn of_message(db: &Connection, message: MessageId) -> Result<Option<Known>> {
    Ok(db
        .prepare_cached(
            "SELECT seq, campaign_id, outcome, reason FROM campaign_recipients WHERE message_id = ?",
        )?
        .query_row([message], known)
        .optional()?)
}

/// The last to whom a campaign of a workspace wrote at an address since a moment, unless that was told already.
pub fn last_at(
    db: &Connection,
    workspace: WorkspaceId,
    channel: Channel,
    address_key: &str,
    since: Time,
) -> Result<Option<Known>> {
    let mut statement = db.prepare_cached(
        "SELECT r.seq, r.campaign_id, r.outcome, r.reason
         FROM campaign_recipients r JOIN campaigns c ON c.id = r.campaign_id
            JOIN messages m ON m.id = r.message_id
         WHERE r.address_key = ? AND c.workspace_id = ? AND c.channel = ? AND m.sent_at >= ?",
    )?;
    let rows = statement.query_map((address_key, workspace, channel, since), known)?;
    let all = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(all.into_iter().max_by_key(|known| known.seq))
}

/// How a message stands now.
pub fn set_outcome(
    tx: &Tx,
    seq: i64,
    outcome: Outcome,
    reason: &str,
    detail: Option<&str>,
) -> Result<()> {
    tx.prepare_cached(
        "UPDATE campaign_recipients SET outcome = ?2, reason = ?3, detail = ?4 WHERE seq = ?1",
    )?
    .execute((seq, outcome.name(), reason, detail))?;
    Ok(())
}

/// Somebody wants no more messages; false when that was noted before.
pub fn set_unsubscribed(tx: &Tx, seq: i64) -> Result<bool> {
    let changed = tx
        .prepare_cached(
            "UPDATE campaign_recipients SET unsubscribed_at = ?2 WHERE seq = ?1 AND unsubscribed_at IS NULL",
        )?
        .execute((seq, tx.now()))?;
    Ok(changed == 1)
}

/// The messages that are on their way, in the order in which they were written.
pub fn pending(db: &Connection, id: CampaignId) -> Result<Vec<MessageId>> {
    let mut statement = db.prepare_cached(
        "SELECT message_id FROM campaign_recipients
         WHERE campaign_id = ? AND outcome = 'pending' AND reason = '' ORDER BY seq",
    )?;
    let rows = statement.query_map([id], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Those who wait for the end of quiet hours: some of them, to be told that nothing comes.
pub fn waiting(db: &Connection, id: CampaignId, limit: usize) -> Result<Vec<i64>> {
    let mut statement = db.prepare_cached(
        "SELECT seq FROM campaign_recipients
         WHERE campaign_id = ? AND due_at IS NOT NULL ORDER BY due_at LIMIT ?",
    )?;
    let rows = statement.query_map(params![id, limit], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Somebody who waited gets nothing.
pub fn end_wait(tx: &Tx, seq: i64, reason: &str, detail: &str) -> Result<()> {
    tx.prepare_cached(
        "UPDATE campaign_recipients SET outcome = 'skipped', reason = ?2, detail = ?3, due_at = NULL
         WHERE seq = ?1",
    )?
    .execute((seq, reason, detail))?;
    Ok(())
}

/// Some recipients after a place: in the order of the audience, or, by outcome, in that of their reasons.
pub fn list(
    db: &Connection,
    id: CampaignId,
    filter: &recipients::Filter,
    after: Option<&Place>,
    offset: u64,
    limit: u64,
) -> Result<Vec<RecipientRow>> {
    let (condition, mut given) = condition(id, filter);
    let order = if filter.outcome.is_some() { "r.reason, r.seq" } else { "r.mark" };
    let mut sql = format!(
        "SELECT r.seq, r.mark, r.lead_id, r.contact_id, r.name, r.address, r.message_id, r.outcome, r.reason,
            r.detail, r.due_at, r.unsubscribed_at, m.sent_at, m.delivered_at, m.read_at, m.failed_at
         FROM campaign_recipients r LEFT JOIN messages m ON m.id = r.message_id WHERE {condition}"
    );
    match (after, filter.outcome) {
        (Some(Place(Key::Text(reason), seq)), Some(_)) => {
            sql.push_str(" AND (r.reason, r.seq) > (?, ?)");
            given.extend([Value::from(reason.clone()), Value::from(*seq)]);
        }
        (Some(Place(_, mark)), None) => {
            sql.push_str(" AND r.mark > ?");
            given.push(Value::from(*mark));
        }
        _ => {}
    }
    sql.push_str(&format!(" ORDER BY {order} LIMIT ? OFFSET ?"));
    let number = |count: u64| Value::from(i64::try_from(count).unwrap_or(i64::MAX));
    given.extend([number(limit), number(offset)]);
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(given), |row| {
        Ok(RecipientRow {
            seq: row.get(0)?,
            mark: row.get(1)?,
            lead_id: row.get(2)?,
            contact_id: row.get(3)?,
            name: row.get(4)?,
            address: row.get(5)?,
            message_id: row.get(6)?,
            outcome: row.get_ref(7)?.as_str()?.parse().unwrap_or(Outcome::Pending),
            reason: Some(row.get::<_, String>(8)?).filter(|reason| !reason.is_empty()),
            detail: row.get(9)?,
            due_at: row.get(10)?,
            unsubscribed_at: row.get(11)?,
            sent_at: row.get(12)?,
            delivered_at: row.get(13)?,
            read_at: row.get(14)?,
            failed_at: row.get(15)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How many there are, up to a bound.
pub fn count(
    db: &Connection,
    id: CampaignId,
    filter: &recipients::Filter,
    most: u64,
) -> Result<u64> {
    let (condition, mut given) = condition(id, filter);
    let sql = format!(
        "SELECT count(*) FROM (SELECT 1 FROM campaign_recipients r WHERE {condition} LIMIT ?)"
    );
    given.push(Value::from(i64::try_from(most).unwrap_or(i64::MAX)));
    Ok(db.prepare_cached(&sql)?.query_row(params_from_iter(given), |row| row.get(0))?)
}

fn condition(id: CampaignId, filter: &recipients::Filter) -> (String, Vec<Value>) {
    let mut sql = "r.campaign_id = ?".to_owned();
    let mut given = vec![Value::from(id.0.as_bytes().to_vec())];
    if let Some(outcome) = filter.outcome {
        sql.push_str(" AND r.outcome = ?");
        given.push(Value::from(outcome.name().to_owned()));
        if let Some(reason) = &filter.reason {
            sql.push_str(" AND r.reason = ?");
            given.push(Value::from(reason.clone()));
        }
    }
    (sql, given)
}

/// Deletes some recipients of the campaigns of a deleted workspace for good; answers how many.
pub fn purge(tx: &Tx, workspace: WorkspaceId, limit: u64) -> Result<usize> {
    Ok(tx
        .prepare_cached(
            "DELETE FROM campaign_recipients WHERE seq IN
                (SELECT r.seq FROM campaigns c JOIN campaign_recipients r ON r.campaign_id = c.id
                 WHERE c.workspace_id = ? LIMIT ?)",
        )?
        .execute((workspace, limit))?)
}

/// Forgets who a lead or a contact was.
pub fn erase(tx: &Tx, lead: Option<Uuid>, contact: Option<Uuid>) -> Result<()> {
    for (column, id) in [("lead_id", lead), ("contact_id", contact)] {
        if let Some(id) = id {
            tx.prepare_cached(&format!(
                "UPDATE campaign_recipients SET name = '', address = NULL, address_key = NULL, detail = NULL
                 WHERE {column} = ?"
            ))?
            .execute([id])?;
        }
    }
    Ok(())
}

/// Names another lead for all that a lead received; answers which recipients those were.
pub fn hand_over(tx: &Tx, from: LeadId, to: LeadId) -> Result<Vec<i64>> {
    Ok(tx
        .prepare_cached(
            "UPDATE campaign_recipients SET lead_id = ? WHERE lead_id = ? RETURNING seq",
        )?
        .query_map((to, from), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?)
}

/// Names the former lead again.
pub fn hand_back(tx: &Tx, moved: &[i64], from: LeadId, to: LeadId) -> Result<()> {
    let mut statement = tx.prepare_cached(
        "UPDATE campaign_recipients SET lead_id = ? WHERE seq = ? AND lead_id = ?",
    )?;
    for recipient in moved {
        statement.execute((to, recipient, from))?;
    }
    Ok(())
}
