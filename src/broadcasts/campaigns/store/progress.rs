//! How far campaigns have come: the walk, and the numbers that are kept with each message.

use crate::broadcasts::campaigns::{CampaignId, Outcome};
use crate::platform::{Result, Time, Tx};
use rusqlite::{Connection, params};
use std::collections::BTreeMap;

/// Where the numbers stand after a change.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// Messages on their way.
    pub pending: i64,
    /// Held by quiet hours.
    pub waiting: i64,
    /// With so few on their way, more are written.
    pub low: i64,
    /// Whether everybody was come to.
    pub is_walked: bool,
    /// Whether open pages are about to be told.
    pub is_telling: bool,
}

fn column(outcome: Outcome) -> &'static str {
    // By their names in the table, which are those of the outcomes.
    outcome.name()
}

/// One more of an outcome, and one less of another; says where that leaves the numbers.
pub fn count(
    tx: &Tx,
    id: CampaignId,
    before: Option<Outcome>,
    after: Option<Outcome>,
) -> Result<Now> {
    let mut changes: Vec<String> = Vec::new();
    for (outcome, sign) in [(before, '-'), (after, '+')] {
        if let Some(outcome) = outcome {
            let column = column(outcome);
            changes.push(format!("{column} = {column} {sign} 1"));
        }
    }
    if before == after || changes.is_empty() {
        changes = vec!["low = low".into()];
    }
    let sql = format!(
        "UPDATE campaign_progress SET {} WHERE campaign_id = ?
         RETURNING pending, waiting, low, is_walked, is_telling",
        changes.join(", ")
    );
    Ok(tx.prepare_cached(&sql)?.query_row([id], |row| {
        Ok(Now {
            pending: row.get(0)?,
            waiting: row.get(1)?,
            low: row.get(2)?,
            is_walked: row.get(3)?,
            is_telling: row.get(4)?,
        })
    })?)
}

/// Where the numbers stand.
pub fn now(tx: &Tx, id: CampaignId) -> Result<Now> {
    count(tx, id, None, None)
}

/// Counts more, or less, that were skipped for a reason.
pub fn count_skip(tx: &Tx, id: CampaignId, reason: &str, change: i64) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO campaign_skips (campaign_id, reason, count) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET count = count + ?3",
    )?
    .execute((id, reason, change))?;
    Ok(())
}

/// How many were skipped, by reason.
pub fn skips(db: &Connection, id: CampaignId) -> Result<BTreeMap<String, u64>> {
    let mut statement = db.prepare_cached(
        "SELECT reason, count FROM campaign_skips WHERE campaign_id = ? AND count > 0",
    )?;
    let rows = statement.query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub fn count_unsubscribed(tx: &Tx, id: CampaignId) -> Result<()> {
    tx.prepare_cached(
        "UPDATE campaign_progress SET unsubscribed = unsubscribed + 1 WHERE campaign_id = ?",
    )?
    .execute([id])?;
    Ok(())
}

/// What the feed leaves behind.
#[derive(Debug, Clone, Copy)]
pub struct Fed {
    /// The last mark that was come to.
    pub after: i64,
    /// Whether that was the last of all.
    pub is_walked: bool,
    /// The moment of the next message, in microseconds.
    pub next_at: i64,
    /// With so few on their way, more are written.
    pub low: i64,
}

/// Moves the walk on.
pub fn set_fed(tx: &Tx, id: CampaignId, fed: Fed) -> Result<()> {
    tx.prepare_cached(
        "UPDATE campaign_progress SET after = ?2, is_walked = ?3, next_at = ?4, low = ?5, held_until = NULL
         WHERE campaign_id = ?1",
    )?
    .execute(params![id, fed.after, fed.is_walked, fed.next_at, fed.low])?;
    if fed.is_walked {
        // Now it is known exactly, whatever was deleted on the way.
        tx.prepare_cached(
            "UPDATE campaign_progress
             SET total = waiting + pending + sent + delivered + read + failed + skipped WHERE campaign_id = ?",
        )?
        .execute([id])?;
    }
    Ok(())
}

/// The moment of the next message, in microseconds.
pub fn set_next(tx: &Tx, id: CampaignId, next_at: i64) -> Result<()> {
    tx.prepare_cached("UPDATE campaign_progress SET next_at = ?2 WHERE campaign_id = ?1")?
        .execute((id, next_at))?;
    Ok(())
}

/// Quiet hours hold everything back until then.
pub fn set_held(tx: &Tx, id: CampaignId, until: Option<Time>) -> Result<()> {
    tx.prepare_cached("UPDATE campaign_progress SET held_until = ?2 WHERE campaign_id = ?1")?
        .execute((id, until))?;
    Ok(())
}

/// How many the audience has, unless that is known.
pub fn set_total(tx: &Tx, id: CampaignId, total: u64) -> Result<()> {
    tx.prepare_cached(
        "UPDATE campaign_progress SET total = ?2 WHERE campaign_id = ?1 AND total IS NULL",
    )?
    .execute((id, total))?;
    Ok(())
}

pub fn set_telling(tx: &Tx, id: CampaignId, is_telling: bool) -> Result<()> {
    tx.prepare_cached("UPDATE campaign_progress SET is_telling = ?2 WHERE campaign_id = ?1")?
        .execute((id, is_telling))?;
    Ok(())
}
