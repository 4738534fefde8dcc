//! Of each signature: so much of it that it fires, and one less.

use std::collections::BTreeSet;

use super::{
    events,
    make::{ACK, RST, SYN, Tape},
    names,
};
use crate::{Fragment, Signatures};

const A: &str = "10.0.0.5";
const V: &str = "198.51.100.9";

/// A signature, how many of what the case makes trip it, and the case.
type Case = (&'static str, u32, fn(u32, &mut Tape));

/// So that a case is one expression.
fn done(_: &mut Tape) {}

/// The last packet stands for a hundred.
fn hundred(tape: &mut Tape) {
    tape.facts.last_mut().unwrap().weight = 100;
}

fn many(number: u32) -> String {
    format!("203.{}.{}.7", number / 256 % 256, number % 256)
}

fn port(number: u32) -> u16 {
    2_000 + number as u16
}

/// Answers from a service, to questions that nobody has asked.
fn reflected(number: u32, service: u16, payload: u32, tape: &mut Tape) {
    tape.udp(&many(number % 100), service, V, 40_000 + (number % 1_000) as u16, payload);
}

const FLOODS: [Case; 22] = [
    ("syn-flood", 1_000, |n, tape| (0..n).for_each(|i| done(tape.tcp(A, port(i), V, 80, SYN, 0)))),
    // The first are what has it watched.
    ("syn-flood-half-open", 256 + 20, |n, tape| {
        (0..n).for_each(|i| done(tape.tcp(A, port(i), V, 80, SYN, 0).tcp(V, 80, A, port(i), SYN | ACK, 0)));
    }),
    ("syn-flood-half-open-spoofed", 256 + 128, |n, tape| {
        (0..n).for_each(|i| done(tape.tcp(&many(i), 1_000, V, 80, SYN, 0).tcp(V, 80, &many(i), 1_000, SYN | ACK, 0)));
    }),
    // The first are what has it watched.
    ("syn-flood-reset", 512 + 20, |n, tape| {
        (0..n).for_each(|i| {
            done(tape.tcp(A, port(i), V, 80, SYN, 0).tcp(V, 80, A, port(i), SYN | ACK, 0).tcp(
                A,
                port(i),
                V,
                80,
                RST,
                0,
            ))
        });
    }),
    ("udp-flood-heavy", 2_000, |n, tape| (0..n).for_each(|i| hundred(tape.udp(&many(i % 40), 40_000, V, 514, 100)))),
    ("udp-flood-random-ports", 2_500, |n, tape| {
        (0..n).for_each(|i| done(tape.udp(A, 40_000 + i as u16, V, 15_000 + i as u16, 200)))
    }),
    ("syn-flood-refused", 3_000, |n, tape| (0..n).for_each(|i| done(tape.refused(&many(i % 100), port(i), V, 81)))),
    ("backscatter-reset-wide", 64, |n, tape| {
        (0..n).for_each(|i| done(tape.tcp(V, 80, &many(i), port(i), RST | ACK, 0)))
    }),
    ("udp-flood-streams", 100_000, |n, tape| (0..n).for_each(|i| done(tape.udp(&many(i % 40), 40_000, V, 9_999, 100)))),
    ("syn-flood-spoofed", 1_000, |n, tape| (0..n).for_each(|i| done(tape.tcp(&many(i), 1_000, V, 80, SYN, 0)))),
    ("syn-flood-random-ports", 3_000, |n, tape| {
        (0..n).for_each(|i| done(tape.tcp(&many(i), 1_000, V, port(i), SYN, 0)))
    }),
    ("backscatter-syn-ack", 64, |n, tape| (0..n).for_each(|i| done(tape.tcp(V, 80, A, port(i), SYN | ACK, 0)))),
    ("backscatter-reset", 256, |n, tape| (0..n).for_each(|i| done(tape.tcp(V, 80, A, port(i), RST | ACK, 0)))),
    ("udp-flood", 2_500, |n, tape| (0..n).for_each(|i| done(tape.udp(A, 40_000 + i as u16, V, 9_999, 10)))),
    ("udp-flood-spoofed", 2_500, |n, tape| {
        (0..n).for_each(|i| done(tape.udp(&many(i), 40_000 + i as u16, V, 15_000 + i as u16, 10)))
    }),
    ("udp-flood-stream", 1_000, |n, tape| (0..n).for_each(|_| hundred(tape.udp(A, 1_024, V, 9_999, 1_000)))),
    ("udp-flood-empty", 256, |n, tape| (0..n).for_each(|i| done(tape.udp(A, port(i), V, 9_999, 0)))),
    ("icmp-flood", 1_250, |n, tape| (0..n).for_each(|_| done(tape.icmp(A, V, 8, 56)))),
    ("smurf", 100, |n, tape| (0..n).for_each(|i| done(tape.icmp(&many(i % 20), V, 0, 56)))),
    ("icmp-flood-unreachable", 1_250, |n, tape| (0..n).for_each(|_| done(tape.icmp(A, V, 3, 28)))),
    ("fragment-flood", 1_250, |n, tape| {
        let kind = |i| if i % 2 == 0 { Fragment::First } else { Fragment::Later };
        (0..n).for_each(|i| done(tape.fragment(A, V, kind(i), 60)));
    }),
    ("fragment-flood-headless", 1_250, |n, tape| {
        (0..n).for_each(|_| done(tape.fragment(A, V, Fragment::Later, 1_500)))
    }),
];

const AMPLIFICATIONS: [Case; 12] = [
    ("dns-amplification-large", 100, |n, tape| (0..n).for_each(|i| reflected(i, 53, 1_000, tape))),
    ("backscatter-reflection", 500, |n, tape| {
        (0..n).for_each(|i| done(tape.tcp(&many(i), 80, V, port(i), SYN | ACK, 0)));
    }),
    ("fragment-flood-endless", 1_250, |n, tape| (0..n).for_each(|_| done(tape.fragment(A, V, Fragment::First, 1_500)))),
    ("dns-amplification", 500, |n, tape| (0..n).for_each(|i| reflected(i, 53, 400, tape))),
    ("ntp-amplification", 100, |n, tape| (0..n).for_each(|i| reflected(i, 123, 400, tape))),
    ("ssdp-amplification", 500, |n, tape| (0..n).for_each(|i| reflected(i, 1_900, 400, tape))),
    ("snmp-amplification", 100, |n, tape| (0..n).for_each(|i| reflected(i, 161, 400, tape))),
    ("memcached-amplification", 100, |n, tape| (0..n).for_each(|i| reflected(i, 11_211, 400, tape))),
    ("cldap-amplification", 100, |n, tape| (0..n).for_each(|i| reflected(i, 389, 400, tape))),
    ("udp-amplification", 500, |n, tape| (0..n).for_each(|i| reflected(i, 19, 400, tape))),
    ("udp-amplification-any", 500, |n, tape| {
        (0..n).for_each(|i| done(tape.udp(&many(i % 400), 7_777, V, 40_000 + (i % 1_000) as u16, 400)));
    }),
    ("amplification-reflector", 250, |n, tape| {
        (0..n).for_each(|_| done(tape.udp(V, 80, A, 53, 40).udp(A, 53, V, 80, 1_200)));
    }),
];

const SCANS: [Case; 13] = [
    ("port-scan-syn", 10, |n, tape| (0..n).for_each(|i| done(tape.refused(A, 40_000, V, port(i))))),
    ("port-scan-connect", 15, |n, tape| (0..n).for_each(|i| done(tape.refused(A, 40_000 + i as u16, V, port(i))))),
    ("port-scan-services", 20, |n, tape| (0..n).for_each(|i| done(tape.opened(A, 40_000, V, 1 + i as u16)))),
    ("port-scan-slow", 20, |n, tape| (0..n).for_each(|i| done(tape.refused(A, 40_000, V, port(i)).wait(150_000)))),
    ("port-scan-fin", 10, |n, tape| (0..n).for_each(|i| done(tape.tcp(A, 40_000, V, port(i), 1, 0)))),
    ("port-scan-null", 10, |n, tape| (0..n).for_each(|i| done(tape.tcp(A, 40_000, V, port(i), 0, 0)))),
    ("port-scan-xmas", 10, |n, tape| (0..n).for_each(|i| done(tape.tcp(A, 40_000, V, port(i), 0x29, 0)))),
    ("port-scan-odd", 10, |n, tape| (0..n).for_each(|i| done(tape.tcp(A, 40_000, V, port(i), SYN | 1, 0)))),
    ("port-scan-ack", 15, |n, tape| (0..n).for_each(|i| done(tape.tcp(V, port(i), A, 40_000, RST, 0)))),
    ("port-scan-udp", 15, |n, tape| (0..n).for_each(|i| done(tape.udp(A, 40_000, V, port(i), 8)))),
    ("port-scan-udp-slow", 30, |n, tape| (0..n).for_each(|i| done(tape.udp(A, 40_000, V, port(i), 8).wait(100_000)))),
    ("port-scan-protocol", 8, |n, tape| (0..n).for_each(|i| done(tape.other(A, V, 100 + i as u8)))),
    ("host-sweep-tcp", 25, |n, tape| (0..n).for_each(|i| done(tape.refused(A, 40_000, &many(i), 23)))),
];

const SWEEPS: [Case; 12] = [
    ("host-sweep-tcp-slow", 50, |n, tape| {
        (0..n).for_each(|i| done(tape.refused(A, 40_000, &many(i), 23).wait(60_000)))
    }),
    ("host-sweep-spread", 1_000, |n, tape| (0..n).for_each(|i| done(tape.refused(A, 40_000, &many(i), port(i))))),
    ("host-sweep-udp-slow", 100, |n, tape| {
        (0..n).for_each(|i| done(tape.udp(A, 40_000, &many(i), 1_434, 8).wait(40_000)))
    }),
    ("host-sweep-udp", 50, |n, tape| (0..n).for_each(|i| done(tape.udp(A, 40_000, &many(i), 1_434, 8)))),
    ("host-sweep-tcp-any", 125, |n, tape| {
        (0..n).for_each(|i| done(tape.refused(A, 40_000, &many(i), 6_346)));
    }),
    ("host-sweep-udp-any", 125, |n, tape| {
        (0..n).for_each(|i| done(tape.udp(A, 40_000, &many(i), 6_881, 8).wait(2)));
    }),
    ("host-sweep-icmp", 25, |n, tape| (0..n).for_each(|i| done(tape.icmp(A, &many(i), 8, 56)))),
    ("host-sweep-icmp-slow", 50, |n, tape| (0..n).for_each(|i| done(tape.icmp(A, &many(i), 8, 56).wait(60_000)))),
    ("arp-scan", 100, |n, tape| {
        (0..n).for_each(|i| done(tape.arp(1, (1, "10.0.1.1"), (0, &format!("10.0.2.{i}"))).wait(290)));
    }),
    ("arp-scan-quick", 40, |n, tape| {
        (0..n).for_each(|i| done(tape.arp(1, (1, "10.0.1.1"), (0, &format!("10.0.2.{i}"))).wait(10)));
    }),
    ("arp-spoof", 4, |n, tape| {
        (0..n).for_each(|_| {
            tape.arp(1, (1, "10.0.1.1"), (0, "10.0.1.2"))
                .wait(5_000)
                .arp(2, (9, "10.0.1.1"), (2, "10.0.1.3"))
                .wait(5_000);
        });
    }),
    ("arp-spoof-unasked", 6, |n, tape| {
        (0..n).for_each(|_| done(tape.arp(2, (9, "10.0.1.1"), (2, "10.0.1.3")).wait(2_000)));
    }),
];

/// As people and parallel programs come, not by the clock.
fn irregular(number: u32) -> u64 {
    100 + u64::from(number * number % 7) * 150
}

const SESSIONS: [Case; 16] = [
    // The first five are what has it watched.
    ("brute-force", 20 + 5, |n, tape| {
        (0..n).for_each(|i| done(tape.held(A, port(i), V, 2_222, &[(0, 40), (20, 30), (25, 30)]).wait(irregular(i))));
    }),
    ("brute-force-mailbox", 20 + 5, |n, tape| {
        let said = [(0, 40), (20, 30), (25, 30), (6, 12)];
        (0..n).for_each(|i| done(tape.held(A, port(i), V, 21, &said).wait(irregular(i))));
    }),
    ("brute-force-mail", 20 + 5, |n, tape| {
        (0..n).for_each(|i| done(tape.held(A, port(i), V, 587, &[(0, 40), (20, 30), (25, 30)]).wait(irregular(i))));
    }),
    ("brute-force-mysql", 20 + 5, |n, tape| {
        (0..n).for_each(|i| done(tape.held(A, port(i), V, 3_306, &[(0, 90), (120, 80)]).wait(irregular(i))));
    }),
    ("brute-force-smb", 20 + 5, |n, tape| {
        let said = [(100, 200), (150, 300), (400, 80)];
        (0..n).for_each(|i| done(tape.held(A, port(i), V, 445, &said).wait(irregular(i))));
    }),
    ("brute-force-dialogue", 20 + 5, |n, tape| {
        let said = [(40, 60), (100, 200), (100, 200), (300, 40)];
        (0..n).for_each(|i| done(tape.held(A, port(i), V, 3_389, &said).wait(irregular(i))));
    }),
    ("brute-force-guesses", 40 + 5, |n, tape| {
        (0..n).for_each(|i| done(tape.session(A, port(i), V, 1_883, &[(20 + i % 6, 4)]).wait(irregular(i))));
    }),
    ("slowloris", 75 + 20, |n, tape| {
        (0..n).for_each(|i| done(tape.opened(A, port(i), V, 80).tcp(A, port(i), V, 80, ACK, 200)));
        tape.wait(6_000).icmp(A, "10.0.0.1", 0, 0);
    }),
    ("slowloris-distributed", 256 + 128, |n, tape| {
        (0..n).for_each(|i| done(tape.opened(&many(i), 1_000, V, 80).tcp(&many(i), 1_000, V, 80, ACK, 200)));
        tape.wait(6_000).icmp(A, "10.0.0.1", 0, 0);
    }),
    ("slowloris-hoard", 512 + 20, |n, tape| {
        (0..n).for_each(|i| done(tape.opened(A, port(i), V, 1_883).tcp(V, 1_883, A, port(i), ACK, 4)));
    }),
    ("dns-tunnel", 50, |n, tape| {
        (0..n).for_each(|i| done(tape.udp(A, port(i), V, 53, 110 + i % 28).udp(V, 53, A, port(i), 120).wait(100)));
    }),
    ("dns-tunnel-long", 50, |n, tape| {
        (0..n).for_each(|i| done(tape.udp(A, port(i), V, 53, 250).udp(V, 53, A, port(i), 300).wait(100)));
    }),
    ("dns-tunnel-flow", 50, |n, tape| {
        (0..n).for_each(|i| done(tape.udp(A, 40_000, V, 53, 90 + i % 20).udp(V, 53, A, 40_000, 120).wait(100)));
    }),
    ("dns-tunnel-stream", 100, |n, tape| {
        (0..n).for_each(|i| {
            if i % 3 == 0 {
                tape.udp(A, 40_000, V, 53, 40);
            }
            tape.udp(V, 53, A, 40_000, 120).wait(50);
        });
    }),
    ("icmp-tunnel", 20, |n, tape| {
        (0..n).for_each(|i| done(tape.icmp(A, V, 8, 100 + i % 10).icmp(V, A, 0, 300 + i % 10).wait(100)));
    }),
    ("beacon", 24, |n, tape| {
        (0..n).for_each(|i| {
            done(tape.tcp(A, port(i), V, 443, SYN, 0).tcp(V, 443, A, port(i), SYN | ACK, 0).wait(60_000))
        });
    }),
];

fn all() -> impl Iterator<Item = Case> {
    FLOODS.into_iter().chain(AMPLIFICATIONS).chain(SCANS).chain(SWEEPS).chain(SESSIONS)
}

#[test]
fn each_fires_at_its_threshold_and_not_below() {
    let mut wrong = Vec::new();
    for (name, bound, make) in all() {
        let tried = |many: u32| {
            let mut tape = Tape::new();
            make(many, &mut tape);
            // Behind them, nothing of the kind: what was asked for has had its time.
            tape.wait(2_000).icmp("192.0.2.99", "192.0.2.98", 8, 56);
            events(&tape.facts)
        };
        let fired = tried(bound);
        let below = tried(bound - 1);
        if names(&fired) != [name] || !below.is_empty() {
            wrong.push(format!("{name}: {:?} with {bound}, {:?} with one less", names(&fired), names(&below)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn there_is_a_case_for_each() {
    let signatures = Signatures::built_in();
    let known: BTreeSet<&str> = signatures.iter().map(|signature| signature.name.as_str()).collect();
    // Of volumes there is a test of its own.
    let tested: BTreeSet<&str> = all().map(|(name, ..)| name).chain(["exfiltration-volume"]).collect();
    assert_eq!(tested, known);
}
