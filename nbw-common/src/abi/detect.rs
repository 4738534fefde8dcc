//! Layout of what detection goes by in the kernel, and of the digests that it hands to userspace.

use super::DIRECT_LINKS;
use crate::class::{Class, PACES, paced_as};

/// Rows of paces at most; how many there are says [a constant](super::knobs::DETECT_ROWS). An interface has its own while there
/// are any; the others share row 0.
pub const DETECT_ROWS: u32 = 256;

/// Cells of a row: one for each pace, and some room.
pub const ROW_CELLS: u32 = 16;

/// Bytes of a packet's beginning that a digest has at most: Ethernet, two tags, IPv6 and a TCP header with all options, or
/// the same without options inside of a VXLAN tunnel.
pub const HEAD: usize = 128;

/// Size of the ring of digests in bytes: 24,966 of them.
pub const RING_BYTES: u32 = 4 << 20;

/// Endpoints of which established TCP packets can be asked for.
pub const MOST_WATCHED: u32 = 1_024;

/// Packets of one pace and interface, both directions together, that are all looked at between two readings of the ring, on all
/// CPUs together. Classes of one pace ([`paced_as`]) share it.
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
/// The first of the control words by which CPUs go by the same rate: [`rate_word`]. Only the kernel side writes these. They have
/// cache lines of their own: the words of ports are read for each packet while somebody is watched.
pub const CONTROL_RATES: u32 = (CONTROL_PORTS + PORT_WORDS).next_multiple_of(WORDS_OF_LINE);
/// So many for each row, of which some are used: those of paces that are by conversations.
const RATES: u32 = WORDS_OF_LINE;
/// Words in a cache line.
const WORDS_OF_LINE: u32 = 8;

/// The control word of a row, in which CPUs [even out](crate::pace::even) how thin they sample conversations of a pace.
#[inline(always)]
pub const fn rate_word(row: u32, pace: u32) -> u32 {
    CONTROL_RATES + row * RATES + pace
}

/// The control word, and the bit in it, that a port has; several ports have the same.
#[inline(always)]
pub const fn port_bit(port: u16) -> (u32, u32) {
    (CONTROL_PORTS + (port as u32 >> 6) % PORT_WORDS, port as u32 % 64)
}

/// What one CPU has seen of the packets of one interface that are [paced alike](crate::class::paced_as).
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PaceCell {
    /// How many there were in this era, and how thin they are sampled: a [`pace`](crate::pace).
    pub pace: u64,
    /// Digests handed over in this era.
    pub handed: u64,
}

/// Index of a cell, where there are so many rows.
#[inline(always)]
pub const fn cell(cpu: u32, rows: u32, row: u32, pace: u32) -> u32 {
    (cpu * rows + row) * ROW_CELLS + pace
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
    /// What else is known of it: see [`Flags`].
    pub flags: u8,
    /// Bytes of [`Self::head`] that are the packet's.
    pub captured: u8,
    /// Its beginning.
    pub head: [u8; HEAD],
}

/// [`Digest::flags`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flags {
    /// It begins at an Ethernet header; else at the IP header.
    pub ethernet: bool,
    /// It is of a class that is sampled by conversations, and was chosen alone: what belongs to it was perhaps not.
    pub alone: bool,
    /// Of what begins, answers or ends a TCP connection: established packets of it are handed over where one of its ends is
    /// watched. How many connections such a one stands for: one more than the logarithm of that, or 0 if they are not.
    pub followed: u32,
}

impl Flags {
    const ETHERNET: u8 = 1;
    const ALONE: u8 = 2;
    const FOLLOWED_AT: u32 = 2;

    /// As a digest has them.
    #[inline(always)]
    pub const fn byte(self) -> u8 {
        let ethernet = if self.ethernet { Self::ETHERNET } else { 0 };
        let alone = if self.alone { Self::ALONE } else { 0 };
        ethernet | alone | (self.followed as u8) << Self::FOLLOWED_AT
    }

    /// What the byte of a digest says.
    pub const fn of(byte: u8) -> Self {
        Self {
            ethernet: byte & Self::ETHERNET != 0,
            alone: byte & Self::ALONE != 0,
            followed: byte as u32 >> Self::FOLLOWED_AT,
        }
    }
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

const _: () = assert!(size_of::<PaceCell>() == 16);
const _: () = assert!(size_of::<Digest>() == 32 + HEAD);
const _: () = assert!(size_of::<Endpoint>() == 20);
// One CPU's cells fill whole cache lines.
const _: () = assert!((ROW_CELLS as usize * size_of::<PaceCell>()).is_multiple_of(64));
const _: () = assert!(PACES <= ROW_CELLS);
const _: () = assert!(paced_as(Class::Reflector as u32) < RATES);
const _: () = assert!(DETECT_ROWS < DIRECT_LINKS);
const _: () = assert!(HEAD <= u8::MAX as usize);
// The thinnest rate has room in the flags.
const _: () = assert!((crate::pace::THINNEST + 1) << Flags::FOLLOWED_AT <= u8::MAX as u32);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{class::rate_is_even, pace::THINNEST};

    #[test]
    fn flags_are_what_they_were() {
        for followed in 0..=THINNEST + 1 {
            for (ethernet, alone) in [(false, false), (false, true), (true, false), (true, true)] {
                let flags = Flags { ethernet, alone, followed };
                assert_eq!(Flags::of(flags.byte()), flags);
            }
        }
    }

    #[test]
    fn every_word_of_control_is_of_one_thing() {
        let ports = (0..=u16::MAX).map(|port| port_bit(port).0);
        assert_eq!((ports.clone().min(), ports.max()), (Some(CONTROL_PORTS), Some(CONTROL_PORTS + PORT_WORDS - 1)));
        const { assert!(CONTROL_PORTS + PORT_WORDS <= CONTROL_RATES) };
        let by_conversation = |class: &&Class| rate_is_even(**class as u32);
        let mut words: Vec<u32> = (0..DETECT_ROWS)
            .flat_map(|row| {
                let paces = Class::ALL.iter().filter(by_conversation).map(|class| paced_as(*class as u32));
                paces.map(move |pace| rate_word(row, pace))
            })
            .collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), 3 * DETECT_ROWS as usize, "TCP's, that of established packets, and reflectors'");
        assert!(words.iter().all(|word| (CONTROL_RATES..CONTROLS).contains(word)));
    }
}
