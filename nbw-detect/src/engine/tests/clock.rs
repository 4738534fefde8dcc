//! Clocks that go wrong, and captures that end.

use super::{
    events,
    make::{ACK, RST, SYN, Tape},
    names,
};
use crate::{Engine, Event, Facts, Limits, Signatures, Time};

const A: &str = "192.0.2.7";
const V: &str = "198.51.100.9";

fn scan(ports: u16, tape: &mut Tape) {
    for port in 0..ports {
        tape.tcp(A, 40_000, V, 2_000 + port, SYN, 0).wait(20);
    }
    tape.wait(2_000).icmp("192.0.2.99", "192.0.2.98", 8, 56);
}

fn said(facts: &[Facts]) -> Vec<Event> {
    let mut events = events(facts);
    events.iter_mut().for_each(|event| event.id.clear());
    events
}

#[test]
fn a_later_capture_before_an_earlier_one_is_two_captures() {
    let mut tape = Tape::new();
    scan(100, &mut tape);
    for hours in [1, 24 * 365] {
        let earlier = tape
            .facts
            .iter()
            .map(|facts| Facts { time: Time(facts.time.0 - hours * 3_600_000_000_000), ..facts.clone() });
        let both: Vec<Facts> = tape.facts.iter().cloned().chain(earlier.clone()).collect();
        let apart: Vec<Event> = said(&earlier.collect::<Vec<_>>()).into_iter().chain(said(&tape.facts)).collect();
        assert_eq!(said(&both), apart, "{hours} hours");
    }
}

#[test]
fn one_packet_with_a_wrong_time_changes_nothing() {
    for wrong in [0, 1, 4_294_967_295_000_000_000, u64::MAX] {
        let mut tape = Tape::new();
        scan(100, &mut tape);
        // Answered as quickly as it is asked, so that nothing may be thought to have been waited for in vain.
        for number in 0..600 {
            tape.tcp("203.0.113.5", 1_000 + number, V, 443, SYN, 0).tcp(
                V,
                443,
                "203.0.113.5",
                1_000 + number,
                SYN | 16,
                0,
            );
        }
        let right = said(&tape.facts);
        for at in [0, 50, 900] {
            let mut facts = tape.facts.clone();
            facts.insert(
                at,
                Facts { time: Time(wrong), ..Tape::new().icmp("192.0.2.1", "192.0.2.2", 3, 28).facts[0].clone() },
            );
            assert_eq!(said(&facts), right, "{wrong} at {at}");
        }
    }
}

#[test]
fn hours_in_which_nothing_comes_are_believed() {
    // One connection in two hours, refused: no scan.
    let mut tape = Tape::new();
    for port in 0..60 {
        tape.tcp(A, 40_000, V, 2_000 + port, SYN, 0).tcp(V, 2_000 + port, A, 40_000, RST, 0).wait(7_200_000);
    }
    assert!(events(&tape.facts).is_empty());
}

#[test]
fn live_a_clock_that_is_set_back_is_believed() {
    let mut tape = Tape::new();
    scan(5, &mut tape);
    let mut engine = Engine::new(&Signatures::built_in(), Limits::default());
    tape.facts.iter().for_each(|facts| engine.observe(facts));
    tape.now -= 3_600_000_000_000;
    engine.advance(Time(tape.now));
    let before = tape.facts.len();
    scan(100, &mut tape);
    tape.facts[before..].iter().for_each(|facts| engine.observe(facts));
    assert_eq!(names(&engine.take_events()), ["port-scan-syn"]);
}

#[test]
fn what_was_asked_for_in_the_last_moment_may_be_answered() {
    let crowd = |tape: &mut Tape| {
        for number in 0..1_100_u16 {
            tape.tcp(&format!("203.0.{}.{}", number / 200, number % 200), 40_000, V, 443, SYN, 0);
            tape.now += 90_000;
        }
    };
    let mut tape = Tape::new();
    crowd(&mut tape);
    assert!(events(&tape.facts).is_empty());
    tape.wait(1_000).icmp(A, V, 8, 56);
    assert_eq!(names(&events(&tape.facts)), ["syn-flood-spoofed"]);
}

/// A capture that ends after a quarter of a second of connections that nobody answers.
fn cut_off(answered: bool) -> Vec<String> {
    let mut tape = Tape::new();
    if answered {
        // Somebody is answered, from far away.
        tape.tcp(A, 40_000, V, 80, SYN, 0).wait(140).tcp(V, 80, A, 40_000, SYN | ACK, 0);
    }
    for number in 0..4_000_u32 {
        tape.tcp(&format!("203.{}.{}.7", number / 250, number % 250), 50_000, V, 80, SYN, 0);
        tape.now += 60_000;
    }
    events(&tape.facts).into_iter().map(|event| event.signature).collect()
}

#[test]
fn how_long_the_end_waits_for_answers_is_as_long_as_they_take() {
    assert_eq!(cut_off(false), ["syn-flood-spoofed"], "nobody is answered");
    assert!(cut_off(true).is_empty(), "answers take longer than the capture goes on");
}
