//! The tables of the analytics.

use super::super::table::{Found, Table, percent, unknown_table};
use super::{
    Analytics, ChannelCounts, MessageCounts, MessagePoint, OriginCounts, ProviderCounts,
    ReasonCount, SourceCounts,
};
use crate::messaging::messages::Origin;

/// The tables that can be exported.
const TABLES: [&str; 9] = [
    "series",
    "failures",
    "skips",
    "unsubscribes",
    "channels",
    "origins",
    "providers",
    "campaigns",
    "automations",
];

const HEADINGS: [&str; 12] = [
    "Messages",
    "Pending",
    "Sent",
    "Delivered",
    "Read",
    "Failed",
    "Skipped",
    "Unsubscribed",
    "Delivered %",
    "Read %",
    "Failed %",
    "Unsubscribed %",
];

impl MessageCounts {
    fn cells(&self) -> Vec<String> {
        let counts = [
            self.messages,
            self.pending,
            self.sent,
            self.delivered,
            self.read,
            self.failed,
            self.skipped,
            self.unsubscribed,
        ];
        let rates = [self.delivered_rate, self.read_rate, self.failed_rate, self.unsubscribed_rate];
        counts.iter().map(u64::to_string).chain(rates.into_iter().map(percent)).collect()
    }
}

impl Analytics {
    /// One of its tables.
    pub(in crate::reports) fn table(&self, name: &str) -> Found {
        let of = |first: &[&str], rows: Vec<(Vec<String>, MessageCounts)>| {
            let mut table = Table::of(&[first, &HEADINGS].concat());
            for (first, counts) in rows {
                table.push(first.into_iter().chain(counts.cells()));
            }
            Ok(table)
        };
        let reasons = |all: &[ReasonCount]| {
            let mut table = Table::of(&["Reason", "Count"]);
            for one in all {
                table.push([one.reason.clone(), one.count.to_string()]);
            }
            Ok(table)
        };
        let sources = |all: &[SourceCounts]| {
            let row = |one: &SourceCounts| {
                (vec![one.name.clone().unwrap_or_default(), one.id.to_string()], one.counts)
            };
            of(&["Name", "Id"], all.iter().map(row).collect())
        };
        match name {
            "series" => {
                let row =
                    |one: &MessagePoint| (vec![one.start.rfc3339(), one.end.rfc3339()], one.counts);
                of(&["Start", "End"], self.series.iter().map(row).collect())
            }
            "failures" => {
                let mut table = Table::of(&["Reason", "Count", "Meaning"]);
                for one in &self.failures {
                    let meaning = one.meaning.unwrap_or_default().to_owned();
                    table.push([one.reason.clone(), one.count.to_string(), meaning]);
                }
                Ok(table)
            }
            "skips" => reasons(&self.skips),
            "unsubscribes" => reasons(&self.unsubscribes),
            "channels" => {
                let row = |one: &ChannelCounts| (vec![one.channel.name().to_owned()], one.counts);
                of(&["Channel"], self.channels.iter().map(row).collect())
            }
            "origins" => {
                let row = |one: &OriginCounts| {
                    (vec![one.origin.map(Origin::name).unwrap_or_default().to_owned()], one.counts)
                };
                of(&["Origin"], self.origins.iter().map(row).collect())
            }
            "providers" => {
                let row = |one: &ProviderCounts| {
                    (vec![one.provider.clone().unwrap_or_default()], one.counts)
                };
                of(&["Provider"], self.providers.iter().map(row).collect())
            }
            "campaigns" => sources(&self.campaigns),
            "automations" => sources(&self.automations),
            _ => Err(unknown_table(&TABLES)),
        }
    }
}
