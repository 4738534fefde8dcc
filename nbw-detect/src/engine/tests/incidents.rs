//! What events count, and how many there may be.

use std::time::Duration;

use super::{
    events,
    make::{ACK, SYN, Tape},
    names,
};
use crate::{Engine, Event, Limits, Signatures, Time};

const V: &str = "198.51.100.9";

#[test]
fn all_of_a_flood_is_counted_whoever_explains_it() {
    let (mut smurf, mut answers) = (Tape::new(), Tape::new());
    for number in 0..30_000_u32 {
        smurf.icmp(&format!("203.0.113.{}", number % 50), V, 0, 56);
        answers.udp(&format!("203.0.113.{}", number % 50), 53, V, 40_000 + (number % 1_000) as u16, 1_400);
    }
    for (tape, name, counter) in [(smurf, "smurf", "replies"), (answers, "dns-amplification-large", "unasked")] {
        let events = events(&tape.facts);
        assert_eq!(events.len(), 1, "{name}: {:?}", names(&events));
        assert_eq!((events[0].evidence["counted"], events[0].source_count), (30_000.0, 50), "{name}");
        assert_eq!((events[0].signature.as_str(), events[0].evidence[counter]), (name, 30_000.0));
    }
}

#[test]
fn no_attack_is_lost_however_many_there_are() {
    // A telescope's: 4,400 victims answer to forged addresses, each as much as is an attack.
    let (mut tape, many) = (Tape::new(), 4_400_u32);
    let mut engine = Engine::new(&Signatures::built_in(), Limits { keys: 16_384, ..Limits::default() });
    for victim in 0..many {
        let to = format!("198.18.{}.{}", victim / 250, victim % 250);
        let victim = format!("203.{}.{}.7", victim / 250, victim % 250);
        for port in 0..64 {
            tape.tcp(&victim, 80, &to, 2_000 + port, SYN | ACK, 0);
        }
        tape.facts.drain(..).for_each(|facts| engine.observe(&facts));
    }
    let early = engine.ended_early();
    let events = engine.finish();
    let victims: std::collections::BTreeSet<&String> = events
        .iter()
        .filter(|event| event.signature == "backscatter-syn-ack")
        .flat_map(|event| &event.sources)
        .collect();
    assert_eq!((victims.len(), early > 0), (many as usize, true));
}

#[test]
fn what_changes_is_told_as_often_as_is_asked_for() {
    let mut tape = Tape::new();
    for _ in 0..6_000 {
        tape.icmp("192.0.2.7", V, 8, 56).wait(2);
    }
    let mut engine = Engine::new(&Signatures::built_in(), Limits::default());
    let (mut all, every) = (0, Duration::from_secs(5));
    for facts in &tape.facts {
        engine.observe(facts);
        all += engine.take_news(every).len();
    }
    // It trips after two and a half of the twelve seconds, and changes with each packet.
    assert_eq!(all, 2);
    engine.advance(Time(tape.now + 400_000_000_000));
    assert!(!engine.take_news(Duration::from_secs(1_000_000))[0].ongoing);
}

/// Readers of events compare them, and write them as JSON, which has no infinity.
#[test]
fn evidence_is_of_numbers_also_where_something_stands_against_nothing() {
    let own = "[[signature]]\nname = \"own\"\nkind = \"icmp-flood\"\ntitle = \"t\"\nabout = \"a\"\nseverity = \"critical\"\n\
               confidence = 0.5\nadvice = \"d\"\nkey = \"pair\"\nwindow = 60\nevent = \"target\"\n\
               count = [{ name = \"pings\", on = [\"icmp-echo\"] }, { name = \"pongs\", on = [\"icmp-echo-answered\"] }]\n\
               when = [{ value = \"pings\", per = \"pongs\", at-least = 10, because = \"a test\" }]\n";
    let mut signatures = Signatures::built_in();
    signatures.extend(own).unwrap();
    let mut engine = Engine::new(&signatures, Limits::default());
    let mut tape = Tape::new();
    for _ in 0..20 {
        tape.icmp("192.0.2.7", V, 8, 56).wait(10);
    }
    tape.facts.iter().for_each(|facts| engine.observe(facts));
    let events = engine.finish();
    assert_eq!(names(&events), ["own"]);
    assert!(events[0].evidence.values().all(|value| value.is_finite()), "{events:?}");
    let read: crate::Event = serde_json::from_str(&serde_json::to_string(&events[0]).unwrap()).unwrap();
    assert_eq!(read, events[0]);
}

#[test]
fn another_name_is_told_at_once() {
    let signature = |name: &str, confidence: f64, least: u32| {
        format!(
            "[[signature]]\nname = \"{name}\"\nkind = \"icmp-flood\"\ntitle = \"t\"\nabout = \"a\"\nseverity = \"critical\"\n\
             confidence = {confidence}\nadvice = \"d\"\nkey = \"pair\"\nwindow = 60\nevent = \"target\"\n\
             count = [{{ name = \"pings\", on = [\"icmp-echo\"] }}]\n\
             when = [{{ value = \"pings\", at-least = {least}, because = \"a test\" }}]\n"
        )
    };
    let mut signatures = Signatures::built_in();
    signatures.extend(&(signature("first", 0.5, 10) + &signature("surer", 0.9, 50))).unwrap();
    let mut engine = Engine::new(&signatures, Limits::default());
    let mut tape = Tape::new();
    for _ in 0..100 {
        tape.icmp("192.0.2.7", V, 8, 56).wait(10);
    }
    let mut told = Vec::new();
    for facts in &tape.facts {
        engine.observe(facts);
        told.extend(engine.take_news(Duration::from_secs(5)));
    }
    assert_eq!(names(&told), ["first", "surer"], "within a second");
    assert_eq!(told[0].id, told[1].id, "one attack");
}

/// Pings a few more than trip, from that many addresses in turn, half of them before it trips.
fn smurf(many: u32) -> Event {
    let mut tape = Tape::new();
    for number in 0..many.max(200) {
        tape.icmp(&format!("203.0.{}.{}", number % many / 250, number % many % 250), V, 0, 56).wait(1);
    }
    let mut events = events(&tape.facts);
    assert_eq!(events.len(), 1, "{:?}", names(&events));
    events.remove(0)
}

#[test]
fn all_who_took_part_are_counted_those_before_it_was_an_attack_too() {
    for many in [20, 100, 128] {
        assert_eq!(smurf(many).source_count, u64::from(many));
    }
    for many in [130, 200, 500, 1_000, 4_000] {
        let event = smurf(many);
        let error = event.source_count as f64 / f64::from(many) - 1.0;
        assert!(error.abs() < 0.1, "{many}: {}", event.source_count);
        assert!(event.source_count as f64 <= event.evidence["counted"], "{:?}", event.evidence);
        assert!(event.evidence["distinct_sources"] <= event.evidence["replies"], "{:?}", event.evidence);
    }
}

#[test]
fn what_a_key_does_not_name_is_counted_whether_the_signature_asks_for_it_or_not() {
    let mut tape = Tape::new();
    for number in 0..6_000_u32 {
        tape.icmp(&format!("203.0.{}.{}", number % 300 / 250, number % 300 % 250), V, 8, 56);
    }
    let events = events(&tape.facts);
    assert_eq!(names(&events), ["icmp-flood"]);
    assert!((270..=330).contains(&events[0].source_count), "{}", events[0].source_count);
}

#[test]
fn what_is_an_attack_now_and_then_is_counted_once() {
    // Hardly as much as trips it: each turn of a half of the window is below the bound for a moment.
    for (each, many) in [(6_666_667_u64, 9_000_u32), (7_700_000, 7_000), (7_990_000, 7_000)] {
        let mut tape = Tape::new();
        for number in 0..many {
            tape.icmp(&format!("192.0.2.{}", number % 7), V, 8, 56);
            tape.now += each - 10_000;
        }
        let events = events(&tape.facts);
        assert_eq!(names(&events), ["icmp-flood"]);
        let counted = events[0].evidence["counted"];
        assert!(counted <= f64::from(many) && counted >= f64::from(many) * 0.9, "{counted} of {many}");
        assert_eq!(events[0].source_count, 7);
    }
}

#[test]
fn what_is_distinct_is_never_more_than_was_counted() {
    for begin in [1_000, 20_000, 40_000] {
        let mut tape = Tape::new();
        for port in 0..1_000 {
            tape.refused("192.0.2.7", 40_000, V, begin + port).wait(1);
        }
        let events = events(&tape.facts);
        let evidence = &events[0].evidence;
        assert_eq!(names(&events), ["port-scan-syn"]);
        assert!(evidence["failed_ports"] <= 1_000.0 && evidence["failed_ports"] >= 900.0, "{evidence:?}");
    }
}

#[test]
fn what_is_near_its_bound_is_counted_once() {
    // 140 pings a second: above the bound at the end of each half of the window, and below it at its beginning.
    let mut tape = Tape::new();
    for _ in 0..140 * 60 {
        tape.icmp("192.0.2.7", V, 8, 56);
        tape.now += 1_000_000_000 / 140 - 10_000;
    }
    let events = events(&tape.facts);
    assert_eq!(names(&events), ["icmp-flood"]);
    let counted = events[0].evidence["counted"];
    assert!((7_000.0..=8_400.0).contains(&counted), "{counted}");
}

#[test]
fn between_private_addresses_some_of_it_is_less_severe() {
    for (from, to, severity) in [
        ("10.0.0.9", "10.0.0.5", crate::Severity::Warning),
        ("10.0.0.9", V, crate::Severity::Critical),
        ("192.0.2.7", "10.0.0.5", crate::Severity::Critical),
    ] {
        let mut tape = Tape::new();
        for _ in 0..1_000 {
            tape.udp(from, 1_024, to, 9_999, 1_000).facts.last_mut().unwrap().weight = 100;
        }
        let events = events(&tape.facts);
        assert_eq!((events[0].signature.as_str(), events[0].severity), ("udp-flood-stream", severity), "{from} {to}");
    }
}
