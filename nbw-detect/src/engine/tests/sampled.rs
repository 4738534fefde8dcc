//! What the kernel samples: what did not come with it may have been left out.

use super::{
    events,
    make::{ACK, SYN, Tape},
    names,
};
use crate::Facts;

const A: &str = "10.0.0.5";
const V: &str = "198.51.100.9";

/// So that a case is one expression.
fn done(_: &mut Tape) {}

fn host(number: u32) -> String {
    format!("203.0.{}.{}", number / 200 % 250, number % 200)
}

/// As if by chance, and the same each time.
fn mixed(number: usize) -> u32 {
    (number as u32).wrapping_mul(2_654_435_761).rotate_left(13).wrapping_mul(2_246_822_519) >> 7
}

/// One packet in `weight`, each for itself.
fn by_chance(facts: &[Facts], weight: u32) -> Vec<Facts> {
    let chosen = facts.iter().enumerate().filter(|(at, _)| mixed(*at).is_multiple_of(weight));
    chosen.map(|(_, facts)| Facts { weight, by_chance: true, ..facts.clone() }).collect()
}

fn later(tape: &mut Tape) -> Vec<String> {
    tape.wait(2_000).icmp("192.0.2.99", "192.0.2.98", 8, 56);
    said(&tape.facts)
}

fn said(facts: &[Facts]) -> Vec<String> {
    names(&events(facts)).into_iter().map(str::to_owned).collect()
}

/// Short exchanges of many clients with one server, all of them answered.
fn exchanges(many: u32) -> Tape {
    let mut tape = Tape::new();
    for number in 0..many {
        let (from, port) = (host(number % 400), 20_000 + (number % 40_000) as u16);
        tape.udp(&from, port, V, 3_478, 40).udp(V, 3_478, &from, port, 60);
        tape.now += 10_000_000_000 / u64::from(many) - 20_000;
    }
    tape
}

#[test]
fn answers_that_were_left_out_are_not_missing() {
    for (many, weight) in [(4_000, 4), (4_000, 8), (20_000, 16), (60_000, 64)] {
        let told = said(&by_chance(&exchanges(many).facts, weight));
        assert!(told.is_empty(), "1 in {weight} of {many}: {told:?}");
    }
}

#[test]
fn a_flood_at_somebody_who_asks_a_lot_is_a_flood() {
    // A resolver that is flooded, and goes on asking others.
    let mut tape = Tape::new();
    for number in 0..4_000_u32 {
        let (server, port) = (host(number % 300), 20_000 + (number % 40_000) as u16);
        tape.udp(V, port, &server, 53, 40).udp(&server, 53, V, port, 120);
        tape.udp("192.0.2.7", port, V, 9_999, 10).wait(1);
    }
    assert_eq!(said(&tape.facts), ["udp-flood"]);
    // Names are of the services that are sampled by conversations: they are all seen.
    let (flood, names): (Vec<Facts>, Vec<Facts>) = tape.facts.into_iter().partition(|facts| facts.bytes == 52);
    for weight in [4, 16] {
        let mut facts = [by_chance(&flood, weight), names.clone()].concat();
        facts.sort_by_key(|facts| facts.time);
        assert_eq!(said(&facts), ["udp-flood"], "1 in {weight}");
    }
}

/// Questions that were all seen; of the answers, behind them, only one in four.
fn thinned(ask: fn(&mut Tape, u32), answer: fn(&mut Tape, u32), by_chance: bool) -> Tape {
    let mut tape = Tape::new();
    for number in 0..300 {
        ask(&mut tape, number);
        tape.facts.last_mut().unwrap().by_chance = by_chance;
    }
    tape.wait(100);
    for number in 0..300 {
        answer(&mut tape, number);
        (tape.facts.last_mut().unwrap().weight, tape.facts.last_mut().unwrap().by_chance) = (4, by_chance);
        if mixed(number as usize).is_multiple_of(4) {
            continue;
        }
        tape.facts.pop();
    }
    tape
}

#[test]
fn what_was_asked_before_packets_were_left_out_is_not_unanswered() {
    let syn: fn(&mut Tape, u32) = |tape, i| done(tape.tcp(A, 2_000 + i as u16, &host(i), 22, SYN, 0));
    let syn_ack: fn(&mut Tape, u32) = |tape, i| done(tape.tcp(&host(i), 22, A, 2_000 + i as u16, SYN | ACK, 0));
    for by_chance in [false, true] {
        let told = later(&mut thinned(syn, syn_ack, by_chance));
        assert!(told.is_empty(), "TCP, by chance {by_chance}: {told:?}");
    }
    let echo: fn(&mut Tape, u32) = |tape, i| done(tape.icmp(A, &host(i), 8, 56));
    let reply: fn(&mut Tape, u32) = |tape, i| done(tape.icmp(&host(i), A, 0, 56));
    assert!(later(&mut thinned(echo, reply, true)).is_empty(), "ICMP");
    let question: fn(&mut Tape, u32) = |tape, i| done(tape.udp(A, 40_000, &host(i), 161, 40));
    let answer: fn(&mut Tape, u32) = |tape, i| done(tape.udp(&host(i), 161, A, 40_000, 90));
    assert!(later(&mut thinned(question, answer, true)).is_empty(), "UDP");
}

#[test]
fn what_is_not_left_out_is_missing_beside_what_is() {
    // A sweep whose packets are all seen, while those of another kind, or on another interface, are sampled.
    for elsewhere in [true, false] {
        let mut tape = Tape::new();
        for number in 0..300 {
            tape.tcp(A, 2_000 + number as u16, &host(number), 22, SYN, 0);
            if elsewhere {
                tape.tcp(V, 22, "192.0.2.9", 1_000 + number as u16, SYN | ACK, 0);
                (tape.facts.last_mut().unwrap().link, tape.facts.last_mut().unwrap().weight) = (7, 16);
            } else {
                tape.udp("10.0.0.8", 5_000, V, 5_000, 100);
                (tape.facts.last_mut().unwrap().by_chance, tape.facts.last_mut().unwrap().weight) = (true, 16);
            }
            tape.wait(2);
        }
        assert!(later(&mut tape).contains(&"host-sweep-tcp".to_owned()), "elsewhere {elsewhere}");
    }
}

#[test]
fn a_flood_that_is_sampled_more_and_more_is_a_flood() {
    let mut tape = Tape::new();
    for number in 0..4_000_u32 {
        tape.tcp(&host(number), 1_000 + number as u16, V, 80, SYN, 0).wait(1);
        tape.facts.last_mut().unwrap().weight = 1 << (number / 500).min(5);
    }
    assert_eq!(later(&mut tape), ["syn-flood-spoofed"]);
}

#[test]
fn a_handshake_whose_end_was_left_out_is_not_half_open() {
    // Asked for and accepted while all was seen; the client's own packets came when one connection in four was.
    let mut tape = Tape::new();
    for number in 0..900_u32 {
        let (from, port) = (host(number), 2_000 + number as u16);
        tape.tcp(&from, port, V, 443, SYN, 0).tcp(V, 443, &from, port, SYN | ACK, 0);
        if number % 4 == 0 {
            tape.tcp(&from, port, V, 443, ACK, 400);
            tape.facts.last_mut().unwrap().weight = 4;
        }
        tape.wait(1);
    }
    assert!(later(&mut tape).is_empty());
    tape.facts.retain(|facts| facts.weight == 1);
    assert_eq!(said(&tape.facts), ["syn-flood-half-open-spoofed"]);
}
