//! Quiet hours: when nothing is sent, on the clocks of those who would be woken. Whose clocks those are, each part
//! that sends says for itself.

mod zones;

use crate::platform::{FieldError, Time, normalize};
use chrono::{DateTime, Duration, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

/// The longest that a message is held back, in minutes: two days, past any hours that there can be.
const LONGEST: i64 = 2 * 24 * 60;

/// A time of day as people write one, as in `21:00`.
fn time_of_day(text: &str) -> Option<NaiveTime> {
    let (hours, minutes) = text.split_once(':')?;
    let is_short = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_short(hours) || !is_short(minutes) {
        return None;
    }
    NaiveTime::from_hms_opt(hours.parse().ok()?, minutes.parse().ok()?, 0)
}

/// What is wrong with quiet hours as somebody wrote them.
pub fn faults(from: &str, to: &str) -> Vec<FieldError> {
    let mut faults = Vec::new();
    for (field, text) in [("quietHours.from", from), ("quietHours.to", to)] {
        if time_of_day(text).is_none() {
            faults.push(FieldError::new(field, "invalid_time", "A time of day, as in 21:00."));
        }
    }
    if from == to {
        let message = "Quiet hours end at another time than they begin.";
        faults.push(FieldError::new("quietHours.to", "same_time", message));
    }
    faults
}

/// The zones whose clocks count for somebody: those of the phone number's country, or else the one named. Without a
/// phone number it is the one named.
pub fn zones_of(phone: Option<&str>, default_country: &str, time_zone: &str) -> Vec<Tz> {
    let country = phone.and_then(|phone| normalize::country(phone, default_country));
    let zones = country.map(|country| zones::of(&country)).unwrap_or_default();
    if zones.is_empty() { time_zone.parse().into_iter().collect() } else { zones }
}

/// When the quiet hours from one time of day to another end that hold at a moment in any of these zones; `None` when
/// they hold in none. Where the zones leave no hour of the day (a country that spans the globe), the first one alone
/// counts.
pub fn until(from: &str, to: &str, zones: &[Tz], now: Time) -> Option<Time> {
    let (from, to) = (time_of_day(from)?, time_of_day(to)?);
    let first = zones.get(..1)?;
    first_quiet_free(from, to, zones, now).or_else(|| first_quiet_free(from, to, first, now))?
}

/// The first moment from now at which it is quiet nowhere: `Some(None)` is now, `None` is never.
fn first_quiet_free(
    from: NaiveTime,
    to: NaiveTime,
    zones: &[Tz],
    now: Time,
) -> Option<Option<Time>> {
    let mut moment = DateTime::<Utc>::from_timestamp_millis(now.millis())?;
    let start = moment;
    while moment - start <= Duration::minutes(LONGEST) {
        let ends = zones.iter().filter_map(|zone| end_of_quiet(from, to, *zone, moment)).max();
        match ends {
            None if moment == start => return Some(None),
            None => return Some(Some(Time::from_millis(moment.timestamp_millis()))),
            Some(end) => moment = end,
        }
    }
    None
}

/// When the quiet that holds at a moment in a zone ends there; `None` when it does not hold.
fn end_of_quiet(
    from: NaiveTime,
    to: NaiveTime,
    zone: Tz,
    moment: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let local = moment.with_timezone(&zone);
    let time = local.time();
    let is_over_midnight = to <= from;
    let holds =
        if is_over_midnight { time >= from || time < to } else { time >= from && time < to };
    if !holds {
        return None;
    }
    let is_tomorrow = is_over_midnight && time >= from;
    let day = local.date_naive() + Duration::days(i64::from(is_tomorrow));
    // In the night of a clock change the time may come twice, or not at all: then it is an hour later.
    let end = zone
        .from_local_datetime(&day.and_time(to))
        .earliest()
        .or_else(|| zone.from_local_datetime(&(day.and_time(to) + Duration::hours(1))).earliest())?
        .with_timezone(&Utc);
    // A clock that is set back may make the end lie behind: then it is quiet for another minute.
    Some(if end > moment { end } else { moment + Duration::minutes(1) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(from: &'static str, to: &'static str) -> (&'static str, &'static str) {
        (from, to)
    }

    fn at(text: &str) -> Time {
        Time::parse(text).unwrap()
    }

    fn held(hours: &(&str, &str), zones: &[Tz], now: &str) -> Option<String> {
        until(hours.0, hours.1, zones, at(now)).map(Time::rfc3339)
    }

    #[test]
    fn nights_and_days_hold_messages_back_until_they_end() {
        let paris = [chrono_tz::Europe::Paris];
        let night = hours("21:00", "08:00");
        let until = |now| held(&night, &paris, now);
        assert_eq!(until("2026-01-10T19:59:59Z"), None);
        assert_eq!(until("2026-01-10T20:00:00Z").unwrap(), "2026-01-11T07:00:00.000Z");
        assert_eq!(until("2026-01-11T06:59:59Z").unwrap(), "2026-01-11T07:00:00.000Z");
        assert_eq!(until("2026-01-11T07:00:00Z"), None);
        let noon = hours("12:00", "14:00");
        assert_eq!(
            held(&noon, &paris, "2026-01-10T11:30:00Z").unwrap(),
            "2026-01-10T13:00:00.000Z"
        );
        assert_eq!(held(&noon, &paris, "2026-01-10T13:00:00Z"), None);
    }

    #[test]
    fn both_nights_of_the_clock_change_end_at_the_right_hour() {
        let paris = [chrono_tz::Europe::Paris];
        let night = hours("21:00", "08:00");
        // Forward on 29 March, back on 25 October 2026.
        assert_eq!(
            held(&night, &paris, "2026-03-28T22:00:00Z").unwrap(),
            "2026-03-29T06:00:00.000Z"
        );
        assert_eq!(
            held(&night, &paris, "2026-10-24T22:00:00Z").unwrap(),
            "2026-10-25T07:00:00.000Z"
        );
        // An end that does not exist that night, and one that comes twice.
        let odd = hours("21:00", "02:30");
        assert_eq!(held(&odd, &paris, "2026-03-28T22:00:00Z").unwrap(), "2026-03-29T01:30:00.000Z");
        assert_eq!(held(&odd, &paris, "2026-10-24T22:00:00Z").unwrap(), "2026-10-25T00:30:00.000Z");
        let second = held(&odd, &paris, "2026-10-25T01:15:00Z").unwrap();
        assert!(second.as_str() <= "2026-10-25T01:31:00.000Z", "{second}");
    }

    #[test]
    fn several_zones_must_all_be_awake() {
        let coasts = [chrono_tz::America::New_York, chrono_tz::America::Los_Angeles];
        let night = hours("21:00", "08:00");
        // 08:00 in New York is 05:00 in Los Angeles.
        assert_eq!(
            held(&night, &coasts, "2026-01-10T13:00:00Z").unwrap(),
            "2026-01-10T16:00:00.000Z"
        );
        assert_eq!(held(&night, &coasts, "2026-01-10T20:00:00Z"), None);
        assert_eq!(
            held(&night, &coasts, "2026-01-11T02:00:00Z").unwrap(),
            "2026-01-11T16:00:00.000Z"
        );
        // Zones that leave no hour: the first one counts.
        let globe = [chrono_tz::UTC, chrono_tz::Pacific::Auckland, chrono_tz::Pacific::Honolulu];
        let long = hours("12:00", "11:00");
        assert_eq!(held(&long, &globe, "2026-01-10T11:30:00Z"), None);
    }

    #[test]
    fn only_times_of_day_are_read() {
        assert!(time_of_day("00:00").is_some() && time_of_day("23:59").is_some());
        for bad in ["24:00", "8:00", "08:60", "0800", "", "08:00:00", "aa:bb", "+8:00"] {
            assert!(time_of_day(bad).is_none(), "{bad}");
        }
    }
}
