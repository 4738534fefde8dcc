//! The link layer: what each kind of capture puts in front of the packet.

use super::{
    DEPTH,
    ether::{self, LLC},
    ip,
    view::View,
};
use crate::{Body, Direction, capture::LinkType};

/// What a packet is, and what its link header says about it.
pub(in crate::capture) struct Decoded {
    pub(in crate::capture) body: Body,
    pub(in crate::capture) direction: Direction,
    /// The interface's index on the host that captured.
    pub(in crate::capture) device: Option<u32>,
}

/// Reads a packet, of which `original_length` bytes were on the wire.
#[inline]
pub(in crate::capture) fn packet(link: LinkType, bytes: &[u8], original_length: u32) -> Decoded {
    let view = View::new(bytes, original_length as usize);
    let body = match link {
        LinkType::ETHERNET => ether::frame(view, DEPTH),
        LinkType::RAW | LinkType::RAW_BSD | LinkType::RAW_OPENBSD => ip::either(view, DEPTH),
        LinkType::IPV4 => ip::v4(view, DEPTH),
        LinkType::IPV6 => ip::v6(view, DEPTH),
        LinkType::NULL | LinkType::LOOP => loopback(view),
        LinkType::LINUX_SLL => return cooked(view),
        LinkType::LINUX_SLL2 => return cooked2(view),
        _ => None,
    };
    Decoded { body: body.unwrap_or(Body::Other), direction: Direction::Unknown, device: None }
}

/// The protocol family is in some host's byte order, and IPv6's number differs by system (24, 28, 30 of BSDs and macOS, 10 of Linux).
fn loopback(view: View<'_>) -> Option<Body> {
    let family = view.u32(0)?;
    let family = if family > 0xffff { family.swap_bytes() } else { family };
    let inside = view.skip(4)?;
    match family {
        2 => ip::v4(inside, DEPTH),
        10 | 24 | 28 | 30 => ip::v6(inside, DEPTH),
        _ => None,
    }
}

/// <https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html>
fn cooked(view: View<'_>) -> Decoded {
    let inside = || ether::carried(protocol(view.u16(14)?), view.skip(16)?, DEPTH);
    Decoded { body: inside().unwrap_or(Body::Other), direction: direction(view.u16(0)), device: None }
}

/// <https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html>
fn cooked2(view: View<'_>) -> Decoded {
    let inside = || ether::carried(protocol(view.u16(0)?), view.skip(20)?, DEPTH);
    let kind = view.bytes.get(10).copied().map(u16::from);
    Decoded { body: inside().unwrap_or(Body::Other), direction: direction(kind), device: view.u32(4) }
}

/// Linux's numbers for what has none: 802.2 LLC, with and without a frame of Novell's.
fn protocol(number: u16) -> u16 {
    if number == 4 { LLC } else { number }
}

/// To this host, to all, to many; to another host; by this host.
fn direction(kind: Option<u16>) -> Direction {
    match kind {
        Some(0..=2) => Direction::In,
        Some(4) => Direction::Out,
        _ => Direction::Unknown,
    }
}
