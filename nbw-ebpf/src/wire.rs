//! How many bytes and packets on the wire a packet in the kernel is.

use aya_ebpf::{bindings::__sk_buff, programs::sk_buff::SkBuff};
use nbw_common::{
    abi::{Trouble, packed},
    packet::{self, Bytes, Headers, Start},
};

use crate::{add, health};

/// Which way a packet goes, seen from the host.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Received.
    Rx,
    /// Sent.
    Tx,
}

/// Whether the packet is the kernel's own copy of a multicast that this host sends: it comes in by the interface that the
/// original leaves by, and was never on the wire (`dev_loopback_xmit`, which is not how `lo` works).
#[inline(always)]
pub fn is_own_echo(skb: *mut __sk_buff) -> bool {
    /// `PACKET_LOOPBACK` of `linux/if_packet.h`.
    const PACKET_LOOPBACK: u32 = 5;
    // SAFETY: the context of a running program.
    unsafe { (*skb).pkt_type == PACKET_LOOPBACK }
}

/// The packet's length. Volatile, so that it is read where it is used and needs no register before.
#[inline(always)]
pub fn length(skb: *mut __sk_buff) -> u32 {
    // SAFETY: the context of a running program.
    unsafe { core::ptr::read_volatile(&raw const (*skb).len) }
}

/// One packet of `length` bytes, as it is added to a stripe.
#[inline(always)]
pub fn single(length: u32) -> u64 {
    packed::word(length.into(), 1)
}

/// The packet as the parser reads it, through `bpf_skb_load_bytes`.
pub struct Packet<'a>(pub &'a SkBuff);

impl Bytes for Packet<'_> {
    #[inline(always)]
    fn u8(&self, offset: u32) -> Option<u8> {
        self.0.load(offset as usize).ok()
    }

    #[inline(always)]
    fn u16(&self, offset: u32) -> Option<u16> {
        self.0.load(offset as usize).ok().map(u16::from_be)
    }

    #[inline(always)]
    fn u32(&self, offset: u32) -> Option<u32> {
        self.0.load(offset as usize).ok()
    }

    #[inline(always)]
    fn forgotten(&self, number: u32) -> u32 {
        add::forgotten(number, length(self.0.skb))
    }
}

/// A GSO/GRO packet, as it is added to a stripe: the segments that are, or were, on the wire, each with its own headers.
#[inline(never)]
pub fn segmented(skb: *mut __sk_buff, start: Start) -> u64 {
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
    packed::word(packet::wire_bytes(length, segments, &headers), segments.into())
}

/// Length of the jumbo header in a packet that is longer than any frame; 0 if there is none.
#[inline(never)]
pub fn jumbo(skb: *mut __sk_buff, start: Start) -> u32 {
    packet::headers(&Packet(&SkBuff::new(skb)), start).map_or(0, |headers| headers.jumbo)
}
