use jiff::{Timestamp, tz::TimeZone};

use super::*;
use crate::{
    alert::{Calendar, Spec},
    rule::Rule,
    sink::fixture,
    snapshot::{Flow, Snapshot},
};

fn rule(text: &str) -> Rule {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

fn engine(rules: &[&str]) -> Engine {
    let specs = rules.iter().map(|text| Spec::of_rule(rule(text))).collect();
    Engine::new(specs, Calendar { zone: TimeZone::UTC, month_begins: 1 }, None)
}

/// A tick of so many milliseconds in which interfaces received so many bytes.
fn tick(milliseconds: u64, received: &[(&str, i64)]) -> Snapshot {
    let interface = |&(name, bytes): &(&str, i64)| {
        let rx = Flow { bytes, packets: bytes / 100, ..fixture::flow(0) };
        let link = (name == "eth0").then_some(8_000_000);
        fixture::interface(name, 2, link, rx, fixture::flow(0))
    };
    Snapshot {
        time: Timestamp::UNIX_EPOCH,
        elapsed: Duration::from_millis(milliseconds),
        interfaces: received.iter().map(interface).collect(),
        ..fixture::snapshot()
    }
}

fn values(measured: &Measured) -> Vec<(&str, f64, Option<f64>)> {
    let value = |subject: &MeasuredSubject| (subject.value, subject.threshold);
    measured.subjects.iter().map(|one| (&*one.subject.name, value(one).0, value(one).1)).collect()
}

#[test]
fn rates_are_averages_of_what_comes_after_the_question() {
    let engine = engine(&[]);
    let mut averaging = Averaging::new(rule("interface * rx > 80%"), Duration::from_secs(2));
    assert_eq!(averaging.take(&tick(1000, &[("eth0", 1_000_000)]), &engine), None, "it began before the question");
    assert_eq!(averaging.take(&tick(1000, &[("eth0", 1000)]), &engine), None);
    // One that comes a little early is the last one all the same; who comes late was there for none of it.
    let measured = averaging.take(&tick(990, &[("eth0", 2980), ("wg0", 199)]), &engine).unwrap();
    assert_eq!(values(&measured), [("eth0", 2000.0, Some(800_000.0)), ("wg0", 100.0, None)]);
    assert_eq!((measured.unit, measured.seconds), (Unit::BytesPerSecond, 1.99));
}

#[test]
fn without_a_time_one_tick_is_measured() {
    let engine = engine(&[]);
    let mut averaging = Averaging::new(rule("interface eth0 rx-packets > 10pps"), Duration::ZERO);
    assert_eq!(averaging.take(&tick(500, &[]), &engine), None);
    let measured = averaging.take(&tick(500, &[("eth0", 1000)]), &engine).unwrap();
    assert_eq!(values(&measured), [("eth0", 20.0, Some(10.0))]);
    assert_eq!(measured.unit, Unit::PacketsPerSecond);
}

#[test]
fn volumes_are_the_engine_s_and_are_there_at_once() {
    let quota = "interface eth0 rx > 1MB per day";
    let mut engine = engine(&[quota]);
    for _ in 0..3 {
        engine.observe(&tick(1000, &[("eth0", 1000)]));
    }
    let now = tick(1000, &[("eth0", 500)]);
    engine.observe(&now);
    let measured = Averaging::new(rule(quota), Duration::from_secs(60)).take(&now, &engine).unwrap();
    assert_eq!(values(&measured), [("eth0", 3500.0, Some(1e6))]);
    assert_eq!((measured.unit, measured.seconds), (Unit::Bytes, 0.0));
}

#[test]
fn what_is_usual_is_not_known_at_first() {
    let usual = "interface eth0 rx > 3x usual";
    let mut engine = engine(&[usual]);
    let now = tick(1000, &[("eth0", 500)]);
    engine.observe(&now);
    let mut averaging = Averaging::new(rule(usual), Duration::ZERO);
    assert_eq!(averaging.take(&now, &engine), None);
    assert_eq!(values(&averaging.take(&now, &engine).unwrap()), [("eth0", 500.0, None)]);
}

#[test]
fn a_name_that_arrives_later_makes_no_second_container() {
    let named = |name: &str, bytes: i64| {
        let mut snapshot = Snapshot { elapsed: Duration::from_secs(1), ..fixture::with_rows() };
        let containers = snapshot.rows.containers.as_mut().unwrap();
        containers.truncate(1);
        containers[0].name = name.into();
        containers[0].tx = Flow { bytes, ..fixture::flow(0) };
        snapshot
    };
    let (first, second) = (named("77d0b1a3c9ee", 1_000), named("web", 3_000));
    let rule = rule("container * tx > 1MB/s");
    let engine = engine(&[]);
    let mut averaging = Averaging::new(rule.clone(), Duration::from_secs(2));
    assert!(averaging.take(&first, &engine).is_none() && averaging.take(&first, &engine).is_none());
    let measured = averaging.take(&second, &engine).unwrap();
    assert_eq!(values(&measured), [("web", 2_000.0, Some(1e6))]);
    let mut average = crate::control::Average::new(rule);
    average.add(&first);
    average.add(&second);
    assert_eq!(values(&average.measured()), [("web", 2_000.0, None)]);
}
