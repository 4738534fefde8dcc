//! Packets of all sorts, made by etherparse and by hand, and files of them.

use std::path::{Path, PathBuf};

use etherparse::{PacketBuilder, PacketBuilderStep};
use nbw_detect::{
    Time,
    capture::{LinkType, Writer},
};

/// Begin of the captures: 2026-11-25 20:30:00.123456789 UTC.
pub(super) const BEGIN: u64 = 1_795_638_600_123_456_789;
const SIX: [u8; 16] = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

/// An IP packet without a link header, and its version.
#[derive(Debug, Clone)]
pub(super) struct Packet {
    pub(super) bytes: Vec<u8>,
    pub(super) is_six: bool,
}

/// An address of its own for each packet, so that none is taken for another.
fn four(number: u8) -> PacketBuilderStep<etherparse::IpHeaders> {
    PacketBuilder::ipv4([10, 0, 1, number], [10, 0, 2, number], 64)
}

fn six(number: u8) -> PacketBuilderStep<etherparse::IpHeaders> {
    let mut to = SIX;
    to[14] = number;
    PacketBuilder::ipv6(SIX, to, 64)
}

fn tcp(step: PacketBuilderStep<etherparse::IpHeaders>, flags: u8, payload: &[u8]) -> Vec<u8> {
    let mut step = step.tcp(40_000 + u16::from(flags), 443, 7, 1_000);
    for (bit, set) in [
        (1, PacketBuilderStep::<etherparse::TcpHeader>::fin as fn(_) -> _),
        (2, PacketBuilderStep::<etherparse::TcpHeader>::syn),
        (4, PacketBuilderStep::<etherparse::TcpHeader>::rst),
        (8, PacketBuilderStep::<etherparse::TcpHeader>::psh),
    ] {
        step = if flags & bit == 0 { step } else { set(step) };
    }
    let step = if flags & 16 == 0 { step } else { step.ack(9) };
    let mut bytes = Vec::new();
    step.write(&mut bytes, payload).expect("a packet");
    bytes
}

fn udp(step: PacketBuilderStep<etherparse::IpHeaders>, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    step.udp(40_053, 53).write(&mut bytes, payload).expect("a packet");
    bytes
}

fn echo(is_six: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let written = if is_six {
        six(9).icmpv6_echo_request(1, 2).write(&mut bytes, b"ping")
    } else {
        four(9).icmpv4_echo_request(1, 2).write(&mut bytes, b"ping")
    };
    written.expect("a packet");
    bytes
}

/// IPv4 that is a part of a datagram: `flags` are those of the header with the offset.
fn fragment(flags: u16) -> Vec<u8> {
    let mut bytes = udp(four(20 + flags as u8), &[7; 64]);
    bytes[6..8].copy_from_slice(&flags.to_be_bytes());
    bytes
}

/// IPv6 with hop-by-hop and destination options, and a fragment's header of no fragment.
fn extended() -> Vec<u8> {
    let plain = udp(six(31), b"behind");
    let extensions = [&[60, 0, 1, 4, 0, 0, 0, 0][..], &[44, 0, 1, 4, 0, 0, 0, 0], &[17, 0, 0, 0, 0, 0, 0, 9]].concat();
    let mut bytes = [&plain[..40], &extensions, &plain[40..]].concat();
    bytes[6] = 0;
    bytes[5] += extensions.len() as u8;
    bytes
}

/// All that is put into tunnels.
pub(super) fn packets() -> Vec<Packet> {
    let four = [
        tcp(four(1), 2, &[]),
        tcp(four(2), 18, &[]),
        tcp(four(3), 24, &[1; 1_000]),
        tcp(four(4), 0, &[]),
        tcp(four(5), 1, b"x"),
        tcp(four(6), 4, &[]),
        udp(four(7), &[2; 33]),
        udp(four(8), &[]),
        echo(false),
        fragment(0x2000),
        fragment(0x0004),
    ];
    let six = [tcp(six(1), 2, &[]), tcp(six(2), 16, &[3; 500]), udp(six(3), &[4; 20]), echo(true), extended()];
    let packet = |is_six| move |bytes| Packet { bytes, is_six };
    four.into_iter().map(packet(false)).chain(six.into_iter().map(packet(true))).collect()
}

impl Packet {
    pub(super) fn ether_type(&self) -> u16 {
        if self.is_six { 0x86dd } else { 0x0800 }
    }

    /// In an Ethernet frame.
    pub(super) fn frame(&self) -> Vec<u8> {
        framed(self.ether_type(), &self.bytes)
    }
}

pub(super) fn framed(ether_type: u16, payload: &[u8]) -> Vec<u8> {
    [&[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1][..], &ether_type.to_be_bytes(), payload].concat()
}

/// IPv4 of any protocol around something.
pub(super) fn around(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let header = etherparse::Ipv4Header::new(payload.len() as u16, 64, protocol.into(), [192, 0, 2, 1], [192, 0, 2, 2]);
    let mut bytes = Vec::new();
    header.expect("a header").write(&mut bytes).expect("memory");
    [bytes, payload.to_vec()].concat()
}

/// The same with UDP.
pub(super) fn around_udp(port: u16, payload: &[u8]) -> Vec<u8> {
    let ports = [50_000u16.to_be_bytes(), port.to_be_bytes()].concat();
    let length = (payload.len() as u16 + 8).to_be_bytes();
    around(17, &[&ports, &length[..], &[0, 0], payload].concat())
}

/// Writes a file of packets, a millisecond and a nanosecond apart.
pub(super) fn file(directory: &Path, name: &str, link_type: LinkType, packets: &[Vec<u8>]) -> PathBuf {
    let path = directory.join(name);
    let mut writer = Writer::create(&path, link_type).expect("a file");
    for (packet, at) in packets.iter().zip(0..) {
        writer.write(Time(BEGIN + at * 1_000_001), packet.len() as u32, packet).expect("room");
    }
    writer.finish().expect("room");
    path
}
