//! Rates: `for`, hysteresis, repeats, flapping, subjects that go, reloads and restarts.

use super::*;

#[test]
fn it_fires_once_when_it_has_lasted_and_resolves_when_it_is_over() {
    let mut host = Host::new(vec![fast("eth0", 3)]);
    assert!(host.second(10_010_000.0).is_empty());
    assert_eq!(host.only().state, State::Pending);
    assert_eq!(&*host.only().summary, "interface eth0 rx 80.1 Mbit/s, above 50Mbit/s for 0 s of 3 s");
    assert!(host.second(10_010_000.0).is_empty() && host.second(10_010_000.0).is_empty());
    let fired = host.second(10_010_000.0);
    assert_eq!(changes(&fired), [Change::Firing]);
    assert_eq!(&*fired[0].alert.summary, "interface eth0 rx 80.1 Mbit/s, above 50Mbit/s for 3 s");
    assert_eq!(fired[0].alert.since, "2026-11-25T09:00:01Z".parse().unwrap());
    assert_eq!(fired[0].alert.fired, Some("2026-11-25T09:00:04Z".parse().unwrap()));
    assert!(host.second(10_010_000.0).is_empty());
    let over = host.second(1_000_000.0);
    assert_eq!(changes(&over), [Change::Resolved]);
    assert_eq!(over[0].alert.ended, Some(Ended::Cleared));
    assert_eq!(&*over[0].alert.summary, "interface eth0 rx 8.00 Mbit/s, back below 50Mbit/s after 5 s");
    assert_eq!(host.only().state, State::Resolved, "it is shown in the tick in which it ends");
    assert!(host.second(0.0).is_empty());
    assert!(host.engine.alerts().is_empty());
}

#[test]
fn it_never_fires_below_or_with_a_pause() {
    let mut host = Host::new(vec![fast("eth0", 3)]);
    for at in 0..40 {
        let rate = if at % 3 == 2 { LIMIT } else { 2.0 * LIMIT };
        assert!(host.second(rate).is_empty(), "second {at}");
    }
}

#[test]
fn without_for_it_fires_at_the_first_reading() {
    let mut host = Host::new(vec![fast("eth0", 0)]);
    assert_eq!(changes(&host.second(2.0 * LIMIT)), [Change::Firing]);
    assert_eq!(&*host.only().summary, "interface eth0 rx 100.0 Mbit/s, above 50Mbit/s");
}

#[test]
fn a_timer_that_comes_early_costs_no_tick() {
    let mut host = Host::new(vec![fast("eth0", 3)]);
    let tick = Duration::from_millis(995);
    let told = (0..4).map(|_| host.after(tick, &[("eth0", 2.0 * LIMIT)]).len()).collect::<Vec<_>>();
    assert_eq!(told, [0, 0, 0, 1]);
}

#[test]
fn only_the_clear_condition_ends_it() {
    let mut spec = fast("eth0", 0);
    spec.clear = Some(condition(Op::Below, Threshold::Rate(LIMIT / 2.0), "25Mbit/s"));
    let mut host = Host::new(vec![spec]);
    assert_eq!(host.second(2.0 * LIMIT).len(), 1);
    assert!(host.second(0.9 * LIMIT).is_empty() && host.second(0.5 * LIMIT).is_empty());
    let over = host.second(0.4 * LIMIT);
    assert_eq!(changes(&over), [Change::Resolved]);
    assert_eq!(&*over[0].alert.summary, "interface eth0 rx 20.0 Mbit/s, back below 25Mbit/s after 3 s");
}

#[test]
fn nothing_ends_while_the_rule_is_true() {
    let mut spec = fast("eth0", 0);
    spec.clear = Some(condition(Op::Below, Threshold::Rate(3.0 * LIMIT), "150Mbit/s"));
    let mut host = Host::new(vec![spec]);
    assert_eq!(host.second(2.0 * LIMIT).len(), 1);
    assert!(host.second(2.0 * LIMIT).is_empty());
    assert_eq!(changes(&host.second(LIMIT)), [Change::Resolved]);
}

#[test]
fn it_is_told_again_after_a_while() {
    let mut spec = fast("eth0", 0);
    spec.repeat = Some(seconds(10));
    let mut host = Host::new(vec![spec]);
    let told: Vec<_> = (0..31).filter(|_| !host.second(2.0 * LIMIT).is_empty()).collect();
    assert_eq!(told, [0, 10, 20, 30]);
    assert_eq!(changes(&host.second(0.0)), [Change::Resolved]);
}

#[test]
fn each_subject_has_its_own_state() {
    let mut host = Host::new(vec![fast("veth*", 0)]);
    let fired = host.after(seconds(1), &[("veth0", 2.0 * LIMIT), ("veth1", 0.0), ("eth0", 2.0 * LIMIT)]);
    assert_eq!(fired.iter().map(|notice| &*notice.alert.subject.name).collect::<Vec<_>>(), ["veth0"]);
    let next = host.after(seconds(1), &[("veth0", 0.0), ("veth1", 2.0 * LIMIT)]);
    assert_eq!(changes(&next), [Change::Resolved, Change::Firing]);
    assert_ne!(next[0].alert.id, next[1].alert.id);
}

#[test]
fn ids_are_specified_and_do_not_change() {
    let mut host = Host::new(vec![fast("eth0", 0)]);
    let fired = host.second(2.0 * LIMIT);
    // FNV-1a, 64 bits, of "interface eth0 rx > 50Mbit/s for 0ns\0interface\0eth0\0".
    assert_eq!(&*fired[0].alert.id, "810116c9e7ab28ec");
}

#[test]
fn one_missed_listing_does_not_end_it_and_two_do() {
    let mut host = Host::new(vec![fast("eth0", 0)]);
    host.second(2.0 * LIMIT);
    assert!(host.after(seconds(1), &[]).is_empty());
    assert!(host.second(2.0 * LIMIT).is_empty());
    assert!(host.after(seconds(1), &[]).is_empty());
    let gone = host.after(seconds(1), &[]);
    assert_eq!((changes(&gone), gone[0].alert.ended), (vec![Change::Resolved], Some(Ended::Gone)));
    assert_eq!(&*gone[0].alert.summary, "interface eth0 is gone");
}

#[test]
fn what_is_pending_and_goes_is_not_told() {
    let mut host = Host::new(vec![fast("eth0", 3)]);
    host.second(2.0 * LIMIT);
    assert!(host.after(seconds(1), &[]).is_empty());
    assert!(host.engine.alerts().is_empty());
    let told: usize = (0..3).map(|_| host.second(2.0 * LIMIT).len()).sum();
    assert_eq!(told, 0, "it begins anew");
}

/// Fires and clears every two minutes until it is flapping.
fn flapping() -> Host {
    let mut host = Host::new(vec![fast("eth0", 0)]);
    for start in 1..=4 {
        let fired = host.after(seconds(60), &[("eth0", 2.0 * LIMIT)]);
        assert_eq!((changes(&fired), fired[0].alert.flapping), (vec![Change::Firing], start == 4));
        if start < 4 {
            assert_eq!(changes(&host.after(seconds(60), &[("eth0", 0.0)])), [Change::Resolved]);
        }
    }
    host
}

#[test]
fn what_flaps_fires_on_until_it_was_calm_for_five_minutes() {
    let mut host = flapping();
    assert!(host.only().summary.ends_with(" (flapping)"), "{}", host.only().summary);
    for _ in 0..10 {
        assert!(host.after(seconds(60), &[("eth0", 0.0)]).is_empty());
        assert!(host.after(seconds(60), &[("eth0", 2.0 * LIMIT)]).is_empty());
    }
    let told: Vec<_> = (0..10).filter(|_| !host.after(seconds(60), &[("eth0", 0.0)]).is_empty()).collect();
    assert_eq!(told, [5]);
}

#[test]
fn it_is_remembered_for_ten_minutes_that_it_fired() {
    let mut host = Host::new(vec![fast("eth0", 0)]);
    for start in 1..=4 {
        assert_eq!(host.after(seconds(20), &[("eth0", 2.0 * LIMIT)])[0].alert.flapping, start == 4);
        for _ in 0..8 {
            host.after(seconds(20), &[("eth0", 0.0)]);
        }
        host.restart(vec![fast("eth0", 0)], utc());
    }
    let mut host = Host::new(vec![fast("*", 0)]);
    host.second(2.0 * LIMIT);
    let is_kept = |host: &Host| serde_json::to_string(&host.engine.save()).unwrap().contains("eth0");
    host.after(seconds(590), &[("eth0", 0.0)]);
    assert!(is_kept(&host));
    host.after(seconds(10), &[("eth0", 0.0)]);
    assert!(!is_kept(&host), "then nothing is");
}

#[test]
fn what_flaps_and_goes_is_calm_too() {
    let mut host = flapping();
    let told: Vec<_> = (0..10).filter(|_| !host.after(seconds(60), &[]).is_empty()).collect();
    assert_eq!(told, [5]);
}

#[test]
fn four_times_in_more_than_ten_minutes_is_not_flapping() {
    let mut host = Host::new(vec![fast("eth0", 0)]);
    for _ in 0..8 {
        let fired = host.after(seconds(100), &[("eth0", 2.0 * LIMIT)]);
        assert!(!fired[0].alert.flapping);
        assert_eq!(host.after(seconds(101), &[("eth0", 0.0)]).len(), 1);
    }
}

#[test]
fn a_share_follows_the_link_and_needs_its_speed() {
    let share = condition(Op::Above, Threshold::Share(0.8), "80%");
    let mut host = Host::new(vec![Spec::of_rule(rule("*", share, Duration::ZERO))]);
    let told = host.after(seconds(1), &[("eth0", 101e6), ("wg0", 1e12)]);
    assert_eq!(told.len(), 1);
    assert_eq!(&*told[0].alert.summary, "interface eth0 rx 808.0 Mbit/s, above 80% (800.0 Mbit/s)");
    let complaint = "rule \"interface * rx > 80% for 0ns\": wg0 has no known speed; give a rate such as 50Mbit/s";
    assert_eq!(host.complaints(), [complaint]);
    host.time = host.time.checked_add(seconds(1)).unwrap();
    let mut faster = snapshot(host.time, seconds(1), &[("eth0", 101e6)]);
    faster.interfaces[0].link_bits_per_second = Some(10_000_000_000);
    assert_eq!(changes(&host.engine.observe(&faster)), [Change::Resolved]);
}

#[test]
fn a_reload_keeps_what_is_the_same_and_ends_what_is_removed() {
    let mut host = Host::new(vec![fast("eth0", 0), fast("e*", 0)]);
    assert_eq!(host.second(2.0 * LIMIT).len(), 2);
    let removed = host.engine.replace(vec![fast("eth0", 0), fast("eth0", 0)], utc());
    assert_eq!((changes(&removed), removed[0].alert.ended), (vec![Change::Resolved], Some(Ended::Removed)));
    assert_eq!(&*removed[0].alert.summary, "interface eth0 rx: its rule was removed");
    assert!(host.second(2.0 * LIMIT).is_empty());
    assert_eq!(host.engine.alerts().len(), 2, "the next snapshot shows what was removed, and what fires on");
    assert!(host.complaints()[0].ends_with("it is there twice; the first one counts"));
    assert!(host.second(2.0 * LIMIT).is_empty());
    assert_eq!(host.engine.alerts().len(), 1);
}

#[test]
fn a_restart_neither_repeats_nor_loses_anything() {
    let mut host = Host::new(vec![fast("eth0", 0), fast("eth1", 0)]);
    host.after(seconds(1), &[("eth0", 2.0 * LIMIT), ("eth1", 2.0 * LIMIT)]);
    host.restart(vec![fast("eth0", 0), fast("eth1", 0)], utc());
    host.time = host.time.checked_add(seconds(3_600)).unwrap();
    let told = host.after(seconds(1), &[("eth0", 2.0 * LIMIT), ("eth1", 0.0)]);
    assert_eq!(changes(&told), [Change::Resolved]);
    host.restart(vec![fast("eth1", 0)], utc());
    host.restart(vec![fast("eth1", 0)], utc());
    let told = host.second(2.0 * LIMIT);
    assert_eq!((changes(&told), told[0].alert.ended), (vec![Change::Resolved], Some(Ended::Removed)));
    assert_eq!(told[0].alert.resolved, Some(host.time));
    host.restart(vec![fast("eth1", 0)], utc());
    assert!(host.second(2.0 * LIMIT).is_empty());
}

#[test]
fn what_is_pending_outlives_a_short_restart_only() {
    for (rest, fires) in [(30, true), (3_600, false)] {
        let mut host = Host::new(vec![fast("eth0", 3)]);
        host.second(2.0 * LIMIT);
        host.restart(vec![fast("eth0", 3)], utc());
        host.time = host.time.checked_add(seconds(rest)).unwrap();
        assert_eq!(!host.second(2.0 * LIMIT).is_empty(), fires, "after {rest} s");
    }
}

#[test]
fn more_subjects_than_there_is_room_for_are_told_of() {
    let mut host = Host::new(vec![fast("*", 0)]);
    let names: Vec<String> = (0..5_000).map(|at| format!("eth{at}")).collect();
    let rates: Vec<(&str, f64)> =
        names.iter().zip(0..).map(|(name, at)| (name.as_str(), LIMIT + 1.0 + f64::from(at))).collect();
    assert_eq!(host.after(seconds(1), &rates).len(), 4_096);
    assert!(host.complaints()[0].contains("904 are not watched"), "{:?}", host.complaints());
    assert!(host.engine.alerts().iter().any(|alert| &*alert.subject.name == "eth4999"), "the busiest are");
    assert_eq!(host.after(seconds(1), &[]).len() + host.after(seconds(1), &[]).len(), 4_096);
}

#[test]
fn a_volume_does_not_clear_a_rate() {
    let mut spec = fast("eth0", 0);
    spec.clear = Some("> 1B per day".parse().unwrap());
    let mut host = Host::new(vec![spec]);
    host.second(2.0 * LIMIT);
    assert_eq!(changes(&host.second(0.0)), [Change::Resolved]);
    assert!(host.complaints()[0].contains("condition to clear is not used"), "{:?}", host.complaints());
}

#[test]
fn rules_as_they_are_written() {
    let specs = || {
        let rules =
            ["interface eth0 rx > 50Mbit/s for 3s", "host total >= 20MB per day", "interface * rx-packets < 1pps"];
        rules.map(|rule| Spec::of_rule(rule.parse().unwrap())).to_vec()
    };
    let mut host = Host::new(specs());
    let mut told = Vec::new();
    for _ in 0..4 {
        told.extend(host.second(10_000_000.0));
    }
    let told: Vec<&str> = told.iter().map(|notice| &*notice.alert.summary).collect();
    let packets = "interface eth0 rx-packets 0 pps, below 1pps";
    let quota = "host total 20.0 MB of 20MB per day (100 %)";
    let rate = "interface eth0 rx 80.0 Mbit/s, above 50Mbit/s for 3 s";
    assert_eq!(told, [packets, quota, rate]);
}
