//! What became of messages: of automations, quick sends and campaigns alike.

mod tables;

use super::period::{GroupBy, Period};
use super::table::rate;
use crate::automations;
use crate::broadcasts::campaigns;
use crate::messaging::Channel;
use crate::messaging::messages::{self, Count, Counted, Counter, Origin, begin_of, quarter_of};
use crate::messaging::providers::meaning;
use crate::platform::ids::WorkspaceId;
use crate::platform::{Result, Time};
use rusqlite::Connection;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;
use uuid::Uuid;

/// How far some messages have come. Each row holds those before it in the course of a message: what was read was
/// delivered, what was delivered was sent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageCounts {
    /// Messages that were made.
    #[schema(example = 120)]
    pub messages: u64,
    /// Not with their provider yet.
    #[schema(example = 2)]
    pub pending: u64,
    /// That a provider took, whatever came of them later.
    #[schema(example = 116)]
    pub sent: u64,
    /// That arrived.
    #[schema(example = 110)]
    pub delivered: u64,
    /// That surely were read.
    #[schema(example = 64)]
    pub read: u64,
    /// That failed, before or after their provider took them.
    #[schema(example = 6)]
    pub failed: u64,
    /// Who should have got a message and got none, in the time in which that was decided.
    #[schema(example = 9)]
    pub skipped: u64,
    /// Owners of addresses who wanted no more, in the time in which they said so.
    #[schema(example = 1)]
    pub unsubscribed: u64,
    /// Delivered of sent, from 0 to 1; null without any.
    #[schema(example = 0.9483)]
    pub delivered_rate: Option<f64>,
    /// Read of delivered.
    #[schema(example = 0.5818)]
    pub read_rate: Option<f64>,
    /// Failed of all messages.
    #[schema(example = 0.05)]
    pub failed_rate: Option<f64>,
    /// Unsubscribed of sent.
    #[schema(example = 0.0086)]
    pub unsubscribed_rate: Option<f64>,
}

/// The counters of some messages, each where it stands now.
type Raw = [u64; 8];

impl From<&Raw> for MessageCounts {
    fn from(raw: &Raw) -> Self {
        let [pending, sent, delivered, read, before, after, skipped, unsubscribed] = *raw;
        let delivered = delivered + read;
        let sent = sent + delivered + after;
        let failed = before + after;
        let messages = pending + sent + before;
        Self {
            messages,
            pending,
            sent,
            delivered,
            read,
            failed,
            skipped,
            unsubscribed,
            delivered_rate: rate(delivered, sent),
            read_rate: rate(read, delivered),
            failed_rate: rate(failed, messages),
            unsubscribed_rate: rate(unsubscribed, sent),
        }
    }
}

/// Messages of one piece of the time.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessagePoint {
    /// From when.
    pub start: Time,
    /// Up to when, not including it.
    pub end: Time,
    /// How far they have come.
    #[serde(flatten)]
    pub counts: MessageCounts,
}

/// How many for one reason.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReasonCount {
    /// A word of ours, or the provider's code.
    #[schema(example = "no_address")]
    pub reason: String,
    /// How many.
    #[schema(example = 4)]
    pub count: u64,
    /// Of a failure: what it means, in a plain sentence; null where nothing is known of it.
    #[schema(example = "The phone cannot be reached: switched off, or out of coverage.")]
    pub meaning: Option<&'static str>,
}

/// Messages of one channel.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChannelCounts {
    /// Which.
    pub channel: Channel,
    /// How far they have come.
    #[serde(flatten)]
    pub counts: MessageCounts,
}

/// Messages of one kind of maker.
#[derive(Debug, Serialize, ToSchema)]
pub struct OriginCounts {
    /// Which; null of those who unsubscribed by no message of ours.
    pub origin: Option<Origin>,
    /// How far they have come.
    #[serde(flatten)]
    pub counts: MessageCounts,
}

/// Messages that one provider carried.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProviderCounts {
    /// `smtp`, `twilio`, `meta` or `sandbox`; null where none had a part in it.
    #[schema(example = "twilio")]
    pub provider: Option<String>,
    /// How far they have come.
    #[serde(flatten)]
    pub counts: MessageCounts,
}

/// Messages of one campaign or automation.
#[derive(Debug, Serialize, ToSchema)]
pub struct SourceCounts {
    /// Which.
    pub id: Uuid,
    /// Its name; null when it is gone.
    #[schema(example = "Welcome")]
    pub name: Option<String>,
    /// How far they have come.
    #[serde(flatten)]
    pub counts: MessageCounts,
}

/// What became of messages.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Analytics {
    /// From when.
    pub from: Time,
    /// Up to when, not including it.
    pub to: Time,
    /// Whose hours, days and months.
    #[schema(example = "Europe/Paris")]
    pub time_zone: String,
    /// What `series` is cut into.
    pub group_by: GroupBy,
    /// All together.
    pub totals: MessageCounts,
    /// Over time.
    pub series: Vec<MessagePoint>,
    /// Why messages failed, most first.
    pub failures: Vec<ReasonCount>,
    /// Why there were none, most first.
    pub skips: Vec<ReasonCount>,
    /// How people unsubscribed, most first.
    pub unsubscribes: Vec<ReasonCount>,
    /// By channel.
    pub channels: Vec<ChannelCounts>,
    /// By what made them.
    pub origins: Vec<OriginCounts>,
    /// By what carried them.
    pub providers: Vec<ProviderCounts>,
    /// By campaign, most messages first.
    pub campaigns: Vec<SourceCounts>,
    /// By automation, most messages first.
    pub automations: Vec<SourceCounts>,
}

fn plus(raw: &mut Raw, other: &Raw) {
    raw.iter_mut().zip(other).for_each(|(sum, more)| *sum += more);
}

/// What became of the messages of a workspace. Its ends are taken to the quarter hour.
pub fn analytics(
    db: &Connection,
    workspace: WorkspaceId,
    which: &Counted,
    period: &Period,
) -> Result<Analytics> {
    let mut series: Vec<Raw> = Vec::new();
    let mut points: Vec<Raw> = vec![Raw::default(); period.pieces()];
    let mut reasons: [HashMap<String, u64>; 3] = Default::default();
    let mut piece = (i64::MIN, 0);
    let each = |count: Count| {
        if !count.reason.is_empty() {
            let kind = match count.counter {
                Counter::Skipped => 1,
                Counter::Unsubscribed => 2,
                _ => 0,
            };
            if let Some(reasons) = reasons.get_mut(kind) {
                match reasons.get_mut(count.reason) {
                    Some(sum) => *sum += count.count,
                    None => drop(reasons.insert(count.reason.to_owned(), count.count)),
                }
            }
            return;
        }
        if series.len() <= count.series {
            series.resize(count.series + 1, Raw::default());
        }
        if piece.0 != count.quarter {
            piece = (count.quarter, period.piece(begin_of(count.quarter)));
        }
        for raw in [series.get_mut(count.series), points.get_mut(piece.1)].into_iter().flatten() {
            if let Some(sum) = raw.get_mut(count.counter as usize) {
                *sum += count.count;
            }
        }
    };
    let bounds = (quarter_of(period.from), quarter_of(period.to.plus_millis(-1)) + 1);
    let known = messages::counts(db, workspace, which, bounds, each)?;
    let mut totals = Raw::default();
    let mut by_channel: BTreeMap<Channel, Raw> = BTreeMap::new();
    let mut by_origin: BTreeMap<usize, Raw> = BTreeMap::new();
    let mut by_provider: BTreeMap<String, Raw> = BTreeMap::new();
    let mut by_source: HashMap<(Option<Origin>, Uuid), Raw> = HashMap::new();
    for (series, raw) in known.iter().zip(&series).filter(|(_, raw)| **raw != Raw::default()) {
        let place = Origin::ALL.iter().position(|origin| series.origin == Some(*origin));
        plus(&mut totals, raw);
        plus(by_channel.entry(series.channel).or_default(), raw);
        plus(by_origin.entry(place.unwrap_or(Origin::ALL.len())).or_default(), raw);
        plus(by_provider.entry(series.provider.clone()).or_default(), raw);
        if let Some(source) = series.source {
            plus(by_source.entry((series.origin, source)).or_default(), raw);
        }
    }
    let [mut failures, skips, unsubscribes] = reasons.map(most_first);
    for failure in &mut failures {
        failure.meaning = meaning(&failure.reason);
    }
    let campaigns: Vec<Uuid> = by_source
        .keys()
        .filter(|(origin, _)| *origin == Some(Origin::Campaign))
        .map(|(_, id)| *id)
        .collect();
    let sources = |origin: Origin, names: &HashMap<Uuid, String>| {
        let mut found: Vec<SourceCounts> = by_source
            .iter()
            .filter(|((of, _), _)| *of == Some(origin))
            .map(|((_, id), raw)| SourceCounts {
                id: *id,
                name: names.get(id).cloned(),
                counts: raw.into(),
            })
            .collect();
        found.sort_by_key(|source| (std::cmp::Reverse(source.counts.messages), source.id));
        found
    };
    Ok(Analytics {
        from: period.from,
        to: period.to,
        time_zone: period.zone.name().to_owned(),
        group_by: period.group_by,
        totals: (&totals).into(),
        series: period
            .bounds()
            .zip(&points)
            .map(|((start, end), raw)| MessagePoint { start, end, counts: raw.into() })
            .collect(),
        failures,
        skips,
        unsubscribes,
        channels: by_channel
            .iter()
            .map(|(channel, raw)| ChannelCounts { channel: *channel, counts: raw.into() })
            .collect(),
        origins: by_origin
            .iter()
            .map(|(place, raw)| OriginCounts {
                origin: Origin::ALL.get(*place).copied(),
                counts: raw.into(),
            })
            .collect(),
        providers: by_provider
            .iter()
            .map(|(provider, raw)| ProviderCounts {
                provider: Some(provider.clone()).filter(|name| !name.is_empty()),
                counts: raw.into(),
            })
            .collect(),
        campaigns: sources(Origin::Campaign, &campaigns::names(db, workspace, &campaigns)?),
        automations: sources(Origin::Automation, &automations::names(db, workspace)?),
    })
}

fn most_first(reasons: HashMap<String, u64>) -> Vec<ReasonCount> {
    let row = |(reason, count)| ReasonCount { reason, count, meaning: None };
    let mut all: Vec<ReasonCount> = reasons.into_iter().map(row).collect();
    all.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.reason.cmp(&b.reason)));
    all
}
