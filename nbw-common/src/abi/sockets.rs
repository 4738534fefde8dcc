//! Layout of what is kept for each socket: its owner, and the slots of its connections.

/// Default number of connection slots.
pub const CONNECTION_SLOTS: u32 = 65_536;

/// Most connection slots: a [`super::SocketCache::connection`] has 23 bits for one.
pub const MOST_CONNECTION_SLOTS: u32 = 1 << 22;

/// Default number of remote ends that are told apart of one unconnected socket; what the others move is counted for the
/// socket itself.
pub const ENDS_TOLD_APART: u32 = 4_096;

/// Entries of the journal for each connection slot: it is opened once and closed once before it is handed out again.
pub const JOURNAL_PER_SLOT: u32 = 2;

/// In an entry of the journal: the slot was closed. Without it: it was opened.
pub const JOURNAL_CLOSED: u64 = 1 << 32;

/// A process, as the kernel side knows it.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Owner {
    /// Its pid in the initial pid namespace; 0 where no process is known.
    pub tgid: u32,
    /// Its user in the initial user namespace.
    pub uid: u32,
    /// Its name, 16 bytes as they are, ended by a zero byte. Words, so that it is copied by words.
    pub comm: [u64; 2],
}

impl Owner {
    /// The bytes of its name.
    pub fn name(&self) -> impl Iterator<Item = u8> {
        self.comm.into_iter().flat_map(u64::to_ne_bytes).take_while(|&byte| byte != 0)
    }
}

/// An IP address in network order, IPv4 mapped (RFC 4291 section 2.5.5.2); all zero where there is none. Words, so that it
/// is copied by words.
pub type Address = [u32; 4];

/// The IPv4 address, which is in network order, as [`Address`].
#[inline(always)]
pub const fn mapped(address: u32) -> Address {
    [0, 0, 0xffff_u32.to_be(), address]
}

/// Whether the address is one of IPv4.
#[inline(always)]
pub const fn is_mapped(address: Address) -> bool {
    address[0] == 0 && address[1] == 0 && address[2] == 0xffff_u32.to_be()
}

/// The address; none where there is none.
#[cfg(feature = "user")]
pub fn ip(address: Address) -> Option<core::net::IpAddr> {
    let mut bytes = [0; 16];
    for (bytes, word) in bytes.chunks_exact_mut(4).zip(address) {
        bytes.copy_from_slice(&word.to_ne_bytes());
    }
    let ip = core::net::Ipv6Addr::from(bytes).to_canonical();
    (!ip.is_unspecified()).then_some(ip)
}

/// Who has a socket. Accepted sockets inherit it from their listener.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SocketOwner {
    /// The process that made or last used the socket.
    pub owner: Owner,
    /// Cookie of the socket that this was written for; of another socket if this was inherited.
    pub cookie: u64,
    /// When the socket last changed hands, in nanoseconds of the monotonic clock.
    pub since: u64,
    /// How often it has.
    pub handovers: u32,
    /// Explicit padding.
    pub reserved: u32,
    /// The [word](slot_word) that the socket had when it was last used.
    pub word: u64,
    /// What its slot's [stripe](super::Stripe) held then.
    pub used: super::Stripe,
}

/// What a connection slot stands for.
pub mod kind {
    /// A socket with one remote end, or none (a listener, a raw socket).
    pub const PLAIN: u32 = 0;
    /// An unconnected UDP socket: what remote ends beyond the number that is told apart moved.
    pub const MANY: u32 = 1;
    /// One remote end of an unconnected UDP socket.
    pub const END: u32 = 2;
}

/// Who a connection slot belongs to. Written by the kernel side before the slot is in the journal.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ConnectionIdent {
    /// Cookie of the socket: unlike any other's until the host restarts. 0 while nobody has the slot.
    pub cookie: u64,
    /// The cgroup's id.
    pub cgroup: u64,
    /// Cookie of the network namespace; 0 where the kernel could not tell it.
    pub netns: u64,
    /// When the slot was taken: nanoseconds since boot, suspended time included.
    pub since: u64,
    /// Address of this end.
    pub local: Address,
    /// Address of the other end.
    pub remote: Address,
    /// Index of the interface of the first packet, inside the network namespace.
    pub ifindex: u32,
    /// Port of this end.
    pub local_port: u16,
    /// Port of the other end.
    pub remote_port: u16,
    /// Number of the protocol in the IANA registry.
    pub protocol: u32,
    /// See [`kind`].
    pub kind: u32,
    /// Of an [end](kind::END): the slot of its socket. Else 0.
    pub parent: u32,
    /// Of a socket with [many ends](kind::MANY): how many have slots. Raised by the kernel side, lowered by userspace.
    pub ends: u32,
    /// Who has the socket. Written in this order: `comm`, then the rest as one word. Of an end: see its socket.
    pub owner: Owner,
    /// Explicit padding, to fill cache lines.
    pub reserved: [u64; 2],
}

/// Key of the index from a remote end of an unconnected socket to its slot.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct EndKey {
    /// Address of the other end.
    pub remote: Address,
    /// Slot of the socket.
    pub parent: u32,
    /// Port of the other end.
    pub port: u16,
    /// Explicit padding, always 0.
    pub reserved: u16,
}

/// The slot of a socket's connection, with a digest of its remote end, in one word.
///
/// The digest tells a socket that was connected anew, or that was accepted and has inherited its listener's word, from the
/// one that the slot was taken for.
pub mod slot_word {
    /// The slot belongs to a socket with [many ends](super::kind::MANY).
    pub const MANY: u64 = 1 << 23;
    /// The bits of the slot.
    pub const SLOT: u64 = MANY - 1;
    /// The word of a socket that was closed: what it still moves has a slot for each packet, which is closed at once.
    pub const LEFT: u64 = !SLOT;
    /// Where the digest begins.
    pub const DIGEST: u32 = 24;

    /// The word.
    #[inline(always)]
    pub const fn of(slot: u32, many: bool, digest: u64) -> u64 {
        digest << DIGEST | slot as u64 | if many { MANY } else { 0 }
    }

    /// The slot in a word.
    #[inline(always)]
    pub const fn slot(word: u64) -> u32 {
        (word & SLOT) as u32
    }

    /// A digest of an address and port, of 40 bits.
    ///
    /// Multiplication by odd constants (Knuth, The Art of Computer Programming, volume 3, section 6.4): the golden ratio's, and those
    /// of xxHash.
    #[inline(always)]
    pub const fn digest(high: u64, low: u64, rest: u64) -> u64 {
        let mixed = high.wrapping_mul(0x9e37_79b9_7f4a_7c15)
            ^ low.wrapping_mul(0xc2b2_ae3d_27d4_eb4f)
            ^ rest.wrapping_mul(0x1656_67b1_9e37_79f9);
        mixed >> 24
    }
}

const _: () = assert!(size_of::<Owner>() == 24);
const _: () = assert!(size_of::<SocketOwner>() == 72);
const _: () = assert!(size_of::<ConnectionIdent>() == 128);
const _: () = assert!(size_of::<EndKey>() == 24);
const _: () = assert!(MOST_CONNECTION_SLOTS as u64 <= slot_word::SLOT);
