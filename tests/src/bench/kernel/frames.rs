//! The packets that programs are run on: between 10.0.0.1 and 10.0.0.2 (or 2001:db8::1 and ::2), without options.

use std::net::Ipv4Addr;

/// Who they go to.
pub(super) const TARGET: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);

/// So many senders has a flood.
const SENDERS: u16 = 1_024;

/// The frame, which has IPv4, from so many addresses and ports.
pub(super) fn many(frame: &[u8; 64]) -> Vec<Vec<u8>> {
    const ADDRESS: usize = 28;
    const PORT: usize = 34;
    let from = |number: u16| {
        let mut frame = frame.to_vec();
        frame[ADDRESS..ADDRESS + 2].copy_from_slice(&number.to_be_bytes());
        frame[PORT..PORT + 2].copy_from_slice(&(40_000 + number % 977).to_be_bytes());
        frame
    };
    (0..SENDERS).map(from).collect()
}

/// A UDP packet of 64 bytes.
pub(super) const UDP: [u8; 64] = frame(
    b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x08\0\x45\0\0\x32\0\x01\x40\0\x40\x11\0\0\x0a\0\0\x01\x0a\0\0\x02\
      \x9c\x40\x13\x88\0\x1e\0\0",
);

/// A TCP packet of an established connection, with ACK and PSH.
pub(super) const TCP: [u8; 64] = frame(
    b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x08\0\x45\0\0\x32\0\x01\x40\0\x40\x06\0\0\x0a\0\0\x01\x0a\0\0\x02\
      \x9c\x40\x13\x88\0\0\0\x01\0\0\0\x01\x50\x18\xff\xff\0\0\0\0",
);

/// The same with a tag inside the frame.
pub(super) const TCP_TAGGED: [u8; 64] = frame(
    b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x81\0\0\x05\x08\0\x45\0\0\x2e\0\x01\x40\0\x40\x06\0\0\x0a\0\0\x01\x0a\0\0\x02\
      \x9c\x40\x13\x88\0\0\0\x01\0\0\0\x01\x50\x18\xff\xff\0\0\0\0",
);

/// The port that it goes to.
pub(super) const TCP_PORT: u16 = 5_000;

/// The same of IPv6.
pub(super) const TCP_IPV6: [u8; 84] = frame(
    b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x86\xdd\x60\0\0\0\0\x1e\x06\x40\
      \x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\
      \x9c\x40\x13\x88\0\0\0\x01\0\0\0\x01\x50\x18\xff\xff\0\0\0\0",
);

/// The first packet of a TCP connection.
pub(super) const SYN: [u8; 64] = frame(
    b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x08\0\x45\0\0\x32\0\x01\x40\0\x40\x06\0\0\x0a\0\0\x01\x0a\0\0\x02\
      \x9c\x40\x13\x88\0\0\0\x01\0\0\0\0\x50\x02\xff\xff\0\0\0\0",
);

/// The headers, and a payload behind them.
const fn frame<const N: usize>(headers: &[u8]) -> [u8; N] {
    let mut frame = [0x61; N];
    let mut at = 0;
    while at < headers.len() {
        frame[at] = headers[at];
        at += 1;
    }
    frame
}
