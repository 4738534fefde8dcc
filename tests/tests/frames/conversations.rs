//! What is sampled of TCP is whole connections, and of watched endpoints established packets too.

use std::{
    collections::HashSet,
    net::{Ipv4Addr, SocketAddr},
};

use aya::programs::{SchedClassifier, TestRun, TestRunOptions};
use nbw::{
    bpf::{DetectOptions, Digests, LoadOptions, Object, Read},
    detection::{Clock, facts},
};
use nbw_common::abi::{HEALTH_STRIDE, LinkIdent, RING_BYTES, Trouble, maps, programs};
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

/// What is between the Ethernet header and TCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Plain,
    /// A tag inside the frame, as QinQ's inner one.
    Tagged,
    /// IPv4 with an option.
    Options,
}

/// The programs, with a small budget, on one CPU: others have a pace of their own.
struct Server {
    object: Object,
    digests: Digests,
    pinned: Pinned,
    shape: Shape,
}

/// What a digest says.
struct Seen {
    client: Client,
    flags: u8,
    weight: u32,
    by_chance: bool,
    followed: u32,
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

    /// To one of those that are allowed.
    fn to(&self, at: usize) {
        let mut set = CpuSet::new();
        set.set(*self.allowed.get(at).expect("this test needs two CPUs")).expect("a CPU");
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
        Self::with_ring(budget, RING_BYTES)
    }

    fn with_ring(budget: u32, ring_bytes: u32) -> Self {
        let pinned = Pinned::new();
        let detect = Some(DetectOptions { budget, ring_bytes });
        let mut object = Object::load(&LoadOptions { detect, ..LoadOptions::default() }).expect("nbw's object");
        let digests = Digests::open(&mut object).expect("the ring");
        let ident = LinkIdent { ifindex: LO, link_header: 14, ..LinkIdent::default() };
        hook::set(&mut object, maps::LINK_IDENTS, LO, ident);
        Self { object, digests, pinned, shape: Shape::Plain }
    }

    /// A packet with these flags from the client, which the server receives.
    fn receives(&mut self, client: Client, flags: u8) {
        self.run(programs::DETECT_INGRESS, &packet(self.shape, client, (SERVER, PORT), flags), 1);
    }

    /// A packet with these flags to the client.
    fn sends(&mut self, client: Client, flags: u8) {
        self.run(programs::DETECT_EGRESS, &packet(self.shape, (SERVER, PORT), client, flags), 1);
    }

    fn run(&mut self, program: &str, frame: &[u8], repeat: u32) {
        let options = TestRunOptions { data_in: Some(frame), repeat, ..TestRunOptions::new() };
        let program: &mut SchedClassifier = self.object.program(program).expect("a program");
        program.test_run(options).expect("a test run");
    }

    /// What was looked at.
    fn read(&mut self) -> Vec<Seen> {
        let (clock, mut all) = (Clock::now(), Vec::new());
        let read = self.digests.read(|digest| {
            let facts = facts(digest, &clock);
            let Body::Ip(ip) = facts.body else { panic!("an IP packet") };
            let Transport::Tcp { source, destination, flags, .. } = ip.transport else { panic!("TCP") };
            let (address, port) =
                if digest.outgoing == 0 { (ip.source, source) } else { (ip.destination, destination) };
            let std::net::IpAddr::V4(address) = address else { panic!("IPv4") };
            let client = (address, port);
            all.push(Seen {
                client,
                flags,
                weight: digest.weight,
                by_chance: facts.by_chance,
                followed: facts.followed,
            });
        });
        assert!(read.complete, "{read:?}");
        all
    }

    /// How often, on all CPUs together.
    fn troubles(&mut self, trouble: Trouble) -> u64 {
        let cpus = aya::util::nr_cpus().expect("CPUs") as u32;
        let of = |cpu| hook::get::<u64>(&mut self.object, maps::HEALTH, cpu * HEALTH_STRIDE + trouble as u32);
        (0..cpus).map(of).sum()
    }
}

/// Ethernet, IPv4 and TCP.
fn packet(shape: Shape, from: Client, to: Client, flags: u8) -> Vec<u8> {
    let mut frame = b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02".to_vec();
    if shape == Shape::Tagged {
        frame.extend(b"\x81\0\0\x05");
    }
    frame.extend(b"\x08\0");
    frame.extend(if shape == Shape::Options { b"\x46\0\0\x2c" } else { b"\x45\0\0\x28" });
    frame.extend(b"\0\x01\x40\0\x40\x06\0\0");
    frame.extend(from.0.octets());
    frame.extend(to.0.octets());
    if shape == Shape::Options {
        // Three times "no operation", and the list's end.
        frame.extend([1, 1, 1, 0]);
    }
    frame.extend(from.1.to_be_bytes());
    frame.extend(to.1.to_be_bytes());
    frame.extend([0, 0, 0, 1, 0, 0, 0, 1, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    frame
}

fn clients(count: u16) -> impl Iterator<Item = Client> {
    (0..count).map(|number| (Ipv4Addr::new(192, 0, (number >> 8) as u8, number as u8), 30_000 + number % 977))
}

/// What can be seen at a glance, and what has to be looked for.
#[test]
fn questions_and_answers_are_chosen_together() {
    let _turn = turn();
    for shape in [Shape::Plain, Shape::Tagged, Shape::Options] {
        check_chosen_together(shape);
    }
}

fn check_chosen_together(shape: Shape) {
    const MANY: u16 = 8_000;
    let mut server = Server { shape, ..Server::new(1_024) };
    for client in clients(MANY) {
        server.receives(client, SYN);
        server.sends(client, SYN | ACK);
    }
    let seen = server.read();
    let of = |wanted: u8| seen.iter().filter(move |seen| seen.flags == wanted);
    let stand_for = |wanted: u8| of(wanted).map(|seen| f64::from(seen.weight)).sum::<f64>();
    let (asked, answered) = (clients_of(&seen, SYN), clients_of(&seen, SYN | ACK));
    assert!(asked.len() < usize::from(MANY) / 2, "{shape:?}: {} of {MANY} are no sample", asked.len());
    assert!(!seen.iter().any(|seen| seen.by_chance), "{shape:?}");
    // Of what cannot be seen at a glance, established packets are not looked at, whoever is watched.
    assert!(seen.iter().all(|seen| shape == Shape::Plain || seen.followed == 0), "{shape:?}");
    // The rate falls on the way: who is chosen at a lower one was chosen at the higher one, too.
    assert_eq!(answered.difference(&asked).count(), 0, "{shape:?}: answers without their questions");
    // Of the questions, one in 16 is chosen by chance, and a few while the rate was just higher.
    let alone = asked.difference(&answered).count();
    assert!(alone * 5 < asked.len(), "{shape:?}: {alone} of {} questions have no answer", asked.len());
    for flags in [SYN, SYN | ACK] {
        let off = (stand_for(flags) / f64::from(MANY) - 1.0).abs();
        assert!(off < 0.35, "{shape:?}: packets with flags {flags:#x} stand for {}", stand_for(flags));
    }
}

/// A budget of which each CPU has so much.
fn on_all_cpus(of_each: u32) -> u32 {
    of_each * aya::util::nr_cpus().expect("CPUs") as u32
}

fn clients_of(seen: &[Seen], flags: u8) -> HashSet<Client> {
    seen.iter().filter(|seen| seen.flags == flags).map(|seen| seen.client).collect()
}

/// Where a network card has one queue, all answers come to one CPU, and questions are sent by all. Who is watched changes
/// several times a second on a busy host, and changes nothing here.
#[test]
fn questions_and_answers_are_chosen_together_on_different_cpus() {
    let _turn = turn();
    for answers_first in [true, false] {
        check_on_different_cpus(answers_first);
    }
}

fn check_on_different_cpus(answers_first: bool) {
    const MANY: u16 = 2_000;
    let mut server = Server::new(on_all_cpus(512));
    let mut seen = Vec::new();
    for era in 0..4 {
        server.digests.watch([SocketAddr::from((SERVER, 1_000 + era))]).expect("somebody is watched");
        for answers in [answers_first, !answers_first] {
            server.pinned.to(usize::from(answers));
            match answers {
                true => clients(4 * MANY).for_each(|client| server.sends(client, SYN | ACK)),
                false => clients(MANY).for_each(|client| server.receives(client, SYN)),
            }
        }
        seen = server.read();
    }
    let (asked, answered) = (clients_of(&seen, SYN), clients_of(&seen, SYN | ACK));
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
        server.run(programs::DETECT_INGRESS, &packet(Shape::Plain, client, (SERVER, PORT), SYN), 20_000);
        let late: Vec<u32> = server.read().iter().map(|seen| seen.weight).filter(|&weight| weight >= 16).collect();
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
        let mut seen: Vec<Client> = server.read().into_iter().map(|seen| seen.client).collect();
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

/// Of a download there are a hundred packets for each connection that begins: it does not make the others thin.
#[test]
fn what_is_watched_does_not_make_beginnings_thin() {
    let _turn = turn();
    let mut server = Server::new(on_all_cpus(512));
    server.digests.watch([SocketAddr::from((SERVER, PORT))]).expect("the server is watched");
    for _ in 0..2 {
        for client in clients(8_000) {
            server.sends(client, ACK);
        }
        for client in clients(200) {
            server.receives(client, SYN);
        }
        let seen = server.read();
        let (asked, spoken) = (clients_of(&seen, SYN), clients_of(&seen, ACK));
        assert_eq!(asked.len(), 200, "each is looked at");
        assert!(spoken.len() > 100 && spoken.len() < 4_000, "{} of 8,000 are no sample", spoken.len());
    }
}

/// Fewer connections may be followed than are looked at; which, their first packets say.
#[test]
fn of_who_is_said_to_be_followed_all_packets_come() {
    let _turn = turn();
    let mut server = Server::new(on_all_cpus(4_096));
    server.digests.watch([SocketAddr::from((SERVER, PORT))]).expect("the server is watched");
    for client in clients(20_000) {
        server.sends(client, ACK);
    }
    server.read();
    for client in clients(1_000) {
        server.receives(client, SYN);
        server.sends(client, SYN | ACK);
        server.receives(client, ACK);
    }
    let seen = server.read();
    for flags in [SYN, SYN | ACK] {
        let said = seen.iter().filter(|seen| seen.flags == flags);
        let followed: HashSet<Client> = said.clone().filter(|seen| seen.followed > 0).map(|seen| seen.client).collect();
        assert_eq!(said.clone().count(), 1_000, "each is looked at");
        assert_eq!(followed, clients_of(&seen, ACK));
        let stand_for = said.map(|seen| f64::from(seen.followed)).sum::<f64>();
        assert!((stand_for / 1_000.0 - 1.0).abs() < 0.35, "{} stand for {stand_for}", followed.len());
        assert!(followed.len() < 500, "{} of 1,000 are no sample", followed.len());
    }
}

/// A digest stands for many packets, and is lost with them.
#[test]
fn what_the_ring_has_no_room_for_is_counted_in_packets() {
    const MANY: u16 = 8_000;
    let _turn = turn();
    let mut server = Server::with_ring(1_024, 1 << 16);
    for client in clients(MANY) {
        server.receives(client, SYN);
    }
    let read: u64 = server.read().iter().map(|seen| u64::from(seen.weight)).sum();
    let lost = server.troubles(Trouble::RingFull);
    assert!(read > 0 && lost > read, "{read} in the ring, {lost} lost");
    let off = ((read + lost) as f64 / f64::from(MANY) - 1.0).abs();
    assert!(off < 0.35, "{read} in the ring and {lost} lost of {MANY}");
}

#[test]
fn a_ring_that_was_not_read_to_its_end_is_known_not_to_be() {
    let _turn = turn();
    let mut server = Server::new(1_024);
    let expected = |digests, complete| Read { digests, complete };
    assert_eq!(server.digests.read(|_| ()), expected(0, true));
    for client in clients(20) {
        server.receives(client, SYN);
    }
    assert_eq!(server.digests.read_at_most(19, |_| ()), expected(19, false));
    assert_eq!(server.digests.read(|_| ()), expected(1, true));
    // What comes while it is read is for the next time.
    for client in clients(2) {
        server.receives(client, SYN);
    }
    let Server { object, digests, .. } = &mut server;
    let late = packet(Shape::Plain, (SERVER, 1), (SERVER, PORT), SYN);
    let run = |object: &mut Object| {
        let options = TestRunOptions { data_in: Some(&late), ..TestRunOptions::new() };
        let program: &mut SchedClassifier = object.program(programs::DETECT_INGRESS).expect("a program");
        program.test_run(options).expect("a test run");
    };
    assert_eq!(digests.read_at_most(2, |_| run(object)), expected(2, true));
    assert_eq!(digests.read(|_| ()), expected(2, true));
}
