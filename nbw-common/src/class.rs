//! Classes of packets: what detection tells apart in the kernel, before it looks at any packet closely.

use crate::packet::{Bytes, Extension, MAX_EXTENSIONS, MAX_VLAN_TAGS, Start, ethertype, protocol};

/// A class. What matters is that established TCP is nearly all of a host's traffic, and no attack that is looked for.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// TCP with ACK and without SYN, FIN and RST. Not looked at, unless one of its ends is watched.
    Established,
    /// TCP's first packet.
    Syn,
    /// The answer to it.
    SynAck,
    /// The end of a connection.
    Fin,
    /// TCP with RST.
    Rst,
    /// TCP with flags that nobody sends in earnest: none, FIN without ACK, SYN with FIN or RST.
    OddFlags,
    /// UDP.
    Udp,
    /// UDP from or to a port of a service that answers with more than it was asked with.
    Reflector,
    /// ICMP and ICMPv6.
    Icmp,
    /// ICMP's and ICMPv6's "destination unreachable".
    Unreachable,
    /// ARP.
    Arp,
    /// A fragment of an IP packet, the first one too.
    Fragment,
    /// All else.
    Other,
}

impl Class {
    /// All of them, by their numbers.
    pub const ALL: [Self; 13] = [
        Self::Established,
        Self::Syn,
        Self::SynAck,
        Self::Fin,
        Self::Rst,
        Self::OddFlags,
        Self::Udp,
        Self::Reflector,
        Self::Icmp,
        Self::Unreachable,
        Self::Arp,
        Self::Fragment,
        Self::Other,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Established => "tcp",
            Self::Syn => "tcp_syn",
            Self::SynAck => "tcp_syn_ack",
            Self::Fin => "tcp_fin",
            Self::Rst => "tcp_rst",
            Self::OddFlags => "tcp_odd",
            Self::Udp => "udp",
            Self::Reflector => "udp_reflector",
            Self::Icmp => "icmp",
            Self::Unreachable => "icmp_unreachable",
            Self::Arp => "arp",
            Self::Fragment => "fragment",
            Self::Other => "other",
        }
    }
}

/// How packets of a class are sampled when there are too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sampling {
    /// Each packet by chance.
    Packets,
    /// Whole conversations, so that questions and answers, beginnings and ends stay together; besides, one packet in so many
    /// (its logarithm) of those that are chosen is one by chance, or a flood of always the same addresses and ports could be
    /// missed.
    Conversations(u32),
}

/// As good as never: of a class that is sampled by conversations, no packet is chosen by chance besides.
const NEVER: u32 = 31;

/// How many paces there are.
pub const PACES: u32 = 10;

/// The pace that a class, by its number, has together with all others that have the same: those that belong to the same
/// conversations. Received and sent have one pace, too. Established packets have their own: of a watched endpoint there are so
/// many that beginnings of connections would be sampled because of them.
#[inline(always)]
pub const fn paced_as(class: u32) -> u32 {
    const BEGINS_AND_ENDS: u32 = 0;
    const ESTABLISHED: u32 = 1;
    const OTHERS: u32 = 2;
    if class == Class::Established as u32 {
        ESTABLISHED
    } else if class < Class::OddFlags as u32 {
        BEGINS_AND_ENDS
    } else {
        class - Class::OddFlags as u32 + OTHERS
    }
}

/// Whether CPUs even out how thin they sample the class, by its number.
#[inline(always)]
pub const fn rate_is_even(class: u32) -> bool {
    matches!(sampling(class), Sampling::Conversations(_))
}

/// Whether it begins, answers or ends a TCP connection.
#[inline(always)]
pub const fn begins_or_ends(class: u32) -> bool {
    class != Class::Established as u32 && class < Class::OddFlags as u32
}

/// How a class, by its number, is sampled. UDP in general is not by conversations: one that is a large part of all traffic
/// would be taken for many when it is chosen.
#[inline(always)]
pub const fn sampling(class: u32) -> Sampling {
    if class == Class::Syn as u32 {
        Sampling::Conversations(4)
    } else if class < Class::OddFlags as u32 {
        // Whose SYN was not seen says nothing, or the wrong thing.
        Sampling::Conversations(NEVER)
    } else if class == Class::Reflector as u32 {
        Sampling::Conversations(1)
    } else {
        Sampling::Packets
    }
}

const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const ACK: u8 = 0x10;

/// The same number for all packets of a conversation, in both directions: sums, so that it does not matter who is source. Ports
/// are in the host's order, words of addresses in the packet's.
#[inline(always)]
pub const fn conversation4(source: u32, destination: u32, ports: [u16; 2]) -> u64 {
    (source as u64 + destination as u64) << PORT_BITS ^ (ports[0] as u64 + ports[1] as u64)
}

/// As [`conversation4`]. The words of an address differ in their weights, or they could be exchanged.
#[inline(always)]
pub const fn conversation6(source: [u32; 4], destination: [u32; 4], ports: [u16; 2]) -> u64 {
    let mut addresses = 0;
    let mut word = 0;
    while word < 4 {
        addresses += (source[word] as u64 + destination[word] as u64) * (2 * word as u64 + 1);
        word += 1;
    }
    addresses << PORT_BITS ^ (ports[0] as u64 + ports[1] as u64)
}

/// Bits that the sum of two ports has, and some.
const PORT_BITS: u32 = 20;

/// Bits that the number of a conversation has at most: there is room above it.
pub const CONVERSATION_BITS: u32 = PORT_BITS + 32 + 5;

/// The class of a TCP packet with these flags.
#[inline(always)]
pub const fn tcp(flags: u8) -> Class {
    match flags & (FIN | SYN | RST | ACK) {
        ACK => Class::Established,
        SYN => Class::Syn,
        flags if flags == SYN | ACK => Class::SynAck,
        flags if flags == FIN | ACK => Class::Fin,
        flags if flags & (SYN | RST | FIN) == RST => Class::Rst,
        _ => Class::OddFlags,
    }
}

/// The class of a UDP packet between these ports. The services are those of CISA's alert TA14-017A, "UDP-Based Amplification
/// Attacks", that have ports of their own.
#[inline(always)]
pub const fn udp(source: u16, destination: u16) -> Class {
    if is_reflector(source) || is_reflector(destination) { Class::Reflector } else { Class::Udp }
}

/// quotd, chargen, DNS, TFTP, portmap, NTP, NetBIOS, SNMP, CLDAP, RIP, SSDP, WS-Discovery, mDNS, CoAP, memcached, Quake.
const fn is_reflector(port: u16) -> bool {
    matches!(port, 17 | 19 | 53 | 69 | 111 | 123 | 137 | 161 | 389 | 520 | 1900 | 3702 | 5353 | 5683 | 11211 | 27960)
}

/// The class of an ICMP packet of this type.
#[inline(always)]
pub const fn icmp(kind: u8) -> Class {
    const UNREACHABLE: u8 = 3;
    if kind == UNREACHABLE { Class::Unreachable } else { Class::Icmp }
}

/// The class of an ICMPv6 packet of this type.
#[inline(always)]
pub const fn icmpv6(kind: u8) -> Class {
    const UNREACHABLE: u8 = 1;
    if kind == UNREACHABLE { Class::Unreachable } else { Class::Icmp }
}

/// A packet's class, and the conversation that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Its class.
    pub class: Class,
    /// The same for all packets of the conversation, in both directions, of less than [`CONVERSATION_BITS`]. 0 of classes that are
    /// not sampled by conversations, and of established TCP: nearly always nobody asks.
    pub conversation: u64,
}

impl From<Class> for Seen {
    #[inline(always)]
    fn from(class: Class) -> Self {
        Self { class, conversation: 0 }
    }
}

/// Whether anybody asks for the conversation of a packet of this class.
#[inline(always)]
pub const fn has_conversation(class: Class) -> bool {
    !matches!(class, Class::Established) && matches!(sampling(class as u32), Sampling::Conversations(_))
}

/// What a packet is. What cannot be followed to its end is [`Class::Other`].
#[inline(always)]
pub fn of<B: Bytes + ?Sized>(packet: &B, start: Start) -> Seen {
    followed(packet, start).unwrap_or(Class::Other.into())
}

#[inline(always)]
fn followed<B: Bytes + ?Sized>(packet: &B, start: Start) -> Option<Seen> {
    let (promised, at) = match start {
        Start::Ethernet => network(packet)?,
        Start::Network => (0, 0),
    };
    let at = packet.forgotten(at);
    match promised {
        ethertype::ARP => return Some(Class::Arp.into()),
        0 | ethertype::IPV4 | ethertype::IPV6 => {}
        _ => return Some(Class::Other.into()),
    }
    match (promised, packet.u8(at)? >> 4) {
        (0 | ethertype::IPV4, 4) => ipv4(packet, at),
        (0 | ethertype::IPV6, 6) => ipv6(packet, at),
        _ => None,
    }
}

/// What is behind the Ethernet header and its tags, and where.
#[inline(always)]
fn network<B: Bytes + ?Sized>(packet: &B) -> Option<(u16, u32)> {
    const FIRST: u32 = 12;
    let mut at = FIRST;
    for _ in 0..=MAX_VLAN_TAGS {
        let kind = packet.u16(at)?;
        if !matches!(kind, ethertype::VLAN | ethertype::QINQ | ethertype::QINQ_OLD) {
            return Some((kind, at + 2));
        }
        at += 4;
    }
    None
}

#[inline(always)]
fn ipv4<B: Bytes + ?Sized>(packet: &B, at: u32) -> Option<Seen> {
    let length = u32::from(packet.u8(at)? & 0x0f) * 4;
    if length < 20 {
        return None;
    }
    if packet.u16(at + 6)? & 0x3fff != 0 {
        return Some(Class::Fragment.into());
    }
    let behind = packet.forgotten(at + length);
    let class = transport(packet, behind, packet.u8(at + 9)?, protocol::ICMP)?;
    if !has_conversation(class) {
        return Some(class.into());
    }
    let ports = [packet.u16(behind)?, packet.u16(behind + 2)?];
    Some(Seen { class, conversation: conversation4(packet.u32(at + 12)?, packet.u32(at + 16)?, ports) })
}

#[inline(always)]
fn ipv6<B: Bytes + ?Sized>(packet: &B, at: u32) -> Option<Seen> {
    let mut next = packet.u8(at + 6)?;
    let mut here = at + 40;
    for _ in 0..MAX_EXTENSIONS {
        let Some(kind) = Extension::of(next) else { break };
        // An "atomic" fragment (RFC 6946) is a whole packet.
        if kind == Extension::Fragment && packet.u16(here + 2)? & 0xfff9 != 0 {
            return Some(Class::Fragment.into());
        }
        next = packet.u8(here)?;
        here = packet.forgotten(here + kind.length(packet.u8(here + 1)?));
    }
    let class = transport(packet, here, next, protocol::ICMPV6)?;
    if !has_conversation(class) {
        return Some(class.into());
    }
    let ports = [packet.u16(here)?, packet.u16(here + 2)?];
    Some(Seen { class, conversation: conversation6(address6(packet, at + 8)?, address6(packet, at + 24)?, ports) })
}

#[inline(always)]
fn address6<B: Bytes + ?Sized>(packet: &B, at: u32) -> Option<[u32; 4]> {
    Some([packet.u32(at)?, packet.u32(at + 4)?, packet.u32(at + 8)?, packet.u32(at + 12)?])
}

/// The class of what an IP packet carries; `icmp_number` is the number of the ICMP that goes with it.
#[inline(always)]
fn transport<B: Bytes + ?Sized>(packet: &B, at: u32, number: u8, icmp_number: u8) -> Option<Class> {
    match number {
        protocol::TCP => Some(tcp(packet.u8(at + 13)?)),
        protocol::UDP => Some(udp(packet.u16(at)?, packet.u16(at + 2)?)),
        protocol::ICMP if icmp_number == protocol::ICMP => Some(icmp(packet.u8(at)?)),
        protocol::ICMPV6 if icmp_number == protocol::ICMPV6 => Some(icmpv6(packet.u8(at)?)),
        _ => Some(Class::Other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_numbered_in_order() {
        for (position, class) in Class::ALL.iter().enumerate() {
            assert_eq!(*class as usize, position);
        }
    }

    #[test]
    fn what_begins_and_ends_tcp_connections_has_one_pace_and_all_else_its_own() {
        let pace = |class: &Class| paced_as(*class as u32);
        let alike: Vec<Class> = Class::ALL.into_iter().filter(|class| pace(class) == pace(&Class::Syn)).collect();
        assert_eq!(alike, [Class::Syn, Class::SynAck, Class::Fin, Class::Rst]);
        assert!(alike.iter().all(|class| begins_or_ends(*class as u32) && rate_is_even(*class as u32)));
        let mut paces: Vec<u32> = Class::ALL.iter().map(pace).collect();
        paces.sort_unstable();
        paces.dedup();
        assert_eq!(paces, (0..PACES).collect::<Vec<_>>());
        assert_eq!(sampling(Class::Udp as u32), Sampling::Packets);
    }

    #[test]
    fn a_conversation_has_room_for_more_above_it() {
        let ports = [u16::MAX; 2];
        let most = conversation6([u32::MAX; 4], [u32::MAX; 4], ports).max(conversation4(u32::MAX, u32::MAX, ports));
        assert_eq!(most >> CONVERSATION_BITS, 0);
    }

    #[test]
    fn flags_tell_what_a_tcp_packet_is() {
        let flags = [
            (0x10, Class::Established),
            (0x18, Class::Established),
            (0x02, Class::Syn),
            (0xc2, Class::Syn),
            (0x12, Class::SynAck),
            (0x11, Class::Fin),
            (0x19, Class::Fin),
            (0x04, Class::Rst),
            (0x14, Class::Rst),
            (0x00, Class::OddFlags),
            (0x01, Class::OddFlags),
            (0x29, Class::OddFlags),
            (0x03, Class::OddFlags),
            (0x06, Class::OddFlags),
            (0x15, Class::OddFlags),
        ];
        for (flags, class) in flags {
            assert_eq!(tcp(flags), class, "{flags:#04x}");
        }
    }
}
