//! Each signature just above and just below its threshold, and what must be true of any packets.

mod benign;
mod clock;
mod connections;
mod gauges;
mod incidents;
mod make;
mod properties;
mod sampled;
mod services;
mod thresholds;
mod watching;

use self::make::Tape;
use super::*;

/// What is said of packets, at their end.
fn events(facts: &[Facts]) -> Vec<Event> {
    let mut engine = Engine::new(&Signatures::built_in(), Limits::default());
    facts.iter().for_each(|facts| engine.observe(facts));
    engine.finish()
}

fn names(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.signature.as_str()).collect()
}

#[test]
fn an_event_says_who_whom_and_when() {
    let mut tape = Tape::new();
    for port in 0..100 {
        tape.refused("192.0.2.7", 40_000, "198.51.100.9", 2_000 + port);
    }
    let events = events(&tape.facts);
    let [event] = &events[..] else { panic!("{:?}", names(&events)) };
    assert_eq!((event.kind, event.signature.as_str()), (crate::Kind::PortScan, "port-scan-syn"));
    assert_eq!((event.sources.as_slice(), event.source_count), (&["192.0.2.7".to_owned()][..], 1));
    assert_eq!((event.targets.as_slice(), event.target_count), (&["198.51.100.9".to_owned()][..], 1));
    assert_eq!((event.evidence["failed_ports"], event.ongoing), (100.0, false));
    assert_eq!(event.first_seen, tape.facts[1].time.timestamp());
    assert_eq!(event.last_seen, tape.facts.last().unwrap().time.timestamp());
}

#[test]
fn an_attack_is_one_event_that_is_updated() {
    let mut tape = Tape::new();
    for number in 0..3_000 {
        tape.tcp("192.0.2.7", 1_000 + number, "198.51.100.9", 80, 2, 0).wait(10);
    }
    let mut engine = Engine::new(&Signatures::built_in(), Limits::default());
    let mut told = Vec::new();
    for part in tape.facts.chunks(500) {
        part.iter().for_each(|facts| engine.observe(facts));
        told.extend(engine.take_events());
    }
    assert!(told.len() > 2 && told.iter().all(|event| event.id == told[0].id && event.ongoing));
    assert!(told.windows(2).all(|pair| pair[0].last_seen < pair[1].last_seen));
    // What has not changed is not told again, but for its end.
    assert!(engine.take_events().is_empty());
    engine.advance(Time(tape.facts.last().unwrap().time.0 + 400_000_000_000));
    let over = engine.take_events();
    assert_eq!((over.len(), over[0].id == told[0].id, over[0].ongoing), (1, true, false));
    assert!(engine.finish().is_empty());
}

#[test]
fn the_same_packets_on_two_links_are_one_event() {
    let mut tape = Tape::new();
    for number in 0..1_200 {
        tape.tcp("192.0.2.7", 1_000 + number, "198.51.100.9", 80, 2, 0).wait(1);
    }
    tape.wait(1_000).icmp("192.0.2.7", "198.51.100.9", 8, 56);
    let one = events(&tape.facts);
    let twice: Vec<Facts> =
        tape.facts.iter().flat_map(|facts| [1, 2].map(|link| Facts { link, ..facts.clone() })).collect();
    let two = events(&twice);
    assert_eq!((one.len(), two.len()), (1, 1));
    assert_eq!(one[0].evidence["counted"], two[0].evidence["counted"]);
}

#[test]
fn a_flood_is_counted_by_weight() {
    let mut tape = Tape::new();
    for _ in 0..20 {
        tape.icmp("192.0.2.7", "198.51.100.9", 8, 56).wait(10);
        tape.facts.last_mut().unwrap().weight = 64;
    }
    assert_eq!(names(&events(&tape.facts)), ["icmp-flood"]);
}

#[test]
fn what_is_not_watched_is_ignored() {
    let mut tape = Tape::new();
    for number in 0..50 {
        tape.tcp("192.0.2.7", 1_000, "198.51.100.9", 80, 16, number).wait(10);
    }
    let mut engine = Engine::new(&Signatures::built_in(), Limits::default());
    tape.facts.iter().for_each(|facts| engine.observe(facts));
    assert_eq!((engine.batch.len(), engine.watched().len(), engine.watch_generation()), (0, 0, 0));
}

#[test]
fn an_endpoint_is_watched_while_it_is_suspected() {
    let mut tape = Tape::new();
    for number in 0..30 {
        tape.tcp("192.0.2.7", 1_000 + number, "198.51.100.9", 80, 2, 0).wait(10);
    }
    let mut engine = Engine::new(&Signatures::built_in(), Limits::default());
    tape.facts.iter().for_each(|facts| engine.observe(facts));
    engine.advance(Time(tape.now));
    assert_eq!(engine.watched(), [("198.51.100.9".parse().unwrap(), 80)]);
    let generation = engine.watch_generation();
    engine.advance(Time(tape.now + 600_000_000_000));
    assert!(engine.watched().is_empty() && engine.watch_generation() > generation);
}

#[test]
fn what_is_usual_makes_an_exfiltration() {
    let some = &["exfiltration-volume"][..];
    // Somebody who never sends has nothing that is usual.
    for (bytes, usual, expected) in [
        (100_000_000, 10_000_000, some),
        (99_999_999, 10_000_000, &[]),
        (100_000_000, 10_000_001, &[]),
        (100_000_000, 0, some),
    ] {
        let mut engine = Engine::new(&Signatures::built_in(), Limits::default());
        let (source, target) = ("10.0.0.5".parse().unwrap(), "198.51.100.1".parse().unwrap());
        engine.volume(&Volume { time: Time(1), source, target, bytes, usual });
        let events = engine.finish();
        assert_eq!(names(&events), expected);
        assert!(events.iter().flat_map(|event| event.evidence.values()).all(|value| value.is_finite()));
    }
}

#[test]
fn an_event_keeps_its_id_when_an_earlier_packet_turns_out_to_be_part_of_it() {
    let mut tape = Tape::new();
    // The second host's first port fails before the first host's, and it trips later.
    tape.refused("192.0.2.7", 40_000, "198.51.100.8", 3_000).wait(10);
    for port in 0..30 {
        tape.refused("192.0.2.7", 40_000, "198.51.100.9", 2_000 + port).wait(10);
    }
    for port in 1..30 {
        tape.refused("192.0.2.7", 40_000, "198.51.100.8", 3_000 + port).wait(10);
    }
    let mut engine = Engine::new(&Signatures::built_in(), Limits::default());
    let mut told = Vec::new();
    for facts in &tape.facts {
        engine.observe(facts);
        told.extend(engine.take_events());
    }
    told.extend(engine.finish());
    assert!(told.iter().any(|event| event.target_count == 2));
    assert!(told.iter().all(|event| event.id == told[0].id), "{:?}", names(&told));
    assert_eq!(told.last().unwrap().first_seen, tape.facts[1].time.timestamp());
}

#[test]
fn what_is_not_answered_was_seen_when_it_was_asked_for() {
    let mut tape = Tape::new();
    for port in 0..200 {
        tape.tcp("192.0.2.7", 40_000, "198.51.100.9", 2_000 + port, 2, 0).wait(2);
    }
    let (first, last) = (tape.facts[0].time, tape.facts[199].time);
    tape.wait(2_000).icmp("192.0.2.7", "198.51.100.9", 8, 56);
    let events = events(&tape.facts);
    assert_eq!(names(&events), ["port-scan-syn"]);
    assert_eq!((events[0].first_seen, events[0].last_seen), (first.timestamp(), last.timestamp()));
}

#[test]
fn what_is_chosen_by_chance_is_not_missed_when_it_does_not_come() {
    // A sixteenth of what is all answered, and other packets of the answers: inside of tunnels, and plain datagrams and echoes.
    let mut tape = Tape::new();
    for number in 0..4_000_u32 {
        let to = format!("203.0.{}.{}", number / 200, number % 200);
        let port = 1_000 + number as u16;
        match number % 8 {
            0 => tape.tcp("10.0.0.5", port, &to, 22, 2, 0),
            1 => tape.tcp(&to, 22, "10.0.0.5", port, 18, 0),
            2 => tape.tcp(&to, 22, "10.0.0.5", port, 20, 0),
            3 => tape.udp("10.0.0.5", 40_000, &to, 161, 40),
            4 => tape.udp("10.0.0.5", 40_000, "198.51.100.9", port, 40),
            5 => tape.icmp("10.0.0.5", &to, 8, 56),
            6 => tape.icmp(&to, "10.0.0.5", 0, 56),
            _ => tape.tcp("10.0.0.5", 40_000, "198.51.100.9", port, 2, 0),
        };
        tape.wait(20);
    }
    for by_chance in [true, false] {
        tape.facts.iter_mut().for_each(|facts| (facts.weight, facts.by_chance) = (16, by_chance));
        let events = events(&tape.facts);
        assert_eq!(events.is_empty(), by_chance, "{:?}", names(&events));
    }
    let mut flood = Tape::new();
    (0..1_000).for_each(|port| {
        flood.udp("192.0.2.7", port, "198.51.100.9", 9_999, 10).icmp("192.0.2.7", "198.51.100.8", 8, 56);
    });
    flood.facts.iter_mut().for_each(|facts| (facts.weight, facts.by_chance) = (16, true));
    assert_eq!(names(&events(&flood.facts)), ["udp-flood", "icmp-flood"]);
}

#[test]
fn what_comes_seldom_is_found_again_among_many() {
    // A beacon each half hour, and a gateway's other connections between.
    let (mut tape, beats) = (Tape::new(), 26_u16);
    for beat in 0..beats {
        tape.opened("10.0.0.5", 2_000 + beat, "198.51.100.1", 443);
        for other in 0..150_u32 {
            let to = format!("203.{beat}.0.{other}");
            tape.opened("10.0.0.6", 10_000 + other as u16, &to, 443).wait(11_999);
        }
    }
    let mut engine = Engine::new(&Signatures::built_in(), Limits { keys: 64, ..Limits::default() });
    tape.facts.iter().for_each(|facts| engine.observe(facts));
    assert_eq!(names(&engine.finish()), ["beacon"]);
}
