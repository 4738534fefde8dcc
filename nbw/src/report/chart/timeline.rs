//! Time axes: at which moments there are labels, by the clock of the zone, so that none touches another.

use jiff::{Span, Timestamp, Zoned, civil};

use crate::report::calendar::Calendar;

/// Pixels between two labels.
const GAP: i32 = 14;

/// From one label to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Seconds(i32),
    Minutes(i32),
    Days(i32),
    Months(i16),
    Years(i16),
}

const STEPS: [Step; 28] = [
    Step::Seconds(1),
    Step::Seconds(2),
    Step::Seconds(5),
    Step::Seconds(10),
    Step::Seconds(15),
    Step::Seconds(30),
    Step::Minutes(1),
    Step::Minutes(5),
    Step::Minutes(10),
    Step::Minutes(15),
    Step::Minutes(30),
    Step::Minutes(60),
    Step::Minutes(120),
    Step::Minutes(180),
    Step::Minutes(360),
    Step::Minutes(720),
    Step::Days(1),
    Step::Days(2),
    Step::Days(4),
    Step::Days(7),
    Step::Days(14),
    Step::Months(1),
    Step::Months(3),
    Step::Months(6),
    Step::Years(1),
    Step::Years(2),
    Step::Years(5),
    Step::Years(10),
];

impl Step {
    fn seconds(self) -> f64 {
        match self {
            Self::Seconds(seconds) => f64::from(seconds),
            Self::Minutes(minutes) => f64::from(minutes) * 60.0,
            Self::Days(days) => f64::from(days) * 86_400.0,
            Self::Months(months) => f64::from(months) * 2_419_200.0,
            Self::Years(years) => f64::from(years) * 31_536_000.0,
        }
    }

    /// The widest labels that it can have.
    fn widest(self) -> &'static [&'static str] {
        match self {
            Self::Seconds(_) => &["00:00:00", "Nov 28"],
            Self::Minutes(_) => &["00:00", "Nov 28"],
            Self::Days(_) => &["Nov 28"],
            Self::Months(_) => &["Nov", "2028"],
            Self::Years(_) => &["2028"],
        }
    }

    fn label(self, at: &Zoned) -> String {
        let format = match self {
            Self::Seconds(_) if at.hour() == 0 && at.minute() == 0 && at.second() == 0 => "%b %-d",
            Self::Seconds(_) => "%H:%M:%S",
            Self::Minutes(_) if at.hour() == 0 && at.minute() == 0 => "%b %-d",
            Self::Minutes(_) => "%H:%M",
            Self::Days(_) => "%b %-d",
            Self::Months(_) if at.month() == 1 => "%Y",
            Self::Months(_) => "%b",
            Self::Years(_) => "%Y",
        };
        at.strftime(format).to_string()
    }

    /// The first moment at or before `at` that can have a label.
    fn begin(self, at: &Zoned) -> civil::DateTime {
        let date = at.date();
        match self {
            Self::Seconds(seconds) => {
                let second = i32::from(at.second());
                date.at(at.hour(), at.minute(), (second - second % seconds) as i8, 0)
            }
            Self::Minutes(minutes) => {
                let passed = i32::from(at.hour()) * 60 + i32::from(at.minute());
                let begin = passed - passed % minutes;
                date.at((begin / 60) as i8, (begin % 60) as i8, 0, 0)
            }
            Self::Days(days) => {
                // Multiples of a week are counted from a Monday.
                let monday = civil::date(1970, 1, 5);
                let passed = (date - monday).get_days().rem_euclid(days);
                date.saturating_sub(Span::new().days(passed)).at(0, 0, 0, 0)
            }
            Self::Months(months) => {
                let month = i16::from(date.month() - 1);
                civil::date(date.year(), (month - month % months + 1) as i8, 1).at(0, 0, 0, 0)
            }
            Self::Years(years) => civil::date(date.year() - date.year().rem_euclid(years), 1, 1).at(0, 0, 0, 0),
        }
    }

    fn next(self, at: civil::DateTime) -> civil::DateTime {
        at.saturating_add(match self {
            Self::Seconds(seconds) => Span::new().seconds(seconds),
            Self::Minutes(minutes) => Span::new().minutes(minutes),
            Self::Days(days) => Span::new().days(days),
            Self::Months(months) => Span::new().months(months),
            Self::Years(years) => Span::new().years(years),
        })
    }
}

/// A label and its moment.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub(super) at: Timestamp,
    pub(super) text: String,
}

/// The labels of an axis of so many pixels.
pub(super) fn ticks(
    calendar: &Calendar,
    (from, to): (Timestamp, Timestamp),
    pixels: i32,
    measure: impl Fn(&str) -> i32,
) -> Vec<Tick> {
    let seconds = to.duration_since(from).as_secs_f64().max(1.0);
    let fits = |step: &&Step| {
        let widest = step.widest().iter().map(|text| measure(text)).max().unwrap_or(0);
        step.seconds() / seconds * f64::from(pixels) >= f64::from(widest + GAP)
    };
    let step = *STEPS.iter().find(fits).unwrap_or(&STEPS[STEPS.len() - 1]);
    let mut ticks: Vec<Tick> = Vec::new();
    let mut civil = step.begin(&calendar.local(from));
    while let Ok(at) = civil.to_zoned(calendar.zone.clone())
        && at.timestamp() < to
    {
        // Where the clock goes forward two labels can fall on one moment.
        if at.timestamp() >= from && ticks.last().is_none_or(|last| last.at < at.timestamp()) {
            ticks.push(Tick { at: at.timestamp(), text: step.label(&at) });
        }
        let next = step.next(civil);
        if next <= civil {
            break;
        }
        civil = next;
    }
    ticks
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::*;

    fn texts(from: &str, to: &str, pixels: i32) -> Vec<String> {
        let calendar = Calendar { zone: TimeZone::get("Europe/Berlin").unwrap(), month_begins: 1 };
        let span = (from.parse().unwrap(), to.parse().unwrap());
        ticks(&calendar, span, pixels, width).into_iter().map(|tick| tick.text).collect()
    }

    fn width(text: &str) -> i32 {
        text.len() as i32 * 8
    }

    #[test]
    fn labels_are_of_the_wall() {
        let day = texts("2026-11-24T20:30:00Z", "2026-11-25T20:30:00Z", 400);
        assert_eq!(day, ["Nov 25", "06:00", "12:00", "18:00"]);
        let year = texts("2025-12-01T00:00:00+01:00", "2026-12-01T00:00:00+01:00", 700);
        assert_eq!(year[..3], ["Dec", "2026", "Feb"]);
        let weeks = texts("2026-10-26T00:00:00+01:00", "2026-11-26T00:00:00+01:00", 320);
        assert_eq!(weeks, ["Oct 26", "Nov 2", "Nov 9", "Nov 16", "Nov 23"]);
    }

    #[test]
    fn the_hour_that_is_not_has_no_label_and_that_which_is_twice_has_one() {
        let spring = texts("2026-03-28T23:00:00Z", "2026-03-29T06:00:00Z", 700);
        assert_eq!(spring, ["Mar 29", "01:00", "03:00", "04:00", "05:00", "06:00", "07:00"]);
        let autumn = texts("2026-10-24T22:00:00Z", "2026-10-25T05:00:00Z", 700);
        assert_eq!(autumn, ["Oct 25", "01:00", "02:00", "03:00", "04:00", "05:00"]);
    }

    proptest! {
        #[test]
        fn labels_never_touch(start in 0_i64..3_000_000_000, seconds in 1_i64..600_000_000, pixels in 200_i32..1_600) {
            let (from, to) = (Timestamp::from_second(start).unwrap(), Timestamp::from_second(start + seconds).unwrap());
            let calendar = Calendar { zone: TimeZone::get("Europe/Berlin").unwrap(), month_begins: 1 };
            let ticks = ticks(&calendar, (from, to), pixels, width);
            let x = |tick: &Tick| tick.at.duration_since(from).as_secs_f64() / seconds as f64 * f64::from(pixels);
            for pair in ticks.windows(2) {
                let apart = x(&pair[1]) - x(&pair[0]);
                let room = f64::from(width(&pair[0].text) + width(&pair[1].text)) / 2.0;
                prop_assert!(apart >= room, "{ticks:?}");
            }
        }
    }
}
