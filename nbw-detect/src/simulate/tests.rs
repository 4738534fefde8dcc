//! What holds for every scenario.

use std::{collections::HashSet, time::Duration};

use etherparse::SlicedPacket;

use super::*;
use crate::{Kind, Signatures};

fn scenarios() -> impl Iterator<Item = Scenario> {
    attacks().map(|attack| attack.scenario).chain(look_alikes().map(|alike| alike.scenario))
}

fn short(scenario: &Scenario, seed: u64) -> Vec<Timed> {
    let plan = Plan { seed, ..scenario.plan() };
    scenario.traffic(&plan).take(600).collect()
}

#[test]
fn names_are_told_once() {
    let names: Vec<_> = scenarios().map(|scenario| scenario.name).collect();
    assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
}

#[test]
fn there_is_one_for_each_signature() {
    let known: HashSet<String> = Signatures::built_in().iter().map(|signature| signature.name.clone()).collect();
    let shown: HashSet<String> = attacks().map(|attack| attack.signature.to_owned()).collect();
    assert_eq!(shown, known);
    for attack in attacks() {
        let signatures = Signatures::built_in();
        assert_eq!(signatures.get(attack.signature).unwrap().kind, attack.kind, "{}", attack.scenario.name);
    }
}

#[test]
fn there_is_a_look_alike_for_each_kind() {
    let resembled: HashSet<Kind> = look_alikes().map(|alike| alike.resembles).collect();
    let kinds: HashSet<Kind> = attacks().map(|attack| attack.kind).collect();
    assert_eq!(resembled, kinds);
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_others() {
    for scenario in scenarios() {
        let frames = short(&scenario, 7);
        assert!(!frames.is_empty(), "{}", scenario.name);
        assert_eq!(frames, short(&scenario, 7), "{}", scenario.name);
        assert_ne!(frames, short(&scenario, 8), "{}", scenario.name);
    }
}

#[test]
fn frames_are_in_order_and_whole() {
    for scenario in scenarios() {
        let mut last = Duration::ZERO;
        for timed in short(&scenario, 1) {
            assert!(timed.at >= last, "{}: {:?} after {last:?}", scenario.name, timed.at);
            last = timed.at;
            // Of most protocols, a scan sends no header.
            if scenario.name == "port-scan-protocol" {
                continue;
            }
            let parsed = SlicedPacket::from_ethernet(&timed.frame);
            assert!(parsed.is_ok(), "{}: {parsed:?}", scenario.name);
            assert!(timed.frame.len() <= 1_514, "{}: {} bytes", scenario.name, timed.frame.len());
        }
    }
}

#[test]
fn the_rate_is_the_one_that_was_asked_for() {
    for scenario in scenarios() {
        let plan = Plan { rate: 20.0, duration: Duration::from_secs(5), seed: 3 };
        let (mut first, mut last, mut frames) = (None, Duration::ZERO, 0);
        for timed in scenario.traffic(&plan) {
            first.get_or_insert(timed.at);
            (last, frames) = (timed.at, frames + 1);
        }
        assert!(frames >= 100 / 2, "{}: {frames} frames", scenario.name);
        assert!(first.unwrap() < Duration::from_secs(1), "{}", scenario.name);
        assert!(last >= Duration::from_millis(4_900), "{}: ends at {last:?}", scenario.name);
    }
}

#[test]
fn what_is_rare_is_begun_in_its_time_all_the_same() {
    let first = |scenario: &Scenario, rate| {
        let plan = Plan { rate, duration: Duration::from_secs(10), seed: 3 };
        scenario.traffic(&plan).next().unwrap().at
    };
    for scenario in scenarios() {
        // Once in so long that its time is chance's: a hundred seconds, years, and more than a duration holds.
        for rate in [0.01, 1e-9, 1e-20, 1e-300, f64::MIN_POSITIVE] {
            let at = first(&scenario, rate);
            assert!(at <= Duration::from_secs(10), "{}: begins at {at:?}", scenario.name);
        }
    }
}

#[test]
fn frames_are_made_as_they_are_taken() {
    let scenario = attacks().find(|attack| attack.scenario.name == "syn-flood-spoofed").unwrap().scenario;
    // A thousand years of it.
    let plan = Plan { rate: 1e6, duration: Duration::from_secs(31_556_952_000), seed: 1 };
    assert_eq!(scenario.traffic(&plan).take(10).count(), 10);
}
