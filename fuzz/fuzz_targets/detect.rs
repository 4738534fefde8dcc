//! The engine: packets of any headers, times and order do no harm, and equal timestamps in another order give the same events.
#![no_main]

use std::net::{IpAddr, Ipv4Addr};

use libfuzzer_sys::fuzz_target;
use nbw_detect::{Arp, Body, Direction, Engine, Event, Facts, Fragment, Ip, Limits, Signatures, Time, Transport};

/// Bytes of a packet: few addresses and ports, so that packets have to do with each other.
const PACKET: usize = 12;

fuzz_target!(|bytes: &[u8]| {
    let mut time = 0_u64;
    let mut all: Vec<Facts> = Vec::new();
    for packet in bytes.chunks_exact(PACKET) {
        time = time.wrapping_add(1 << (packet[0] % 48)) * u64::from(packet[0] > 2);
        all.push(facts(packet, Time(time)));
    }
    let events = run(&all);
    all.sort_by_key(|facts| facts.time);
    let sorted = run(&all);
    all.reverse();
    all.sort_by_key(|facts| facts.time);
    assert_eq!(sorted, run(&all), "the order of equal timestamps has changed something");
    for event in events.iter().chain(&sorted) {
        assert!((0.0..=1.0).contains(&event.confidence) && event.first_seen <= event.last_seen && !event.ongoing);
    }
});

fn run(all: &[Facts]) -> Vec<Event> {
    let limits = Limits { keys: 32, connections: 64, watched: 64, ..Limits::default() };
    let mut engine = Engine::new(&Signatures::built_in(), limits);
    all.iter().for_each(|facts| engine.observe(facts));
    assert!(engine.watched().len() <= 64);
    engine.finish()
}

fn facts(packet: &[u8], time: Time) -> Facts {
    let [_, kind, from, to, source, destination, flags, a, b, c, d, e] = packet else { unreachable!("twelve bytes") };
    let address = |last: &u8| Ipv4Addr::new(10, 0, last / 16, last % 16);
    let (source, destination) = (u16::from(*source) * 7, u16::from(*destination) * 7);
    let payload = u32::from(*a) * 8;
    let transport = match kind % 5 {
        0 => Transport::Tcp { source, destination, flags: *flags, payload },
        1 => Transport::Udp { source, destination, payload },
        2 => Transport::Icmp { kind: *flags, code: 0, payload },
        3 => Transport::Other,
        _ => return arp(time, *flags, [*a, *b, *c, *d]),
    };
    let fragment = match e % 8 {
        0 => Fragment::First,
        1 => Fragment::Later,
        _ => Fragment::None,
    };
    let protocol = [6, 17, 1, *b][usize::from(kind % 5)];
    let (from, to) = (IpAddr::V4(address(from)), IpAddr::V4(address(to)));
    let body = Body::Ip(Ip { source: from, destination: to, protocol, fragment, transport });
    let (weight, frames) = (u32::from(*c) + 1, u32::from(*d) + 1);
    let (link, bytes) = (u32::from(e / 128), payload + 40);
    Facts { time, link, direction: Direction::Unknown, weight, by_chance: e % 16 == 9, followed: u32::from(e % 16 != 8), frames, bytes, body }
}

fn arp(time: Time, operation: u8, ends: [u8; 4]) -> Facts {
    let [a, b, c, d] = ends.map(|end| end % 6);
    let mac = |last| if last == 5 { [255; 6] } else { [2, 0, 0, 0, 0, last] };
    let ip = |last| Ipv4Addr::new(10, 0, 0, last);
    let body = Body::Arp(Arp {
        operation: u16::from(operation % 3),
        sender_mac: mac(a),
        sender_ip: ip(b),
        target_mac: mac(c),
        target_ip: ip(d),
        net: 0,
    });
    Facts { time, link: 1, direction: Direction::Unknown, weight: 1, by_chance: false, followed: 1, frames: 1, bytes: 42, body }
}
