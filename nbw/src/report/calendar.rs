//! Where the parts of a report begin: those of a day and longer at midnights of a zone, the others are counted from there.

use jiff::{
    SignedDuration, Span, Timestamp, Zoned,
    civil::Weekday,
    tz::{AmbiguousOffset, TimeZone},
};

use crate::history::{query::Every, within_day::part_of_day};

/// An hour.
pub const HOUR: Every = Every::Seconds(3_600);

/// Whose midnights, and on which day months begin.
#[derive(Debug, Clone)]
pub struct Calendar {
    /// The zone.
    pub zone: TimeZone,
    /// The day on which months begin, 1 to 28.
    pub month_begins: i8,
}

impl Calendar {
    /// The time as it is on the wall.
    pub fn local(&self, at: Timestamp) -> Zoned {
        at.to_zoned(self.zone.clone())
    }

    /// The begin of the part that `at` is in.
    pub fn begin(&self, every: Every, at: Timestamp) -> Timestamp {
        let begin = match every {
            Every::Seconds(seconds) => return self.within_day(seconds, at).0,
            _ => self.begin_of_days(every, &self.local(at)),
        };
        // Only at the ends of time, ten thousand years away, is there none.
        begin.map_or(at, |begin| begin.timestamp())
    }

    fn begin_of_days(&self, every: Every, at: &Zoned) -> Result<Zoned, jiff::Error> {
        let into_month = Span::new().days(self.month_begins - 1);
        let date = match every {
            Every::Seconds(_) | Every::Day => at.date(),
            Every::Week if at.weekday() == Weekday::Monday => at.date(),
            Every::Week => at.date().nth_weekday(-1, Weekday::Monday)?,
            Every::Month => at.date().checked_sub(into_month)?.first_of_month().checked_add(into_month)?,
            Every::Year => at.date().checked_sub(into_month)?.first_of_year().checked_add(into_month)?,
        };
        date.to_zoned(self.zone.clone())
    }

    /// `at`, `count` parts later (or earlier). The time on the wall stays the same where parts are of days.
    pub fn later(&self, every: Every, at: Timestamp, count: i64) -> Timestamp {
        let moved = match every {
            Every::Seconds(seconds) => at.checked_add(SignedDuration::from_secs(i64::from(seconds) * count)),
            Every::Day => self.wall(at, Span::new().try_days(count)),
            Every::Week => self.wall(at, Span::new().try_weeks(count)),
            Every::Month => self.wall(at, Span::new().try_months(count)),
            Every::Year => self.wall(at, Span::new().try_years(count)),
        };
        moved.unwrap_or(at)
    }

    fn wall(&self, at: Timestamp, span: Result<Span, jiff::Error>) -> Result<Timestamp, jiff::Error> {
        Ok(self.local(at).checked_add(span?)?.timestamp())
    }

    /// The end of the part that `at` is in.
    pub fn end(&self, every: Every, at: Timestamp) -> Timestamp {
        match every {
            Every::Seconds(seconds) => self.within_day(seconds, at).1,
            // Where midnight does not exist a day begins later, but the next one does not.
            _ => self.begin(every, self.later(every, self.begin(every, at), 1)),
        }
    }

    fn within_day(&self, seconds: u32, at: Timestamp) -> (Timestamp, Timestamp) {
        let (begin, end) = part_of_day(at.as_second(), seconds, &self.zone);
        let time = |second| Timestamp::from_second(second).unwrap_or(at);
        (time(begin), time(end))
    }

    /// The time on the wall in a format of [`strftime`](jiff::fmt::strtime), with the offset where the clock shows it twice.
    pub fn on_the_wall(&self, at: Timestamp, format: &str) -> String {
        let local = self.local(at);
        let is_twice =
            matches!(self.zone.to_ambiguous_timestamp(local.datetime()).offset(), AmbiguousOffset::Fold { .. });
        local.strftime(&if is_twice { format!("{format} %:z") } else { format.to_owned() }).to_string()
    }
}

/// The nominal length in seconds: months and years have that of the Gregorian calendar's average.
pub fn nominal_seconds(every: Every) -> u32 {
    match every {
        Every::Seconds(seconds) => seconds,
        Every::Day => 86_400,
        Every::Week => 7 * 86_400,
        Every::Month => 2_629_746,
        Every::Year => 31_556_952,
    }
}

/// `--every`: `5m`, `1h`, `1d`, `1w`, `1mo`, `1y`.
///
/// # Errors
/// A sentence that says what can be given.
pub fn parse_every(text: &str) -> Result<Every, String> {
    let wrong = || format!("{text:?} is no length of parts: give one such as 10s, 5m, 1h, 1d, 1w, 1mo or 1y");
    match text {
        "1d" | "24h" | "day" => return Ok(Every::Day),
        "1w" | "7d" | "week" => return Ok(Every::Week),
        "1mo" | "month" => return Ok(Every::Month),
        "1y" | "12mo" | "year" => return Ok(Every::Year),
        "hour" => return Ok(Every::Seconds(3_600)),
        _ => {}
    }
    let duration: SignedDuration = text.parse().map_err(|_| wrong())?;
    let seconds = u32::try_from(duration.as_secs()).map_err(|_| wrong())?;
    let divides = seconds >= 1 && duration.subsec_nanos() == 0 && 86_400 % seconds == 0;
    divides.then_some(Every::Seconds(seconds)).ok_or_else(|| {
        format!("parts of {text} do not divide a day, or are shorter than 1s: give one such as 10s, 5m, 1h or 1d")
    })
}

/// As a word: `5m`, `1h`, `day`.
pub fn word(every: Every) -> String {
    match every {
        Every::Seconds(3_600) => "hour".into(),
        Every::Seconds(seconds) if seconds % 3_600 == 0 => format!("{} hours", seconds / 3_600),
        Every::Seconds(60) => "minute".into(),
        Every::Seconds(1) => "second".into(),
        Every::Seconds(seconds) if seconds % 60 == 0 => format!("{} minutes", seconds / 60),
        Every::Seconds(seconds) => format!("{seconds} seconds"),
        Every::Day => "day".into(),
        Every::Week => "week".into(),
        Every::Month => "month".into(),
        Every::Year => "year".into(),
    }
}

/// As an amount: `5 minutes`, `1 hour`.
pub fn length(every: Every) -> String {
    let word = word(every);
    if word.starts_with(|first: char| first.is_ascii_digit()) { word } else { format!("1 {word}") }
}

/// What a column of begins is called.
pub fn noun(every: Every) -> &'static str {
    match every {
        Every::Seconds(_) => "time",
        Every::Day => "day",
        Every::Week => "week of",
        Every::Month => "month",
        Every::Year => "year",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Every; 6] =
        [Every::Seconds(300), Every::Seconds(3_600), Every::Day, Every::Week, Every::Month, Every::Year];

    fn calendar(month_begins: i8) -> Calendar {
        Calendar { zone: TimeZone::get("Europe/Berlin").unwrap(), month_begins }
    }

    fn at(text: &str) -> Timestamp {
        text.parse::<Zoned>().unwrap().timestamp()
    }

    #[test]
    fn days_are_those_of_the_zone_also_where_they_have_23_or_25_hours() {
        let calendar = calendar(1);
        let spring = at("2026-03-29T12:00[Europe/Berlin]");
        let (begin, end) = (calendar.begin(Every::Day, spring), calendar.end(Every::Day, spring));
        assert_eq!(end.duration_since(begin).as_hours(), 23);
        let autumn = at("2026-10-25T12:00[Europe/Berlin]");
        let (begin, end) = (calendar.begin(Every::Day, autumn), calendar.end(Every::Day, autumn));
        assert_eq!(end.duration_since(begin).as_hours(), 25);
    }

    #[test]
    fn a_day_without_midnight_ends_at_the_next_one() {
        let calendar = Calendar { zone: TimeZone::get("America/Santiago").unwrap(), month_begins: 1 };
        let noon = at("2027-09-05T12:00[America/Santiago]");
        assert_eq!(calendar.begin(Every::Day, noon), at("2027-09-05T01:00[America/Santiago]"));
        assert_eq!(calendar.end(Every::Day, noon), at("2027-09-06T00:00[America/Santiago]"));
    }

    #[test]
    fn months_and_years_begin_on_their_day() {
        let calendar = calendar(15);
        assert_eq!(
            calendar.begin(Every::Month, at("2026-03-14T23:59[Europe/Berlin]")),
            at("2026-02-15T00:00[Europe/Berlin]")
        );
        assert_eq!(
            calendar.begin(Every::Month, at("2026-03-15T00:00[Europe/Berlin]")),
            at("2026-03-15T00:00[Europe/Berlin]")
        );
        assert_eq!(
            calendar.begin(Every::Year, at("2026-01-03T00:00[Europe/Berlin]")),
            at("2025-01-15T00:00[Europe/Berlin]")
        );
        assert_eq!(
            calendar.begin(Every::Week, at("2026-11-25T10:00[Europe/Berlin]")),
            at("2026-11-23T00:00[Europe/Berlin]")
        );
        assert_eq!(
            calendar.begin(Every::Week, at("2026-11-23T10:00[Europe/Berlin]")),
            at("2026-11-23T00:00[Europe/Berlin]")
        );
    }

    #[test]
    fn the_hour_that_the_clock_shows_twice_has_its_offset() {
        let wall = |text: &str| calendar(1).on_the_wall(text.parse().unwrap(), "%F %H:%M");
        assert_eq!(wall("2026-10-25T00:00:00Z"), "2026-10-25 02:00 +02:00");
        assert_eq!(wall("2026-10-25T01:00:00Z"), "2026-10-25 02:00 +01:00");
        assert_eq!(wall("2026-10-25T02:00:00Z"), "2026-10-25 03:00");
        assert_eq!(wall("2026-03-29T01:00:00Z"), "2026-03-29 03:00");
    }

    #[test]
    fn lengths_are_read() {
        assert_eq!(parse_every("5m"), Ok(Every::Seconds(300)));
        assert_eq!(parse_every("1h"), Ok(Every::Seconds(3_600)));
        assert_eq!(parse_every("1mo"), Ok(Every::Month));
        assert_eq!(parse_every("1d"), Ok(Every::Day));
        for wrong in ["", "5", "7m", "500ms", "-1h", "2d", "0s", "1.5s", "soon"] {
            assert!(parse_every(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn every_moment_is_in_its_part(second in 0_i64..4_000_000_000, month_begins in 1_i8..=28, which in 0..6_usize) {
            let (at, every, calendar) = (Timestamp::from_second(second).unwrap(), ALL[which], calendar(month_begins));
            let begin = calendar.begin(every, at);
            prop_assert!(begin <= at && at < calendar.end(every, at));
            prop_assert_eq!(calendar.begin(every, begin), begin);
        }
    }
}
