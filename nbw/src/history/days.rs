//! Days of the calendar, as the database has them: each by its begin, in the zone that the agent had then.

use jiff::{Timestamp, ToSpan, tz::TimeZone};

use super::tiers::DAY;

/// No nbw ran before 2020: a clock that says so is wrong. In seconds of Unix time.
pub(super) const FIRST: i64 = 1_577_836_800;

/// Nor did vnStat before 2000.
pub(super) const FIRST_IMPORTED: i64 = 946_684_800;

/// Whether a clock that says so may be right.
pub(super) fn is_plausible(second: i64) -> bool {
    second >= FIRST
}

/// The day of `zone` that `second` is in: its begin and its end.
pub(super) fn day_of(second: i64, zone: &TimeZone) -> (i64, i64) {
    let found = Timestamp::from_second(second).and_then(|time| {
        let begin = time.to_zoned(zone.clone()).start_of_day()?;
        let end = begin.date().checked_add(1.day())?.to_zoned(zone.clone())?;
        Ok((begin.timestamp().as_second(), end.timestamp().as_second()))
    });
    // Only at the ends of the calendar.
    found.unwrap_or_else(|_| (second.div_euclid(86_400) * 86_400, (second.div_euclid(86_400) + 1) * 86_400))
}

/// A name by which the zone is found again; UTC for one that has none.
pub(super) fn named(zone: &TimeZone) -> (String, TimeZone) {
    match zone.iana_name() {
        Some(name) => (name.to_owned(), zone.clone()),
        None => ("UTC".to_owned(), TimeZone::UTC),
    }
}

/// Finds days again and again, mostly the same one.
pub(super) struct Days {
    zone: TimeZone,
    last: (i64, i64),
}

impl Days {
    pub(super) fn new(zone: TimeZone) -> Self {
        Self { zone, last: (0, 0) }
    }

    /// As [`day_of`].
    pub(super) fn of(&mut self, second: i64) -> (i64, i64) {
        if !(self.last.0..self.last.1).contains(&second) {
            self.last = day_of(second, &self.zone);
        }
        self.last
    }

    /// When the part of a tier (the name of that of days is [`DAY`]) ends that a moment is in.
    pub(super) fn end_of_part(&mut self, seconds: u32, second: i64) -> i64 {
        match seconds {
            DAY => self.of(second).1,
            _ => (second.div_euclid(i64::from(seconds)) + 1) * i64::from(seconds),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_the_hours_that_the_clock_gives_them() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        for (noon, hours) in [("2026-03-29T12:00", 23), ("2026-10-25T12:00", 25), ("2028-02-29T12:00", 24)] {
            let noon: jiff::civil::DateTime = noon.parse().unwrap();
            let second = noon.to_zoned(zone.clone()).unwrap().timestamp().as_second();
            let (begin, end) = day_of(second, &zone);
            assert_eq!(end - begin, hours * 3_600, "{noon}");
            assert_eq!((day_of(begin, &zone).0, day_of(end - 1, &zone).0, day_of(end, &zone).0), (begin, begin, end));
        }
    }
}
