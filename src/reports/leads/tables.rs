//! The report's tables.

use super::super::table::{Found, Table, percent, unknown_table};
use super::{LeadCounts, LeadReport};

/// The tables that can be exported.
const TABLES: [&str; 4] = ["series", "funnel", "sources", "webhooks"];

const HEADINGS: [&str; 8] =
    ["Leads", "Open", "Won", "Lost", "Converted", "Won %", "Won of decided %", "Converted %"];

impl LeadCounts {
    fn cells(&self) -> Vec<String> {
        let counts = [self.leads, self.open, self.won, self.lost, self.converted];
        let rates = [self.won_rate, self.closed_won_rate, self.converted_rate];
        counts.iter().map(u64::to_string).chain(rates.into_iter().map(percent)).collect()
    }
}

impl LeadReport {
    /// One of its tables.
    pub(in crate::reports) fn table(&self, name: &str) -> Found {
        let with = |first: &[&str], last: &[&str]| Table::of(&[first, &HEADINGS, last].concat());
        match name {
            "series" => {
                let last = ["Manual", "Webhook", "Import", "API", "Won then", "Lost then"];
                let mut table = with(&["Start", "End"], &last);
                for one in &self.series {
                    let last = [
                        one.manual,
                        one.webhook,
                        one.import,
                        one.api,
                        one.closed_won,
                        one.closed_lost,
                    ];
                    let first = [one.start.rfc3339(), one.end.rfc3339()];
                    let cells = first.into_iter().chain(one.counts.cells());
                    table.push(cells.chain(last.iter().map(u64::to_string)));
                }
                Ok(table)
            }
            "funnel" => {
                let mut table = Table::of(&[
                    "Stage",
                    "Type",
                    "Now",
                    "Reached",
                    "Next %",
                    "Left",
                    "Median seconds",
                    "90 % seconds",
                    "Stage Id",
                    "Pipeline Id",
                ]);
                let number = |value: Option<u64>| value.map_or(String::new(), |n| n.to_string());
                for one in &self.funnel {
                    table.push([
                        one.name.clone(),
                        one.r#type.name().to_owned(),
                        one.now.to_string(),
                        one.reached.to_string(),
                        percent(one.next_rate),
                        one.left.to_string(),
                        number(one.median_seconds),
                        number(one.p90_seconds),
                        one.stage_id.to_string(),
                        one.pipeline_id.to_string(),
                    ]);
                }
                Ok(table)
            }
            "sources" => {
                let mut table = with(&["Source"], &[]);
                for one in &self.sources {
                    let first = [one.source.name().to_owned()];
                    table.push(first.into_iter().chain(one.counts.cells()));
                }
                Ok(table)
            }
            "webhooks" => {
                let mut table = with(&["Webhook", "Id"], &[]);
                for one in &self.webhooks {
                    let first = [one.name.clone().unwrap_or_default(), one.webhook_id.to_string()];
                    table.push(first.into_iter().chain(one.counts.cells()));
                }
                Ok(table)
            }
            _ => Err(unknown_table(&TABLES)),
        }
    }
}
