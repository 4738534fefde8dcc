//! What could set an attack apart: a counter, of whom, in which time. The most telling come first.

use crate::{
    Kind, Severity, Signature,
    engine::Happening::{self, *},
    signature::{Condition, Counter, Field, Group, Key, Measure},
};

/// Windows, in seconds: of what is fast, and of what is slow.
const WINDOWS: [u64; 2] = [10, 60];

/// A counter of somebody's.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) kind: Kind,
    pub(super) key: Key,
    pub(super) window: u64,
    pub(super) counter: Counter,
    /// Whether ordinary packets of connections are needed.
    pub(super) watches: bool,
}

/// A line of the table: name, kind, what is counted, what of it, of whom.
struct Line(&'static str, Kind, &'static [Happening], Measure, Option<Field>, &'static [Key]);

/// Beginnings of whatever kind.
const BEGINNINGS: &[Happening] = &[TcpSyn, TcpOdd, UdpNew];

const TABLE: &[Line] = &[
    Line("addresses_taken_over", Kind::ArpSpoof, &[ArpFlip], Measure::Count, None, &[Key::Source]),
    Line(
        "hosts_asked_for_by_arp",
        Kind::ArpScan,
        &[ArpRequest],
        Measure::Distinct,
        Some(Field::Target),
        &[Key::Source],
    ),
    Line("odd_tcp_packets", Kind::PortScan, &[TcpOdd], Measure::Count, None, &[Key::Pair]),
    Line(
        "failed_ports",
        Kind::PortScan,
        &[TcpRefused, TcpUnanswered, UdpUnanswered],
        Measure::Distinct,
        Some(Field::TargetPort),
        &[Key::Pair],
    ),
    Line(
        "failed_hosts",
        Kind::HostSweep,
        &[TcpRefused, TcpUnanswered, UdpUnanswered, IcmpEchoUnanswered],
        Measure::Distinct,
        Some(Field::Target),
        &[Key::SourcePort],
    ),
    Line("ports", Kind::PortScan, BEGINNINGS, Measure::Distinct, Some(Field::TargetPort), &[Key::Pair]),
    Line("protocols", Kind::PortScan, &[IpOther], Measure::Distinct, Some(Field::Protocol), &[Key::Pair]),
    Line("targets", Kind::HostSweep, BEGINNINGS, Measure::Distinct, Some(Field::Target), &[Key::SourcePort]),
    Line("pinged_hosts", Kind::HostSweep, &[IcmpEcho], Measure::Distinct, Some(Field::Target), &[Key::Source]),
    Line("silent_connections", Kind::Slowloris, &[TcpSilent], Measure::Count, None, &[Key::TargetPort]),
    Line(
        "stray_answers",
        Kind::Backscatter,
        &[TcpStraySynAck, TcpStrayReset],
        Measure::Count,
        None,
        &[Key::Source, Key::Target],
    ),
    Line(
        "unanswered_connections",
        Kind::SynFlood,
        &[TcpUnanswered, TcpHalfOpen],
        Measure::Count,
        None,
        &[Key::TargetPort],
    ),
    Line("sources", Kind::SynFlood, &[TcpSyn], Measure::Distinct, Some(Field::Source), &[Key::TargetPort]),
    Line("short_connections", Kind::BruteForce, &[TcpClosed], Measure::Count, None, &[Key::PairPort]),
    Line("connections", Kind::SynFlood, &[TcpSyn], Measure::Count, None, &[Key::PairPort, Key::TargetPort]),
    Line("fragments", Kind::FragmentFlood, &[LaterFragment], Measure::Count, None, &[Key::Target]),
    Line("unasked_bytes", Kind::Amplification, &[UdpOneWay], Measure::Bytes, None, &[Key::TargetService]),
    Line("answered_bytes", Kind::Amplification, &[UdpAnswer], Measure::Bytes, None, &[Key::PairService]),
    Line("datagrams_unanswered", Kind::UdpFlood, &[UdpOneWay], Measure::Count, None, &[Key::Target]),
    Line("asked_payload", Kind::Tunnel, &[UdpNew, UdpOneWay, UdpRequest], Measure::Payload, None, &[Key::Pair]),
    Line("echo_payload", Kind::Tunnel, &[IcmpEcho], Measure::Payload, None, &[Key::Pair]),
    Line("echoes", Kind::IcmpFlood, &[IcmpEcho], Measure::Count, None, &[Key::Target]),
    Line("stray_echo_replies", Kind::IcmpFlood, &[IcmpStrayReply], Measure::Count, None, &[Key::Target]),
    Line("other_icmp", Kind::IcmpFlood, &[IcmpError, IcmpOther], Measure::Count, None, &[Key::Target]),
    Line("arp_unasked", Kind::ArpSpoof, &[ArpUnasked], Measure::Count, None, &[Key::Source]),
    Line("packets", Kind::UdpFlood, &[Packet], Measure::Count, None, &[Key::Target]),
];

/// All of them.
pub(super) fn all() -> Vec<Candidate> {
    let lines = TABLE.iter().flat_map(|line| line.5.iter().map(move |key| (line, *key)));
    lines.flat_map(|(line, key)| WINDOWS.map(|window| candidate(line, key, window))).collect()
}

fn candidate(line: &Line, key: Key, window: u64) -> Candidate {
    let Line(name, kind, on, measure, of, _) = line;
    let watches = on.iter().any(|what| matches!(what, TcpHalfOpen | TcpSilent));
    let counter = counter(name, on, *measure, *of);
    Candidate { kind: *kind, key, window, counter, watches }
}

/// A counter without further conditions.
pub(super) fn counter(name: &str, on: &[Happening], measure: Measure, of: Option<Field>) -> Counter {
    Counter { name: name.to_owned(), on: on.to_vec(), measure, of, ..Counter::default() }
}

impl Candidate {
    /// A signature of it, without conditions or words.
    pub(super) fn signature(&self, name: &str) -> Signature {
        Signature {
            name: name.to_owned(),
            kind: self.kind,
            title: String::new(),
            about: String::new(),
            severity: Severity::Warning,
            inside: None,
            confidence: 0.7,
            technique: None,
            advice: String::new(),
            key: self.key,
            window: self.window,
            event: self.group(),
            count: self.counters(),
            when: Vec::new(),
            exclude: Vec::new(),
            watch: self.watch(),
            explains: false,
            both_ways: false,
        }
    }

    /// What belongs to one event.
    fn group(&self) -> Group {
        match self.key {
            Key::Target | Key::TargetPort | Key::TargetService => Group::Target,
            Key::Pair | Key::PairPort | Key::PairService => Group::Pair,
            _ => Group::Source,
        }
    }

    /// All that it counts: what is to be watched for, too, where that is needed.
    fn counters(&self) -> Vec<Counter> {
        let asked = self.watches.then(|| counter("asked", &[TcpSyn], Measure::Count, None));
        [self.counter.clone()].into_iter().chain(asked).collect()
    }

    /// When ordinary packets are to be looked at.
    fn watch(&self) -> Vec<Condition> {
        let because = "connections are looked at from their beginning";
        self.watches.then(|| at_least("asked", 1.0, because)).into_iter().collect()
    }
}

/// A lower bound.
pub(super) fn at_least(value: &str, bound: f64, because: &str) -> Condition {
    let (value, because) = (value.to_owned(), because.to_owned());
    Condition { value, per: None, at_least: Some(bound), at_most: None, because }
}
