//! Evidence made up for tests: a quiet host with `eth0` (1 Gbit/s) and `veth1`, to which traffic and counters are added.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{
    Evidence, Finding, Rule,
    evidence::{Counters, Talk, live},
    facts::{Duplex, Facts, Interface, Queue},
};
use crate::history::{
    Kind, Moved, Subject,
    query::{Answer, Part, Point, Series},
};

/// Bytes a second of `eth0`.
pub(crate) const LINK: f64 = 125e6;
/// Seconds in an hour, and in a day.
pub(crate) const HOUR: u32 = 3_600;
pub(crate) const DAY: u32 = 24 * HOUR;

/// Half a minute of watching.
pub(crate) fn live() -> Evidence {
    empty(true, 30, 1)
}

/// A week, from Monday 00:00 UTC, hour by hour; with the counters of every hour.
pub(crate) fn week() -> Evidence {
    empty(false, 168, HOUR)
}

fn empty(live: bool, count: usize, seconds: u32) -> Evidence {
    let from: Timestamp = "2026-11-16T00:00:00Z".parse().unwrap();
    let length = SignedDuration::from_secs(i64::from(seconds)) * i32::try_from(count).unwrap();
    let eth0 = Interface { speed: Some(1_000_000_000), hardware: true, ..interface("eth0", 2) };
    let interfaces = vec![Interface { loopback: true, ..interface("lo", 1) }, eth0, interface("veth1", 3)];
    Evidence {
        from,
        to: from + length,
        live,
        zone: TimeZone::UTC,
        traffic: HashMap::new(),
        days: HashMap::new(),
        counters: Counters { seconds: vec![f64::from(seconds); count], ..Counters::default() },
        facts: Facts { interfaces, ..Facts::default() },
        talks: live.then(Vec::new),
    }
}

fn interface(name: &str, index: u32) -> Interface {
    let duplex = Some(Duplex::Full);
    Interface { name: name.into(), index, carrier: true, mtu: 1_500, duplex, ..Interface::default() }
}

fn parts(from: Timestamp, count: usize, seconds: u32) -> Vec<Part> {
    let at = |number: usize| from + SignedDuration::from_secs(i64::from(seconds) * i64::try_from(number).unwrap());
    (0..count)
        .map(|number| Part {
            start: at(number),
            end: at(number + 1),
            recorded_seconds: seconds,
            sample_seconds: seconds,
        })
        .collect()
}

/// Made of rates in bytes a second, in packets of `size` bytes.
fn add(answer: &mut Answer, subject: Subject, size: f64, rates: impl Fn(usize) -> (f64, f64)) {
    let point = |(number, part): (usize, &Part)| {
        let (rx, tx) = rates(number);
        let moved = |rate: f64| {
            let bytes = (rate * f64::from(part.recorded_seconds)) as u64;
            Moved { bytes, packets: (bytes as f64 / size) as u64, peak: rate }
        };
        Point { rx: moved(rx), tx: moved(tx), rx_p95: rx, tx_p95: tx }
    };
    let points: Vec<Point> = answer.parts.iter().enumerate().map(point).collect();
    answer.whole.push(live::whole(&answer.parts, &points));
    answer.series.push(Series { subject, points });
}

fn subject(kind: Kind, name: &str) -> Subject {
    let shown = if name.starts_with("unattributed ") { "unattributed" } else { name };
    Subject { kind, key: name.into(), name: shown.into() }
}

impl Evidence {
    /// With a subject that moves at these rates (received, sent; bytes a second) in each part, in packets of 1,000 bytes.
    pub(crate) fn with(self, kind: Kind, name: &str, rates: impl Fn(usize) -> (f64, f64)) -> Self {
        self.with_packets(kind, name, 1_000.0, rates)
    }

    /// The same in packets of `size` bytes.
    pub(crate) fn with_packets(
        mut self,
        kind: Kind,
        name: &str,
        size: f64,
        rates: impl Fn(usize) -> (f64, f64),
    ) -> Self {
        let (from, count, seconds) = (self.from, self.counters.seconds.len(), self.counters.seconds[0] as u32);
        let answer = self.traffic.entry(kind).or_insert_with(|| nothing(parts(from, count, seconds), seconds));
        add(answer, subject(kind, name), size, rates);
        self
    }

    /// With the rates of so many days up to the end.
    pub(crate) fn with_days(
        mut self,
        kind: Kind,
        name: &str,
        count: usize,
        rates: impl Fn(usize) -> (f64, f64),
    ) -> Self {
        let from = self.to - SignedDuration::from_hours(24) * i32::try_from(count).unwrap();
        let answer = self.days.entry(kind).or_insert_with(|| nothing(parts(from, count, DAY), 300));
        add(answer, subject(kind, name), 1_000.0, rates);
        self
    }

    /// With a counter that grew so much, all of it in the first part.
    pub(crate) fn grew(self, owner: &str, what: &str, by: u64) -> Self {
        self.grew_in(owner, what, 1, by)
    }

    /// With a counter that grew so much in each of the first `count` parts.
    pub(crate) fn grew_in(mut self, owner: &str, what: &str, count: usize, by: u64) -> Self {
        let mut grown = vec![0; self.counters.seconds.len()];
        grown[..count].fill(by);
        self.counters.grown.insert(format!("{owner} {what}").into(), grown);
        self
    }

    /// With `eth0` changed.
    pub(crate) fn eth0(mut self, change: impl FnOnce(&mut Interface)) -> Self {
        change(&mut self.facts.interfaces[1]);
        self
    }

    /// With a queue at `eth0` as its root.
    pub(crate) fn queue(mut self, kind: &str, rate: Option<f64>) -> Self {
        let (interface, handle) = ("eth0".into(), "1:".into());
        self.facts.queues.push(Queue { interface, kind: kind.into(), handle, class: false, root: true, rate });
        self
    }

    /// With someone who talked.
    pub(crate) fn talk(mut self, who: &str, remote: &str, port: u16, bytes: u64, sent: u64) -> Self {
        let remote = remote.parse().unwrap();
        let talk = Talk { who: who.into(), container: true, remote, port, protocol: "udp".into(), bytes, sent };
        self.talks.get_or_insert_default().push(talk);
        self
    }
}

fn nothing(parts: Vec<Part>, sample_seconds: u32) -> Answer {
    Answer { parts, series: Vec::new(), whole: Vec::new(), sample_seconds }
}

/// The subjects that a rule names.
pub(crate) fn named(rule: &dyn Rule, evidence: &Evidence) -> Vec<String> {
    let check = |finding: Finding| {
        assert_eq!(finding.rule, rule.id());
        assert!(!finding.evidence.is_empty() && !finding.advice.is_empty() && !finding.sure.is_empty(), "{finding:?}");
        finding.subject
    };
    rule.find(evidence).into_iter().map(check).collect()
}
