//! A packet as the engine keeps it for a moment: small, and with an order that does not depend on who handed it over first.

use super::who::Who;
use crate::{Arp, Body, Direction, Facts, Fragment, Ip, Transport};

pub(crate) const FIN: u8 = 1;
pub(crate) const SYN: u8 = 2;
pub(crate) const RST: u8 = 4;
pub(crate) const ACK: u8 = 16;

/// What it is, as trackers tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    Tcp,
    Udp,
    Icmp,
    Arp,
    Other,
}

/// A packet. Of two with the same timestamp the lesser is looked at first: questions come before answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Packet {
    rank: u8,
    pub(crate) class: Class,
    pub(crate) link: u32,
    /// Sent, received, or not known: what is sent to oneself passes a link twice.
    pub(crate) way: u8,
    pub(crate) source: Who,
    pub(crate) target: Who,
    pub(crate) source_port: u16,
    pub(crate) target_port: u16,
    /// TCP's flags, ICMP's type, ARP's operation.
    pub(crate) flags: u8,
    pub(crate) protocol: u8,
    pub(crate) fragment: u8,
    pub(crate) payload: u32,
    pub(crate) bytes: u32,
    pub(crate) frames: u32,
    pub(crate) weight: u32,
    /// Its kind is sampled by chance, each packet for itself, when there are too many.
    pub(crate) by_chance: bool,
    /// Connections that it stands for of which all packets come where they are watched; 0: not of this one.
    pub(crate) followed: u32,
    /// ARP's network, of those of one link.
    pub(crate) net: u32,
    /// ARP's hardware addresses.
    pub(crate) macs: [Who; 2],
}

/// [`Packet::fragment`] of what is whole.
pub(crate) const WHOLE: u8 = 0;
/// Of a first fragment.
pub(crate) const FIRST: u8 = 1;
/// Of later ones.
pub(crate) const LATER: u8 = 2;

impl Packet {
    /// None of what is neither IP nor ARP.
    pub(crate) fn new(facts: &Facts) -> Option<Self> {
        let mut packet = match &facts.body {
            Body::Ip(ip) => Self::of_ip(ip),
            Body::Arp(arp) => Self::of_arp(arp),
            Body::Other => return None,
        };
        packet.link = facts.link;
        packet.way = match facts.direction {
            Direction::Unknown => 0,
            Direction::In => 1,
            Direction::Out => 2,
        };
        packet.bytes = facts.bytes;
        packet.frames = facts.frames.max(1);
        packet.weight = facts.weight.max(1);
        packet.by_chance = facts.by_chance;
        packet.followed = facts.followed;
        Some(packet)
    }

    fn empty(class: Class, source: Who, target: Who) -> Self {
        Self {
            rank: 0,
            class,
            link: 0,
            way: 0,
            source,
            target,
            source_port: 0,
            target_port: 0,
            flags: 0,
            protocol: 0,
            fragment: WHOLE,
            payload: 0,
            bytes: 0,
            frames: 1,
            weight: 1,
            by_chance: false,
            followed: 1,
            net: 0,
            macs: [Who::default(); 2],
        }
    }

    fn of_ip(ip: &Ip) -> Self {
        let mut packet = Self::empty(Class::Other, ip.source.into(), ip.destination.into());
        packet.protocol = ip.protocol;
        packet.fragment = match ip.fragment {
            Fragment::None => WHOLE,
            Fragment::First => FIRST,
            Fragment::Later => LATER,
        };
        match ip.transport {
            Transport::Tcp { source, destination, flags, payload } => {
                packet.transport(Class::Tcp, source, destination, payload);
                packet.flags = flags;
                packet.rank = tcp_rank(flags);
            }
            Transport::Udp { source, destination, payload } => {
                packet.transport(Class::Udp, source, destination, payload);
                packet.rank = u8::from(source < destination);
            }
            Transport::Icmp { kind, payload, .. } => {
                packet.transport(Class::Icmp, 0, 0, payload);
                packet.flags = kind;
                packet.rank = u8::from(!matches!(kind, 8 | 128));
            }
            Transport::Other => {}
        }
        packet
    }

    fn transport(&mut self, class: Class, source: u16, target: u16, payload: u32) {
        self.class = class;
        self.source_port = source;
        self.target_port = target;
        self.payload = payload;
    }

    fn of_arp(arp: &Arp) -> Self {
        let mut packet = Self::empty(Class::Arp, arp.sender_ip.into(), arp.target_ip.into());
        packet.flags = arp.operation.min(255) as u8;
        packet.rank = packet.flags;
        packet.net = arp.net;
        packet.macs = [Who::of_mac(arp.sender_mac), Who::of_mac(arp.target_mac)];
        packet
    }

    /// An ordinary packet of a TCP connection: the kernel hands on only those of endpoints that are watched.
    pub(crate) fn is_ordinary(facts: &Facts) -> bool {
        let Body::Ip(Ip { transport: Transport::Tcp { flags, .. }, fragment, .. }) = &facts.body else { return false };
        flags & (SYN | FIN | RST | ACK) == ACK && *fragment == Fragment::None
    }

    /// Whether it was chosen by chance of others like it: nothing follows from what did not come with it.
    pub(crate) fn is_alone(&self) -> bool {
        self.by_chance && self.weight > 1
    }

    /// How many there were on the wire.
    pub(crate) fn count(&self) -> u64 {
        u64::from(self.weight) * u64::from(self.frames)
    }

    /// Bytes of all of them.
    pub(crate) fn all_bytes(&self) -> u64 {
        u64::from(self.weight) * u64::from(self.bytes)
    }
}

/// SYN, SYN with ACK, the rest, FIN, RST.
fn tcp_rank(flags: u8) -> u8 {
    match flags & (SYN | ACK | FIN | RST) {
        SYN => 0,
        flags if flags == SYN | ACK => 1,
        flags if flags & RST != 0 => 4,
        flags if flags & FIN != 0 => 3,
        _ => 2,
    }
}
