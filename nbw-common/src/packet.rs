//! Finds out how long the headers of a packet are, which is all that is needed to turn one GSO/GRO packet into
//! the frames that were on the wire: every segment has its own copy of them.
//!
//! Only packets of several segments are parsed, so this is no per-packet cost and may read byte-wise through a
//! helper: fragmented (non-linear) packets need no care.
//!
//! Tunnels: the outermost IP header and the transport header right behind it are what is followed. A GSO/GRO packet
//! inside a tunnel (VXLAN, Geneve, GRE, IPIP ...) has the tunnel's and the inner headers in each of its segments too;
//! where this parser is asked (TC ingress, cgroup hooks) those are not counted. TC egress does not ask it: there the
//! kernel has worked out `wire_len` with all of them.

/// Reads a packet.
pub trait Bytes {
    /// The byte at `offset`, if the packet is that long.
    fn u8(&self, offset: u32) -> Option<u8>;
    /// The big-endian 16 bits at `offset`.
    fn u16(&self, offset: u32) -> Option<u16>;
    /// The 32 bits at `offset`, in the packet's own order.
    #[inline(always)]
    fn u32(&self, offset: u32) -> Option<u32> {
        let (first, second) = (self.u16(offset)?, self.u16(offset + 2)?);
        Some((u32::from(first) << 16 | u32::from(second)).to_be())
    }
    /// The same number. In the kernel it comes back as one that the verifier knows nothing about.
    ///
    /// Measured: Linux 6.1's verifier walks 618,000 to 670,000 instructions of the TC programs without this (a million is the
    /// limit), 14,000 to 38,000 with it; 6.12's 6,000 to 12,000 either way. It tells sums of header lengths apart.
    #[inline(always)]
    fn forgotten(&self, number: u32) -> u32 {
        number
    }
}

impl Bytes for [u8] {
    fn u8(&self, offset: u32) -> Option<u8> {
        self.get(offset as usize).copied()
    }

    fn u16(&self, offset: u32) -> Option<u16> {
        let offset = offset as usize;
        let bytes = self.get(offset..offset.checked_add(2)?)?;
        Some(u16::from_be_bytes([bytes[0], bytes[1]]))
    }
}

/// Where a hook's view of the packet begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At an Ethernet header (TC on Ethernet and loopback devices).
    Ethernet,
    /// At the IP header (TC on tun and other devices without a link-layer header; cgroup hooks).
    Network,
}

/// Header lengths in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Headers {
    /// Link-layer header, VLAN tags inside the frame included; 0 when the view began at the network header.
    pub link: u32,
    /// IPv4 with options, or IPv6 with its extension headers.
    pub network: u32,
    /// TCP with options, UDP, SCTP's common header; 0 for others and for later fragments.
    pub transport: u32,
    /// Length of the hop-by-hop header that the kernel puts into its own IPv6 packets of more than 64 KiB
    /// ("BIG TCP", RFC 2675's jumbo option) and takes out of every segment; part of `network`.
    pub jumbo: u32,
}

impl Headers {
    /// Bytes of headers in front of each segment on the wire.
    #[inline(always)]
    pub const fn per_segment(&self) -> u32 {
        self.link + self.network + self.transport - self.jumbo
    }
}

/// Why a packet's headers could not be followed to their end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// The packet ends inside a header.
    Truncated,
    /// The frame carries neither IPv4 nor IPv6.
    NotIp,
    /// The IP version does not fit the frame's type.
    BadVersion,
    /// A header claims to be shorter than its fixed part.
    BadHeaderLength,
    /// More VLAN tags or extension headers than [`MAX_VLAN_TAGS`] or [`MAX_EXTENSIONS`].
    TooManyHeaders,
}

/// VLAN tags inside a frame that are followed.
pub const MAX_VLAN_TAGS: u32 = 4;
/// IPv6 extension headers that are followed. Hosts that send more than a few are not seen (RFC 7045, RFC 8504).
pub const MAX_EXTENSIONS: u32 = 8;

const ETHERNET: u32 = 14;
const VLAN_TAG: u32 = 4;
const IPV6_FIXED: u32 = 40;
/// Length of a hop-by-hop header with only the jumbo option.
const JUMBO: u32 = 8;
/// The first two bytes of the jumbo option (RFC 2675): its type, and the length of its value.
const JUMBO_OPTION: u16 = 0xc204;

/// EtherTypes (IEEE's registry).
#[allow(missing_docs, reason = "the names say it")]
pub mod ethertype {
    pub const IPV4: u16 = 0x0800;
    pub const ARP: u16 = 0x0806;
    pub const IPV6: u16 = 0x86dd;
    pub const VLAN: u16 = 0x8100;
    pub const QINQ: u16 = 0x88a8;
    pub const QINQ_OLD: u16 = 0x9100;
}

/// Protocol numbers of the IANA registry "Assigned Internet Protocol Numbers".
#[allow(missing_docs, reason = "the names say it")]
pub mod protocol {
    pub const HOP_BY_HOP: u8 = 0;
    pub const ICMP: u8 = 1;
    pub const TCP: u8 = 6;
    pub const UDP: u8 = 17;
    pub const ROUTING: u8 = 43;
    pub const FRAGMENT: u8 = 44;
    pub const AUTHENTICATION: u8 = 51;
    pub const ICMPV6: u8 = 58;
    pub const DESTINATION: u8 = 60;
    pub const SCTP: u8 = 132;
    pub const UDP_LITE: u8 = 136;
    pub const MOBILITY: u8 = 135;
    pub const HIP: u8 = 139;
    pub const SHIM6: u8 = 140;
}

/// Follows the headers of the packet from `start` to the end of the transport header.
///
/// # Errors
/// [`Malformed`] says where the headers stopped making sense; nothing is guessed.
#[inline(always)]
pub fn headers<B: Bytes + ?Sized>(packet: &B, start: Start) -> Result<Headers, Malformed> {
    let mut found = Headers::default();
    let version = match start {
        Start::Ethernet => link(packet, &mut found)?,
        Start::Network => version_at(packet, 0)?,
    };
    found.link = packet.forgotten(found.link);
    match version {
        4 => ipv4(packet, &mut found)?,
        6 => ipv6(packet, &mut found)?,
        _ => return Err(Malformed::BadVersion),
    }
    whole(packet, &found)?;
    Ok(found)
}

/// Whether the packet has its headers to the last byte: not all of them are read on the way.
#[inline(always)]
fn whole<B: Bytes + ?Sized>(packet: &B, found: &Headers) -> Result<(), Malformed> {
    let end = found.link + found.network + found.transport;
    packet.u8(end - 1).map(|_| ()).ok_or(Malformed::Truncated)
}

/// Bytes on the wire of a packet of `segments` segments that is `length` bytes long in the kernel.
#[inline(always)]
pub const fn wire_bytes(length: u32, segments: u32, headers: &Headers) -> u64 {
    let repeated = segments.saturating_sub(1) as u64 * headers.per_segment() as u64;
    (length as u64).saturating_sub(headers.jumbo as u64) + repeated
}

/// Segments of a packet whose sender did not say (`gso_segs` 0, as from virtio and packet sockets): what the
/// kernel itself computes in `qdisc_pkt_len_init`.
#[inline(always)]
pub const fn segments(length: u32, segment_size: u32, headers: &Headers) -> u32 {
    if segment_size == 0 {
        return 1;
    }
    let payload = length.saturating_sub(headers.link + headers.network + headers.transport);
    if payload == 0 { 1 } else { payload.div_ceil(segment_size) }
}

#[inline(always)]
fn version_at<B: Bytes + ?Sized>(packet: &B, offset: u32) -> Result<u8, Malformed> {
    Ok(packet.u8(offset).ok_or(Malformed::Truncated)? >> 4)
}

/// Walks the Ethernet header and the tags; the IP version that the frame promises and has.
#[inline(always)]
fn link<B: Bytes + ?Sized>(packet: &B, found: &mut Headers) -> Result<u8, Malformed> {
    found.link = ETHERNET;
    let mut tags = 0;
    loop {
        let promised = match packet.u16(found.link - 2).ok_or(Malformed::Truncated)? {
            ethertype::IPV4 => 4,
            ethertype::IPV6 => 6,
            ethertype::VLAN | ethertype::QINQ | ethertype::QINQ_OLD if tags < MAX_VLAN_TAGS => {
                found.link += VLAN_TAG;
                tags += 1;
                continue;
            }
            ethertype::VLAN | ethertype::QINQ | ethertype::QINQ_OLD => return Err(Malformed::TooManyHeaders),
            _ => return Err(Malformed::NotIp),
        };
        let version = version_at(packet, found.link)?;
        return if version == promised { Ok(version) } else { Err(Malformed::BadVersion) };
    }
}

#[inline(always)]
fn ipv4<B: Bytes + ?Sized>(packet: &B, found: &mut Headers) -> Result<(), Malformed> {
    let at = found.link;
    let length = u32::from(packet.u8(at).ok_or(Malformed::Truncated)? & 0x0f) * 4;
    if length < 20 {
        return Err(Malformed::BadHeaderLength);
    }
    found.network = length;
    let fragment_offset = packet.u16(at + 6).ok_or(Malformed::Truncated)? & 0x1fff;
    let protocol = packet.u8(at + 9).ok_or(Malformed::Truncated)?;
    if fragment_offset == 0 {
        found.transport = transport(packet, at + length, protocol)?;
    }
    Ok(())
}

#[inline(always)]
fn ipv6<B: Bytes + ?Sized>(packet: &B, found: &mut Headers) -> Result<(), Malformed> {
    let at = found.link;
    let mut next = packet.u8(at + 6).ok_or(Malformed::Truncated)?;
    found.network = IPV6_FIXED;
    let jumbogram = packet.u16(at + 4).ok_or(Malformed::Truncated)? == 0;
    let mut count = 0;
    while let Some(kind) = Extension::of(next) {
        if count == MAX_EXTENSIONS {
            return Err(Malformed::TooManyHeaders);
        }
        count += 1;
        let here = at + found.network;
        let length = kind.length(packet.u8(here + 1).ok_or(Malformed::Truncated)?);
        if count == 1 && next == protocol::HOP_BY_HOP && jumbogram && is_jumbo(packet, here, length)? {
            found.jumbo = length;
        }
        found.network = packet.forgotten(found.network + length);
        let later = kind == Extension::Fragment && packet.u16(here + 2).ok_or(Malformed::Truncated)? & 0xfff8 != 0;
        next = packet.u8(here).ok_or(Malformed::Truncated)?;
        if later {
            return Ok(());
        }
    }
    found.transport = transport(packet, at + found.network, next)?;
    Ok(())
}

/// Whether the hop-by-hop header at `at` is the kernel's own: nothing but the jumbo option.
#[inline(always)]
fn is_jumbo<B: Bytes + ?Sized>(packet: &B, at: u32, length: u32) -> Result<bool, Malformed> {
    Ok(length == JUMBO && packet.u16(at + 2).ok_or(Malformed::Truncated)? == JUMBO_OPTION)
}

/// The three ways in which IPv6 extension headers state their length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extension {
    /// RFC 8200: units of 8 bytes, the first not counted.
    Options,
    /// RFC 8200 section 4.5: always 8 bytes.
    Fragment,
    /// RFC 4302: units of 4 bytes, the first two not counted.
    Authentication,
}

impl Extension {
    /// What the header of this number is, if it is one of them.
    #[inline(always)]
    pub fn of(next: u8) -> Option<Self> {
        match next {
            protocol::HOP_BY_HOP
            | protocol::ROUTING
            | protocol::DESTINATION
            | protocol::MOBILITY
            | protocol::HIP
            | protocol::SHIM6 => Some(Self::Options),
            protocol::FRAGMENT => Some(Self::Fragment),
            protocol::AUTHENTICATION => Some(Self::Authentication),
            _ => None,
        }
    }

    #[inline(always)]
    pub(crate) fn length(self, stated: u8) -> u32 {
        match self {
            Self::Options => (u32::from(stated) + 1) * 8,
            Self::Fragment => 8,
            Self::Authentication => (u32::from(stated) + 2) * 4,
        }
    }
}

#[inline(always)]
fn transport<B: Bytes + ?Sized>(packet: &B, at: u32, protocol: u8) -> Result<u32, Malformed> {
    match protocol {
        protocol::TCP => {
            let length = u32::from(packet.u8(at + 12).ok_or(Malformed::Truncated)? >> 4) * 4;
            if length < 20 { Err(Malformed::BadHeaderLength) } else { Ok(length) }
        }
        protocol::UDP | protocol::UDP_LITE => Ok(8),
        protocol::SCTP => Ok(12),
        _ => Ok(0),
    }
}
