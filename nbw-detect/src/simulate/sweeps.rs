//! Sweeps: many hosts are asked the same.

use std::time::Duration;

use super::{
    attack::{Attack, Named, SOON, attack},
    exchange::Exchange,
    host::{ATTACKER, Host, NEIGHBOUR, VICTIM, inside_nth, neighbour},
    tcp,
    traffic::{Plan, Scenario, Step},
};
use crate::event::Kind;

const fn sweep(name: &'static str, about: &'static str, rate: f64, seconds: u64, step: fn(&Plan) -> Step) -> Attack {
    let duration = Duration::from_secs(seconds);
    let scenario = Scenario { name, about, attempts: "probes", rate, duration, regular: false, step };
    Attack { target: Named::Many, ..attack(Kind::HostSweep, name, scenario) }
}

const fn slow(sweep: Attack) -> Attack {
    // Fifty or a hundred hosts at a rate below what the quick ones are told by, and a few seconds.
    let scenario = Scenario { regular: true, ..sweep.scenario };
    Attack { within: scenario.duration, scenario, ..sweep }
}

const fn near(sweep: Attack, within: Duration) -> Attack {
    Attack { kind: Kind::ArpScan, source: Named::One("10.20.0.66"), within, ..sweep }
}

pub(super) const ATTACKS: &[Attack] = &[
    sweep("host-sweep-tcp", "who listens for telnet? one SYN to each host", 100.0, 5, |_| Box::new(telnet)),
    sweep("host-sweep-udp", "who speaks SIP? one datagram to each host", 100.0, 5, |_| Box::new(sip)),
    sweep("host-sweep-tcp-any", "the same, of a port that no service is known by", 200.0, 5, |_| Box::new(back_door)),
    sweep("host-sweep-udp-any", "one datagram to each host, to a port that no service is known by", 200.0, 5, |_| {
        Box::new(any_datagram)
    }),
    sweep("host-sweep-spread", "ever new ports of ever new hosts, in no order", 1_000.0, 5, |_| Box::new(spread)),
    sweep("host-sweep-icmp", "who is there? one echo request to each host", 100.0, 5, |_| Box::new(echo)),
    slow(sweep("host-sweep-tcp-slow", "a host every three seconds, below what is seen at a glance", 0.39, 140, |_| {
        Box::new(telnet)
    })),
    slow(sweep(
        "host-sweep-udp-slow",
        "three datagrams in four seconds, below what is seen at a glance",
        0.75,
        145,
        |_| Box::new(portmap),
    )),
    slow(sweep("host-sweep-icmp-slow", "a ping every two seconds, below what is seen at a glance", 0.45, 140, |_| {
        Box::new(echo)
    })),
    near(
        sweep("arp-scan-quick", "who is on this small network? one ARP request for each address", 100.0, 5, |_| {
            Box::new(|x, n| arp(x, n % SMALL))
        }),
        SOON,
    ),
    // A hundred addresses at eight a second.
    near(
        sweep("arp-scan", "who is on this large network? the same, less hastily", 8.0, 20, |_| {
            Box::new(|x, n| arp(x, n % LARGE))
        }),
        Duration::from_secs(15),
    ),
];

/// Nobody is at most addresses. Of the others, most refuse.
fn is_there(host: Host) -> bool {
    host.ip.octets()[3].is_multiple_of(8)
}

fn telnet(x: &mut Exchange<'_>, n: u64) {
    ask(x, n, 23);
}

fn back_door(x: &mut Exchange<'_>, n: u64) {
    ask(x, n, 50_777);
}

fn ask(x: &mut Exchange<'_>, n: u64, service: u16) {
    let (host, port) = (inside_nth(n), x.port());
    let syn = tcp::syn(x, port, service);
    x.tcp(ATTACKER, host, syn.clone(), &[]);
    if is_there(host) {
        x.wait_about(200);
        x.tcp(host, ATTACKER, tcp::reset(&syn), &[]);
    }
}

/// From one port, as scanners do that keep no connections.
fn spread(x: &mut Exchange<'_>, n: u64) {
    let (host, service) = (inside_nth(n), x.rng.u16(1..));
    let syn = tcp::syn(x, 61_000, service);
    x.tcp(ATTACKER, host, syn.clone(), &[]);
    if is_there(host) {
        x.wait_about(200);
        x.tcp(host, ATTACKER, tcp::reset(&syn), &[]);
    }
}

fn portmap(x: &mut Exchange<'_>, n: u64) {
    let (port, question) = (x.port(), x.noise(40));
    x.udp(ATTACKER, inside_nth(n), (port, 111), &question);
}

fn sip(x: &mut Exchange<'_>, n: u64) {
    let (host, port) = (inside_nth(n), x.port());
    let ip = host.ip;
    let options = format!(
        "OPTIONS sip:100@{ip} SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.66:{port};branch=z9hG4bK{n}\r\nFrom: <sip:100@{ip}>;tag={n}\r\n\
         To: <sip:100@{ip}>\r\nCall-ID: {n}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    );
    x.udp(ATTACKER, host, (port, 5_060), options.as_bytes());
    if is_there(host) {
        x.wait_about(200);
        x.unreachable(host, ATTACKER, etherparse::icmpv4::DestUnreachableHeader::Port);
    }
}

fn any_datagram(x: &mut Exchange<'_>, n: u64) {
    let port = x.port();
    x.udp(ATTACKER, inside_nth(n), (port, 50_777), b"who?");
}

fn echo(x: &mut Exchange<'_>, n: u64) {
    let (host, number) = (inside_nth(n), (0x3039, n as u16));
    x.ping(ATTACKER, host, number, &[0; 32]);
    if is_there(host) {
        x.wait_about(200);
        x.pong(host, ATTACKER, number, &[0; 32]);
    }
}

/// Hosts of a network of 64 addresses.
const SMALL: u64 = 62;
/// Hosts of one of 256.
const LARGE: u64 = 254;

fn arp(x: &mut Exchange<'_>, n: u64) {
    let wanted = n as u8 + 1;
    if wanted == VICTIM.ip.octets()[3] {
        x.who_has(NEIGHBOUR, VICTIM);
        x.wait_about(50);
        return x.is_at(VICTIM, VICTIM, NEIGHBOUR);
    }
    // What the others answer does not come by this cable.
    x.who_has(NEIGHBOUR, neighbour(wanted));
}
