//! The fuzz target's judge over captures that were made well, and then spoilt.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::{io::Write, sync::LazyLock};

use nbw_detect::{
    Time,
    capture::{LinkType, Writer},
};
use proptest::{collection::vec, prelude::*};

#[path = "support/judge.rs"]
mod judge;

/// Ethernet, VLAN, IPv4, UDP to VXLAN's port, Ethernet, IPv6 with a fragment's header, TCP.
const PACKET: &[u8] = &[
    2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x81, 0, 0, 5, 8, 0, // Ethernet and a tag
    0x45, 0, 0, 0x76, 0, 1, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2, // IPv4
    0xc3, 0x50, 0x12, 0xb5, 0, 0x62, 0, 0, 8, 0, 0, 0, 0, 0, 5, 0, // UDP and VXLAN
    2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x86, 0xdd, // Ethernet
    0x60, 0, 0, 0, 0, 28, 44, 64, // IPv6
    0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, //
    0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, //
    6, 0, 0, 1, 0, 0, 0, 9, // a fragment's header
    3, 0xe8, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xfa, 0, 0, 0, 0, 0, // TCP
];

fn pcap() -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("made.pcap");
    let mut writer = Writer::create(&path, LinkType::ETHERNET).unwrap();
    for at in 0..4 {
        writer.write(Time(1_700_000_000_000_000_000 + at), PACKET.len() as u32, PACKET).unwrap();
    }
    writer.finish().unwrap();
    std::fs::read(path).unwrap()
}

fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u32 + 12).to_le_bytes();
    [&kind.to_le_bytes()[..], &length, body, &length].concat()
}

fn pcapng() -> Vec<u8> {
    let mut packet: Vec<u8> = [0, 0x60_000, 1, PACKET.len() as u32, PACKET.len() as u32].map(u32::to_le_bytes).concat();
    packet.extend(PACKET);
    packet.resize(packet.len().next_multiple_of(4), 0);
    packet.extend([2, 0, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    let section = [0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255];
    let interface = [1, 0, 0, 0, 0, 0, 4, 0, 9, 0, 1, 0, 9, 0, 0, 0, 14, 0, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0];
    let begin = [block(0x0a0d_0d0a, &section), block(1, &interface)].concat();
    let packets = [block(6, &packet), block(2, &packet), block(3, &packet[16..])].concat();
    [begin.clone(), packets.clone(), begin, packets].concat()
}

fn packed(bytes: &[u8]) -> [Vec<u8>; 2] {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    [gzip.finish().unwrap(), zstd::encode_all(bytes, 1).unwrap()]
}

static CAPTURES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let (pcap, pcapng) = (pcap(), pcapng());
    [packed(&pcap), packed(&pcapng)].concat().into_iter().chain([pcap, pcapng]).collect()
});

#[test]
fn what_is_well_made_is_read_to_its_end() {
    for capture in CAPTURES.iter().cloned() {
        judge::capture(&capture);
        let mut reader = nbw_detect::capture::Reader::from_read(std::io::Cursor::new(capture), "well made").unwrap();
        while let Some(packet) = reader.next_packet().unwrap() {
            let nbw_detect::Body::Ip(ip) = packet.facts().body else { panic!("no IP") };
            assert_eq!(ip.protocol, 6, "the innermost packet was not found");
        }
        assert!([4, 6].contains(&reader.packets()), "{} packets", reader.packets());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(2_000), ..ProptestConfig::default() })]

    #[test]
    fn what_is_spoilt_is_read_as_far_as_it_can_be(
        which in 0usize..6,
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut capture = CAPTURES[which].clone();
        for (at, value) in changes {
            let at = at.index(capture.len());
            capture[at] = value;
        }
        capture.truncate(cut.index(capture.len()) + capture.len() / 2);
        judge::capture(&capture);
    }

    #[test]
    fn any_bytes_are_judged(bytes in vec(any::<u8>(), 0..200)) {
        judge::capture(&bytes);
    }
}
