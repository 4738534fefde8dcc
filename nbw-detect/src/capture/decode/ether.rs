//! Ethernet, and what is carried by an EtherType.

use std::net::Ipv4Addr;

use etherparse::{ArpHardwareId, ArpPacketSlice, Ethernet2HeaderSlice, SingleVlanHeaderSlice, ether_type};

use super::{ip, tunnel, view::View};
use crate::{Arp, Body};

/// Below this, an EtherType is the length of what follows.
const LONGEST_8023: u16 = 1_500;
/// No EtherType, but as good: 802.2 LLC behind it.
pub(super) const LLC: u16 = LONGEST_8023;
/// LLC's header of a SNAP header, which ends in an EtherType.
const SNAP: [u8; 6] = [0xaa, 0xaa, 3, 0, 0, 0];
/// An early number for a provider's tag.
const QINQ_EARLY: u16 = 0x9200;
const PPPOE_SESSION: u16 = 0x8864;
const MPLS: u16 = 0x8847;
const MPLS_MULTICAST: u16 = 0x8848;
/// A whole Ethernet frame (RFC 1701's "transparent Ethernet bridging").
pub(super) const BRIDGED: u16 = 0x6558;

/// What is in an Ethernet frame; none where nothing could be read.
#[inline]
pub(super) fn frame(view: View<'_>, depth: u8) -> Option<Body> {
    let header = Ethernet2HeaderSlice::from_slice(view.bytes).ok()?;
    carried(header.ether_type().0, view.skip(header.slice().len())?, depth)
}

/// What is behind an EtherType.
#[inline]
pub(super) fn carried(kind: u16, view: View<'_>, depth: u8) -> Option<Body> {
    match etherparse::EtherType(kind) {
        ether_type::IPV4 => ip::v4(view, depth),
        ether_type::IPV6 => ip::v6(view, depth),
        ether_type::ARP => arp(view),
        _ => wrapped(kind, view, depth.checked_sub(1)?),
    }
}

fn wrapped(kind: u16, view: View<'_>, depth: u8) -> Option<Body> {
    match etherparse::EtherType(kind) {
        ether_type::VLAN_TAGGED_FRAME | ether_type::PROVIDER_BRIDGING | ether_type::VLAN_DOUBLE_TAGGED_FRAME => {
            tagged(view, depth)
        }
        _ => match kind {
            QINQ_EARLY => tagged(view, depth),
            PPPOE_SESSION => tunnel::pppoe(view, depth),
            MPLS | MPLS_MULTICAST => tunnel::mpls(view, depth),
            BRIDGED => frame(view, depth),
            0..=LONGEST_8023 => snap(view, depth),
            _ => None,
        },
    }
}

fn tagged(view: View<'_>, depth: u8) -> Option<Body> {
    let tag = SingleVlanHeaderSlice::from_slice(view.bytes).ok()?;
    let inside = view.skip(tag.slice().len())?.within(tag.vlan_identifier().value().into());
    carried(tag.ether_type().0, inside, depth)
}

fn snap(view: View<'_>, depth: u8) -> Option<Body> {
    if !view.bytes.starts_with(&SNAP) {
        return None;
    }
    carried(view.u16(SNAP.len())?, view.skip(SNAP.len() + 2)?, depth)
}

fn arp(view: View<'_>) -> Option<Body> {
    let packet = ArpPacketSlice::from_slice(view.bytes).ok()?;
    if packet.hw_addr_type() != ArpHardwareId::ETHERNET || packet.proto_addr_type() != ether_type::IPV4 {
        return None;
    }
    let ip = |bytes: &[u8]| <[u8; 4]>::try_from(bytes).ok().map(Ipv4Addr::from);
    Some(Body::Arp(Arp {
        operation: packet.operation().0,
        sender_mac: packet.sender_hw_addr().try_into().ok()?,
        sender_ip: ip(packet.sender_protocol_addr())?,
        target_mac: packet.target_hw_addr().try_into().ok()?,
        target_ip: ip(packet.target_protocol_addr())?,
        net: view.net,
    }))
}
