//! An attack in one sentence, for people.

use std::{fmt::Display, time::Duration};

use indicatif::HumanCount;
use jiff::fmt::friendly::{Designator, Spacing, SpanPrinter};
use nbw_detect::{
    Event, Kind,
    event::{Concerned, MOST_NAMED, Role},
};

use super::of_kind;
use crate::{
    text,
    units::{self, Units},
};

/// `1 h 3 m`.
const TIMES: SpanPrinter =
    SpanPrinter::new().designator(Designator::Compact).spacing(Spacing::BetweenUnitsAndDesignators);

/// So many are named, and more are counted.
const NAMED: usize = 2;

/// `syn-flood on 10.0.0.2:80: 4,500 SYN/s from 1,000 sources (confidence 97 %)`.
pub fn sentence(event: &Event) -> String {
    let whom = prefixed(" on ", &whose(event, Role::Target));
    let over = if event.ongoing { String::new() } else { format!(" is over after {}", lasted(event)) };
    let what = [figure(event), prefixed("from ", &whose(event, Role::Source))];
    let what = what.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let what = prefixed(": ", &what);
    format!("{}{whom}{over}{what} (confidence {})", of_kind(event.kind), units::percent(event.confidence))
}

/// What to do about it, in one line.
pub fn advice(event: &Event) -> String {
    event.advice.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `10.0.0.1, 10.0.0.2, 10.0.0.3 and 997 more`: so many by their names at most, of those whom an event names and of how many it counts.
/// Where it names all, their number is no estimate.
pub fn named(names: &[String], count: u64, most: usize) -> String {
    let shown = &names[..names.len().min(most)];
    let known = if names.len() < MOST_NAMED { names.len() as u64 } else { count.max(names.len() as u64) };
    match known.saturating_sub(shown.len() as u64) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Those who are few by their names, and how many `what` there are where they are more.
pub(super) fn who(named: &[String], count: u64, what: &str) -> String {
    match named {
        [] if count == 0 => String::new(),
        [..] if count as usize > NAMED || named.is_empty() => format!("{} {what}", HumanCount(count)),
        some => some.join(" and "),
    }
}

/// Who is on that side, with the names that this host has for them.
fn whose(event: &Event, role: Role) -> String {
    let who = match role {
        Role::Source => who(&event.sources, event.source_count, "sources"),
        Role::Target => who(&event.targets, event.target_count, "targets"),
    };
    match event.concerned.iter().filter(|concerned| concerned.role == role).find_map(called) {
        Some(name) if who.is_empty() => name,
        Some(name) => format!("{who} ({name})"),
        None => who,
    }
}

/// What people call somebody on this host.
pub(super) fn called(concerned: &Concerned) -> Option<String> {
    let name = concerned.name.as_ref().or(concerned.process.as_ref()).or(concerned.cgroup.as_ref())?;
    Some(text::clean(name).into_owned())
}

fn prefixed(prefix: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{prefix}{text}") }
}

/// How much of it there was: a rate while it goes on, of what comes in floods.
fn figure(event: &Event) -> String {
    let of = |name: &str| event.evidence.get(name).copied().filter(|value| *value > 0.0);
    let (counted, bytes) = (of("counted"), of("bytes"));
    match event.kind {
        Kind::SynFlood => rate(event, counted, "SYN"),
        Kind::UdpFlood | Kind::IcmpFlood => rate(event, counted, "packets"),
        Kind::FragmentFlood => rate(event, counted, "fragments"),
        Kind::Backscatter => rate(event, counted, "answers"),
        Kind::Amplification => bytes.map_or_else(|| rate(event, counted, "packets"), |bytes| stream(event, bytes)),
        Kind::Tunnel | Kind::Exfiltration => bytes.map_or_else(String::new, |bytes| units::volume(bytes as u64)),
        Kind::BruteForce | Kind::Slowloris | Kind::Beacon => number(counted, "connections"),
        Kind::PortScan | Kind::HostSweep | Kind::ArpScan => number(counted, "probes"),
        Kind::ArpSpoof => number(counted, "packets"),
    }
}

/// Of a moment, what would be a rate is as much as in a second.
fn seconds(event: &Event) -> f64 {
    event.evidence.get("seconds").copied().unwrap_or(0.0).max(1.0)
}

fn rate(event: &Event, counted: Option<f64>, what: &str) -> String {
    let per_second = |counted: f64| format!("{} {what}/s", HumanCount((counted / seconds(event)).round() as u64));
    if event.ongoing { counted.map_or_else(String::new, per_second) } else { number(counted, what) }
}

fn stream(event: &Event, bytes: f64) -> String {
    if event.ongoing { Units::Bits.rate(bytes / seconds(event)) } else { units::volume(bytes as u64) }
}

fn number(counted: Option<f64>, what: impl Display) -> String {
    counted.map_or_else(String::new, |counted| format!("{} {what}", HumanCount(counted.round() as u64)))
}

fn lasted(event: &Event) -> String {
    let lasted = Duration::try_from(event.last_seen.duration_since(event.first_seen)).unwrap_or_default();
    let whole = Duration::from_secs((lasted.as_secs_f64().round() as u64).max(1));
    TIMES.unsigned_duration_to_string(&whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detection::fixture::{flood, leak, over, scan};

    #[test]
    fn a_sentence_says_what_to_whom_by_whom_and_how_sure() {
        assert_eq!(sentence(&flood()), "syn-flood on 10.0.0.2:80: 4,500 SYN/s from 1,000 sources (confidence 97 %)");
        assert_eq!(sentence(&scan()), "port-scan on 10.0.0.2: 1,000 probes from 10.0.0.1 (confidence 90 %)");
        assert_eq!(sentence(&leak()), "exfiltration on 203.0.113.7: 2.50 GB from 10.0.0.5 (web) (confidence 70 %)");
    }

    #[test]
    fn an_end_says_how_long_it_took_and_how_much_it_was() {
        assert_eq!(
            sentence(&over(flood())),
            "syn-flood on 10.0.0.2:80 is over after 1 m 40 s: 450,000 SYN from 1,000 sources (confidence 97 %)"
        );
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let bare = Event { evidence: Default::default(), sources: Vec::new(), source_count: 0, ..flood() };
        assert_eq!(sentence(&bare), "syn-flood on 10.0.0.2:80 (confidence 97 %)");
        let two = Event { targets: vec!["10.0.0.2".into(), "10.0.0.3".into()], target_count: 2, ..scan() };
        assert!(sentence(&two).starts_with("port-scan on 10.0.0.2 and 10.0.0.3: "));
    }

    #[test]
    fn of_a_moment_no_rate_is_made_up() {
        let mut moment = flood();
        moment.evidence.insert("counted".into(), 100.0);
        moment.evidence.insert("seconds".into(), 0.01);
        assert!(sentence(&moment).contains(": 100 SYN/s "), "{}", sentence(&moment));
    }

    #[test]
    fn some_are_named_and_the_others_counted() {
        let hosts = |many: usize| (1..=many).map(|host| format!("10.0.0.{host}")).collect::<Vec<_>>();
        assert_eq!(named(&hosts(16), 1_000, 2), "10.0.0.1, 10.0.0.2 and 998 more");
        assert_eq!(named(&hosts(3), 4, 2), "10.0.0.1, 10.0.0.2 and 1 more", "all are named, and 4 an estimate");
        assert_eq!((named(&hosts(2), 2, 2).as_str(), named(&[], 0, 2).as_str()), ("10.0.0.1, 10.0.0.2", ""));
    }

    #[test]
    fn advice_is_one_line() {
        let event = Event { advice: "Close\n  what is open.\n".into(), ..flood() };
        assert_eq!(advice(&event), "Close what is open.");
    }

    #[test]
    fn names_from_outside_are_cleaned() {
        let mut leak = leak();
        leak.concerned[0].name = Some("a\u{1b}[31mb".into());
        assert!(!sentence(&leak).contains('\u{1b}'));
    }
}
