//! What is usual: learning, firing, floors, histories.

use super::{
    baseline::{Baselines, Hour, Usual},
    clock::Moment,
    *,
};

/// `interface PATTERN rx OP TIMESx usual`.
fn unusual(pattern: &str, op: Op, times: f64) -> Spec {
    Spec::of_rule(rule(pattern, condition(op, Threshold::Usual(times), &format!("{times}x usual")), Duration::ZERO))
}

/// Days in ticks of ten minutes: from 8 to 9 o'clock `busy` bytes a second, else a tenth of that.
fn live(host: &mut Host, days: u64, busy: f64) -> Vec<Notice> {
    let mut told = Vec::new();
    for tick in 1..=days * 144 {
        let busy_now = (tick - 1) % 144 / 6 == 8;
        told.extend(host.after(seconds(600), &[("eth0", if busy_now { busy } else { busy / 10.0 })]));
    }
    told
}

fn at_midnight(specs: Vec<Spec>) -> Host {
    Host::at("2026-11-01T00:00:00Z", specs, utc())
}

#[test]
fn it_learns_for_a_week_and_then_fires_by_the_hour_of_the_day() {
    let mut host = at_midnight(vec![unusual("eth0", Op::Above, 3.0)]);
    assert!(live(&mut host, 3, 1e6).is_empty());
    let complaint = "it is learning what is usual: 3 of 7 days are known of this hour";
    host.after(seconds(600), &[("eth0", 1e9)]);
    assert!(host.complaints()[0].ends_with(complaint), "{:?}", host.complaints());
    assert!(host.engine.alerts().is_empty(), "nothing fires while it learns");
    host.restart(vec![unusual("eth0", Op::Above, 3.0)], utc());
    host.time = "2026-11-04T00:00:00Z".parse().unwrap();
    assert!(live(&mut host, 5, 1e6).is_empty());
    assert!(host.complaints().is_empty(), "{:?}", host.complaints());
    let told = host.after(seconds(600), &[("eth0", 4e5)]);
    assert_eq!(&*told[0].alert.summary, "interface eth0 rx 3.20 Mbit/s, above 3x usual (2.40 Mbit/s)");
    assert_eq!(host.after(seconds(600), &[("eth0", 2e5)]).len(), 1);
    for _ in 0..46 {
        assert!(host.after(seconds(600), &[("eth0", 1e5)]).is_empty());
    }
    assert_eq!(host.time, "2026-11-09T08:00:00Z".parse().unwrap());
    assert!(host.after(seconds(600), &[("eth0", 2.9e6)]).is_empty(), "at this hour so much is usual");
    assert_eq!(host.after(seconds(600), &[("eth0", 3.1e6)]).len(), 1);
}

#[test]
fn the_median_shrugs_at_one_wild_day_and_two_weeks_are_remembered() {
    let mut host = at_midnight(vec![unusual("eth0", Op::Above, 3.0)]);
    live(&mut host, 7, 1e6);
    live(&mut host, 1, 9e7);
    assert_eq!(changes(&host.after(seconds(600), &[("eth0", 2e5)])), [Change::Resolved]);
    assert_eq!(host.after(seconds(600), &[("eth0", 4e5)]).len(), 1);
    host.time = host.time.checked_add(seconds(86_400 - 1_200)).unwrap();
    live(&mut host, 30, 5e6);
    assert!(serde_json::to_string(&host.engine.save()).unwrap().len() < 6_000);
    assert!(host.after(seconds(600), &[("eth0", 4e5)]).is_empty(), "what is usual has become more");
}

#[test]
fn almost_nothing_is_no_measure() {
    let specs = || vec![unusual("eth0", Op::Above, 3.0), unusual("eth0", Op::Below, 0.5)];
    let mut host = at_midnight(specs());
    live(&mut host, 8, 20.0);
    assert!(host.after(seconds(600), &[("eth0", 2_900.0)]).is_empty());
    assert_eq!(host.after(seconds(600), &[("eth0", 3_100.0)]).len(), 1);
    assert_eq!(changes(&host.after(seconds(600), &[("eth0", 0.0)])), [Change::Resolved]);
    assert!(serde_json::to_string(&host.engine.save()).unwrap().contains("clock"));
    host.restart(specs(), utc());
    assert!(host.after(seconds(600), &[("eth0", 0.0)]).is_empty());
}

#[test]
fn less_than_usual_fires_too() {
    let mut host = at_midnight(vec![unusual("eth0", Op::Below, 0.5)]);
    live(&mut host, 8, 1e7);
    let told = host.after(seconds(600), &[("eth0", 4e5)]);
    assert_eq!(&*told[0].alert.summary, "interface eth0 rx 3.20 Mbit/s, below 0.5x usual (4.00 Mbit/s)");
}

#[derive(Debug)]
struct Known;

impl History for Known {
    fn usual(&self, target: &Target, subject: &Subject, at: &jiff::Zoned) -> Option<f64> {
        assert_eq!((target.metric, at.hour()), (Metric::Rx, 10));
        (&*subject.key == "eth0").then_some(1e6)
    }
}

#[test]
fn a_history_knows_at_once() {
    let mut host = Host::at("2026-11-25T09:00:00Z", vec![unusual("*", Op::Above, 3.0)], berlin());
    host.engine = host.engine.with_history(Box::new(Known));
    let told = host.after(seconds(1), &[("eth0", 3.1e6), ("eth1", 1e9)]);
    assert_eq!(told.len(), 1);
    assert!(host.complaints()[0].contains("usual for 1 of its 2: 0 of 7 days"), "{:?}", host.complaints());
}

#[test]
fn what_is_learnt_has_bounds() {
    let mut host = at_midnight(vec![unusual("*", Op::Above, 3.0)]);
    let names: Vec<String> = (0..3_000).map(|at| format!("eth{at}")).collect();
    let rates: Vec<(&str, f64)> =
        names.iter().zip(0..).map(|(name, at)| (name.as_str(), 1_000.0 * f64::from(at))).collect();
    for _ in 0..20 {
        host.after(seconds(600), &rates);
    }
    assert!(host.complaints()[1].contains("busiest 1024 only"), "{:?}", host.complaints());
    let saved = serde_json::to_string(&host.engine.save()).unwrap();
    assert!(saved.contains("\"eth2999\"") && !saved.contains("\"eth1900\""));
}

/// What is usual at noon of the 25th after some days with these readings at noon: the day, seconds, and a rate.
fn at_noon(readings: &[(i8, u64, f64)]) -> Usual {
    let (mut baselines, key) = (Baselines::default(), "eth0".into());
    let noon = |day: i8| Hour::of(&jiff::civil::date(2026, 11, day).at(12, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap());
    let moment = |tick| Moment { at: Duration::ZERO, time: Timestamp::UNIX_EPOCH, tick: seconds(tick) };
    for &(day, tick, rate) in readings {
        baselines.add(&key, rate, noon(day), moment(tick));
    }
    baselines.add(&key, 1e9, noon(25), moment(3_600));
    baselines.usual(&key, noon(25))
}

#[test]
fn the_median_is_of_the_last_fourteen_days_without_this_one() {
    let days = |days: std::ops::Range<i8>| days.map(|day| (day, 3_600, f64::from(day))).collect::<Vec<_>>();
    assert_eq!(at_noon(&days(19..25)), Usual::Learning(6));
    assert_eq!(at_noon(&days(18..25)), Usual::Known(21.0));
    assert_eq!(at_noon(&days(17..25)), Usual::Known(20.5));
    assert_eq!(at_noon(&days(2..25)), Usual::Known(17.5));
}

#[test]
fn a_moment_of_an_hour_says_nothing_of_it() {
    let days = |seconds| (18..25).map(|day| (day, seconds, 1.0)).collect::<Vec<_>>();
    assert_eq!(at_noon(&days(299)), Usual::Learning(0));
    assert_eq!(at_noon(&days(300)), Usual::Known(1.0));
}

#[test]
fn an_hour_that_comes_again_counts_as_it_was() {
    let mut days: Vec<(i8, u64, f64)> = (18..25).map(|day| (day, 3_600, 1.0)).collect();
    days.extend((18..25).map(|day| (day, 3_600, 9.0)));
    assert_eq!(at_noon(&days), Usual::Known(1.0));
}

#[test]
fn a_clock_that_starts_in_1970_costs_nothing_that_was_learnt() {
    let mut host = at_midnight(vec![unusual("eth0", Op::Above, 3.0)]);
    live(&mut host, 14, 1e6);
    let now = std::mem::replace(&mut host.time, Timestamp::UNIX_EPOCH);
    for _ in 0..6 {
        assert!(host.after(seconds(600), &[("eth0", 1e9)]).is_empty());
    }
    host.time = now;
    assert_eq!(host.after(seconds(600), &[("eth0", 4e5)]).len(), 1);
}

#[test]
fn what_is_gone_does_not_starve_what_is_there() {
    let hour = |hours: i64| {
        let noon = jiff::civil::date(2026, 11, 1).at(12, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap();
        Hour::of(&noon.checked_add(jiff::Span::new().hours(hours)).unwrap())
    };
    let mut baselines = Baselines::default();
    let mut add = |name: &str, rate: f64, at: i64, most: usize| {
        let moment = Moment { at: Duration::ZERO, time: Timestamp::UNIX_EPOCH, tick: seconds(3_600) };
        baselines.add(&name.into(), rate, hour(at), moment);
        let trimmed = baselines.trim(most, hour(at));
        (trimmed, serde_json::to_string(&baselines).unwrap())
    };
    add("dead", 1e9, 0, 2);
    add("small", 1.0, 20, 2);
    let (trimmed, left) = add("smaller", 0.5, 24, 2);
    assert!(trimmed && left.contains("dead") && !left.contains("smaller"), "it may come back: {left}");
    let (trimmed, left) = add("smaller", 0.5, 25, 2);
    assert!(trimmed && !left.contains("dead") && left.contains("\"smaller"), "{left}");
    let (trimmed, left) = add("other", 1.0, 20 + 14 * 24, 9);
    assert!(!trimmed && left.contains("\"small\""), "fourteen days are remembered: {left}");
    let (trimmed, left) = add("other", 1.0, 21 + 14 * 24, 9);
    assert!(!trimmed && !left.contains("\"small\"") && left.contains("\"smaller\""), "{left}");
}

#[test]
fn what_nothing_is_below_is_a_number_in_json() {
    let mut host = at_midnight(vec![unusual("eth0", Op::Below, 0.5), unusual("eth0", Op::AtMost, 0.5)]);
    live(&mut host, 8, 20.0);
    assert!(host.after(seconds(600), &[("eth0", 0.0)]).is_empty());
    for op in [Op::Below, Op::AtMost] {
        let snapshot = snapshot(host.time, seconds(600), &[("eth0", 0.0)]);
        let said = host.engine.says(&unusual("eth0", op, 0.5).rule.text, &snapshot).unwrap().remove(0);
        let threshold = said.threshold.unwrap();
        assert!(!op.holds(0.0, threshold), "{threshold}");
        let (subject, value, link) = (said.subject, said.value, None);
        let measured = crate::control::MeasuredSubject { subject, value, threshold: Some(threshold), link };
        let json = serde_json::to_string(&measured).unwrap();
        let read: crate::control::MeasuredSubject = serde_json::from_str(&json).unwrap();
        assert_eq!(read.threshold, Some(threshold), "{json}");
    }
}
