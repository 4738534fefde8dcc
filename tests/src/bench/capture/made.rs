//! Files of packets of one length: of many connections, of calls both ways, and of a flood.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

/// Connections, one packet each in turn.
const CONNECTIONS: u32 = 10_000;
const ETHERNET: [u8; 14] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];
const IPV4: usize = 20;

/// A kind of file.
pub(super) struct Kind {
    pub(super) name: &'static str,
    /// Bytes of a packet.
    length: u32,
    pcapng: bool,
    /// Writes what is in the packet of a number, into zeroes or the one before.
    fill: fn(&mut [u8], u64),
    /// Whether others read it too: they take minutes for some million packets.
    pub(super) beside: bool,
}

/// All that are measured.
pub(super) const FILES: [Kind; 5] = [
    Kind { name: "large", length: 1_514, pcapng: false, fill: connections, beside: true },
    Kind { name: "small", length: 60, pcapng: false, fill: connections, beside: true },
    Kind { name: "small-pcapng", length: 60, pcapng: true, fill: connections, beside: false },
    Kind { name: "calls", length: 64, pcapng: false, fill: calls, beside: false },
    Kind { name: "syn-flood", length: 60, pcapng: false, fill: syns, beside: false },
];

impl Kind {
    /// Writes a file of about so many bytes, and says how many packets it has.
    pub(super) fn write(&self, path: &Path, size: u64) -> io::Result<u64> {
        let mut file = BufWriter::new(File::create(path)?);
        file.write_all(&if self.pcapng { pcapng_begin() } else { words(&PCAP_HEADER) })?;
        let count = size / u64::from(self.length + if self.pcapng { 32 } else { 16 });
        let mut packet = vec![0; self.length as usize];
        for number in 0..count {
            (self.fill)(&mut packet, number);
            if self.pcapng { self.block(&mut file, number, &packet)? } else { self.record(&mut file, number, &packet)? }
        }
        file.flush()?;
        Ok(count)
    }

    fn record(&self, file: &mut impl Write, number: u64, packet: &[u8]) -> io::Result<()> {
        let second = 1_795_638_600 + (number / 1_000_000) as u32;
        file.write_all(&words(&[second, (number % 1_000_000) as u32, self.length, self.length]))?;
        file.write_all(packet)
    }

    fn block(&self, file: &mut impl Write, number: u64, packet: &[u8]) -> io::Result<()> {
        let (time, total) = (1_795_638_600_000_000 + number, self.length + 32);
        file.write_all(&words(&[6, total, 0, (time >> 32) as u32, time as u32, self.length, self.length]))?;
        file.write_all(packet)?;
        file.write_all(&words(&[total]))
    }
}

/// Microseconds, version 2.4, Ethernet.
const PCAP_HEADER: [u32; 6] = [0xa1b2_c3d4, 0x0004_0002, 0, 0, 262_144, 1];

/// A section and an interface.
fn pcapng_begin() -> Vec<u8> {
    words(&[0x0a0d_0d0a, 28, 0x1a2b_3c4d, 1, u32::MAX, u32::MAX, 28, 1, 20, 1, 262_144, 20])
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

const TCP: u8 = 6;
const UDP: u8 = 17;

/// Ethernet, IPv4, and the ports.
fn headers(packet: &mut [u8], protocol: u8, [source, target]: [[u8; 4]; 2], ports: [u16; 2]) {
    let length = (packet.len() - ETHERNET.len()) as u16;
    packet[..14].copy_from_slice(&ETHERNET);
    packet[14..26].copy_from_slice(&[0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, protocol, 0, 0]);
    packet[16..18].copy_from_slice(&length.to_be_bytes());
    packet[26..30].copy_from_slice(&source);
    packet[30..34].copy_from_slice(&target);
    packet[34..38].copy_from_slice(ports.map(u16::to_be_bytes).as_flattened());
    match protocol {
        UDP => packet[38..40].copy_from_slice(&(length - IPV4 as u16).to_be_bytes()),
        _ => packet[46..48].copy_from_slice(&[0x50, 0x10]),
    }
}

/// Two of three packets are TCP's, the third is UDP's, one way.
fn connections(packet: &mut [u8], number: u64) {
    let connection = (number % u64::from(CONNECTIONS)) as u32;
    let (protocol, port) = if connection.is_multiple_of(3) { (UDP, 53) } else { (TCP, 443) };
    let client = [10, 0, 0, (connection / 100) as u8];
    headers(packet, protocol, [client, [192, 0, 2, 1]], [10_000 + connection as u16, port]);
}

/// Datagrams of 256 flows, both ways in turn, as calls and games have them.
fn calls(packet: &mut [u8], number: u64) {
    let (mut ends, mut ports) = ([[10, 0, 0, 1], [10, 0, 0, 2]], [40_000 + (number / 2 % 256) as u16, 5_000]);
    if number % 2 == 1 {
        ends.reverse();
        ports.reverse();
    }
    headers(packet, UDP, ends, ports);
}

/// SYNs to one port from a full cycle of addresses, none of them near the one before.
fn syns(packet: &mut [u8], number: u64) {
    let source = (number as u32).wrapping_mul(2_654_435_761);
    headers(packet, TCP, [source.to_be_bytes(), [10, 0, 0, 2]], [2_000 + (number >> 3) as u16 % 60_000, 80]);
    packet[47] = 0x02;
}
