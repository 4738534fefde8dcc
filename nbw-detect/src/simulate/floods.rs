//! Floods: more than the victim can answer.

use std::time::Duration;

use etherparse::icmpv4::DestUnreachableHeader;

use super::{
    attack::{Attack, Named, SOON},
    exchange::Exchange,
    host::{ATTACKER, Host, VICTIM, nth_of_internet, spoofed},
    tcp,
    traffic::{Plan, Scenario, Step},
};
use crate::event::Kind;

/// Half-open connections that the victim keeps before it begins to drop SYNs: Linux' `tcp_max_syn_backlog` of small hosts.
const BACKLOG: u64 = 256;

const VICTIM_IS: Named = Named::One("10.20.0.10");
const ATTACKER_IS: Named = Named::One("198.51.100.66");

pub(super) const ATTACKS: &[Attack] = &[
    Attack {
        scenario: flood("syn-flood-spoofed", "SYNs from ever new addresses to one port of a web server", spoofed_syns),
        kind: Kind::SynFlood,
        source: Named::Many,
        target: VICTIM_IS,
        within: SOON,
    },
    Attack {
        scenario: flood("syn-flood", "SYNs of one address to one port of a web server", syns),
        kind: Kind::SynFlood,
        source: ATTACKER_IS,
        target: VICTIM_IS,
        within: SOON,
    },
    Attack {
        scenario: flood("udp-flood", "large datagrams of one address to one port that nobody listens on", datagrams),
        kind: Kind::UdpFlood,
        source: ATTACKER_IS,
        target: VICTIM_IS,
        within: SOON,
    },
    Attack {
        scenario: flood("icmp-flood", "echo requests of one address, as fast as they go", pings),
        kind: Kind::IcmpFlood,
        source: ATTACKER_IS,
        target: VICTIM_IS,
        within: SOON,
    },
    Attack {
        scenario: flood("smurf", "echo replies of a whole network to somebody who has not asked", smurf),
        kind: Kind::IcmpFlood,
        source: Named::Many,
        target: VICTIM_IS,
        within: SOON,
    },
    Attack {
        scenario: flood("fragment-flood", "fragments of datagrams that are never completed", fragments),
        kind: Kind::FragmentFlood,
        source: Named::Many,
        target: VICTIM_IS,
        within: SOON,
    },
];

const fn flood(name: &'static str, about: &'static str, step: fn(&Plan) -> Step) -> Scenario {
    Scenario {
        name,
        about,
        attempts: "packets",
        rate: 5_000.0,
        duration: Duration::from_secs(10),
        regular: false,
        step,
    }
}

fn syns(_: &Plan) -> Step {
    Box::new(|x, n| {
        half_open(x, n, ATTACKER);
    })
}

fn spoofed_syns(_: &Plan) -> Step {
    Box::new(|x, n| {
        let source = spoofed(x.rng);
        let port = half_open(x, n, source);
        // Some of the addresses are somebody's, who is surprised.
        if n < BACKLOG && n.is_multiple_of(8) {
            x.wait_about(40_000);
            let mut surprised = tcp::bare(x, port, 80);
            surprised.rst = true;
            x.tcp(source, VICTIM, surprised, &[]);
        }
    })
}

/// A SYN; the answer too, while there is room for it. Returns the port that it came from.
fn half_open(x: &mut Exchange<'_>, n: u64, source: Host) -> u16 {
    let port = x.rng.u16(1_024..);
    let syn = tcp::syn(x, port, 80);
    x.tcp(source, VICTIM, syn.clone(), &[]);
    if n < BACKLOG || n.is_multiple_of(16) {
        x.wait_about(100);
        let answer = tcp::syn_ack(x, &syn);
        x.tcp(VICTIM, source, answer, &[]);
    }
    port
}

fn datagrams(plan: &Plan) -> Step {
    // Linux says "unreachable" to one host about once a second (`icmp_ratelimit`).
    let told = (plan.rate.ceil() as u64).max(1);
    Box::new(move |x, n| {
        let (source, length) = (x.rng.u16(50_000..60_000), x.rng.usize(512..=1_400));
        x.udp(ATTACKER, VICTIM, (source, 27_016), &vec![b'X'; length]);
        if n.is_multiple_of(told) {
            x.wait_about(100);
            x.unreachable(VICTIM, ATTACKER, DestUnreachableHeader::Port);
        }
    })
}

fn pings(_: &Plan) -> Step {
    Box::new(|x, n| {
        let payload = [b'X'; 56];
        let number = (0x4d2, n as u16);
        x.ping(ATTACKER, VICTIM, number, &payload);
        x.wait_about(50);
        x.pong(VICTIM, ATTACKER, number, &payload);
    })
}

fn smurf(_: &Plan) -> Step {
    Box::new(|x, n| {
        // A network of 250 hosts that answers to its broadcast address.
        let source = nth_of_internet((n % 250) as u32);
        x.pong(source, VICTIM, (0x4d2, (n / 250) as u16), &[b'X'; 56]);
    })
}

fn fragments(_: &Plan) -> Step {
    Box::new(|x, n| {
        let (source, id) = (nth_of_internet((n / 2 % 500) as u32), x.rng.u16(..));
        // Never the first, never the last: nothing can be put together.
        let offset = 1_480 * x.rng.usize(1..40);
        let piece = x.noise(1_480);
        x.fragment(source, VICTIM, id, (offset, true), &piece);
    })
}
