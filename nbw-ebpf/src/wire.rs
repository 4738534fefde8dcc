//! How many bytes and packets on the wire a packet in the kernel is.

use aya_ebpf::{bindings::__sk_buff, programs::sk_buff::SkBuff};
use nbw_common::{
    abi::Trouble,
    packet::{self, Bytes, Headers, Start},
};

use crate::health;

/// Which way a packet goes, seen from the host.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Received.
    Rx,
    /// Sent.
    Tx,
}

/// Bytes and packets on the wire.
#[derive(Clone, Copy)]
pub struct Wire {
    pub bytes: u64,
    pub packets: u64,
}

/// The packet as the parser reads it, through `bpf_skb_load_bytes`.
struct Packet<'a>(&'a SkBuff);

impl Bytes for Packet<'_> {
    #[inline(always)]
    fn u8(&self, offset: u32) -> Option<u8> {
        self.0.load(offset as usize).ok()
    }

    #[inline(always)]
    fn u16(&self, offset: u32) -> Option<u16> {
        self.0.load(offset as usize).ok().map(u16::from_be)
    }
}

/// What the packet is on the wire, from where the hook sees it begin.
#[inline(always)]
pub fn of(skb: *mut __sk_buff, start: impl FnOnce() -> Start) -> Wire {
    // SAFETY: the context of a running program.
    let (length, size) = unsafe { ((*skb).len, (*skb).gso_size) };
    if size == 0 {
        return Wire { bytes: length.into(), packets: 1 };
    }
    segmented(skb, start())
}

/// A packet on its way out of an interface. There the kernel has worked out `wire_len` itself, inner headers of
/// tunnels included, so nothing is parsed but the packets whose sender left the number of segments open.
#[inline(always)]
pub fn outgoing(skb: *mut __sk_buff, start: impl FnOnce() -> Start) -> Wire {
    // SAFETY: the context of a running program.
    let (size, stated, bytes) = unsafe { ((*skb).gso_size, (*skb).gso_segs, (*skb).wire_len) };
    if size != 0 && stated != 0 {
        return Wire { bytes: bytes.into(), packets: stated.into() };
    }
    of(skb, start)
}

/// A GSO/GRO packet: the segments that are, or were, on the wire, each with its own headers.
#[inline(never)]
fn segmented(skb: *mut __sk_buff, start: Start) -> Wire {
    // SAFETY: the context of a running program.
    let (length, stated, size) = unsafe { ((*skb).len, (*skb).gso_segs, (*skb).gso_size) };
    let headers = match packet::headers(&Packet(&SkBuff::new(skb)), start) {
        Ok(headers) => headers,
        Err(
            packet::Malformed::Truncated
            | packet::Malformed::NotIp
            | packet::Malformed::BadVersion
            | packet::Malformed::BadHeaderLength
            | packet::Malformed::TooManyHeaders,
        ) => {
            health::note(Trouble::ParseFailed);
            Headers::default()
        }
    };
    let segments = if stated == 0 { packet::segments(length, size, &headers) } else { stated };
    Wire { bytes: packet::wire_bytes(length, segments, &headers), packets: segments.into() }
}
