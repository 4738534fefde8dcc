//! Capture files and packets, made here.

use std::io::Cursor;

use etherparse::{IpHeaders, PacketBuilder, PacketBuilderStep};

use crate::{
    Body, Facts,
    capture::{LinkType, ReadError, Reader},
};

pub(super) const MACS: ([u8; 6], [u8; 6]) = ([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]);
pub(super) const FROM: [u8; 4] = [10, 0, 0, 1];
pub(super) const TO: [u8; 4] = [10, 0, 0, 2];

/// Numbers in a byte order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order {
    pub(super) is_big: bool,
}

impl Order {
    pub(super) fn u16(self, number: u16) -> [u8; 2] {
        if self.is_big { number.to_be_bytes() } else { number.to_le_bytes() }
    }

    pub(super) fn u32(self, number: u32) -> [u8; 4] {
        if self.is_big { number.to_be_bytes() } else { number.to_le_bytes() }
    }

    fn all(self, numbers: &[u32]) -> Vec<u8> {
        numbers.iter().flat_map(|number| self.u32(*number)).collect()
    }

    pub(super) fn block(self, kind: u32, body: &[u8]) -> Vec<u8> {
        let padded = body.len().next_multiple_of(4);
        let mut block = self.all(&[kind, padded as u32 + 12]);
        block.extend(body);
        block.resize(8 + padded, 0);
        block.extend(self.u32(padded as u32 + 12));
        block
    }

    pub(super) fn section(self) -> Vec<u8> {
        let version = [self.u16(1), self.u16(0)].concat();
        self.block(0x0a0d_0d0a, &[&self.u32(0x1a2b_3c4d)[..], &version, &[0xff; 8]].concat())
    }

    pub(super) fn option(self, code: u16, value: &[u8]) -> Vec<u8> {
        let mut option = [self.u16(code), self.u16(value.len() as u16)].concat();
        option.extend(value);
        option.resize(option.len().next_multiple_of(4), 0);
        option
    }

    pub(super) fn interface(self, link_type: u16, snaplen: u32, options: &[u8]) -> Vec<u8> {
        self.block(1, &[&self.u16(link_type)[..], &[0, 0], &self.u32(snaplen), options].concat())
    }

    pub(super) fn enhanced(self, interface: u32, units: u64, packet: &[u8], options: &[u8]) -> Vec<u8> {
        let length = packet.len() as u32;
        let mut body = self.all(&[interface, (units >> 32) as u32, units as u32, length, length]);
        body.extend(packet);
        body.resize(body.len().next_multiple_of(4), 0);
        body.extend(options);
        self.block(6, &body)
    }

    pub(super) fn pcap(self, magic: u32, link_type: LinkType, packets: &[(u32, u32, &[u8])]) -> Vec<u8> {
        let mut file = self.u32(magic).to_vec();
        file.extend([self.u16(2), self.u16(4)].concat());
        file.extend(self.all(&[0, 0, 262_144, link_type.0.into()]));
        for (seconds, fraction, packet) in packets {
            file.extend(self.all(&[*seconds, *fraction, packet.len() as u32, packet.len() as u32]));
            file.extend(*packet);
        }
        file
    }
}

pub(super) const LITTLE: Order = Order { is_big: false };
pub(super) const BIG: Order = Order { is_big: true };

/// An ordinary pcap file.
pub(super) fn pcap(link_type: LinkType, packets: &[&[u8]]) -> Vec<u8> {
    let packets: Vec<_> = packets.iter().zip(0..).map(|(packet, at)| (1_700_000_000 + at, 0, *packet)).collect();
    LITTLE.pcap(0xa1b2_c3d4, link_type, &packets)
}

pub(super) fn reader(file: Vec<u8>) -> Result<Reader, ReadError> {
    Reader::from_read(Cursor::new(file), "made")
}

/// All that is read of a file, and how it ends.
pub(super) fn read(file: Vec<u8>) -> (Vec<Facts>, Option<ReadError>) {
    let mut reader = match reader(file) {
        Ok(reader) => reader,
        Err(error) => return (Vec::new(), Some(error)),
    };
    let mut facts = Vec::new();
    loop {
        match reader.next_facts() {
            Some(Ok(found)) => facts.push(found),
            Some(Err(error)) => return (facts, Some(error)),
            None => return (facts, None),
        }
    }
}

/// The facts of a file without faults.
pub(super) fn facts(file: Vec<u8>) -> Vec<Facts> {
    let (facts, error) = read(file);
    assert!(error.is_none(), "{}", error.unwrap());
    facts
}

/// What one packet is.
pub(super) fn body(link_type: LinkType, packet: &[u8]) -> Body {
    facts(pcap(link_type, &[packet])).remove(0).body
}

pub(super) fn ethernet() -> PacketBuilderStep<etherparse::Ethernet2Header> {
    PacketBuilder::ethernet2(MACS.0, MACS.1)
}

/// TCP from port 1000 to 80, SYN, with a payload.
pub(super) fn tcp(step: PacketBuilderStep<IpHeaders>, payload: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    step.tcp(1000, 80, 1, 64_000).syn().write(&mut packet, payload).unwrap();
    packet
}

/// IPv4 from [`FROM`] to [`TO`], without a link header: TCP with four bytes.
pub(super) fn inner() -> Vec<u8> {
    tcp(PacketBuilder::ipv4(FROM, TO, 64), b"1234")
}

/// The same in an Ethernet frame.
pub(super) fn frame() -> Vec<u8> {
    [ether_header(0x0800), inner()].concat()
}

pub(super) fn ether_header(kind: u16) -> Vec<u8> {
    [&MACS.1[..], &MACS.0, &kind.to_be_bytes()].concat()
}

/// An IPv4 packet of any protocol from 192.0.2.1 to 192.0.2.2.
pub(super) fn outer(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let header = etherparse::Ipv4Header::new(payload.len() as u16, 64, protocol.into(), [192, 0, 2, 1], [192, 0, 2, 2]);
    let mut packet = Vec::new();
    header.unwrap().write(&mut packet).unwrap();
    packet.extend(payload);
    packet
}

/// The same with UDP to this port.
pub(super) fn outer_udp(port: u16, payload: &[u8]) -> Vec<u8> {
    let mut udp =
        [50_000u16.to_be_bytes(), port.to_be_bytes(), (payload.len() as u16 + 8).to_be_bytes(), [0, 0]].concat();
    udp.extend(payload);
    outer(17, &udp)
}
