//! Layout of what detection hands to userspace: counters of classes of packets, and digests of those that are looked at.

use super::DIRECT_LINKS;
use crate::class::Class;

/// Rows of class counters. An interface has its own while there are any; the others share row 0.
pub const DETECT_ROWS: u32 = 256;

/// Cells of a row: one for each direction and class.
pub const ROW_CELLS: u32 = 2 * Class::ROOM;

/// Bytes of a packet's beginning that a digest has at most: Ethernet, two tags, IPv6 and a TCP header with all options, or
/// the same without options inside of a VXLAN tunnel.
pub const HEAD: usize = 128;

/// Size of the ring of digests in bytes: 24,966 of them.
pub const RING_BYTES: u32 = 4 << 20;

/// Endpoints of which established TCP packets can be asked for.
pub const MOST_WATCHED: u32 = 1_024;

/// Packets of one class, interface and direction that are all looked at between two readings of the ring, on all CPUs
/// together.
pub const BUDGET: u32 = 2_048;

/// Entries of the array of words that userspace controls detection by.
pub const CONTROLS: u32 = CONTROL_RATES + DETECT_ROWS * RATES;
/// The control word that userspace raises each time it has read the ring.
pub const CONTROL_ERA: u32 = 0;
/// The control word that says how many endpoints are watched.
pub const CONTROL_WATCHED: u32 = 1;
/// The control word that decides which conversations are chosen: by chance, once, so that nobody outside can know.
pub const CONTROL_SEED: u32 = 2;
/// The first of the control words whose bits say of ports, by [`port_bit`], whether an endpoint with one is watched.
pub const CONTROL_PORTS: u32 = 3;
const PORT_WORDS: u32 = 64;
/// The first of the control words by which CPUs go by the same rate: [`rate_word`].
pub const CONTROL_RATES: u32 = CONTROL_PORTS + PORT_WORDS;
/// So many for each row: TCP's, and that of services that reflect.
const RATES: u32 = 2;

/// The control word of a row, in which CPUs [even out](crate::pace::even) how thin they sample conversations of a class, by its
/// number.
#[inline(always)]
pub const fn rate_word(row: u32, class: u32) -> u32 {
    CONTROL_RATES + row * RATES + (class == Class::Reflector as u32) as u32
}

/// The control word, and the bit in it, that a port has; several ports have the same.
#[inline(always)]
pub const fn port_bit(port: u16) -> (u32, u32) {
    (CONTROL_PORTS + (port as u32 >> 6) % PORT_WORDS, port as u32 % 64)
}

/// What one CPU has seen of one class of packets of one interface in one direction.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClassCell {
    /// Packets since the programs were loaded, each as the kernel has it: one of several segments counts once.
    pub count: u64,
    /// How thin they, and those that are [paced alike](crate::class::paced_as), are sampled: a [`pace`](crate::pace).
    pub pace: u64,
    /// Digests handed over in this era.
    pub handed: u64,
    /// Explicit padding.
    pub reserved: u64,
}

/// Index of a cell.
#[inline(always)]
pub const fn cell(cpu: u32, row: u32, outgoing: bool, class: u32) -> u32 {
    (cpu * DETECT_ROWS + row) * ROW_CELLS + outgoing as u32 * Class::ROOM + class
}

/// A packet that is looked at: its beginning, as it is, and what is not in it.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest {
    /// When it was seen: nanoseconds of `CLOCK_MONOTONIC`.
    pub time: u64,
    /// The interface.
    pub ifindex: u32,
    /// Packets of its class that it stands for.
    pub weight: u32,
    /// Bytes on the wire, all frames together.
    pub bytes: u32,
    /// Frames on the wire.
    pub frames: u32,
    /// Its length in the kernel, from the link-layer header on.
    pub length: u32,
    /// Its [`Class`].
    pub class: u8,
    /// 0: received; 1: sent.
    pub outgoing: u8,
    /// Where it begins: 0 at the IP header, else at an Ethernet header.
    pub ethernet: u8,
    /// Bytes of [`Self::head`] that are the packet's.
    pub captured: u8,
    /// Its beginning.
    pub head: [u8; HEAD],
}

/// An endpoint of which established TCP packets are looked at.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// Its address.
    pub address: super::Address,
    /// Its port, in the order of the host.
    pub port: u32,
}

const _: () = assert!(size_of::<ClassCell>() == 32);
const _: () = assert!(size_of::<Digest>() == 32 + HEAD);
const _: () = assert!(size_of::<Endpoint>() == 20);
// One CPU's cells fill whole cache lines.
const _: () = assert!((DETECT_ROWS as usize * ROW_CELLS as usize * size_of::<ClassCell>()).is_multiple_of(64));
const _: () = assert!(DETECT_ROWS < DIRECT_LINKS);
const _: () = assert!(HEAD <= u8::MAX as usize);
