#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod baselines;
mod measures;
mod periods;
mod properties;
mod rates;
mod silence;
mod stored;
mod told;
mod volumes;

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};

use super::*;
use crate::{
    pattern::Pattern,
    rule::{Metric, Op, Target},
    sink::fixture,
    snapshot::{Health, Rows, SCHEMA, Snapshot},
};

/// 50 Mbit/s.
const LIMIT: f64 = 6_250_000.0;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn condition(op: Op, threshold: Threshold, text: &str) -> Condition {
    Condition { op, threshold, text: text.into() }
}

/// A rule on what interfaces receive.
fn rule(pattern: &str, condition: Condition, lasting: Duration) -> Rule {
    let target = Target { scope: Scope::Interface, pattern: Some(Pattern::new(pattern).unwrap()), metric: Metric::Rx };
    let text = format!("interface {pattern} rx {} {} for {lasting:?}", condition.op.symbol(), condition.text);
    Rule { target, condition, lasting, text: text.into() }
}

/// `interface PATTERN rx > 50Mbit/s for LASTING`.
fn fast(pattern: &str, lasting: u64) -> Spec {
    Spec::of_rule(rule(pattern, condition(Op::Above, Threshold::Rate(LIMIT), "50Mbit/s"), seconds(lasting)))
}

fn utc() -> Calendar {
    Calendar { zone: TimeZone::UTC, month_begins: 1 }
}

fn berlin() -> Calendar {
    Calendar { zone: TimeZone::get("Europe/Berlin").unwrap(), month_begins: 1 }
}

/// A host whose time goes on by what a test says.
struct Host {
    engine: Engine,
    time: Timestamp,
}

impl Host {
    fn new(specs: Vec<Spec>) -> Self {
        Self::at("2026-11-25T09:00:00Z", specs, utc())
    }

    fn at(time: &str, specs: Vec<Spec>, calendar: Calendar) -> Self {
        Self { engine: Engine::new(specs, calendar, None), time: time.parse().unwrap() }
    }

    /// A reading after `tick`: what each interface has received in it, in bytes a second.
    fn after(&mut self, tick: Duration, rates: &[(&str, f64)]) -> Vec<Notice> {
        self.time = self.time.checked_add(tick).unwrap();
        let snapshot = snapshot(self.time, tick, rates);
        self.engine.observe(&snapshot)
    }

    /// A second in which `eth0` received so much.
    fn second(&mut self, rate: f64) -> Vec<Notice> {
        self.after(seconds(1), &[("eth0", rate)])
    }

    /// As after a restart by way of the disk.
    fn restart(&mut self, specs: Vec<Spec>, calendar: Calendar) {
        let text = serde_json::to_string(&self.engine.save()).unwrap();
        self.engine = Engine::new(specs, calendar, Some(serde_json::from_str(&text).unwrap()));
    }

    fn complaints(&self) -> Vec<String> {
        self.engine.complaints().into_iter().map(|complaint| complaint.sentence).collect()
    }

    fn only(&self) -> Alert {
        let alerts = self.engine.alerts();
        assert_eq!(alerts.len(), 1, "{alerts:?}");
        alerts[0].clone()
    }
}

fn snapshot(time: Timestamp, elapsed: Duration, rates: &[(&str, f64)]) -> Snapshot {
    let interfaces = rates.iter().map(|&(name, rate)| {
        let bytes = (rate * elapsed.as_secs_f64()).round() as i64;
        let rx = crate::snapshot::Flow { bytes, bytes_per_second: rate, ..fixture::flow(0) };
        let link = (!name.starts_with("wg")).then_some(1_000_000_000);
        crate::snapshot::Interface { edge: name == "eth0", ..fixture::interface(name, 2, link, rx, fixture::flow(0)) }
    });
    Snapshot {
        schema: SCHEMA,
        time,
        elapsed,
        interfaces: interfaces.collect(),
        groups: Vec::new(),
        rows: Rows::default(),
        alerts: None,
        events: None,
        health: Health::default(),
    }
}

fn changes(notices: &[Notice]) -> Vec<Change> {
    notices.iter().map(|notice| notice.change).collect()
}
