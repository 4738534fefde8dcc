//! Times as people write them: `yesterday`, `monday`, `2026-11-01 14:00`, `2026-11`, and spans such as `24h`.

use interim::{Dialect, parse_date_string};
use jiff::{Span, Timestamp, Zoned, civil};

use super::calendar::Calendar;
use crate::history::query::Every;

/// Which end of a span a text is for. One that names a day, a month or a year means its begin, or its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// `--from`.
    From,
    /// `--to`.
    To,
}

/// The moment that `text` says, at `now`.
///
/// # Errors
/// A sentence with examples of what can be given.
pub fn moment(text: &str, edge: Edge, now: Timestamp, calendar: &Calendar) -> Result<Timestamp, String> {
    let text = text.trim();
    let named = named(text, now, calendar).or_else(|| human(text, now, calendar));
    let Some((begin, length)) = named else {
        return Err(format!(
            "{text:?} is no time: give one such as yesterday, monday, \"2 hours ago\", 2026-11, 2026-11-01 or \"2026-11-01 14:00\""
        ));
    };
    Ok(match (edge, length) {
        (Edge::To, Some(length)) => calendar.later(length, begin, 1),
        _ => begin,
    })
}

type Named = (Timestamp, Option<Every>);

/// Years, months, days and moments as ISO 8601 has them.
fn named(text: &str, now: Timestamp, calendar: &Calendar) -> Option<Named> {
    let local = |time: civil::DateTime| time.to_zoned(calendar.zone.clone()).ok().map(|zoned| zoned.timestamp());
    if text.eq_ignore_ascii_case("now") {
        return Some((now, None));
    }
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some((timestamp, None));
    }
    if let Some((date, length)) = month_or_year(text, calendar) {
        return Some((local(date.at(0, 0, 0, 0))?, Some(length)));
    }
    let time = text.parse::<civil::DateTime>().ok()?;
    let is_date = text.parse::<civil::Date>().is_ok() && !text.contains(':');
    Some((local(time)?, is_date.then_some(Every::Day)))
}

/// `2026-11` and `2026`, from the day on which months begin.
fn month_or_year(text: &str, calendar: &Calendar) -> Option<(civil::Date, Every)> {
    let (year, month) = match text.split_once('-') {
        Some((year, month)) if month.len() == 2 => (year, Some(month.parse().ok()?)),
        None => (text, None),
        Some(_) => return None,
    };
    if year.len() != 4 {
        return None;
    }
    let date = civil::Date::new(year.parse().ok()?, month.unwrap_or(1), calendar.month_begins).ok()?;
    Some((date, if month.is_some() { Every::Month } else { Every::Year }))
}

/// Nobody goes back by more of anything; [`interim`] counts seconds in 32 bits, and does not look whether they are too many.
const MOST_DIGITS: usize = 5;

/// No word of a time is longer; [`interim`] panics at one of 16 letters behind an hour, and at capital ones.
const MOST_LETTERS: usize = 12;

/// What [`interim`] understands. History is in the past: `monday` is the last one.
fn human(text: &str, now: Timestamp, calendar: &Calendar) -> Option<Named> {
    let text = text.to_ascii_lowercase();
    let too_long = |is: fn(&char) -> bool, most| text.split(|c: char| !is(&c)).any(|run| run.len() > most);
    if too_long(char::is_ascii_digit, MOST_DIGITS) || too_long(char::is_ascii_alphabetic, MOST_LETTERS) {
        return None;
    }
    let text = text.as_str();
    let today = calendar.local(now);
    let parse = |text: &str| parse_date_string::<Zoned>(text, today.clone(), Dialect::Uk).ok();
    let length = is_day(text).then_some(Every::Day);
    let said = match text {
        "today" => today.start_of_day().ok()?,
        "yesterday" => today.yesterday().ok()?.start_of_day().ok()?,
        _ => parse(text)?,
    };
    let past = if said > today { parse(&format!("last {text}")).unwrap_or(said) } else { said };
    Some((past.timestamp(), length))
}

/// Whether the words name a whole day.
fn is_day(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let last = lower.trim_start_matches("last ").trim();
    let weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    matches!(last, "today" | "yesterday") || (!last.contains(' ') && weekdays.iter().any(|day| last.starts_with(day)))
}

/// The begin of what `--last` says (`24h`, `30d`, `1mo`), at `now`.
///
/// # Errors
/// A sentence with examples of what can be given.
pub fn ago(text: &str, now: Timestamp, calendar: &Calendar) -> Result<Timestamp, String> {
    let wrong = || format!("{text:?} is no length of time: give one such as 90m, 24h, 7d, 4w, 6mo or 1y");
    let span: Span = text.trim().parse().map_err(|_| wrong())?;
    if !span.is_positive() {
        return Err(wrong());
    }
    let begin = calendar.local(now).checked_sub(span).map_err(|_| wrong())?;
    Ok(begin.timestamp())
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::*;

    fn calendar() -> Calendar {
        Calendar { zone: TimeZone::get("Europe/Berlin").unwrap(), month_begins: 1 }
    }

    /// A Wednesday.
    fn now() -> Timestamp {
        "2026-11-25T21:30:00+01:00".parse().unwrap()
    }

    fn said(text: &str, edge: Edge) -> String {
        let at = moment(text, edge, now(), &calendar()).unwrap();
        calendar().local(at).strftime("%F %H:%M").to_string()
    }

    #[test]
    fn what_people_write_is_understood() {
        for (text, begin) in [
            ("yesterday", "2026-11-24 00:00"),
            ("today", "2026-11-25 00:00"),
            ("monday", "2026-11-23 00:00"),
            ("wednesday", "2026-11-25 00:00"),
            ("last friday", "2026-11-20 00:00"),
            ("2026-11-01", "2026-11-01 00:00"),
            ("2026-11-01 14:00", "2026-11-01 14:00"),
            ("2026-11-01T14:00", "2026-11-01 14:00"),
            ("2026-11-01T13:00:00Z", "2026-11-01 14:00"),
            ("2026-11", "2026-11-01 00:00"),
            ("2025", "2025-01-01 00:00"),
            ("2 hours ago", "2026-11-25 19:30"),
            ("now", "2026-11-25 21:30"),
        ] {
            assert_eq!(said(text, Edge::From), begin, "{text}");
        }
    }

    #[test]
    fn an_end_includes_the_day_or_month_that_it_names() {
        for (text, end) in [
            ("yesterday", "2026-11-25 00:00"),
            ("monday", "2026-11-24 00:00"),
            ("2026-10", "2026-11-01 00:00"),
            ("2026-10-31", "2026-11-01 00:00"),
            ("2025", "2026-01-01 00:00"),
            ("2026-10-31 12:00", "2026-10-31 12:00"),
        ] {
            assert_eq!(said(text, Edge::To), end, "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_told_with_examples() {
        for wrong in
            ["", "soon", "2026-13", "31/31/2026", "24:99", "20266", "1000000 hours ago", "2147483647 weeks ago"]
        {
            let error = moment(wrong, Edge::From, now(), &calendar()).unwrap_err();
            assert!(error.contains("yesterday"), "{wrong}: {error}");
        }
    }

    #[test]
    fn what_the_parser_stumbles_at_is_no_time() {
        for text in ["m0A", "3 PMX", "monday 3abcdefghijklmnopq", "last 7 AMMMMMMMMMMMMMMMMM"] {
            assert!(moment(text, Edge::From, now(), &calendar()).is_err(), "{text}");
        }
        assert_eq!(said("Monday 3 PM", Edge::From), said("monday 3 pm", Edge::From));
    }

    proptest! {
        #[test]
        fn nothing_that_is_written_makes_it_stumble(
            any in ".{0,24}", count in any::<u64>(), small in 0..100_000_u64,
            unit in "second|minute|hour|day|week|month|year|sec|h|d", tail in "| ago| 14:00|:61|Z|-13",
        ) {
            for text in [any, format!("{count} {unit}s{tail}"), format!("{small} {unit}s{tail}"), format!("{small}{unit}{tail}"), format!("last {unit}{tail}")] {
                for edge in [Edge::From, Edge::To] {
                    let _ = moment(&text, edge, now(), &calendar());
                }
                let _ = ago(&text, now(), &calendar());
            }
        }
    }

    #[test]
    fn spans_go_back_on_the_wall() {
        let of = |text| calendar().local(ago(text, now(), &calendar()).unwrap()).strftime("%F %H:%M").to_string();
        assert_eq!(of("24h"), "2026-11-24 21:30");
        assert_eq!(of("30d"), "2026-10-26 21:30");
        assert_eq!(of("32d"), "2026-10-24 21:30");
        assert_eq!(of("1mo"), "2026-10-25 21:30");
        for wrong in ["", "-1h", "0h", "later", "99999y"] {
            assert!(ago(wrong, now(), &calendar()).is_err(), "{wrong}");
        }
    }
}
