//! Which connections are asked for, again or anew, and which are seen from one side or on several links.

use super::{
    events,
    make::{ACK, RST, SYN, Tape},
    names,
};
use crate::{Body, Direction, Engine, Event, Facts, Limits, Signatures, Time};

const A: &str = "192.0.2.7";
const V: &str = "198.51.100.9";
const FIN: u8 = 1;

/// What is said of packets when a while has passed behind them.
fn later(tape: &mut Tape) -> Vec<Event> {
    tape.wait(2_000).icmp("192.0.2.99", "192.0.2.98", 8, 56);
    events(&tape.facts)
}

fn signatures(tape: &mut Tape) -> Vec<String> {
    later(tape).into_iter().map(|event| event.signature).collect()
}

#[test]
fn a_flood_from_one_port_is_a_flood() {
    // hping3 -S -k -s 1234 -i u5000
    let mut tape = Tape::new();
    for _ in 0..2_000 {
        tape.tcp(A, 1_234, V, 80, SYN, 0).wait(5);
    }
    let events = later(&mut tape);
    assert_eq!(names(&events), ["syn-flood"]);
    assert!(events[0].evidence["counted"] > 1_900.0, "{:?}", events[0].evidence);
}

#[test]
fn a_flood_from_a_pool_of_forged_addresses_is_a_flood() {
    for gap in [1, 10, 40] {
        let mut tape = Tape::new();
        for number in 0..6_000 {
            tape.tcp(&format!("203.0.113.{}", number % 100), 1_000, V, 80, SYN, 0).wait(gap);
        }
        assert_eq!(signatures(&mut tape), ["syn-flood-spoofed"], "each {gap} ms");
    }
}

#[test]
fn a_flood_goes_on_when_its_ports_begin_again() {
    // Round about once in two seconds, and once in a second as sockets repeat.
    for (ports, gap) in [(1_000, 2), (500, 2), (250, 4)] {
        let mut tape = Tape::new();
        for number in 0..30_000 {
            tape.tcp(A, 1_000 + number % ports, V, 80, SYN, 0).wait(gap);
        }
        let events = later(&mut tape);
        assert_eq!(names(&events), ["syn-flood"], "{ports} ports each {gap} ms");
        assert_eq!(events[0].last_seen, tape.facts[29_999].time.timestamp());
    }
}

#[test]
fn clients_of_a_server_that_is_down_ask_again() {
    // Each for itself, by the schedules of Linux (before and since 6.5) and of Windows, with jitter; some of it is captured twice.
    for schedule in [&[1_000, 2_000, 4_000, 8_000][..], &[1_000, 1_010, 1_030, 1_020, 2_050], &[3_000, 6_000]] {
        let mut asked: Vec<(u64, u32)> = Vec::new();
        for client in 0..1_500 {
            let mut at = u64::from(client) * 30;
            asked.push((at, client));
            for gap in schedule {
                at += gap + u64::from(client % 7) * 5;
                asked.push((at, client));
            }
        }
        asked.sort_unstable();
        let mut tape = Tape::new();
        let begin = tape.now;
        for (at, client) in asked {
            tape.now = begin + at * 1_000_000;
            let from = format!("203.0.{}.{}", client / 200, client % 200);
            tape.tcp(&from, 2_000, V, 443, SYN, 0);
            if client % 9 == 0 {
                tape.tcp(&from, 2_000, V, 443, SYN, 0);
            }
        }
        assert!(signatures(&mut tape).is_empty(), "{schedule:?}");
    }
}

#[test]
fn a_client_that_gives_up_has_closed_nothing() {
    let mut tape = Tape::new();
    for number in 0..1_200 {
        tape.tcp(A, 1_000 + number, V, 80, SYN, 0).tcp(A, 1_000 + number, V, 80, RST, 0).wait(10);
    }
    assert_eq!(signatures(&mut tape), ["syn-flood"]);
}

/// The busiest of benign traffic: a web server, a resolver, a crawler, some of whose hosts are gone.
fn ordinary() -> Tape {
    let mut tape = Tape::new();
    for number in 0..4_000_u32 {
        let (peer, port) = (format!("203.{}.{}.7", number % 9, number % 200), 20_000 + number as u16);
        let server = format!("198.18.{}.{}", number % 5, number % 250);
        tape.session(&peer, port, V, 443, &[(400, 3_000 + number * 37 % 5_000)]);
        tape.session(V, port, &server, 80, &[(300, 2_000 + number * 91 % 9_000)]);
        tape.udp(V, port, &server, 53, 40).udp(&server, 53, V, port, 120 + number % 90).wait(10);
    }
    tape
}

fn is_from(facts: &Facts, address: &str) -> bool {
    matches!(&facts.body, Body::Ip(ip) if ip.source.to_string() == address)
}

#[test]
fn each_direction_may_have_a_link_of_its_own() {
    let mut tape = ordinary();
    for facts in &mut tape.facts {
        facts.link = if is_from(facts, V) { 1 } else { 2 };
    }
    let events = events(&tape.facts);
    assert!(events.is_empty(), "{:?}", names(&events));
}

#[test]
fn one_direction_alone_is_no_attack() {
    for sent in [true, false] {
        let tape = ordinary();
        let half: Vec<Facts> = tape.facts.into_iter().filter(|facts| is_from(facts, V) == sent).collect();
        let events = events(&half);
        assert!(events.is_empty(), "{sent} {:?}", names(&events));
    }
}

#[test]
fn what_is_sent_to_oneself_is_counted_once() {
    let mut tape = Tape::new();
    for number in 0..1_200 {
        tape.tcp("127.0.0.1", 1_000 + number, "127.0.0.1", 80, SYN, 0).wait(10);
    }
    let both = [Direction::Out, Direction::In];
    let twice: Vec<Facts> =
        tape.facts.iter().flat_map(|facts| both.map(|direction| Facts { direction, ..facts.clone() })).collect();
    let (once, twice) = (events(&tape.facts), events(&twice));
    assert_eq!((names(&once), names(&twice)), (vec!["syn-flood"], vec!["syn-flood"]));
    assert_eq!(once[0].evidence["counted"], twice[0].evidence["counted"]);
}

/// Many endpoints of which each client closes connections, so that each is to be watched.
fn busy(endpoints: u32, tape: &mut Tape) {
    for round in 0..8 {
        for endpoint in 0..endpoints {
            let (from, to) = ("203.0.113.8", format!("198.18.{}.{}", endpoint / 200, endpoint % 200));
            tape.session(from, 10_000 + round * 4_000 + endpoint as u16, &to, 25, &[(0, 40 + endpoint % 7 * 90)]);
        }
    }
}

#[test]
fn a_flood_is_seen_beside_many_busy_endpoints() {
    for limits in [Limits::default(), Limits { watched: 64, ..Limits::default() }] {
        let mut tape = Tape::new();
        busy(64, &mut tape);
        for number in 0..1_000 {
            let port = 1_000 + number;
            tape.tcp(A, port, V, 80, SYN, 0).tcp(V, 80, A, port, SYN | ACK, 0).wait(5);
        }
        tape.wait(2_000).icmp(A, V, 8, 56);
        let mut engine = Engine::new(&Signatures::built_in(), limits);
        tape.facts.iter().for_each(|facts| engine.observe(facts));
        assert_eq!(names(&engine.finish()), ["syn-flood-half-open"]);
    }
}

#[test]
fn every_endpoint_has_its_turn() {
    let mut tape = Tape::new();
    let mut engine = Engine::new(&Signatures::built_in(), Limits { watched: 8, ..Limits::default() });
    for _ in 0..40 {
        busy(9, &mut tape);
        for number in 0..30 {
            let said = [(0, 40), (20, 30), (25, 30)];
            tape.held(A, 30_000 + number, V, 2_222, &said);
        }
        tape.wait(4_000);
    }
    tape.facts.iter().for_each(|facts| engine.observe(facts));
    assert!(engine.not_watched() > 0);
    assert!(names(&engine.finish()).contains(&"brute-force"));
}

#[test]
fn live_an_endpoint_is_watched_when_that_is_told() {
    let mut tape = Tape::new();
    for number in 0..30 {
        tape.held(A, 30_000 + number, V, 2_222, &[(0, 40), (20, 30), (25, 30)]).wait(100 + u64::from(number % 5) * 90);
    }
    for (tells, expected) in [(false, &[][..]), (true, &["brute-force"])] {
        let mut engine = Engine::new(&Signatures::built_in(), Limits { live: true, ..Limits::default() });
        for facts in &tape.facts {
            engine.observe(facts);
            if tells && !engine.watched().is_empty() {
                engine.watches(Time(facts.time.0));
            }
        }
        assert_eq!(names(&engine.finish()), expected);
    }
}

#[test]
fn a_connection_that_ends_while_its_other_side_is_not_seen_is_none() {
    let mut tape = Tape::new();
    for number in 0..1_300 {
        tape.tcp(A, 1_000 + number, V, 80, SYN, 0).wait(5).tcp(A, 1_000 + number, V, 80, FIN | ACK, 0).wait(5);
    }
    assert!(signatures(&mut tape).is_empty());
}

/// Where connections are sampled, ordinary packets of some are left out though they were asked for.
#[test]
fn a_connection_whose_packets_do_not_come_is_not_half_open() {
    let mut tape = Tape::new();
    for number in 0..1_500 {
        let (from, port) = (format!("203.0.{}.{}", number / 200, number % 200), 1_000 + number as u16);
        tape.tcp(&from, port, V, 80, SYN, 0).tcp(V, 80, &from, port, SYN | ACK, 0).wait(10);
    }
    tape.wait(2_000).icmp(A, V, 8, 56);
    let found = |followed: fn(usize) -> u32| {
        let mut engine = Engine::new(&Signatures::built_in(), Limits { live: true, ..Limits::default() });
        for (number, facts) in tape.facts.iter().enumerate() {
            engine.observe(&Facts { followed: followed(number), ..facts.clone() });
            engine.watches(facts.time);
        }
        engine.finish()
    };
    let one = found(|_| 1);
    assert_eq!(names(&one), ["syn-flood-half-open-spoofed"]);
    assert_eq!(names(&found(|_| 0)), [""; 0], "none of which packets come");
    assert_eq!(
        names(&found(|number| (number % 2 == 0).into())),
        [""; 0],
        "by the answer, packets do not come any more"
    );
    let of_eight = found(|_| 8);
    let counted = |event: &crate::Event| event.evidence["half_open"];
    assert!(counted(&of_eight[0]) > 7.0 * counted(&one[0]), "each stands for eight");
}

#[test]
fn decoys_do_not_blind() {
    // Connections that nobody answers, and that go on all the same, to one host; and a scan.
    let mut tape = Tape::new();
    for number in 0..18 {
        tape.tcp(A, 1_000 + number, V, 9, SYN, 0).tcp(A, 1_000 + number, V, 9, FIN | ACK, 0).wait(5);
    }
    for port in 0..100 {
        tape.tcp(A, 40_000, V, 2_000 + port, SYN, 0).wait(20);
    }
    assert_eq!(signatures(&mut tape), ["port-scan-syn"]);
}

#[test]
fn checks_that_end_by_a_reset_are_no_flood() {
    // HAProxy's default, each 2 s by a dozen of proxies; hping3 is faster.
    for (gap, expected) in [(166, &[][..]), (20, &["syn-flood-reset"])] {
        let mut tape = Tape::new();
        for number in 0..1_000 {
            let port = 20_000 + number;
            tape.tcp(A, port, V, 80, SYN, 0)
                .tcp(V, 80, A, port, SYN | ACK, 0)
                .tcp(A, port, V, 80, RST | ACK, 0)
                .wait(gap);
        }
        assert_eq!(signatures(&mut tape), expected, "each {gap} ms");
    }
}
