//! Volumes: shares, forecasts, periods, clocks that jump.

use super::*;
use crate::rule::Period;

/// `host total > 100GB per PERIOD`, of what is received.
fn quota(per: Period) -> Spec {
    let word = format!("{per:?}").to_lowercase();
    let volume = Threshold::Volume { bytes: 100_000_000_000, per };
    let condition = condition(Op::Above, volume, &format!("100GB per {word}"));
    let target = Target { scope: Scope::Host, pattern: None, metric: Metric::Total };
    let text = format!("host total > 100GB per {word}").into();
    Spec::of_rule(Rule { target, condition, lasting: Duration::ZERO, text })
}

const GB: f64 = 1e9;

impl Host {
    /// So many GB in so many hours.
    fn moved(&mut self, gigabytes: f64, hours: u64) -> Vec<Notice> {
        let rate = gigabytes * GB / (hours * 3_600) as f64;
        self.after(seconds(hours * 3_600), &[("eth0", rate), ("lo", 1e9)])
    }
}

#[test]
fn shares_are_told_one_after_another_and_a_new_month_ends_it() {
    let mut host = Host::at("2026-11-01T00:00:00Z", vec![quota(Period::Month)], berlin());
    assert!(host.moved(79.0, 240).is_empty());
    let told = host.moved(3.0, 24);
    assert_eq!((changes(&told), told[0].alert.severity), (vec![Change::Firing], Severity::Warning));
    assert_eq!((told[0].alert.unit, told[0].alert.threshold), (Unit::Bytes, 100.0 * GB));
    assert!(host.moved(1.0, 24).is_empty());
    let told = host.moved(13.0, 24);
    assert_eq!((changes(&told), told[0].alert.severity), (vec![Change::Severity], Severity::Warning));
    let told = host.moved(5.0, 24);
    assert_eq!((changes(&told), told[0].alert.severity), (vec![Change::Severity], Severity::Critical));
    assert_eq!(&*told[0].alert.summary, "host total 101.0 GB of 100GB per month (101 %)");
    assert!(host.moved(5.0, 300).is_empty());
    let told = host.moved(1.0, 90);
    assert_eq!((changes(&told), told[0].alert.ended), (vec![Change::Resolved], Some(Ended::Period)));
    assert_eq!(&*told[0].alert.summary, "host total 106.0 GB, a new month has begun");
    assert!(host.moved(78.0, 24).is_empty(), "it counts from nothing");
}

#[test]
fn all_shares_at_once_are_told_once() {
    let mut host = Host::new(vec![quota(Period::Day)]);
    let told = host.moved(200.0, 1);
    assert_eq!((changes(&told), told[0].alert.severity), (vec![Change::Firing], Severity::Critical));
}

#[test]
fn without_shares_only_the_whole_is_told() {
    let spec = Spec { shares: Vec::new(), severity: Severity::Critical, ..quota(Period::Day) };
    let mut host = Host::new(vec![spec]);
    assert!(host.moved(100.0, 1).is_empty(), "it is not above");
    let told = host.moved(1.0, 1);
    assert_eq!((changes(&told), told[0].alert.severity), (vec![Change::Firing], Severity::Critical));
}

#[test]
fn it_is_forecast_when_it_will_be_used_up() {
    let mut host = Host::at("2026-11-01T00:00:00Z", vec![quota(Period::Month)], berlin());
    let mut told = Vec::new();
    // 4 GB a day, so 100 GB in 25 days.
    for _ in 0..21 {
        told.extend(host.moved(4.0, 24));
    }
    assert_eq!(changes(&told), [Change::Firing]);
    let forecast = told[0].alert.forecast.unwrap();
    let expected: Timestamp = "2026-11-26T00:00:00Z".parse().unwrap();
    assert!(forecast.duration_since(expected).unsigned_abs() < seconds(3_600), "{forecast}");
    let summary = &*told[0].alert.summary;
    assert!(
        summary.starts_with("host total 84.0 GB of 100GB per month (84 %), will be used up on 26 Nov "),
        "{summary}"
    );
    // Of late it was much faster: 15 GB a day, so the last GB takes 3 hours and not 5, as by the average.
    host.moved(15.0, 24);
    let forecast = host.only().forecast.unwrap();
    assert!(forecast < "2026-11-23T04:00:00Z".parse().unwrap(), "{forecast}");
}

#[test]
fn nothing_is_forecast_too_early_or_beyond_the_period() {
    let mut host = Host::at("2026-11-01T00:00:00Z", vec![quota(Period::Month)], utc());
    host.moved(85.0, 7);
    assert_eq!(host.only().forecast, None, "7 of 720 hours are less than one in a hundred");
    host.moved(1.0, 1);
    assert!(host.only().forecast.is_some());
    host.moved(0.1, 600);
    assert_eq!(host.only().forecast, None, "at this rate it lasts until the month is over");
    host.moved(10.0, 40);
    assert!(host.only().forecast.is_some());
    assert_eq!(host.moved(0.0, 80)[0].alert.forecast, None, "nothing is forecast of what is over");
}

#[test]
fn volumes_outlive_a_restart() {
    let mut host = Host::new(vec![quota(Period::Day)]);
    host.moved(50.0, 1);
    host.restart(vec![quota(Period::Day)], utc());
    assert_eq!(changes(&host.moved(31.0, 1)), [Change::Firing]);
    host.restart(vec![quota(Period::Day)], utc());
    assert!(host.moved(1.0, 1).is_empty());
    host.time = "2026-11-26T03:00:00Z".parse().unwrap();
    host.restart(vec![quota(Period::Day)], utc());
    let told = host.moved(1.0, 1);
    assert_eq!((changes(&told), told[0].alert.ended), (vec![Change::Resolved], Some(Ended::Period)));
}

#[test]
fn who_is_not_in_the_snapshot_has_its_volume_until_the_period_ends() {
    let target = Target { scope: Scope::Interface, pattern: None, metric: Metric::Rx };
    let spec = quota(Period::Day);
    let spec = Spec { rule: Rule { target, ..spec.rule }, ..spec };
    let mut host = Host::new(vec![spec]);
    assert_eq!(changes(&host.after(seconds(60), &[("eth0", 10.0 * GB)])), [Change::Firing]);
    for _ in 0..5 {
        assert!(host.after(seconds(60), &[]).is_empty(), "it is not told of as gone");
    }
    assert!(host.after(seconds(60), &[("eth0", 1.0)]).is_empty(), "it is not told again");
    let told = host.after(seconds(86_400), &[]);
    assert_eq!((changes(&told), told[0].alert.ended), (vec![Change::Resolved], Some(Ended::Period)));
}

#[test]
fn a_clock_that_is_set_back_neither_counts_twice_nor_begins_anew() {
    let mut host = Host::at("2026-11-24T22:00:00Z", vec![quota(Period::Day)], utc());
    host.moved(70.0, 1);
    assert!(host.moved(30.0, 2).is_empty(), "a new day has begun");
    host.time = "2026-11-24T20:00:00Z".parse().unwrap();
    assert!(host.moved(30.0, 1).is_empty());
    host.time = "2026-11-25T01:00:00Z".parse().unwrap();
    let told = host.moved(21.0, 1);
    assert_eq!(told[0].alert.value, 81.0 * GB);
    assert!(host.moved(1.0, 1).is_empty());
}

#[test]
fn a_clock_that_was_far_ahead_does_not_hold_up_the_next_period() {
    let mut host = Host::at("2099-01-01T12:00:00Z", vec![quota(Period::Day)], utc());
    host.moved(50.0, 1);
    host.time = "2026-11-25T12:00:00Z".parse().unwrap();
    assert_eq!(changes(&host.moved(31.0, 1)), [Change::Firing], "what was counted counts");
    let told = host.moved(1.0, 12);
    assert_eq!((changes(&told), told[0].alert.ended), (vec![Change::Resolved], Some(Ended::Period)));
}

#[test]
fn a_volume_cannot_be_below_something() {
    let mut spec = quota(Period::Day);
    spec.rule.condition.op = Op::Below;
    let mut host = Host::new(vec![spec]);
    assert!(host.moved(1.0, 1).is_empty());
    assert!(host.complaints()[0].contains("a volume only grows"), "{:?}", host.complaints());
}

#[test]
fn the_greatest_volumes_are_kept() {
    let volume = Threshold::Volume { bytes: 100_000, per: Period::Day };
    let mut host =
        Host::new(vec![Spec::of_rule(rule("*", condition(Op::Above, volume, "100kB per day"), Duration::ZERO))]);
    let names: Vec<String> = (0..4_500).map(|at| format!("eth{at:04}")).collect();
    let rates: Vec<(&str, f64)> =
        names.iter().zip(0..).map(|(name, at)| (name.as_str(), 1_000.0 + f64::from(at))).collect();
    for _ in 0..20 {
        host.after(seconds(1), &rates);
    }
    assert!(host.complaints()[0].contains("only the greatest"), "{:?}", host.complaints());
    let alerts = host.engine.alerts();
    assert_eq!(&*alerts.last().unwrap().subject.name, "eth4499");
    assert_eq!(alerts.last().unwrap().value, 20.0 * 5_499.0);
}

/// Who is asked for, and its volume.
fn said(host: &Host, rule: &str) -> Vec<(String, f64)> {
    let says = host.engine.says(rule, &snapshot(host.time, seconds(1), &[("eth1", 1.0)])).unwrap();
    says.into_iter().map(|says| (says.subject.name.to_string(), says.value)).collect()
}

#[test]
fn who_has_ended_is_asked_for_all_the_same() {
    let volume = Threshold::Volume { bytes: 100_000, per: Period::Day };
    let spec = || Spec::of_rule(rule("*", condition(Op::Above, volume, "100kB per day"), Duration::ZERO));
    let mut host = Host::new(vec![spec()]);
    let told = host.after(seconds(1), &[("veth0", 200_000.0), ("veth1", 5_000.0), ("eth1", 1.0)]);
    assert_eq!(changes(&told), [Change::Firing]);
    for _ in 0..3 {
        assert!(host.after(seconds(1), &[("eth1", 1.0)]).is_empty(), "it fires on");
    }
    let text = spec().rule.text;
    let all = [("eth1", 4.0), ("veth0", 200_000.0), ("veth1", 5_000.0)].map(|(name, bytes)| (name.to_owned(), bytes));
    assert_eq!(said(&host, &text), all);
    host.restart(vec![spec()], utc());
    assert_eq!(said(&host, &text), all);
}
