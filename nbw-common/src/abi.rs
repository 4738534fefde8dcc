//! Layout of the maps: one definition for both sides of the kernel line.
//!
//! Every struct is `repr(C)`, has no hidden padding and is asserted by size. A change of any of them, or of
//! what a field means, raises [`LAYOUT`].

mod detect;
mod names;
mod sockets;

pub use detect::*;
pub use names::{knobs, maps, programs};
pub use sockets::*;

/// Version of the layout below; an agent adopts pinned maps only of its own version.
pub const LAYOUT: u32 = 4;

/// Slot 0 of every table is the overflow slot: what finds no slot of its own is counted there.
pub const OVERFLOW_SLOT: u32 = 0;

/// Default number of group slots: one for each live (cgroup, interface, network namespace).
pub const GROUP_SLOTS: u32 = 16_384;

/// An interface whose index is below this has the slot of the same number; the others find theirs by a hash look-up.
pub const DIRECT_LINKS: u32 = 4_096;

/// Number of interface slots: the direct ones, and as many for hosts that have made very many interfaces.
pub const LINK_SLOTS: u32 = 2 * DIRECT_LINKS;

/// `link_header` of an identity whose link type userspace has not told yet.
pub const LINK_HEADER_UNKNOWN: u32 = u32::MAX;

/// What one CPU has counted in one slot since the last [`Spill`] of each word.
///
/// Bytes and packets share a word, [`packed`], so that a packet costs one addition: where that addition has to be
/// atomic, it is the dearest instruction of all (docs/adr/0004).
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stripe {
    /// Received.
    pub rx: u64,
    /// Sent.
    pub tx: u64,
}

/// What has been moved out of a slot's stripes before their fields could overflow. Not striped: it is written once in
/// half a terabyte.
///
/// Each word also counts, in its uppermost byte ([`packed::MOVING`]), the moves that are under way. A reader who finds
/// one, or finds that a word changed while it read the stripes, has no consistent reading and looks again.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spill {
    /// Bytes received.
    pub rx_bytes: u64,
    /// Packets received.
    pub rx_packets: u64,
    /// Bytes sent.
    pub tx_bytes: u64,
    /// Packets sent.
    pub tx_packets: u64,
}

/// Bytes and packets in one word: bytes in the lower 40 bits, packets in the upper 24.
pub mod packed {
    /// Where the packets begin.
    pub const PACKETS: u32 = 40;
    /// The bytes' uppermost bit: the addition that sets it moves that many bytes to the spill.
    pub const BYTES_FULL: u64 = 1 << (PACKETS - 1);
    /// The packets' uppermost bit, likewise.
    pub const PACKETS_FULL: u64 = 1 << 63;
    /// One move under way, in a word of the spill.
    pub const MOVING: u64 = 1 << 56;

    /// A packet's share. Both fields are far smaller than their half of the word.
    #[inline(always)]
    pub const fn word(bytes: u64, packets: u64) -> u64 {
        packets << PACKETS | bytes
    }

    /// The bytes in a word.
    #[inline(always)]
    pub const fn bytes(word: u64) -> u64 {
        word & ((1 << PACKETS) - 1)
    }

    /// The packets in a word.
    #[inline(always)]
    pub const fn packets(word: u64) -> u64 {
        word >> PACKETS
    }

    /// The fields that an addition has just filled to the half; exactly one addition sees each.
    #[inline(always)]
    pub const fn filled(before: u64, after: u64) -> u64 {
        !before & after & (BYTES_FULL | PACKETS_FULL)
    }
}

/// What a slot has counted, all of it: what userspace makes of the stripes and the spill.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Bytes received. Interfaces: on the wire. Groups: from the network header on (see [`GroupIdent::link_header`]).
    pub rx_bytes: u64,
    /// Packets received, each GRO segment counted.
    pub rx_packets: u64,
    /// Bytes sent, as for `rx_bytes`.
    pub tx_bytes: u64,
    /// Packets sent, each GSO segment counted.
    pub tx_packets: u64,
}

/// Who a group slot belongs to. Written by the kernel side when it takes the slot, `cgroup` last.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GroupIdent {
    /// The cgroup's id; 0 while nobody has the slot.
    pub cgroup: u64,
    /// Cookie of the network namespace; 0 where the kernel could not tell it.
    pub netns: u64,
    /// Index of the interface inside that namespace.
    pub ifindex: u32,
    /// Raised by userspace each time the slot is taken back: the same slot with another generation is another group.
    pub generation: u32,
    /// Length of the interface's link-layer header in bytes, or [`LINK_HEADER_UNKNOWN`]. The cgroup hooks see
    /// packets from the network header on and cannot know it; userspace fills it in, so that the counters can
    /// be read as bytes on the wire by whoever finds them: `bytes + packets * link_header`.
    pub link_header: u32,
    /// Explicit padding.
    pub reserved: u32,
}

/// Who an interface slot belongs to. Written by userspace before it attaches.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LinkIdent {
    /// Cookie of the network namespace; 0 where the kernel cannot tell it.
    pub netns: u64,
    /// Index of the interface; 0 while nobody has the slot.
    pub ifindex: u32,
    /// Raised each time the slot is taken back.
    pub generation: u32,
    /// Length of the link-layer header in front of each packet at TC: 14 for Ethernet and loopback, 0 for tun.
    pub link_header: u32,
    /// Its row of paces, where detection is on.
    pub detect_row: u32,
    /// Not 0 for the loopback device, each of whose packets is sent and received.
    pub loopback: u32,
    /// Explicit padding.
    pub reserved: u32,
}

/// Key of the index from an identity to its slot. The slow path's only look-up.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct GroupKey {
    /// The cgroup's id.
    pub cgroup: u64,
    /// Cookie of the network namespace.
    pub netns: u64,
    /// Index of the interface inside that namespace.
    pub ifindex: u32,
    /// Explicit padding, always 0: keys are compared byte by byte.
    pub reserved: u32,
}

/// The slot that a socket's last packet of one direction went to.
///
/// It holds as long as the interface and the [epoch](maps::EPOCH) are the same. Two CPUs may write it at once: slot and
/// interface are one word, so they always fit; an epoch that does not fit its slot can only be there while the writer
/// of the slot still runs, and a slot is not handed out again before those have ended.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CachedSlot {
    /// Slot in the lower half, ifindex in the upper.
    pub slot_and_link: u64,
    /// The epoch in which the slot was looked up.
    pub epoch: u64,
}

/// What a socket remembers.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SocketCache {
    /// For packets received.
    pub rx: CachedSlot,
    /// For packets sent.
    pub tx: CachedSlot,
    /// Cookie of the socket's network namespace, set at `sock_create` on kernels where the packet hooks cannot
    /// ask for it; else 0.
    pub netns: u64,
    /// The [slot](slot_word) of its connection; 0 if it has none, and always 0 where connections are not counted.
    pub connection: u64,
}

/// Ways in which the kernel side may fail to do its best. Each has one counter per CPU. Packets are the kernel's here: one
/// of several segments counts once.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// Packets of a group for which no slot was left; they are in the overflow slot.
    NoSlot,
    /// Packets of sockets that could not get socket-local storage; counted, but by the slow path.
    NoStorage,
    /// GSO/GRO packets whose headers could not be parsed, counted without the headers of their segments; and packets of interest
    /// to detection of which nothing could be read: counted, but not looked at.
    ParseFailed,
    /// Packets of an interface that has no slot; they are in the overflow slot.
    NoLink,
    /// Packets that a cgroup hook saw without a socket; they stay unattributed.
    NoSocket,
    /// Slots that could not be entered in, or returned to, the kernel's tables.
    TableRefused,
    /// Packets of connections for which no slot was left; counted for their group, but for no connection or process.
    NoConnection,
    /// Packets of interest to detection that a digest would have stood for, for which the ring had no room; counted, but not
    /// looked at.
    RingFull,
}

impl Trouble {
    /// All of them, in the order of their counters.
    pub const ALL: [Self; 8] = [
        Self::NoSlot,
        Self::NoStorage,
        Self::ParseFailed,
        Self::NoLink,
        Self::NoSocket,
        Self::TableRefused,
        Self::NoConnection,
        Self::RingFull,
    ];

    /// How many there are.
    pub const COUNT: u32 = Self::ALL.len() as u32;

    /// Its name in JSON and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoSlot => "no_slot",
            Self::NoStorage => "no_storage",
            Self::ParseFailed => "parse_failed",
            Self::NoLink => "no_link",
            Self::NoSocket => "no_socket",
            Self::TableRefused => "table_refused",
            Self::NoConnection => "no_connection",
            Self::RingFull => "ring_full",
        }
    }
}

/// Counters of [`Trouble`] of one CPU: a row of their own cache lines.
pub const HEALTH_STRIDE: u32 = 8;

const _: () = assert!(Trouble::COUNT <= HEALTH_STRIDE);
const _: () = assert!(size_of::<Stripe>() == 16);
const _: () = assert!(size_of::<Spill>() == 32);
const _: () = assert!(size_of::<GroupIdent>() == 32);
const _: () = assert!(size_of::<LinkIdent>() == 32);
const _: () = assert!(size_of::<GroupKey>() == 24);
const _: () = assert!(size_of::<SocketCache>() == 48);
// One CPU's stripe fills whole cache lines, so no two CPUs write to the same one.
const _: () = assert!((GROUP_SLOTS as usize * size_of::<Stripe>()).is_multiple_of(64));
const _: () = assert!((LINK_SLOTS as usize * size_of::<Stripe>()).is_multiple_of(64));
const _: () = assert!((HEALTH_STRIDE as usize * size_of::<u64>()).is_multiple_of(64));

#[cfg(feature = "user")]
mod pod {
    // SAFETY: repr(C), made of integers only, without padding (sizes asserted above).
    unsafe impl aya::Pod for super::GroupIdent {}
    // SAFETY: as above.
    unsafe impl aya::Pod for super::LinkIdent {}
    // SAFETY: as above.
    unsafe impl aya::Pod for super::GroupKey {}
    // SAFETY: as above.
    unsafe impl aya::Pod for super::EndKey {}
    // SAFETY: as above.
    unsafe impl aya::Pod for super::SocketOwner {}
    // SAFETY: as above.
    unsafe impl aya::Pod for super::PaceCell {}
    // SAFETY: as above.
    unsafe impl aya::Pod for super::Endpoint {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_word_keeps_bytes_and_packets_apart() {
        let word = packed::word(packed::BYTES_FULL + 7, 3);
        assert_eq!((packed::bytes(word), packed::packets(word)), (packed::BYTES_FULL + 7, 3));
    }

    proptest::proptest! {
        /// However packets come, exactly those additions that fill a field say so, and after the move nothing is lost.
        #[test]
        fn spilling_loses_nothing(sizes in proptest::collection::vec((1u64..1 << 38, 1u64..1 << 20), 1..200)) {
            let (mut word, mut bytes, mut packets) = (0u64, 0u64, 0u64);
            for &(size, count) in &sizes {
                let after = word + packed::word(size, count);
                let filled = packed::filled(word, after);
                bytes += packed::bytes(filled);
                packets += packed::packets(filled);
                word = after - filled;
            }
            proptest::prop_assert_eq!(bytes + packed::bytes(word), sizes.iter().map(|size| size.0).sum::<u64>());
            proptest::prop_assert_eq!(packets + packed::packets(word), sizes.iter().map(|size| size.1).sum::<u64>());
        }
    }

    #[test]
    fn troubles_are_numbered_in_order() {
        for (position, trouble) in Trouble::ALL.iter().enumerate() {
            assert_eq!(*trouble as usize, position);
        }
    }
}
