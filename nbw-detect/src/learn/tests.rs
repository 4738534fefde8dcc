//! What was learnt finds the attack, and nothing else.

use std::time::{Duration, Instant};

use super::*;
use crate::{
    Engine, Limits,
    capture::{LinkType, Reader, Writer},
    simulate::{Plan, attacks, look_alikes},
};

fn capture(name: &str) -> Vec<Facts> {
    packets(name, 6_000)
}

fn packets(name: &str, most: usize) -> Vec<Facts> {
    let all = attacks().map(|attack| attack.scenario).chain(look_alikes().map(|alike| alike.scenario));
    let scenario = all.into_iter().find(|scenario| scenario.name == name).unwrap();
    let plan = Plan { duration: scenario.duration.min(Duration::from_secs(10)), ..scenario.plan() };
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("capture");
    let mut writer = Writer::create(&file, LinkType::ETHERNET).unwrap();
    for timed in scenario.traffic(&plan).take(most) {
        let time = crate::Time(1_767_225_600_000_000_000 + timed.at.as_nanos() as u64);
        writer.write(time, timed.frame.len() as u32, &timed.frame).unwrap();
    }
    writer.finish().unwrap();
    let mut reader = Reader::open(&file).unwrap();
    let mut all = Vec::new();
    while let Some(packet) = reader.next_packet().unwrap() {
        all.push(packet.facts());
    }
    all
}

fn sample<'a>(name: &str, facts: &'a [Facts]) -> Sample<'a> {
    let read = move |see: &mut dyn FnMut(&Facts)| {
        facts.iter().for_each(see);
        Ok(())
    };
    Sample { name: name.to_owned(), read: Box::new(read) }
}

fn learnt(attack: &[Facts], normal: &[Facts]) -> Result<Learnt, LearnError> {
    learn("learnt", &sample("attack.pcap", attack), &sample("normal.pcap", normal))
}

#[test]
fn what_is_learnt_loads_and_finds_the_attack_only() {
    let normal = capture("web-server");
    for name in ["syn-flood-spoofed", "icmp-flood", "udp-flood", "brute-force"] {
        let learnt = learnt(&capture(name), &normal).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(learnt.attack.events > 0 && learnt.attack.hits > 0, "{name}: {:?}", learnt.attack);
        assert_eq!((learnt.normal.events, learnt.normal.hits), (0, 0), "{name}");
        let mut loaded = Signatures::default();
        loaded.extend(&learnt.to_toml()).unwrap_or_else(|error| panic!("{name}: {error}\n{}", learnt.to_toml()));
        assert_eq!(loaded.get("learnt"), Some(&learnt.signature), "{name}");
    }
}

#[test]
fn the_same_twice_teaches_nothing() {
    let normal = capture("web-server");
    let error = learnt(&normal, &normal).unwrap_err();
    assert!(matches!(error, LearnError::Alike { .. }), "{error}");
}

#[test]
fn an_empty_capture_teaches_nothing() {
    let normal = capture("mail-poll");
    for (attack, normal, named) in [(&[][..], &normal[..], "attack.pcap"), (&normal, &[], "normal.pcap")] {
        let error = learnt(attack, normal).unwrap_err();
        assert!(matches!(&error, LearnError::Nothing(name) if name == named), "{error}");
    }
}

#[test]
fn learning_takes_some_times_as_long_as_reading_and_not_for_ever() {
    // Each packet of the flood has an address of its own, each of which is somebody who could be busy.
    let (attack, normal) = (packets("syn-flood-spoofed", 20_000), packets("web-server", 20_000));
    let begun = Instant::now();
    for facts in [&attack, &normal] {
        let mut engine = Engine::new(&Signatures::built_in(), Limits::default());
        facts.iter().for_each(|facts| engine.observe(facts));
        drop(engine.finish());
    }
    let read = begun.elapsed();
    learnt(&attack, &normal).unwrap();
    let took = begun.elapsed() - read;
    assert!(took < 20 * read, "{took:?} against {read:?}");
}
