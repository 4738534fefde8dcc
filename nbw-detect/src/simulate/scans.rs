//! Port scans: one host is asked at each of its ports.

use std::time::Duration;

use etherparse::{TcpHeader, icmpv4::DestUnreachableHeader};

use super::{
    attack::{Attack, attack},
    exchange::Exchange,
    host::{ATTACKER, VICTIM},
    tcp::{self, Connection, End, Who},
    traffic::{Plan, Scenario, Step},
};
use crate::event::Kind;

/// Ports that somebody listens on.
const OPEN: [u16; 3] = [22, 80, 443];

/// The port that a scanner sends from.
const FROM: u16 = 43_210;

const fn scan(name: &'static str, about: &'static str, rate: f64, seconds: u64, step: fn(&Plan) -> Step) -> Attack {
    let duration = Duration::from_secs(seconds);
    attack(Kind::PortScan, name, Scenario { name, about, attempts: "probes", rate, duration, regular: false, step })
}

const fn slow(scan: Attack) -> Attack {
    // Twenty or thirty ports at a rate below what the quick ones are told by, and a few seconds.
    // By the clock, as nmap -T1: chance would bring some close together.
    let scenario = Scenario { regular: true, ..scan.scenario };
    Attack { within: scenario.duration, scenario, ..scan }
}

pub(super) const ATTACKS: &[Attack] = &[
    scan("port-scan-syn", "SYNs to a thousand ports, connections never completed", 200.0, 5, |_| Box::new(half_open)),
    scan("port-scan-connect", "whole connections to a thousand ports, closed at once", 200.0, 5, |_| Box::new(connect)),
    scan("port-scan-services", "SYNs to well-known ports of a host that accepts all of them", 50.0, 5, |_| {
        Box::new(services)
    }),
    scan("port-scan-fin", "a FIN out of nowhere to a thousand ports", 200.0, 5, |_| {
        stealthy(|header| header.fin = true)
    }),
    scan("port-scan-null", "segments without any flag to a thousand ports", 200.0, 5, |_| stealthy(|_| ())),
    scan("port-scan-xmas", "FIN, PSH and URG, all lit, to a thousand ports", 200.0, 5, |_| {
        stealthy(|header| (header.fin, header.psh, header.urg) = (true, true, true))
    }),
    scan("port-scan-odd", "SYN and FIN at once, to a thousand ports", 200.0, 5, |_| {
        stealthy(|header| (header.syn, header.fin) = (true, true))
    }),
    scan("port-scan-ack", "ACKs of no connection: which does a firewall let through?", 200.0, 5, |_| Box::new(acks)),
    scan("port-scan-udp", "empty datagrams to a thousand ports", 200.0, 5, |_| Box::new(datagrams)),
    scan("port-scan-protocol", "empty packets of all IP protocols", 50.0, 5, |_| Box::new(protocols)),
    slow(scan("port-scan-slow", "a TCP port every five seconds, below what is seen at a glance", 0.22, 100, |_| {
        Box::new(half_open)
    })),
    slow(scan(
        "port-scan-udp-slow",
        "a UDP port every five seconds, below what is seen at a glance",
        0.22,
        145,
        |_| Box::new(datagrams),
    )),
];

/// The first thousand ports in a shuffled order, then the next thousand, and so on.
fn port(n: u64) -> u16 {
    let (thousand, n) = (n / 1_000 % 65, n % 1_000);
    // 389 is prime: each of the thousand comes once.
    (thousand * 1_000 + n * 389 % 1_000 + 1) as u16
}

fn half_open(x: &mut Exchange<'_>, n: u64) {
    let syn = tcp::syn(x, FROM, port(n));
    x.tcp(ATTACKER, VICTIM, syn.clone(), &[]);
    x.wait_about(100);
    if !OPEN.contains(&port(n)) {
        return x.tcp(VICTIM, ATTACKER, tcp::reset(&syn), &[]);
    }
    let answer = tcp::syn_ack(x, &syn);
    x.tcp(VICTIM, ATTACKER, answer.clone(), &[]);
    x.wait_about(20_000);
    // The scanner's kernel knows nothing of what the scanner has sent.
    x.tcp(ATTACKER, VICTIM, tcp::reset(&answer), &[]);
}

fn services(x: &mut Exchange<'_>, n: u64) {
    // 389 is prime: each of the well-known ports comes once.
    let syn = tcp::syn(x, FROM, (n * 389 % 1_023) as u16 + 1);
    x.tcp(ATTACKER, VICTIM, syn.clone(), &[]);
    x.wait_about(100);
    let answer = tcp::syn_ack(x, &syn);
    x.tcp(VICTIM, ATTACKER, answer.clone(), &[]);
    x.wait_about(20_000);
    x.tcp(ATTACKER, VICTIM, tcp::reset(&answer), &[]);
}

fn connect(x: &mut Exchange<'_>, n: u64) {
    let client = End { host: ATTACKER, port: x.port() };
    let server = End { host: VICTIM, port: port(n) };
    if OPEN.contains(&server.port) {
        let connection = Connection::open(x, client, server);
        connection.reset(x, Who::Client);
    } else {
        Connection::refused(x, client, server);
    }
}

/// Segments that open ports ignore and closed ones refuse (RFC 9293, 3.10.7).
fn stealthy(flags: fn(&mut TcpHeader)) -> Step {
    Box::new(move |x, n| {
        let mut probe = tcp::bare(x, FROM, port(n));
        flags(&mut probe);
        x.tcp(ATTACKER, VICTIM, probe.clone(), &[]);
        if !OPEN.contains(&port(n)) {
            x.wait_about(100);
            x.tcp(VICTIM, ATTACKER, tcp::reset(&probe), &[]);
        }
    })
}

fn acks(x: &mut Exchange<'_>, n: u64) {
    let acknowledged = x.rng.u32(..);
    let probe = TcpHeader { ack: true, acknowledgment_number: acknowledged, ..tcp::bare(x, FROM, port(n)) };
    x.tcp(ATTACKER, VICTIM, probe.clone(), &[]);
    x.wait_about(100);
    x.tcp(VICTIM, ATTACKER, tcp::reset(&probe), &[]);
}

fn datagrams(x: &mut Exchange<'_>, n: u64) {
    x.udp(ATTACKER, VICTIM, (FROM, port(n)), &[]);
    if !OPEN.contains(&port(n)) {
        x.wait_about(100);
        x.unreachable(VICTIM, ATTACKER, DestUnreachableHeader::Port);
    }
}

fn protocols(x: &mut Exchange<'_>, n: u64) {
    // 113 is prime: each of the 256 comes once.
    match (n * 113 % 256) as u8 {
        // Those that hosts speak have headers, and answers of their own.
        1 => {
            x.ping(ATTACKER, VICTIM, (1, 0), &[]);
            x.wait_about(100);
            x.pong(VICTIM, ATTACKER, (1, 0), &[]);
        }
        6 => acks(x, n),
        17 => datagrams(x, 0),
        protocol => {
            x.raw(ATTACKER, VICTIM, protocol, &[]);
            x.wait_about(100);
            x.unreachable(VICTIM, ATTACKER, DestUnreachableHeader::Protocol);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_port_comes_once() {
        let ports: HashSet<u16> = (0..65_000).map(port).collect();
        assert_eq!(ports.len(), 65_000);
        assert!((0..1_000).all(|n| port(n) <= 1_000));
    }
}
