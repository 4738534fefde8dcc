//! What is known of one packet: its headers, and how much it was. All that the engine sees.

use std::net::{IpAddr, Ipv4Addr};

use jiff::Timestamp;

/// Nanoseconds since the Unix epoch. A capture's own clock, or the host's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub u64);

impl Time {
    /// The same moment as others know it; the latest there is when it is beyond what they can hold.
    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_nanosecond(self.0.into()).unwrap_or(Timestamp::MAX)
    }
}

/// Which way a packet went, seen from the host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Received.
    In,
    /// Sent.
    Out,
    /// In a capture: nobody has noted it.
    #[default]
    Unknown,
}

/// One packet, or `weight` packets of which this one was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// When it was seen.
    pub time: Time,
    /// The interface's index, or the capture's interface number. The same packet may be seen on several (a veth, its
    /// bridge, the physical one).
    pub link: u32,
    /// Which way it went.
    pub direction: Direction,
    /// How many packets it stands for: 1, unless the source samples (live, under a flood).
    pub weight: u32,
    /// Packets like it are chosen by chance, each for itself, when there are too many: where it stands for several, that its question
    /// or its answer was not seen says nothing, and where it does not, its answer may have come when there were too many. Not of what
    /// is chosen by whole conversations, and not of what is never sampled.
    pub by_chance: bool,
    /// Of what begins, answers or ends a TCP connection: how many connections it stands for of which every packet comes while one
    /// of the ends is watched; 0 if the others of this one may not come. 1 where nothing is left out.
    pub followed: u32,
    /// Frames on the wire that it is: 1, unless the kernel has merged some (GRO) or not yet cut them (GSO).
    pub frames: u32,
    /// Bytes on the wire, all frames together, link-layer header included; of one packet, not times `weight`.
    pub bytes: u32,
    /// What it is.
    pub body: Body,
}

/// What a packet is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// ARP for IPv4 over Ethernet.
    Arp(Arp),
    /// IPv4 or IPv6; of tunnels, the innermost that could be read.
    Ip(Ip),
    /// Neither, or broken headers.
    Other,
}

/// An ARP packet (RFC 826).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arp {
    /// 1 request, 2 reply.
    pub operation: u16,
    /// The sender's hardware address, as the packet says.
    pub sender_mac: [u8; 6],
    /// The sender's protocol address.
    pub sender_ip: Ipv4Addr,
    /// The target's hardware address.
    pub target_mac: [u8; 6],
    /// The target's protocol address.
    pub target_ip: Ipv4Addr,
    /// Which network it is of, where one link has several (VLANs, VXLAN, GENEVE): any number for each, 0 without a tag or tunnel.
    /// The same addresses may be in several.
    pub net: u32,
}

/// An IP packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ip {
    /// Source address. An IPv4 address is never written as an IPv6 one.
    pub source: IpAddr,
    /// Destination address.
    pub destination: IpAddr,
    /// The protocol that is carried, behind all extension headers (IANA's number).
    pub protocol: u8,
    /// Whether it is a fragment.
    pub fragment: Fragment,
    /// The transport header; [`Transport::Other`] of later fragments.
    pub transport: Transport,
}

/// Whether an IP packet is a fragment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Fragment {
    /// It is whole.
    #[default]
    None,
    /// The first of several: it has the transport header.
    First,
    /// One behind the first.
    Later,
}

/// A transport header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// TCP.
    Tcp {
        /// Source port.
        source: u16,
        /// Destination port.
        destination: u16,
        /// The byte of flags: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128.
        flags: u8,
        /// Bytes of payload, all frames together.
        payload: u32,
    },
    /// UDP.
    Udp {
        /// Source port.
        source: u16,
        /// Destination port.
        destination: u16,
        /// Bytes of payload by the UDP or IP header, whichever is shorter; all frames together.
        payload: u32,
    },
    /// ICMP or ICMPv6 (which, says [`Ip::protocol`]: 1 or 58).
    Icmp {
        /// Type.
        kind: u8,
        /// Code.
        code: u8,
        /// Bytes behind the eight of the header.
        payload: u32,
    },
    /// Another protocol, or none that could be read.
    Other,
}
