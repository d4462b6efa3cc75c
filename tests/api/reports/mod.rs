//! Reports: what became of messages and of leads. Each is compared with a recount that knows nothing of how they
//! are kept.

mod analytics;
mod asking;
mod pipelines;

use chrono::{DateTime, Datelike, TimeDelta, Timelike};
use chrono_tz::Tz;
use leads::platform::Time;
use serde_json::Value;

pub const ANALYTICS: &str = "/v1/broadcast/analytics";
pub const REPORT: &str = "/v1/identity/reports/leads";

/// Zones with whole hours, half hours and quarters, and some whose clocks are set in November.
pub const ZONES: [&str; 6] = [
    "UTC",
    "Asia/Kathmandu",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "America/New_York",
    "Pacific/Chatham",
];

/// Dice that fall the same way for one seed.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.roll(from.len())]
    }
}

/// What the clock on the wall shows where a piece begins that a moment lies in: pieces of one report differ by it.
pub fn wall(zone: &str, by: &str, at: Time) -> String {
    let zone: Tz = zone.parse().unwrap();
    let at = DateTime::from_timestamp_millis(at.millis()).unwrap().with_timezone(&zone);
    let day = at.date_naive();
    match by {
        "hour" => format!("{day} {:02}", at.hour()),
        "day" => day.to_string(),
        "week" => {
            let back = i64::from(day.weekday().num_days_from_monday());
            (day - TimeDelta::days(back)).to_string()
        }
        _ => format!("{}-{:02}", day.year(), day.month()),
    }
}

/// The name of a piece of a report.
pub fn wall_of(zone: &str, by: &str, point: &Value) -> String {
    wall(zone, by, Time::parse(point["start"].as_str().unwrap()).unwrap())
}
