//! The counts that reports are read from, kept in the transaction of each change (see V17 for how they lie).
//!
//! A message counts where it was made and as it stands now: a change takes it from one counter to another of
//! the same day. Skips and unsubscriptions count when they happen.

use super::{Message, Origin, Skipped, Status, Which, find};
use crate::messaging::Channel;
use crate::messaging::suppression::Added;
use crate::platform::ids::WorkspaceId;
use crate::platform::{Result, Time, Tx};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::HashMap;
use uuid::Uuid;

/// The length of a quarter hour and of a day, in milliseconds.
const QUARTER: i64 = 900_000;
const QUARTERS: i64 = 96;

/// The reason of a failure to which its provider gave no code.
const UNSPECIFIED: &str = "unspecified";
/// A longer code is cut.
const LONGEST_REASON: usize = 64;

/// What is counted. A message is in exactly one of the first six.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counter {
    /// Not with the provider yet.
    Pending,
    /// The provider has it.
    Sent,
    /// It arrived.
    Delivered,
    /// It was read.
    Read,
    /// It failed, and the provider had not taken it.
    FailedBefore,
    /// It failed after the provider had taken it.
    FailedAfter,
    /// There was none.
    Skipped,
    /// The owner of an address wants no more.
    Unsubscribed,
}

impl Counter {
    const ALL: [Self; 8] = [
        Self::Pending,
        Self::Sent,
        Self::Delivered,
        Self::Read,
        Self::FailedBefore,
        Self::FailedAfter,
        Self::Skipped,
        Self::Unsubscribed,
    ];

    fn of(message: &Message) -> Self {
        match message.status {
            Status::Pending => Self::Pending,
            Status::Sent => Self::Sent,
            Status::Delivered => Self::Delivered,
            Status::Read => Self::Read,
            Status::Failed if message.sent_at.is_none() => Self::FailedBefore,
            Status::Failed => Self::FailedAfter,
        }
    }
}

/// What is counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Series {
    /// What the messages travel by.
    pub channel: Channel,
    /// What makes them; unknown of those who unsubscribed by no message of ours.
    pub origin: Option<Origin>,
    /// The campaign or automation.
    pub source: Option<Uuid>,
    /// What carries them; empty where none had a part in it.
    pub provider: String,
}

impl Series {
    fn of(message: &Message) -> Self {
        Self {
            channel: message.channel,
            origin: Some(message.origin),
            source: message.campaign.or(message.automation),
            provider: message.provider.clone(),
        }
    }

    fn source_key(&self) -> &[u8] {
        self.source.as_ref().map_or(&[], |source| source.as_bytes())
    }
}

/// A message that counts otherwise than before: that is new, has moved, or is gone.
pub(super) fn change(tx: &Tx, before: Option<&Message>, after: Option<&Message>) -> Result<()> {
    let standing = |message: &Message| (Series::of(message), Counter::of(message), reason(message));
    let (was, is) = (before.map(standing), after.map(standing));
    let Some(one) = before.or(after).filter(|_| was != is) else { return Ok(()) };
    let mut changes: HashMap<(Series, String), Vec<(u16, i64)>> = HashMap::new();
    for (standing, delta) in [(was, -1), (is, 1)] {
        let Some((series, counter, reason)) = standing else { continue };
        let slot = slot(one.created_at, counter);
        if !reason.is_empty() {
            changes.entry((series.clone(), reason)).or_default().push((slot, delta));
        }
        changes.entry((series, String::new())).or_default().push((slot, delta));
    }
    for ((series, reason), slots) in changes {
        add(tx, one.workspace, &series, one.created_at, &reason, &slots)?;
    }
    Ok(())
}

/// Messages that were made just now.
pub(super) fn made(tx: &Tx, workspace: WorkspaceId, by_series: HashMap<Series, i64>) -> Result<()> {
    let slot = slot(tx.now(), Counter::Pending);
    for (series, count) in by_series {
        add(tx, workspace, &series, tx.now(), "", &[(slot, count)])?;
    }
    Ok(())
}

/// Listens to whoever skips a recipient.
pub fn on_skipped(tx: &Tx, skipped: &Skipped) -> Result<()> {
    let series = Series {
        channel: skipped.channel,
        origin: Some(skipped.origin),
        source: skipped.source,
        provider: String::new(),
    };
    happened(tx, skipped.workspace, &series, Counter::Skipped, skipped.reason)
}

/// Listens to suppressions: those that the owner of the address wants.
pub fn on_suppressed(tx: &Tx, added: &Added) -> Result<()> {
    if !added.reason.is_wish() {
        return Ok(());
    }
    let message = match added.message {
        Some(id) => find(tx, added.workspace, Which::Id(id))?,
        None => None,
    };
    let unknown =
        Series { channel: added.channel, origin: None, source: None, provider: String::new() };
    let series = message.as_ref().map_or(unknown, Series::of);
    let series = Series { channel: added.channel, ..series };
    happened(tx, added.workspace, &series, Counter::Unsubscribed, added.reason.name())
}

fn happened(
    tx: &Tx,
    workspace: WorkspaceId,
    series: &Series,
    counter: Counter,
    reason: &str,
) -> Result<()> {
    let slots = [(slot(tx.now(), counter), 1)];
    add(tx, workspace, series, tx.now(), "", &slots)?;
    add(tx, workspace, series, tx.now(), reason, &slots)
}

/// Why a message failed; empty unless it has.
fn reason(message: &Message) -> String {
    if message.status != Status::Failed {
        return String::new();
    }
    let code = message.error_code.as_deref().filter(|code| !code.is_empty());
    code.unwrap_or(UNSPECIFIED).chars().take(LONGEST_REASON).collect()
}

fn slot(at: Time, counter: Counter) -> u16 {
    let quarter = at.millis().div_euclid(QUARTER).rem_euclid(QUARTERS);
    u16::try_from(quarter * 8).unwrap_or_default() + counter as u16
}

/// Adds to some counts of a series and day.
fn add(
    tx: &Tx,
    workspace: WorkspaceId,
    series: &Series,
    at: Time,
    reason: &str,
    slots: &[(u16, i64)],
) -> Result<()> {
    let id = match series_id(tx, workspace, series)? {
        Some(id) => id,
        None => {
            tx.prepare_cached(
                "INSERT INTO message_series (workspace_id, channel, origin, source_id, provider)
                 VALUES (?, ?, ?, ?, ?)",
            )?
            .execute(params![
                workspace,
                series.channel,
                series.origin.map_or("", Origin::name),
                series.source_key(),
                series.provider,
            ])?;
            tx.last_insert_rowid()
        }
    };
    let day = at.millis().div_euclid(QUARTER * QUARTERS);
    let key = (id, day, reason);
    let kept: Option<Vec<u8>> = tx
        .prepare_cached(
            "SELECT counts FROM message_counts WHERE series_id = ? AND day = ? AND reason = ?",
        )?
        .query_row(key, |row| row.get(0))
        .optional()?;
    let mut counts = kept.unwrap_or_default();
    for (slot, delta) in slots {
        adjust(&mut counts, *slot, *delta);
    }
    if counts.is_empty() {
        tx.prepare_cached(
            "DELETE FROM message_counts WHERE series_id = ? AND day = ? AND reason = ?",
        )?
        .execute(key)?;
    } else {
        tx.prepare_cached(
            "INSERT INTO message_counts (series_id, day, reason, counts) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET counts = ?4",
        )?
        .execute((id, day, reason, counts))?;
    }
    Ok(())
}

fn series_id(db: &Connection, workspace: WorkspaceId, series: &Series) -> Result<Option<i64>> {
    Ok(db
        .prepare_cached(
            "SELECT id FROM message_series
             WHERE workspace_id = ? AND channel = ? AND origin = ? AND source_id = ? AND provider = ?",
        )?
        .query_row(
            params![
                workspace,
                series.channel,
                series.origin.map_or("", Origin::name),
                series.source_key(),
                series.provider,
            ],
            |row| row.get(0),
        )
        .optional()?)
}

/// The counts of a day, as they lie.
fn entries(counts: &[u8]) -> impl Iterator<Item = (u16, u32)> {
    counts
        .as_chunks::<6>()
        .0
        .iter()
        .map(|&[a, b, c, d, e, f]| (u16::from_be_bytes([a, b]), u32::from_be_bytes([c, d, e, f])))
}

/// Adds to one count; one that comes to nothing takes no place.
fn adjust(counts: &mut Vec<u8>, slot: u16, delta: i64) {
    let place = entries(counts).position(|(found, _)| found >= slot);
    let start = place.map_or(counts.len(), |place| place * 6);
    let known = place.and_then(|place| entries(counts).nth(place)).filter(|(at, _)| *at == slot);
    let count = known.map_or(0, |(_, count)| i64::from(count)).saturating_add(delta);
    let count = u32::try_from(count.max(0)).unwrap_or(u32::MAX);
    let end = start + if known.is_some() { 6 } else { 0 };
    let written: Vec<u8> = match count {
        0 => Vec::new(),
        _ => slot.to_be_bytes().into_iter().chain(count.to_be_bytes()).collect(),
    };
    counts.splice(start..end, written);
}

/// Which counts.
#[derive(Debug, Clone, Default)]
pub struct Counted {
    /// Of messages that travel by this.
    pub channel: Option<Channel>,
    /// That this makes.
    pub origin: Option<Origin>,
    /// Of this campaign or automation.
    pub source: Option<Uuid>,
    /// That this carries.
    pub provider: Option<String>,
}

/// The quarter hour that a moment lies in, counted from 1970.
pub fn quarter_of(at: Time) -> i64 {
    at.millis().div_euclid(QUARTER)
}

/// When a quarter hour begins.
pub fn begin_of(quarter: i64) -> Time {
    Time::from_millis(quarter.saturating_mul(QUARTER))
}

/// One count.
#[derive(Debug, Clone, Copy)]
pub struct Count<'a> {
    /// Of which series, by its place in the answer.
    pub series: usize,
    /// In which quarter hour.
    pub quarter: i64,
    /// Of what.
    pub counter: Counter,
    /// For which reason: a part of the counts without one.
    pub reason: &'a str,
    /// How many.
    pub count: u64,
}

/// Tells each count of the quarter hours from `from` up to, not including, `to`; answers the series.
pub fn counts(
    db: &Connection,
    workspace: WorkspaceId,
    which: &Counted,
    (from, to): (i64, i64),
    mut each: impl FnMut(Count<'_>),
) -> Result<Vec<Series>> {
    let mut all: Vec<(i64, Series)> = db
        .prepare_cached(
            "SELECT id, channel, origin, source_id, provider FROM message_series WHERE workspace_id = ?",
        )?
        .query_map([workspace], series)?
        .collect::<rusqlite::Result<_>>()?;
    let mut statement = db.prepare_cached(
        "SELECT day, reason, counts FROM message_counts
         WHERE series_id = ? AND day >= ? AND day <= ?",
    )?;
    let (first, last) = (from.div_euclid(QUARTERS), (to - 1).div_euclid(QUARTERS));
    all.retain(|(_, series)| which.holds(series));
    for (series, (id, _)) in all.iter().enumerate() {
        let mut rows = statement.query((id, first, last))?;
        while let Some(row) = rows.next()? {
            let day: i64 = row.get(0)?;
            let reason = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
            let kept = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
            for (slot, count) in entries(kept) {
                let quarter = day * QUARTERS + i64::from(slot / 8);
                let counter = Counter::ALL.get(usize::from(slot % 8)).copied();
                if let Some(counter) = counter.filter(|_| (from..to).contains(&quarter)) {
                    each(Count { series, quarter, counter, reason, count: u64::from(count) });
                }
            }
        }
    }
    Ok(all.into_iter().map(|(_, series)| series).collect())
}

fn series(row: &Row) -> rusqlite::Result<(i64, Series)> {
    let series = Series {
        channel: row.get(1)?,
        origin: row.get_ref(2)?.as_str()?.parse().ok(),
        source: Uuid::from_slice(row.get_ref(3)?.as_blob()?).ok(),
        provider: row.get(4)?,
    };
    Ok((row.get(0)?, series))
}

impl Counted {
    fn holds(&self, series: &Series) -> bool {
        self.channel.is_none_or(|channel| series.channel == channel)
            && self.origin.is_none_or(|origin| series.origin == Some(origin))
            && self.source.is_none_or(|source| series.source == Some(source))
            && self.provider.as_deref().is_none_or(|provider| series.provider == provider)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_stay_sorted_and_hold_no_zero() {
        let mut counts = Vec::new();
        for (slot, delta) in [(9, 2), (0, 1), (767, 4), (9, -1), (16, 1), (0, -1), (5, -3)] {
            adjust(&mut counts, slot, delta);
        }
        assert_eq!(entries(&counts).collect::<Vec<_>>(), [(9, 1), (16, 1), (767, 4)]);
        adjust(&mut counts, 9, -1);
        adjust(&mut counts, 16, -1);
        adjust(&mut counts, 767, -4);
        assert!(counts.is_empty());
    }

    #[test]
    fn a_moment_has_its_quarter_hour() {
        let at = |text| slot(Time::parse(text).unwrap(), Counter::Read);
        assert_eq!(at("2026-11-24T00:00:00Z"), 3);
        assert_eq!(at("2026-11-24T00:14:59.999Z"), 3);
        assert_eq!(at("2026-11-24T23:59:59.999Z"), 95 * 8 + 3);
    }
}
