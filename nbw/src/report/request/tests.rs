use clap::Parser;

use super::*;
use crate::cli::{Cli, Command};

/// A Wednesday.
const NOW: &str = "2026-11-25T21:30:00+01:00";

fn asked(words: &str) -> Result<Request, Failure> {
    let is_zone_given = words.contains("--zone");
    let words = ["nbw", "report"].into_iter().chain(words.split_whitespace());
    let zone = ["--zone", "Europe/Berlin"].into_iter().filter(|_| !is_zone_given);
    let words = words.chain(zone);
    let Command::Report(args) = Cli::try_parse_from(words).unwrap().into_command() else {
        unreachable!("not asked for")
    };
    let format = format(&args)?;
    request(&args, format, NOW.parse().unwrap(), "host1".into())
}

/// From, to (on the wall) and the parts.
fn time(words: &str) -> (String, String, Every) {
    let request = asked(words).unwrap();
    let local = |at| request.calendar.local(at).strftime("%F %H:%M").to_string();
    (request.from.map_or_else(|| "begin".into(), local), local(request.to), request.every)
}

#[test]
fn each_word_has_its_usual_time() {
    let now = "2026-11-25 21:30";
    for (words, from, every) in [
        ("", "2026-11-24 21:30", Every::Seconds(300)),
        ("hours", "2026-11-24 22:00", Every::Seconds(3_600)),
        ("days", "2026-10-27 00:00", Every::Day),
        ("weeks", "2026-09-07 00:00", Every::Week),
        ("months", "2025-12-01 00:00", Every::Month),
        ("months --month-begins 15", "2025-12-15 00:00", Every::Month),
        ("years", "begin", Every::Year),
        ("top", "begin", Every::Day),
        ("--last 30d", "2026-10-26 21:30", Every::Seconds(3_600)),
        ("--last 30d --every 1d", "2026-10-26 21:30", Every::Day),
        ("--last 2y", "2024-11-25 21:30", Every::Day),
        ("--from monday", "2026-11-23 00:00", Every::Seconds(3_600)),
    ] {
        assert_eq!(time(words), (from.into(), now.into(), every), "{words}");
    }
    let october = time("--from 2026-10 --to 2026-10 --every 1mo");
    assert_eq!(october, ("2026-10-01 00:00".into(), "2026-11-01 00:00".into(), Every::Month));
    assert_eq!(time("days --to yesterday").0, "2026-10-26 00:00");
}

#[test]
fn hours_are_those_of_the_clock_where_it_differs_by_half_an_hour() {
    let request = asked("hours --zone Asia/Kolkata").unwrap();
    // It is 02:00 of the next day there.
    assert_eq!(request.calendar.local(request.from.unwrap()).strftime("%F %H:%M").to_string(), "2026-11-25 02:00");
}

#[test]
fn a_filter_says_whose_traffic_it_is() {
    let of = |words: &str| asked(words).map(|request| (request.kind, request.only));
    let matches = |words: &str, name: &str| of(words).unwrap().1.iter().any(|pattern| pattern.matches(name));
    assert_eq!(of("").unwrap().0, Kind::Interface);
    assert_eq!(of("-c web").unwrap().0, Kind::Container);
    assert!(matches("-u ssh", "ssh.service"));
    assert!(matches("-g /system.slice", "/system.slice/ssh.service") && matches("-g /system.slice", "/system.slice"));
    assert!(!matches("-g /system.slice", "/system.slices"));
    assert!(of("-g /").unwrap().1.is_empty());
    let id = "0123456789ab".repeat(5) + "cdef";
    assert!(matches("-c 0123", &id) && !matches("-c 0124", &id) && !matches("-c 012", &id));
    for wrong in ["--by unit -c web", "-i eth0 -c web", "-i [", "--format png --output x.png --every 10s --last 7d"] {
        assert!(matches!(asked(wrong), Err(Failure::Usage(_))), "{wrong}");
    }
}

#[test]
fn who_reads_it_gets_what_can_be_read() {
    let of =
        |words: &str| asked(words).map(|request| (request.top, request.rows, request.hours, request.advice)).unwrap();
    assert_eq!(of("hours"), (Some(10), 10, false, false));
    assert_eq!(of("hours --format json"), (None, usize::MAX, false, false));
    assert_eq!(of("top --top 3"), (None, 3, false, false));
    assert_eq!(of("--output page.HTML"), (Some(10), 10, true, true));
    assert_eq!(of("--output page.html --to yesterday"), (Some(10), 10, true, false));
    assert_eq!(of("--format json --advice"), (None, usize::MAX, false, true));
    for wrong in ["--format csv --advice", "--output x.svg --advice", "--output x.png --advice"] {
        assert!(matches!(asked(wrong), Err(Failure::Usage(_))), "{wrong}");
    }
}
