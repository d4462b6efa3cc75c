//! A time on the clocks of a zone.

use crate::platform::{Error, Result, Time};
use chrono::{Duration, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;

/// The moment at which the clocks of a zone show a time, as in `2026-12-01T09:00`. In the night of a clock change a
/// time may come twice, and then it is the first; or not at all, and then it is as much later as the clocks were put.
///
/// # Errors
/// 422 for what is no time, or no zone.
pub(super) fn moment(local: &str, zone: &str) -> Result<Time> {
    let formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"];
    let read = |format: &&str| NaiveDateTime::parse_from_str(local.trim(), format).ok();
    let Some(local) = formats.iter().find_map(read) else {
        let message = "A date and a time, as in 2026-12-01T09:00.";
        return Err(Error::invalid("localTime", "invalid_time", message));
    };
    let Ok(zone) = zone.trim().parse::<Tz>() else {
        let message = "A time zone's name, as in Europe/Paris.";
        return Err(Error::invalid("timeZone", "unknown_time_zone", message));
    };
    let later = || {
        // The offset that held before the change, so that nothing is earlier than asked for.
        let before = zone.from_local_datetime(&(local - Duration::hours(3))).earliest()?;
        Some(before + Duration::hours(3))
    };
    let found = zone.from_local_datetime(&local).earliest().or_else(later);
    found
        .map(|moment| Time::from_millis(moment.with_timezone(&Utc).timestamp_millis()))
        .ok_or_else(|| Error::invalid("localTime", "invalid_time", "There is no such time."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(local: &str, zone: &str) -> String {
        moment(local, zone).map(Time::rfc3339).unwrap_or_else(|error| error.to_string())
    }

    #[test]
    fn a_local_time_is_a_moment_of_its_zone() {
        assert_eq!(at("2026-12-01T09:00", "Europe/Paris"), "2026-12-01T08:00:00.000Z");
        assert_eq!(at("2026-07-01T09:00:30", "America/New_York"), "2026-07-01T13:00:30.000Z");
        // Clocks go from 02:00 to 03:00 on 29 March and from 03:00 to 02:00 on 25 October 2026.
        assert_eq!(at("2026-03-29T02:30", "Europe/Paris"), "2026-03-29T01:30:00.000Z");
        assert_eq!(at("2026-10-25T02:30", "Europe/Paris"), "2026-10-25T00:30:00.000Z");
    }

    #[test]
    fn what_is_no_time_or_no_zone_is_refused() {
        for local in ["", "tomorrow", "2026-12-01", "2026-12-01T25:00", "2026-12-01T09:00Z"] {
            assert!(at(local, "Europe/Paris").starts_with("localTime"), "{local}");
        }
        for zone in ["", "Paris", "CEST+1"] {
            assert!(at("2026-12-01T09:00", zone).starts_with("timeZone"), "{zone}");
        }
    }
}
