//! Floods: more than the victim can answer.

use std::time::Duration;

use etherparse::icmpv4::DestUnreachableHeader;

use super::{
    attack::{Attack, Named, attack},
    exchange::Exchange,
    host::{ATTACKER, Host, VICTIM, nth_of_internet, spoofed},
    tcp,
    traffic::{Plan, Scenario, Step},
};
use crate::event::Kind;

/// Half-open connections that the victim keeps before it begins to drop SYNs: Linux' `tcp_max_syn_backlog` of small hosts.
const BACKLOG: u64 = 256;

/// The port that is flooded; nobody listens there.
const PORT: u16 = 27_016;

pub(super) const ATTACKS: &[Attack] = &[
    paced(
        15_000.0,
        by_one(
            Kind::SynFlood,
            "syn-flood",
            "SYNs of one address to one port, behind a firewall that drops them",
            unheard,
        ),
    ),
    by_one(Kind::SynFlood, "syn-flood-half-open", "SYNs of one address to one port of a web server", syns),
    by_many(
        Kind::SynFlood,
        "syn-flood-half-open-spoofed",
        "SYNs from ever new addresses to one port of a web server, which answers each",
        answered_syns,
    ),
    paced(
        400.0,
        by_one(
            Kind::SynFlood,
            "syn-flood-reset",
            "SYNs of one address, whose system takes back what it is offered",
            taken_back,
        ),
    ),
    by_many(Kind::SynFlood, "syn-flood-refused", "SYNs from ever new addresses to one port, which is closed", refused),
    by_many(
        Kind::SynFlood,
        "syn-flood-spoofed",
        "SYNs from ever new addresses to one port of a web server",
        spoofed_syns,
    ),
    by_many(Kind::SynFlood, "syn-flood-random-ports", "SYNs from ever new addresses to ever new ports", everywhere),
    by_one(Kind::UdpFlood, "udp-flood", "large datagrams of one address, from ever new ports, to one port", datagrams),
    by_many(
        Kind::UdpFlood,
        "udp-flood-spoofed",
        "datagrams from ever new addresses to ever new ports",
        spoofed_datagrams,
    ),
    paced(
        45_000.0,
        by_one(Kind::UdpFlood, "udp-flood-stream", "large datagrams of one flow, faster than any film", stream),
    ),
    paced(
        45_000.0,
        by_many(Kind::UdpFlood, "udp-flood-streams", "datagrams of forty hosts to one port, of each one flow", streams),
    ),
    Attack {
        // Two hundred thousand of them: five seconds, or twice that where the machine sends half as fast.
        within: Duration::from_secs(10),
        ..paced(
            45_000.0,
            by_one(
                Kind::UdpFlood,
                "udp-flood-heavy",
                "large datagrams to a collector of logs, far more than it takes",
                logs,
            ),
        )
    },
    by_one(Kind::UdpFlood, "udp-flood-random-ports", "large datagrams of one address to ever new ports", scattered),
    paced(
        200.0,
        by_one(
            Kind::UdpFlood,
            "udp-flood-empty",
            "empty datagrams from ever new ports to one port, as of hping3",
            empty,
        ),
    ),
    by_one(Kind::IcmpFlood, "icmp-flood", "echo requests of one address, as fast as they go", pings),
    by_many(Kind::IcmpFlood, "smurf", "echo replies of a whole network to somebody who has not asked", smurf),
    by_one(Kind::IcmpFlood, "icmp-flood-unreachable", "port unreachable, for packets that were never sent", errors),
    by_many(Kind::FragmentFlood, "fragment-flood", "datagrams cut into tiny fragments, the last never sent", tiny),
    by_many(Kind::FragmentFlood, "fragment-flood-headless", "large fragments whose first is never sent", headless),
    by_many(Kind::FragmentFlood, "fragment-flood-endless", "first fragments that nothing follows", endless),
];

const fn by_one(kind: Kind, name: &'static str, about: &'static str, step: fn(&Plan) -> Step) -> Attack {
    let duration = Duration::from_secs(10);
    attack(kind, name, Scenario { name, about, attempts: "packets", rate: 5_000.0, duration, regular: false, step })
}

const fn by_many(kind: Kind, name: &'static str, about: &'static str, step: fn(&Plan) -> Step) -> Attack {
    Attack { source: Named::Many, ..by_one(kind, name, about, step) }
}

/// As many packets a second.
const fn paced(rate: f64, attack: Attack) -> Attack {
    Attack { scenario: Scenario { rate, ..attack.scenario }, ..attack }
}

fn unheard(_: &Plan) -> Step {
    Box::new(|x, _| {
        let port = x.rng.u16(1_024..);
        let syn = tcp::syn(x, port, 80);
        x.tcp(ATTACKER, VICTIM, syn, &[]);
    })
}

fn refused(_: &Plan) -> Step {
    Box::new(|x, _| {
        let (source, from) = (spoofed(x.rng), x.rng.u16(1_024..));
        let syn = tcp::syn(x, from, 81);
        x.tcp(source, VICTIM, syn.clone(), &[]);
        x.wait_about(100);
        x.tcp(VICTIM, source, tcp::reset(&syn), &[]);
    })
}

fn syns(_: &Plan) -> Step {
    Box::new(|x, n| {
        half_open(x, ATTACKER, n < BACKLOG || n.is_multiple_of(16));
    })
}

fn taken_back(_: &Plan) -> Step {
    Box::new(|x, _| {
        let port = half_open(x, ATTACKER, true);
        x.wait_about(200);
        let mut surprised = tcp::bare(x, port, 80);
        surprised.rst = true;
        x.tcp(ATTACKER, VICTIM, surprised, &[]);
    })
}

/// With SYN cookies there is always room.
fn answered_syns(_: &Plan) -> Step {
    Box::new(|x, _| {
        let source = spoofed(x.rng);
        half_open(x, source, true);
    })
}

fn spoofed_syns(_: &Plan) -> Step {
    Box::new(|x, n| {
        let source = spoofed(x.rng);
        let port = half_open(x, source, n < BACKLOG / 2);
        // Some of the addresses are somebody's, who is surprised.
        if n < BACKLOG / 2 && n.is_multiple_of(8) {
            x.wait_about(40_000);
            let mut surprised = tcp::bare(x, port, 80);
            surprised.rst = true;
            x.tcp(source, VICTIM, surprised, &[]);
        }
    })
}

/// A SYN; the answer too, if there is room for it. Returns the port that it came from.
fn half_open(x: &mut Exchange<'_>, source: Host, room: bool) -> u16 {
    let port = x.rng.u16(1_024..);
    let syn = tcp::syn(x, port, 80);
    x.tcp(source, VICTIM, syn.clone(), &[]);
    if room {
        x.wait_about(100);
        let answer = tcp::syn_ack(x, &syn);
        x.tcp(VICTIM, source, answer, &[]);
    }
    port
}

fn everywhere(_: &Plan) -> Step {
    Box::new(|x, n| {
        let (source, from, to) = (spoofed(x.rng), x.rng.u16(1_024..), x.rng.u16(1..));
        let syn = tcp::syn(x, from, to);
        x.tcp(source, VICTIM, syn.clone(), &[]);
        if n.is_multiple_of(4) {
            x.wait_about(100);
            x.tcp(VICTIM, source, tcp::reset(&syn), &[]);
        }
    })
}

/// Ports that no protocol is known by.
fn unknown_port(x: &mut Exchange<'_>) -> u16 {
    x.rng.u16(55_000..65_000)
}

fn datagrams(plan: &Plan) -> Step {
    // Linux says "unreachable" to one host about once a second (`icmp_ratelimit`).
    let told = (plan.rate.ceil() as u64).max(1);
    Box::new(move |x, n| {
        let (source, length) = (unknown_port(x), x.rng.usize(512..=1_400));
        x.udp(ATTACKER, VICTIM, (source, PORT), &vec![b'X'; length]);
        if n.is_multiple_of(told) {
            x.wait_about(100);
            x.unreachable(VICTIM, ATTACKER, DestUnreachableHeader::Port);
        }
    })
}

fn spoofed_datagrams(_: &Plan) -> Step {
    Box::new(|x, _| {
        let (source, ports) = (spoofed(x.rng), (unknown_port(x), unknown_port(x)));
        x.udp(source, VICTIM, ports, &[b'X'; 512]);
    })
}

fn stream(_: &Plan) -> Step {
    Box::new(|x, _| x.udp(ATTACKER, VICTIM, (55_555, PORT), &[b'X'; 1_400]))
}

fn streams(_: &Plan) -> Step {
    Box::new(|x, n| {
        let bot = (n % 40) as u16;
        x.udp(nth_of_internet(bot.into()), VICTIM, (55_000 + bot, PORT), &[b'X'; 512]);
    })
}

fn logs(_: &Plan) -> Step {
    Box::new(|x, _| x.udp(ATTACKER, VICTIM, (55_555, 514), &[b'X'; 1_400]))
}

fn scattered(_: &Plan) -> Step {
    Box::new(|x, _| {
        let ports = (unknown_port(x), x.rng.u16(15_000..));
        x.udp(ATTACKER, VICTIM, ports, &[b'X'; 512]);
    })
}

fn empty(_: &Plan) -> Step {
    Box::new(|x, n| x.udp(ATTACKER, VICTIM, (1_024 + (n % 60_000) as u16, PORT), &[]))
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

fn errors(_: &Plan) -> Step {
    Box::new(|x, _| {
        let ports = (x.port(), PORT);
        x.unreachable_for(ATTACKER, VICTIM, ports);
    })
}

fn tiny(_: &Plan) -> Step {
    Box::new(|x, n| {
        // Of each datagram the first four pieces, one an attempt.
        let (number, piece) = (n / 4, (n % 4) as usize);
        let (source, id) = (nth_of_internet((number % 500) as u32), number as u16);
        x.fragment(source, VICTIM, id, (24 * piece, true), &beginning(24));
    })
}

fn headless(_: &Plan) -> Step {
    Box::new(|x, n| {
        let (source, id) = (nth_of_internet((n / 2 % 500) as u32), x.rng.u16(..));
        // Never the first, never the last: nothing can be put together.
        let offset = 1_480 * x.rng.usize(1..40);
        let piece = x.noise(1_480);
        x.fragment(source, VICTIM, id, (offset, true), &piece);
    })
}

fn endless(_: &Plan) -> Step {
    Box::new(|x, n| {
        let (source, id) = (nth_of_internet((n % 500) as u32), x.rng.u16(..));
        x.fragment(source, VICTIM, id, (0, true), &beginning(1_480));
    })
}

/// How a datagram of 2,000 bytes begins, without a checksum; its ports are always the same.
fn beginning(length: usize) -> Vec<u8> {
    let ports_and_length = [50_001, PORT, 2_000, 0].map(u16::to_be_bytes);
    let mut piece = ports_and_length.as_flattened().to_vec();
    piece.resize(length, b'X');
    piece
}
