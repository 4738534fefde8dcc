//! Periods of the calendar.

use super::*;
use crate::rule::Period;

/// The period that `time` is in, in the zone of `calendar`, without its offset.
fn period(calendar: &Calendar, per: Period, time: &str) -> [String; 2] {
    let span = calendar.period(per, time.parse().unwrap());
    [span.start, span.end].map(|end| calendar.local(end).strftime("%Y-%m-%d %H:%M %z").to_string())
}

#[test]
fn months_begin_on_the_users_day() {
    for (begins, time, start, end) in [
        (1, "2026-11-25T12:00:00Z", "2026-11-01", "2026-12-01"),
        (1, "2026-11-01T00:00:00Z", "2026-11-01", "2026-12-01"),
        (1, "2026-12-31T23:59:59Z", "2026-12-01", "2027-01-01"),
        (1, "2028-02-29T12:00:00Z", "2028-02-01", "2028-03-01"),
        (15, "2026-11-14T23:59:59Z", "2026-10-15", "2026-11-15"),
        (15, "2026-11-15T00:00:00Z", "2026-11-15", "2026-12-15"),
        (15, "2027-01-03T00:00:00Z", "2026-12-15", "2027-01-15"),
        (28, "2026-02-27T12:00:00Z", "2026-01-28", "2026-02-28"),
        (28, "2026-02-28T12:00:00Z", "2026-02-28", "2026-03-28"),
        (28, "2028-02-29T12:00:00Z", "2028-02-28", "2028-03-28"),
        (31, "2026-02-28T12:00:00Z", "2026-02-28", "2026-03-28"),
        (0, "2026-11-25T12:00:00Z", "2026-11-01", "2026-12-01"),
        (-3, "2026-11-25T12:00:00Z", "2026-11-01", "2026-12-01"),
    ] {
        let calendar = Calendar { zone: TimeZone::UTC, month_begins: begins };
        let expected = [start, end].map(|day| format!("{day} 00:00 +0000"));
        assert_eq!(period(&calendar, Period::Month, time), expected, "{time}, from day {begins}");
    }
}

#[test]
fn weeks_begin_on_monday_and_days_at_local_midnight() {
    for (per, time, start, end) in [
        (Period::Week, "2026-11-22T22:59:59Z", "2026-11-16 00:00 +0100", "2026-11-23 00:00 +0100"),
        (Period::Week, "2026-11-22T23:00:00Z", "2026-11-23 00:00 +0100", "2026-11-30 00:00 +0100"),
        (Period::Week, "2027-01-01T12:00:00Z", "2026-12-28 00:00 +0100", "2027-01-04 00:00 +0100"),
        (Period::Day, "2026-11-25T22:59:59Z", "2026-11-25 00:00 +0100", "2026-11-26 00:00 +0100"),
        (Period::Day, "2026-11-25T23:00:00Z", "2026-11-26 00:00 +0100", "2026-11-27 00:00 +0100"),
        (Period::Hour, "2026-11-25T22:59:59Z", "2026-11-25 23:00 +0100", "2026-11-26 00:00 +0100"),
        // Clocks go forward: the day has 23 hours; and back: it has 25, and its third hour comes twice.
        (Period::Day, "2026-03-29T12:00:00Z", "2026-03-29 00:00 +0100", "2026-03-30 00:00 +0200"),
        (Period::Hour, "2026-03-29T00:59:59Z", "2026-03-29 01:00 +0100", "2026-03-29 03:00 +0200"),
        (Period::Day, "2026-10-25T12:00:00Z", "2026-10-25 00:00 +0200", "2026-10-26 00:00 +0100"),
        (Period::Hour, "2026-10-25T00:30:00Z", "2026-10-25 02:00 +0200", "2026-10-25 02:00 +0100"),
        (Period::Hour, "2026-10-25T01:30:00Z", "2026-10-25 02:00 +0100", "2026-10-25 03:00 +0100"),
        (Period::Month, "2026-10-25T12:00:00Z", "2026-10-01 00:00 +0200", "2026-11-01 00:00 +0100"),
    ] {
        assert_eq!(period(&berlin(), per, time), [start, end], "{per:?} {time}");
    }
}

#[test]
fn a_day_that_has_no_midnight_begins_when_it_begins() {
    let beirut = Calendar { zone: TimeZone::get("Asia/Beirut").unwrap(), month_begins: 1 };
    let day = period(&beirut, Period::Day, "2026-03-29T12:00:00Z");
    assert_eq!(day, ["2026-03-29 01:00 +0300", "2026-03-30 00:00 +0300"]);
}

proptest::proptest! {
    /// A moment is in its period, the whole period is one, and the next begins where it ends.
    #[test]
    fn periods_follow_each_other(second in 0_i64..4_000_000_000, begins in 1_i8..=28, within in 0.0..1.0_f64) {
        let time = Timestamp::from_second(second).unwrap();
        let calendar = Calendar { month_begins: begins, ..berlin() };
        for per in [Period::Hour, Period::Day, Period::Week, Period::Month] {
            let span = calendar.period(per, time);
            proptest::prop_assert!(span.start <= time && time < span.end, "{per:?}: {span:?}");
            let length = span.end.as_second() - span.start.as_second();
            let other = span.start.as_second() + (within * length as f64) as i64;
            proptest::prop_assert_eq!(calendar.period(per, Timestamp::from_second(other).unwrap()), span);
            proptest::prop_assert_eq!(calendar.period(per, span.end).start, span.end);
        }
    }
}
