//! What is sampled of TCP is whole connections, and of watched endpoints established packets too.

use std::{
    collections::HashSet,
    net::{Ipv4Addr, SocketAddr},
};

use aya::programs::{SchedClassifier, TestRun, TestRunOptions};
use nbw::{
    bpf::{DetectOptions, Digests, LoadOptions, Object},
    detection::{Clock, facts},
};
use nbw_common::abi::{LinkIdent, maps, programs};
use nbw_detect::{Body, Transport};
use nix::{
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    unistd::Pid,
};

use crate::{
    hook,
    machine::{LO, turn},
};

const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const PORT: u16 = 443;
const SYN: u8 = 2;
const ACK: u8 = 16;

/// A connection of the server's, by its client.
type Client = (Ipv4Addr, u16);

/// The programs, with a small budget, on one CPU: others have a pace of their own.
struct Server {
    object: Object,
    digests: Digests,
    pinned: Pinned,
}

/// This thread on one CPU, until it is dropped.
struct Pinned {
    before: CpuSet,
    allowed: Vec<usize>,
}

impl Pinned {
    fn new() -> Self {
        let before = sched_getaffinity(Pid::from_raw(0)).expect("sched_getaffinity");
        let allowed = (0..CpuSet::count()).filter(|&cpu| before.is_set(cpu).unwrap_or(false)).collect();
        let pinned = Self { before, allowed };
        pinned.to(0);
        pinned
    }

    /// To one of those that are allowed; where there are not so many, to the last one.
    fn to(&self, at: usize) {
        let mut set = CpuSet::new();
        set.set(self.allowed[at.min(self.allowed.len() - 1)]).expect("a CPU");
        sched_setaffinity(Pid::from_raw(0), &set).expect("sched_setaffinity");
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        sched_setaffinity(Pid::from_raw(0), &self.before).expect("sched_setaffinity");
    }
}

impl Server {
    fn new(budget: u32) -> Self {
        let pinned = Pinned::new();
        let detect = Some(DetectOptions { budget, ..DetectOptions::default() });
        let mut object = Object::load(&LoadOptions { detect, ..LoadOptions::default() }).expect("nbw's object");
        let digests = Digests::open(&mut object).expect("the ring");
        let ident = LinkIdent { ifindex: LO, link_header: 14, ..LinkIdent::default() };
        hook::set(&mut object, maps::LINK_IDENTS, LO, ident);
        Self { object, digests, pinned }
    }

    /// A packet with these flags from the client, which the server receives.
    fn receives(&mut self, client: Client, flags: u8) {
        self.run(programs::DETECT_INGRESS, &packet(client, (SERVER, PORT), flags), 1);
    }

    /// A packet with these flags to the client.
    fn sends(&mut self, client: Client, flags: u8) {
        self.run(programs::DETECT_EGRESS, &packet((SERVER, PORT), client, flags), 1);
    }

    fn run(&mut self, program: &str, frame: &[u8], repeat: u32) {
        let options = TestRunOptions { data_in: Some(frame), repeat, ..TestRunOptions::new() };
        let program: &mut SchedClassifier = self.object.program(program).expect("a program");
        program.test_run(options).expect("a test run");
    }

    /// Clients of whom packets with these flags were looked at, and for how many those stand.
    fn read(&mut self) -> Vec<(Client, u8, u32)> {
        let (clock, mut all) = (Clock::now(), Vec::new());
        self.digests.read(|digest| {
            let Body::Ip(ip) = facts(digest, &clock).body else { panic!("an IP packet") };
            let Transport::Tcp { source, destination, flags, .. } = ip.transport else { panic!("TCP") };
            let (address, port) =
                if digest.outgoing == 0 { (ip.source, source) } else { (ip.destination, destination) };
            let std::net::IpAddr::V4(address) = address else { panic!("IPv4") };
            all.push(((address, port), flags, digest.weight));
        });
        all
    }
}

/// Ethernet, IPv4 and TCP.
fn packet(from: Client, to: Client, flags: u8) -> Vec<u8> {
    let mut frame = b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x08\0\x45\0\0\x28\0\x01\x40\0\x40\x06\0\0".to_vec();
    frame.extend(from.0.octets());
    frame.extend(to.0.octets());
    frame.extend(from.1.to_be_bytes());
    frame.extend(to.1.to_be_bytes());
    frame.extend([0, 0, 0, 1, 0, 0, 0, 1, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    frame
}

fn clients(count: u16) -> impl Iterator<Item = Client> {
    (0..count).map(|number| (Ipv4Addr::new(192, 0, (number >> 8) as u8, number as u8), 30_000 + number % 977))
}

#[test]
fn questions_and_answers_are_chosen_together() {
    const MANY: u16 = 8_000;
    let _turn = turn();
    let mut server = Server::new(1_024);
    for client in clients(MANY) {
        server.receives(client, SYN);
        server.sends(client, SYN | ACK);
    }
    let seen = server.read();
    let of = |wanted: u8| seen.iter().filter(move |(_, flags, _)| *flags == wanted);
    let stand_for = |wanted: u8| of(wanted).map(|(_, _, weight)| f64::from(*weight)).sum::<f64>();
    let asked: HashSet<Client> = of(SYN).map(|(client, ..)| *client).collect();
    let answered: HashSet<Client> = of(SYN | ACK).map(|(client, ..)| *client).collect();
    assert!(asked.len() < usize::from(MANY) / 2, "{} of {MANY} are no sample", asked.len());
    // The rate falls on the way: who is chosen at a lower one was chosen at the higher one, too.
    assert_eq!(answered.difference(&asked).count(), 0, "answers without their questions");
    // Of the questions, one in 16 is chosen by chance, and a few while the rate was just higher.
    let alone = asked.difference(&answered).count();
    assert!(alone * 5 < asked.len(), "{alone} of {} questions have no answer", asked.len());
    for flags in [SYN, SYN | ACK] {
        let off = (stand_for(flags) / f64::from(MANY) - 1.0).abs();
        assert!(off < 0.35, "packets with flags {flags:#x} stand for {}", stand_for(flags));
    }
}

/// Where a network card has one queue, all answers come to one CPU, and questions are sent by all.
#[test]
fn questions_and_answers_are_chosen_together_on_different_cpus() {
    const MANY: u16 = 2_000;
    let _turn = turn();
    let mut server = Server::new(512 * aya::util::nr_cpus().expect("CPUs") as u32);
    let mut seen = Vec::new();
    for _ in 0..4 {
        server.pinned.to(1);
        for client in clients(4 * MANY) {
            server.sends(client, SYN | ACK);
        }
        server.pinned.to(0);
        for client in clients(MANY) {
            server.receives(client, SYN);
        }
        seen = server.read();
    }
    let of = |wanted: u8| seen.iter().filter(move |(_, flags, _)| *flags == wanted).map(|(client, ..)| *client);
    let (asked, answered): (HashSet<Client>, HashSet<Client>) = (of(SYN).collect(), of(SYN | ACK).collect());
    assert!(asked.len() > 100, "{} are hardly any", asked.len());
    let alone = asked.difference(&answered).count();
    assert!(alone * 3 < asked.len(), "{alone} of {} questions have no answer", asked.len());
}

/// Always the same addresses and ports: chosen wholly, or by chance, but never not at all.
#[test]
fn a_flood_of_the_very_same_packet_is_seen() {
    let _turn = turn();
    let mut floods = 0;
    for client in clients(16) {
        let mut server = Server::new(256);
        server.run(programs::DETECT_INGRESS, &packet(client, (SERVER, PORT), SYN), 20_000);
        let late: Vec<u32> =
            server.read().iter().map(|&(_, _, weight)| weight).filter(|&weight| weight >= 16).collect();
        assert!(!late.is_empty(), "{client:?}: nothing of the flood is seen once it is sampled");
        floods += usize::from(late.len() >= 4_000);
    }
    // By bad luck one may be chosen at one rate after another.
    assert!(floods < 4, "of {floods} nearly all is looked at");
}

#[test]
fn established_packets_are_those_of_watched_endpoints() {
    let _turn = turn();
    let mut server = Server::new(1_024);
    let [client, other] = [1, 2].map(|host| (Ipv4Addr::new(192, 0, 2, host), 40_000));
    let exchange = |server: &mut Server| {
        for client in [client, other] {
            server.receives(client, ACK);
            server.sends(client, ACK);
        }
        let mut seen: Vec<Client> = server.read().into_iter().map(|(client, ..)| client).collect();
        seen.sort_unstable();
        seen
    };
    assert!(exchange(&mut server).is_empty(), "nobody is watched");
    server.digests.watch([SocketAddr::from((SERVER, PORT))]).expect("the server is watched");
    assert_eq!(exchange(&mut server), [client, client, other, other]);
    server.digests.watch([SocketAddr::from(client)]).expect("one client is watched");
    assert_eq!(exchange(&mut server), [client, client]);
    server.digests.watch([]).expect("nobody is watched");
    assert!(exchange(&mut server).is_empty(), "nobody is watched any more");
}
