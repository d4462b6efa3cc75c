//! A time that a report is about, cut into hours, days, weeks or months of a time zone.

use crate::platform::{Error, Result, Time};
use chrono::{DateTime, Datelike, Days, LocalResult, Months, NaiveDate, NaiveDateTime};
use chrono::{TimeDelta, TimeZone, Timelike};
use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;

/// The longest time of one report, in days.
const LONGEST: i64 = 3_660;
/// The most pieces that it is cut into.
const MOST: usize = 1_500;
/// How many days a report is about that names none.
const USUAL: u64 = 30;

/// What a report is cut into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum GroupBy {
    /// Hours of the clock on the wall.
    Hour,
    /// Days.
    Day,
    /// Weeks, from Monday.
    Week,
    /// Months.
    Month,
}

impl std::str::FromStr for GroupBy {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "hour" => Ok(Self::Hour),
            "day" => Ok(Self::Day),
            "week" => Ok(Self::Week),
            "month" => Ok(Self::Month),
            _ => Err(()),
        }
    }
}

/// The time of a report.
#[derive(Debug, Clone)]
pub struct Period {
    /// From when.
    pub from: Time,
    /// Up to when, not including it.
    pub to: Time,
    /// Whose hours, days and months.
    pub zone: Tz,
    /// What it is cut into.
    pub group_by: GroupBy,
    /// When each piece begins; the first is `from`.
    starts: Vec<Time>,
}

/// One end of a period, as it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// A moment.
    At(Time),
    /// A whole day of the zone.
    Day(NaiveDate),
}

impl std::str::FromStr for End {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| text.len() == 10);
        let moment = || Time::parse(text).map(Self::At);
        day.map(Self::Day).or_else(moment).filter(Self::is_thinkable).ok_or(())
    }
}

impl End {
    /// Far from where calendars end.
    fn is_thinkable(&self) -> bool {
        let year = match self {
            Self::Day(day) => day.year(),
            Self::At(at) => DateTime::from_timestamp_millis(at.millis()).map_or(0, |at| at.year()),
        };
        (1970..=2200).contains(&year)
    }
}

impl Period {
    /// A period. Without its ends it is the last 30 days, today included.
    ///
    /// # Errors
    /// 422 for one that ends before it begins, is too long, or has too many pieces.
    pub fn new(
        zone: Tz,
        group_by: GroupBy,
        (from, to): (Option<End>, Option<End>),
        now: Time,
    ) -> Result<Self> {
        let to = match to {
            Some(End::At(to)) => to,
            Some(End::Day(day)) => begin_of(zone, day + Days::new(1)),
            None => begin_of(zone, local(zone, now).date() + Days::new(1)),
        };
        let from = match from {
            Some(End::At(from)) => from,
            Some(End::Day(day)) => begin_of(zone, day),
            None => {
                let last = local(zone, to.plus_millis(-1)).date();
                begin_of(zone, last - Days::new(USUAL - 1))
            }
        };
        if from >= to {
            return Err(Error::invalid("to", "out_of_range", "It has to end after it begins."));
        }
        if to.millis() - from.millis() > LONGEST * 86_400_000 {
            return Err(Error::invalid("from", "out_of_range", "At most ten years."));
        }
        let starts = starts(zone, group_by, from, to);
        if starts.len() > MOST {
            let text = "These are too many pieces: take longer ones, or a shorter time.";
            return Err(Error::invalid("groupBy", "out_of_range", text));
        }
        Ok(Self { from, to, zone, group_by, starts })
    }

    /// How many pieces there are.
    pub fn pieces(&self) -> usize {
        self.starts.len()
    }

    /// The piece that a moment lies in.
    pub fn piece(&self, at: Time) -> usize {
        self.starts.partition_point(|start| *start <= at).saturating_sub(1)
    }

    /// From when to when each piece is.
    pub fn bounds(&self) -> impl Iterator<Item = (Time, Time)> {
        let ends = self.starts.iter().skip(1).copied().chain([self.to]);
        self.starts.iter().copied().zip(ends)
    }
}

fn local(zone: Tz, at: Time) -> NaiveDateTime {
    let utc = DateTime::from_timestamp_millis(at.millis()).unwrap_or_default();
    utc.with_timezone(&zone).naive_local()
}

fn begin_of(zone: Tz, day: NaiveDate) -> Time {
    moment(zone, day.and_time(chrono::NaiveTime::MIN))
}

/// The first moment at which clocks of a zone show a time, or have passed it where they skip it.
fn moment(zone: Tz, mut naive: NaiveDateTime) -> Time {
    // Once, a zone skipped a whole day.
    for _ in 0..=100 {
        match zone.from_local_datetime(&naive) {
            LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => {
                return Time::from_millis(at.timestamp_millis());
            }
            LocalResult::None => naive += TimeDelta::minutes(15),
        }
    }
    Time::from_millis(naive.and_utc().timestamp_millis())
}

fn starts(zone: Tz, by: GroupBy, from: Time, to: Time) -> Vec<Time> {
    let mut starts = vec![from];
    let mut at = floor(by, local(zone, from));
    while starts.len() <= MOST {
        let next = match by {
            GroupBy::Hour => at + TimeDelta::hours(1),
            GroupBy::Day => at + Days::new(1),
            GroupBy::Week => at + Days::new(7),
            GroupBy::Month => at + Months::new(1),
        };
        at = next;
        let start = moment(zone, at);
        if start >= to {
            break;
        }
        // An hour that clocks skip has no length.
        if starts.last().is_some_and(|last| *last < start) {
            starts.push(start);
        }
    }
    starts
}

fn floor(by: GroupBy, at: NaiveDateTime) -> NaiveDateTime {
    let day = at.date();
    let midnight = |day: NaiveDate| day.and_time(chrono::NaiveTime::MIN);
    match by {
        GroupBy::Hour => midnight(day) + TimeDelta::hours(i64::from(at.hour())),
        GroupBy::Day => midnight(day),
        GroupBy::Week => midnight(day - Days::new(u64::from(day.weekday().num_days_from_monday()))),
        GroupBy::Month => midnight(day.with_day(1).unwrap_or(day)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(zone: &str, by: GroupBy, from: &str, to: &str) -> Period {
        let ends = (from.parse().ok(), to.parse().ok());
        Period::new(zone.parse().unwrap(), by, ends, Time::from_millis(0)).unwrap()
    }

    fn shown(period: &Period) -> Vec<String> {
        period.bounds().map(|(start, _)| start.rfc3339()[..16].to_owned()).collect()
    }

    #[test]
    fn days_are_those_of_the_zone() {
        let days = period("Asia/Kathmandu", GroupBy::Day, "2026-11-01", "2026-11-03");
        assert_eq!(shown(&days), ["2026-10-31T18:15", "2026-11-01T18:15", "2026-11-02T18:15"]);
        assert_eq!(days.to.rfc3339(), "2026-11-03T18:15:00.000Z");
        let at = |text| days.piece(Time::parse(text).unwrap());
        assert_eq!(at("2026-11-01T18:14:59.999Z"), 0);
        assert_eq!(at("2026-11-01T18:15:00Z"), 1);
    }

    #[test]
    fn clocks_that_are_set_lose_nothing() {
        let days = period("Europe/Paris", GroupBy::Day, "2026-10-25", "2026-10-26");
        assert_eq!(shown(&days), ["2026-10-24T22:00", "2026-10-25T23:00"], "a day of 25 hours");
        let hours = period("Europe/Paris", GroupBy::Hour, "2026-03-29", "2026-03-29");
        assert_eq!(hours.pieces(), 23);
        let hours = period("Europe/Paris", GroupBy::Hour, "2026-10-25", "2026-10-25");
        assert_eq!(hours.pieces(), 24, "the hour that comes twice is one");
        let skipped = period("Pacific/Apia", GroupBy::Day, "2011-12-29", "2011-12-31");
        assert_eq!(skipped.pieces(), 2, "the day that never was");
        let midnight = period("America/Santiago", GroupBy::Day, "2026-09-05", "2026-09-07");
        assert_eq!(shown(&midnight)[1], "2026-09-06T04:00", "there is no midnight");
    }

    #[test]
    fn weeks_and_months_begin_where_calendars_do() {
        let weeks = period("UTC", GroupBy::Week, "2026-11-05", "2026-11-20");
        assert_eq!(shown(&weeks), ["2026-11-05T00:00", "2026-11-09T00:00", "2026-11-16T00:00"]);
        let months = period("UTC", GroupBy::Month, "2026-01-31", "2026-03-01");
        assert_eq!(shown(&months), ["2026-01-31T00:00", "2026-02-01T00:00", "2026-03-01T00:00"]);
    }

    #[test]
    fn without_ends_it_is_the_last_thirty_days() {
        let now = Time::parse("2026-11-24T09:00:00Z").unwrap();
        let days = Period::new(Tz::UTC, GroupBy::Day, (None, None), now).unwrap();
        assert_eq!(days.pieces(), 30);
        assert_eq!(days.to.rfc3339(), "2026-11-25T00:00:00.000Z");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let now = Time::parse("2026-11-24T09:00:00Z").unwrap();
        let refused = |by, from: &str, to: &str| {
            Period::new(Tz::UTC, by, (from.parse().ok(), to.parse().ok()), now).is_err()
        };
        assert!(refused(GroupBy::Day, "2026-11-24", "2026-11-23"));
        assert!(refused(GroupBy::Month, "1990-01-01", "2026-01-01"));
        assert!(refused(GroupBy::Hour, "2026-01-01", "2026-12-31"));
        for odd in ["", "yesterday", "0001-01-01", "9999-12-31", "2026-13-01", "+262142-01-01"] {
            assert!(odd.parse::<End>().is_err(), "{odd}");
        }
    }
}
