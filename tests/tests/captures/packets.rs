//! Each link type and each tunnel, with each packet in it.

use std::path::Path;

use nbw_detect::capture::LinkType;

use super::{
    made::{self, Packet, around, around_udp, framed},
    shark::{Said, assert_same},
};

type Wrap = fn(&Packet) -> Vec<u8>;

const FRAMES: [(&str, Wrap); 16] = [
    ("plain", Packet::frame),
    ("padded", |packet| [packet.frame(), vec![0; 60usize.saturating_sub(packet.frame().len())]].concat()),
    ("vlan", |packet| framed(0x8100, &[&[0, 5][..], &packet.frame()[12..]].concat())),
    ("qinq", |packet| framed(0x88a8, &[&[0, 5, 0x81, 0, 0, 7][..], &packet.frame()[12..]].concat())),
    ("snap", |packet| {
        let payload = [&[0xaa, 0xaa, 3, 0, 0, 0][..], &packet.frame()[12..]].concat();
        framed(payload.len() as u16, &payload)
    }),
    ("mpls", |packet| framed(0x8847, &[&[0, 1, 0x00, 64, 0, 2, 1, 64][..], &packet.bytes].concat())),
    ("pppoe", |packet| {
        let length = (packet.bytes.len() as u16 + 2).to_be_bytes();
        let protocol = if packet.is_six { 0x57 } else { 0x21 };
        framed(0x8864, &[&[0x11, 0, 0, 1, length[0], length[1], 0, protocol][..], &packet.bytes].concat())
    }),
    ("ip in ip, 6in4", |packet| framed(0x0800, &around(if packet.is_six { 41 } else { 4 }, &packet.bytes))),
    ("gre", |packet| framed(0x0800, &gre(packet))),
    ("gre with a key and a sequence", |packet| {
        let kind = packet.ether_type().to_be_bytes();
        let header = [0x30, 0, kind[0], kind[1], 0, 0, 0, 1, 0, 0, 0, 2];
        framed(0x0800, &around(47, &[&header[..], &packet.bytes].concat()))
    }),
    ("gre in gre", |packet| framed(0x0800, &around(47, &[&[0, 0, 8, 0][..], &gre(packet)].concat()))),
    ("ethernet in gre", |packet| framed(0x0800, &around(47, &[&[0, 0, 0x65, 0x58][..], &packet.frame()].concat()))),
    ("erspan", |packet| {
        let header = [0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 1, 0, 1, 0, 0, 0, 0];
        framed(0x0800, &around(47, &[&header[..], &packet.frame()].concat()))
    }),
    ("vxlan", |packet| framed(0x0800, &around_udp(4789, &[&[8, 0, 0, 0, 0, 0, 5, 0][..], &packet.frame()].concat()))),
    ("geneve", |packet| {
        let header = [1, 0, 0x65, 0x58, 0, 0, 5, 0, 0, 0, 0x80, 0];
        framed(0x0800, &around_udp(6081, &[&header[..], &packet.frame()].concat()))
    }),
    ("vxlan in a vlan in vxlan", |packet| {
        let vxlan = |inside: Vec<u8>| around_udp(4789, &[&[8, 0, 0, 0, 0, 0, 5, 0][..], &inside].concat());
        let inner = framed(0x8100, &[&[0, 5, 8, 0][..], &vxlan(packet.frame())].concat());
        framed(0x0800, &vxlan(inner))
    }),
];

fn gre(packet: &Packet) -> Vec<u8> {
    let kind = packet.ether_type().to_be_bytes();
    around(47, &[&[0, 0, kind[0], kind[1]][..], &packet.bytes].concat())
}

fn capture(directory: &Path, name: &str, link_type: LinkType, wrap: Wrap) -> Vec<Said> {
    let packets: Vec<Vec<u8>> = made::packets().iter().map(wrap).collect();
    let path = made::file(directory, &format!("{name}.pcap"), link_type, &packets);
    assert_same(&path, packets.len())
}

/// What is in the packets, whatever is around them.
fn insides(said: &[Said]) -> Vec<&str> {
    said.iter().map(|said| &*said.what).collect()
}

#[test]
fn frames_and_tunnels_are_read_as_tshark_reads_them() {
    let directory = tempfile::tempdir().expect("a directory");
    let plain = capture(directory.path(), "as it is", LinkType::ETHERNET, Packet::frame);
    assert!(plain.iter().all(|said| said.what != "other"), "{plain:?}");
    for (name, wrap) in FRAMES {
        let wrapped = capture(directory.path(), name, LinkType::ETHERNET, wrap);
        assert_eq!(insides(&wrapped), insides(&plain), "{name}");
    }
}

/// A header of `LINKTYPE_LINUX_SLL`.
fn cooked(packet: &Packet) -> Vec<u8> {
    let kind = packet.ether_type().to_be_bytes();
    [&[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, kind[0], kind[1]][..], &packet.bytes].concat()
}

/// A header of `LINKTYPE_LINUX_SLL2`.
fn cooked2(packet: &Packet) -> Vec<u8> {
    let kind = packet.ether_type().to_be_bytes();
    [&[kind[0], kind[1], 0, 0, 0, 0, 0, 7, 0, 1, 4, 6, 2, 0, 0, 0, 0, 1, 0, 0][..], &packet.bytes].concat()
}

#[test]
fn every_link_type_is_read_as_tshark_reads_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let raw: Wrap = |packet| packet.bytes.clone();
    let family: Wrap = |packet| [&[if packet.is_six { 30 } else { 2 }, 0, 0, 0][..], &packet.bytes].concat();
    let family_big: Wrap = |packet| [&[0, 0, 0, if packet.is_six { 24 } else { 2 }][..], &packet.bytes].concat();
    let links: [(LinkType, Wrap); 6] = [
        (LinkType::RAW, raw),
        (LinkType::RAW_BSD, raw),
        (LinkType::NULL, family),
        (LinkType::LOOP, family_big),
        (LinkType::LINUX_SLL, cooked),
        (LinkType::LINUX_SLL2, cooked2),
    ];
    let plain = capture(directory.path(), "as it is", LinkType::ETHERNET, Packet::frame);
    for (link_type, wrap) in links {
        let said = capture(directory.path(), &link_type.to_string(), link_type, wrap);
        assert_eq!(insides(&said), insides(&plain), "{link_type}");
    }
}

#[test]
fn links_of_one_version_are_read_as_tshark_reads_them() {
    let directory = tempfile::tempdir().expect("a directory");
    for (link_type, is_six) in [(LinkType::IPV4, false), (LinkType::IPV6, true)] {
        let packets = made::packets().into_iter().filter(|packet| packet.is_six == is_six);
        let packets: Vec<Vec<u8>> = packets.map(|packet| packet.bytes).collect();
        let path = made::file(directory.path(), &format!("{link_type}.pcap"), link_type, &packets);
        assert_same(&path, packets.len());
    }
}

#[test]
fn arp_is_read_as_tshark_reads_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let arp = |operation| {
        let ends = [2, 0, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2];
        framed(0x0806, &[&[0, 1, 8, 0, 6, 4, 0, operation][..], &ends].concat())
    };
    let path =
        made::file(directory.path(), "arp.pcap", LinkType::ETHERNET, &[arp(1), arp(2), framed(0x88cc, &[0; 46])]);
    let said = assert_same(&path, 3);
    assert_eq!(insides(&said), ["ARP 1 10.0.0.1 10.0.0.2", "ARP 2 10.0.0.1 10.0.0.2", "other"]);
}
