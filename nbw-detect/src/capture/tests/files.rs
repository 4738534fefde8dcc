//! Formats of files.

use std::io::Write;

use super::made::{self, BIG, LITTLE, Order, facts, frame, inner};
use crate::{Direction, Time, capture::LinkType};

const NOW: u32 = 1_700_000_000;

fn times(file: Vec<u8>) -> Vec<u64> {
    facts(file).iter().map(|facts| facts.time.0).collect()
}

#[test]
fn pcap_has_two_byte_orders_and_two_units() {
    let frame = frame();
    let packets: [(u32, u32, &[u8]); 2] = [(NOW, 5, &frame), (NOW - 1, 999_999, &frame)];
    for order in [LITTLE, BIG] {
        let micro = order.pcap(0xa1b2_c3d4, LinkType::ETHERNET, &packets);
        assert_eq!(times(micro), [1_700_000_000_000_005_000, 1_699_999_999_999_999_000], "{order:?}");
        let nano = order.pcap(0xa1b2_3c4d, LinkType::ETHERNET, &packets);
        assert_eq!(times(nano), [1_700_000_000_000_000_005, 1_699_999_999_000_999_999], "{order:?}");
    }
}

#[test]
fn a_header_may_tell_of_check_sums_behind_frames() {
    let mut file = made::pcap(LinkType::ETHERNET, &[&frame()]);
    file[23] = 0x14;
    assert_eq!(facts(file).len(), 1);
}

fn pcapng(order: Order) -> Vec<u8> {
    let nano = [order.option(9, &[9]), order.option(2, b"eth0"), order.option(0, &[])].concat();
    let outward = [order.option(2, &order.u32(2)), order.option(1, b"said \xff"), order.option(0, &[])].concat();
    let frame = frame();
    let length = order.u32(frame.len() as u32);
    let obsolete = [&order.u16(1)[..], &[0, 0], &order.u32(0), &order.u32(7_000), &length, &length, &frame].concat();
    [
        order.section(),
        order.interface(1, 40, &[]),
        order.interface(101, 0, &nano),
        order.block(0xbad, &[1; 24]),
        order.enhanced(0, 1_000, &frame, &[]),
        order.enhanced(1, 5_000, &inner(), &outward),
        order.block(3, &[&length[..], &frame[..40]].concat()),
        order.block(2, &obsolete),
        order.section(),
        order.interface(1, 0, &order.option(14, &seconds(order))),
        order.enhanced(0, 9, &frame, &[]),
    ]
    .concat()
}

/// `if_tsoffset`: ten seconds.
fn seconds(order: Order) -> [u8; 8] {
    if order.is_big { 10i64.to_be_bytes() } else { 10i64.to_le_bytes() }
}

#[test]
fn pcapng_has_sections_interfaces_clocks_and_three_kinds_of_packets() {
    for order in [LITTLE, BIG] {
        let facts = facts(pcapng(order));
        let found: Vec<_> = facts.iter().map(|facts| (facts.link, facts.time, facts.direction)).collect();
        let unknown = Direction::Unknown;
        let expected = [
            (0, Time(1_000_000), unknown),
            (1, Time(5_000), Direction::Out),
            (0, Time(5_000), unknown),
            (1, Time(7_000), unknown),
            (2, Time(10_000_009_000), unknown),
        ];
        assert_eq!(found, expected, "{order:?}");
        assert_eq!(facts[2].bytes, frame().len() as u32);
    }
}

#[test]
fn files_are_unpacked_by_what_is_in_them() {
    let plain = pcapng(LITTLE);
    let (first, second) = plain.split_at(300);
    let gzip = |bytes: &[u8]| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    };
    let zstd = |bytes: &[u8]| zstd::encode_all(bytes, 1).unwrap();
    let skipped = [&[0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4][..], &zstd(&plain)].concat();
    for packed in [gzip(&plain), zstd(&plain), [gzip(first), gzip(second)].concat(), skipped] {
        assert_eq!(facts(packed), facts(plain.clone()));
    }
    let two_frames = [zstd(first), zstd(second)].concat();
    assert_eq!(facts(two_frames), facts(plain));
}

#[test]
fn how_far_it_has_come_is_told_in_bytes_of_the_file() {
    let plain = made::pcap(LinkType::ETHERNET, &[&*frame(); 3]);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("made.pcap");
    std::fs::write(&path, &plain).unwrap();
    let mut reader = crate::capture::Reader::open(&path).unwrap();
    assert_eq!((reader.position(), reader.size()), (24, Some(plain.len() as u64)));
    reader.next_packet().unwrap().unwrap();
    assert_eq!(reader.position(), 24 + 16 + frame().len() as u64);
    while reader.next_packet().unwrap().is_some() {}
    assert_eq!((reader.position(), reader.packets()), (plain.len() as u64, 3));
}
