//! What is true of any packets.

use std::net::{IpAddr, Ipv4Addr};

use proptest::prelude::*;

use super::*;
use crate::{
    Arp, Direction, Fragment, Ip,
    capture::{LinkType, Reader, Writer},
};

fn address() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        (0..6_u8).prop_map(|last| IpAddr::V4(Ipv4Addr::new(10, 0, 0, last))),
        Just("2001:db8::1".parse().unwrap()),
        Just("255.255.255.255".parse().unwrap()),
        any::<u32>().prop_map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits))),
    ]
}

fn ports() -> impl Strategy<Value = u16> {
    prop_oneof![Just(53), Just(80), Just(123), 1_000..1_020_u16, any::<u16>()]
}

fn transport() -> impl Strategy<Value = Transport> {
    prop_oneof![
        (ports(), ports(), any::<u8>(), 0..2_000_u32)
            .prop_map(|(source, destination, flags, payload)| Transport::Tcp { source, destination, flags, payload }),
        (ports(), ports(), 0..2_000_u32).prop_map(|(source, destination, payload)| Transport::Udp {
            source,
            destination,
            payload
        }),
        (any::<u8>(), any::<u8>(), any::<u32>()).prop_map(|(kind, code, payload)| Transport::Icmp {
            kind,
            code,
            payload
        }),
        Just(Transport::Other),
    ]
}

fn body() -> impl Strategy<Value = Body> {
    let fragment = prop_oneof![Just(Fragment::None), Just(Fragment::First), Just(Fragment::Later)];
    let ip = (address(), address(), transport(), fragment, any::<u8>()).prop_map(
        |(source, destination, transport, fragment, other)| {
            let protocol = match transport {
                Transport::Tcp { .. } => 6,
                Transport::Udp { .. } => 17,
                Transport::Icmp { .. } => 1,
                Transport::Other => other,
            };
            Body::Ip(Ip { source, destination, protocol, fragment, transport })
        },
    );
    let arp = (0..3_u16, 0..4_u8, 0..4_u8, 0..4_u8, 0..4_u8).prop_map(|(operation, a, b, c, d)| {
        let mac = |last| [2, 0, 0, 0, 0, last];
        let ip = |last| Ipv4Addr::new(10, 0, 0, last);
        Body::Arp(Arp { operation, sender_mac: mac(a), sender_ip: ip(b), target_mac: mac(c), target_ip: ip(d), net: 0 })
    });
    prop_oneof![8 => ip, 2 => arp, 1 => Just(Body::Other)]
}

fn facts() -> impl Strategy<Value = Facts> {
    // Of few times, so that many are equal; now and then a clock that is wrong.
    let time = prop_oneof![
        20 => (0..40_u64).prop_map(|step| step * 50_000_000),
        20 => (0..200_u64).prop_map(|step| step * 90_000_000_000),
        1 => any::<u64>(),
    ];
    let direction = prop_oneof![Just(Direction::Unknown), Just(Direction::In), Just(Direction::Out)];
    let seen = (0..2_u32, direction, 0..3_u32, any::<bool>(), 0..3_u32, 0..3_u32, any::<u32>());
    (time, seen, body()).prop_map(|(time, (link, direction, weight, by_chance, followed, frames, bytes), body)| Facts {
        time: Time(time),
        link,
        direction,
        weight,
        by_chance,
        followed,
        frames,
        bytes,
        body,
    })
}

/// A signature that fires at once, so that little is enough to see a difference.
fn eager() -> Signatures {
    let eager = |mut signature: crate::Signature| {
        signature.when.iter_mut().filter_map(|it| it.at_least.as_mut()).for_each(|bound| *bound = bound.min(2.0));
        signature.watch.iter_mut().filter_map(|it| it.at_least.as_mut()).for_each(|bound| *bound = bound.min(2.0));
        signature
    };
    Signatures::built_in().iter().cloned().map(eager).collect()
}

/// Each takes a while: fewer than usual, unless more are asked for.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(64)
}

fn run(facts: &[Facts], every: usize) -> Vec<Event> {
    let mut engine = Engine::new(&eager(), Limits::default());
    let mut events = Vec::new();
    for part in facts.chunks(every.max(1)) {
        part.iter().for_each(|facts| engine.observe(facts));
        events.extend(engine.take_ended());
    }
    events.extend(engine.finish());
    events
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases()) })]

    #[test]
    fn the_order_of_equal_timestamps_changes_nothing(mut all in prop::collection::vec(facts(), 0..300), seed in any::<u64>()) {
        all.sort_by_key(|facts| facts.time);
        let before = run(&all, usize::MAX);
        let mix = foldhash::fast::FixedState::with_seed(seed);
        use std::hash::BuildHasher as _;
        let mut places: Vec<usize> = (0..all.len()).collect();
        places.sort_by_key(|at| (all[*at].time, mix.hash_one(at)));
        let mixed: Vec<Facts> = places.iter().map(|at| all[*at].clone()).collect();
        prop_assert_eq!(before, run(&mixed, usize::MAX));
    }

    #[test]
    fn splitting_changes_nothing(all in prop::collection::vec(facts(), 0..300), every in 1..50_usize) {
        let whole = run(&all, usize::MAX);
        let mut parts = run(&all, every);
        let mut sorted = whole.clone();
        parts.sort_by(|a, b| a.id.cmp(&b.id));
        sorted.sort_by(|a, b| a.id.cmp(&b.id));
        prop_assert_eq!(sorted, parts);
    }
}

#[test]
fn a_capture_in_two_files_says_the_same() {
    // A scan, guesses and a flood, one after the other and for hours, cut anywhere: between the files nothing but a reader begins anew.
    let mut tape = Tape::new();
    for number in 0..300_u16 {
        tape.tcp("192.0.2.7", 40_000, "198.51.100.9", 2_000 + number, 2, 0).wait(15_000);
    }
    for number in 0..60 {
        tape.held("192.0.2.8", 30_000 + number, "198.51.100.9", 2_222, &[(0, 40), (20, 30), (25, 30)]);
    }
    for _ in 0..3_000 {
        tape.icmp("192.0.2.9", "198.51.100.9", 8, 56);
    }
    tape.wait(400_000).icmp("192.0.2.99", "192.0.2.98", 8, 56);
    let whole = through_files(&[&tape.facts]);
    assert_eq!(names(&whole), ["port-scan-slow", "brute-force", "icmp-flood"]);
    for cut in [1, 100, 299, 305, 700, 1_000, 2_500, tape.facts.len() - 1] {
        let (first, second) = tape.facts.split_at(cut);
        assert_eq!(through_files(&[first, second]), whole, "cut behind {cut}");
    }
}

/// What is said of packets that were written into files, each read behind the one before.
fn through_files(parts: &[&[Facts]]) -> Vec<Event> {
    let directory = tempfile::tempdir().unwrap();
    let mut engine = Engine::new(&Signatures::built_in(), Limits::default());
    let mut events = Vec::new();
    for (part, number) in parts.iter().zip(0..) {
        let path = directory.path().join(format!("{number}.pcap"));
        let mut writer = Writer::create(&path, LinkType::RAW).unwrap();
        for facts in *part {
            let bytes = packet(facts);
            writer.write(facts.time, bytes.len() as u32, &bytes).unwrap();
        }
        writer.finish().unwrap();
        let mut reader = Reader::open(&path).unwrap();
        while let Some(facts) = reader.next_facts() {
            engine.observe(&facts.unwrap());
        }
        events.extend(engine.take_ended());
    }
    events.extend(engine.finish());
    events
}

/// A packet that has these facts.
fn packet(facts: &Facts) -> Vec<u8> {
    let Body::Ip(ip) = &facts.body else { panic!("only IP is made") };
    let (IpAddr::V4(from), IpAddr::V4(to)) = (ip.source, ip.destination) else { panic!("only IPv4 is made") };
    let step = etherparse::PacketBuilder::ipv4(from.octets(), to.octets(), 64);
    let mut bytes = Vec::new();
    match ip.transport {
        Transport::Tcp { source, destination, flags, payload } => {
            let mut header = etherparse::TcpHeader::new(source, destination, 1, 64_000);
            (header.syn, header.ack, header.fin) = (flags & 2 != 0, flags & 16 != 0, flags & 1 != 0);
            step.tcp_header(header).write(&mut bytes, &vec![0; payload as usize]).unwrap();
        }
        Transport::Icmp { payload, .. } => {
            step.icmpv4_echo_request(1, 1).write(&mut bytes, &vec![0; payload as usize]).unwrap()
        }
        _ => panic!("only TCP and echoes are made"),
    }
    bytes
}

#[test]
fn memory_is_bounded_whatever_comes() {
    let limits = Limits { keys: 64, connections: 256, ..Limits::default() };
    let mut engine = Engine::new(&Signatures::built_in(), limits);
    let mut tape = Tape::new();
    for number in 0..60_000_u32 {
        let from = Ipv4Addr::from_bits(number.wrapping_mul(2_654_435_761)).to_string();
        let port = number as u16;
        match number % 3 {
            0 => tape.tcp(&from, port, "198.51.100.9", port, 2, 0),
            1 => tape.udp(&from, port, "198.51.100.9", port, 100),
            _ => tape.icmp(&from, "198.51.100.9", 8, 10),
        };
        engine.observe(&tape.facts.pop().unwrap());
    }
    engine.flush();
    assert!(engine.boards.iter().all(|board| board.len() <= 4 * 64));
    let (remembered, waiting) = engine.trackers.len();
    assert!(remembered <= 3 * 256 && waiting <= 3 * 130, "{remembered} {waiting}");
    assert!(engine.finish().len() < 10);
}
