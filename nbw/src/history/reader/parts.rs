//! The parts that an answer is divided into.

use jiff::{
    Timestamp, ToSpan, Zoned,
    civil::{Date, Weekday},
};

use crate::history::{
    query::{Every, Query},
    within_day::part_of_day,
};

/// The boundaries of the parts, in seconds of Unix time; each part goes from one to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parts(Vec<i64>);

/// No calendar goes farther; more are refused anyway.
const MOST: usize = 200_000;

impl Parts {
    /// Those of a question. The first begins at its `from`, the last ends at its `to`.
    pub(super) fn of(query: &Query) -> Self {
        let (from, to) = (query.from.as_second(), second_after(query.to));
        let mut bounds = vec![from];
        if to <= from {
            return Self(bounds);
        }
        let mut boundary = from;
        while bounds.len() <= MOST {
            let next = next(boundary, query);
            if next >= to || next <= boundary {
                break;
            }
            bounds.push(next);
            boundary = next;
        }
        bounds.push(to);
        Self(bounds)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len() - 1
    }

    /// Begin and end of each.
    pub(super) fn iter(&self) -> impl Iterator<Item = (i64, i64)> + '_ {
        self.0.windows(2).map(|pair| (pair[0], pair[1]))
    }

    /// Begin of the first.
    pub(super) fn from(&self) -> i64 {
        self.0[0]
    }

    /// End of the last.
    pub(super) fn to(&self) -> i64 {
        self.0[self.0.len() - 1]
    }

    /// The part that a moment is in; none where it is before the first, the last where it is behind all.
    pub(super) fn find(&self, second: i64, hint: usize) -> Option<usize> {
        if hint + 1 < self.0.len() && self.0[hint] <= second && second < self.0[hint + 1] {
            return Some(hint);
        }
        let after = self.0.partition_point(|boundary| *boundary <= second);
        after.checked_sub(1).map(|part| part.min(self.len().saturating_sub(1))).filter(|_| self.len() > 0)
    }
}

fn second_after(time: Timestamp) -> i64 {
    time.as_second() + i64::from(time.subsec_nanosecond() > 0)
}

/// The first boundary behind `second`.
fn next(second: i64, query: &Query) -> i64 {
    let boundary = match query.every {
        Every::Seconds(seconds) => return part_of_day(second, seconds, &query.zone).1,
        Every::Day => next_date(second, query, |date| date.checked_add(1.day())),
        Every::Week => next_date(second, query, |date| date.nth_weekday(1, Weekday::Monday)),
        Every::Month => next_date(second, query, |date| month_after(date, query.month_begins)),
        Every::Year => next_date(second, query, |date| year_after(date, query.month_begins)),
    };
    boundary.unwrap_or(i64::MAX)
}

fn next_date(second: i64, query: &Query, next: impl Fn(Date) -> Result<Date, jiff::Error>) -> Option<i64> {
    let date = Timestamp::from_second(second).ok()?.to_zoned(query.zone.clone()).date();
    let midnight: Zoned = next(date).ok()?.to_zoned(query.zone.clone()).ok()?;
    Some(midnight.timestamp().as_second())
}

/// The first day of the next month, where months begin on `begins`.
fn month_after(date: Date, begins: i8) -> Result<Date, jiff::Error> {
    let first = date.with().day(begins.clamp(1, 28)).build()?;
    if date < first { Ok(first) } else { first.checked_add(1.month()) }
}

fn year_after(date: Date, begins: i8) -> Result<Date, jiff::Error> {
    let first = date.with().month(1).day(begins.clamp(1, 28)).build()?;
    if date < first { Ok(first) } else { first.checked_add(1.year()) }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::*;
    use crate::{history::Kind, report::calendar::Calendar};

    fn parts(every: Every, from: &str, to: &str, zone: &str, month_begins: i8) -> Vec<String> {
        let zone = TimeZone::get(zone).unwrap();
        let at =
            |text: &str| text.parse::<jiff::civil::DateTime>().unwrap().to_zoned(zone.clone()).unwrap().timestamp();
        let (from, to) = (at(from), at(to));
        let query =
            Query { kind: Kind::Host, only: vec![], from, to, every, top: None, zone: zone.clone(), month_begins };
        let local =
            |second| Timestamp::from_second(second).unwrap().to_zoned(zone.clone()).strftime("%m-%d %H:%M").to_string();
        Parts::of(&query).0.into_iter().map(local).collect()
    }

    #[test]
    fn days_are_those_of_the_zone() {
        let spring = parts(Every::Day, "2026-03-28T12:00", "2026-03-30T12:00", "Europe/Berlin", 1);
        assert_eq!(spring, ["03-28 12:00", "03-29 00:00", "03-30 00:00", "03-30 12:00"]);
        let hours = parts(Every::Seconds(3_600), "2026-03-29T00:00", "2026-03-30T00:00", "Europe/Berlin", 1);
        assert_eq!(hours.len(), 23 + 1);
        let hours = parts(Every::Seconds(3_600), "2026-10-25T00:00", "2026-10-26T00:00", "Europe/Berlin", 1);
        assert_eq!(hours.len(), 25 + 1);
        let halves = parts(Every::Seconds(43_200), "2026-03-29T00:00", "2026-03-30T00:00", "Europe/Berlin", 1);
        assert_eq!(halves, ["03-29 00:00", "03-29 13:00", "03-30 00:00"]);
        let india = parts(Every::Seconds(3_600), "2026-01-01T00:30", "2026-01-01T02:30", "Asia/Kolkata", 1);
        assert_eq!(india, ["01-01 00:30", "01-01 01:00", "01-01 02:00", "01-01 02:30"]);
    }

    #[test]
    fn weeks_months_and_years_begin_where_people_say() {
        let weeks = parts(Every::Week, "2026-11-25T12:00", "2026-12-08T00:00", "UTC", 1);
        assert_eq!(weeks, ["11-25 12:00", "11-30 00:00", "12-07 00:00", "12-08 00:00"]);
        let months = parts(Every::Month, "2028-01-14T00:00", "2028-03-20T00:00", "UTC", 15);
        assert_eq!(months, ["01-14 00:00", "01-15 00:00", "02-15 00:00", "03-15 00:00", "03-20 00:00"]);
        let leap = parts(Every::Day, "2028-02-28T00:00", "2028-03-02T00:00", "UTC", 1);
        assert_eq!(leap, ["02-28 00:00", "02-29 00:00", "03-01 00:00", "03-02 00:00"]);
        let years = parts(Every::Year, "2027-12-31T00:00", "2028-01-20T00:00", "UTC", 15);
        assert_eq!(years, ["12-31 00:00", "01-15 00:00", "01-20 00:00"]);
        // Midnight does not exist there on that day.
        let chile = parts(Every::Day, "2026-09-05T00:00", "2026-09-07T00:00", "America/Santiago", 1);
        assert_eq!(chile, ["09-05 00:00", "09-06 01:00", "09-07 00:00"]);
        assert_eq!(parts(Every::Day, "2026-01-02T00:00", "2026-01-01T00:00", "UTC", 1).len(), 1);
    }

    #[test]
    fn a_moment_is_in_one_part() {
        let parts = Parts(vec![10, 20, 40]);
        for (second, found) in [(9, None), (10, Some(0)), (19, Some(0)), (20, Some(1)), (39, Some(1)), (40, Some(1))] {
            for hint in 0..3 {
                assert_eq!(parts.find(second, hint), found, "{second}");
            }
        }
        assert_eq!(Parts(vec![10]).find(10, 0), None);
    }

    const ZONES: [&str; 9] = [
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Asia/Kolkata",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "America/Santiago",
        "Pacific/Apia",
        "Antarctica/Troll",
    ];
    const LENGTHS: [Every; 9] = [
        Every::Seconds(300),
        Every::Seconds(3_600),
        Every::Seconds(7_200),
        Every::Seconds(21_600),
        Every::Seconds(43_200),
        Every::Day,
        Every::Week,
        Every::Month,
        Every::Year,
    ];

    proptest! {
        /// Reports say where a part begins and ends that the history cut: there is one answer to that. The parts have all of the
        /// time, each moment once, so that sums are kept.
        #[test]
        fn the_calendar_of_reports_has_the_same(
            from in 1_600_000_000_i64..2_000_000_000, days in 1_i64..8, zone in 0..ZONES.len(), every in 0..LENGTHS.len(),
            month_begins in 1_i8..=28,
        ) {
            let (zone, every) = (TimeZone::get(ZONES[zone]).unwrap(), LENGTHS[every]);
            let [from, to] = [from, from + days * 86_400].map(|second| Timestamp::from_second(second).unwrap());
            let calendar = Calendar { zone: zone.clone(), month_begins };
            let query = Query { kind: Kind::Host, only: vec![], from, to, every, top: None, zone, month_begins };
            let parts: Vec<(i64, i64)> = Parts::of(&query).iter().collect();
            for &(begin, end) in &parts {
                let at = Timestamp::from_second(begin).unwrap();
                prop_assert_eq!(calendar.begin(every, at).as_second().max(from.as_second()), begin);
                prop_assert_eq!(calendar.end(every, at).as_second().min(to.as_second()), end);
            }
            let sum: i64 = parts.iter().map(|(begin, end)| end - begin).sum();
            prop_assert_eq!(sum, days * 86_400);
        }
    }
}
