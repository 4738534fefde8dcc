//! Tunnels: packets in packets.

use etherparse::{IpNumber, ip_number};

use super::{ether, ip, view::View};
use crate::Body;

/// IANA's port of VXLAN, and the one that Linux had before there was one (flannel's to this day).
const VXLAN: [u16; 2] = [4789, 8472];
const GENEVE: u16 = 6081;
/// Ports in front of it.
const UDP_HEADER: usize = 8;
/// ERSPAN type II (draft-foschiano-erspan), which has a header of eight bytes.
const ERSPAN: u16 = 0x88be;
const PPP_IPV4: u16 = 0x0021;
const PPP_IPV6: u16 = 0x0057;

/// What is in an IP packet that is a tunnel's; none where it is none, or its inside cannot be read.
#[inline]
pub(super) fn inside(protocol: IpNumber, payload: View<'_>, depth: u8) -> Option<Body> {
    match protocol {
        ip_number::TCP => None,
        ip_number::UDP => match payload.u16(2)? {
            port if VXLAN.contains(&port) => vxlan(payload.skip(UDP_HEADER)?, depth.checked_sub(1)?),
            GENEVE => geneve(payload.skip(UDP_HEADER)?, depth.checked_sub(1)?),
            _ => None,
        },
        ip_number::IPV4 => ip::v4(payload, depth.checked_sub(1)?),
        ip_number::IPV6 => ip::v6(payload, depth.checked_sub(1)?),
        ip_number::GRE => gre(payload, depth.checked_sub(1)?),
        _ => None,
    }
}

/// RFC 7348: a byte of flags, of which one says that there is a network's number; an Ethernet frame behind eight bytes.
fn vxlan(view: View<'_>, depth: u8) -> Option<Body> {
    let is_valid = view.bytes.first()? & 0x08 != 0;
    ether::frame(view.skip(8).filter(|_| is_valid)?.within(view.u32(4)? >> 8), depth)
}

/// RFC 8926: version 0, the options' length in words of four bytes, and an EtherType; options behind eight bytes.
fn geneve(view: View<'_>, depth: u8) -> Option<Body> {
    let (begin, kind) = (*view.bytes.first()?, view.u16(2)?);
    let is_known = begin >> 6 == 0;
    let options = usize::from(begin & 0x3f) * 4;
    ether::carried(kind, view.skip(8 + options).filter(|_| is_known)?.within(view.u32(4)? >> 8), depth)
}

/// RFC 2784 and RFC 2890, and version 1 of PPTP (RFC 2637).
fn gre(view: View<'_>, depth: u8) -> Option<Body> {
    let (flags, kind) = (view.u16(0)?, view.u16(2)?);
    let field = |bit: u16| if flags & bit == 0 { 0 } else { 4 };
    let (checksum, key, sequence, acknowledgement) = (0x8000, 0x2000, 0x1000, 0x0080);
    match flags & 7 {
        // A source route (RFC 1701) is as long as it likes, and nobody uses it.
        0 if flags & 0x4000 == 0 => {
            let header = 4 + field(checksum) + field(key) + field(sequence);
            // Without a sequence number it is type I, which has no header of its own.
            let erspan = if kind == ERSPAN && flags & sequence != 0 { 8 } else { 0 };
            let kind = if kind == ERSPAN { ether::BRIDGED } else { kind };
            ether::carried(kind, view.skip(header + erspan)?, depth)
        }
        1 => ppp(view.skip(8 + field(sequence) + field(acknowledgement))?, depth),
        _ => None,
    }
}

/// RFC 2516: six bytes, the last two of which are the length of what follows.
pub(super) fn pppoe(view: View<'_>, depth: u8) -> Option<Body> {
    let length = view.u16(4)?;
    ppp(view.skip(6)?.limit(length.into()), depth)
}

/// RFC 1661 and RFC 1662: an address and a control byte that may be left out, and a protocol, of which the first byte may.
fn ppp(view: View<'_>, depth: u8) -> Option<Body> {
    let view = if view.bytes.starts_with(&[0xff, 0x03]) { view.skip(2)? } else { view };
    let first = *view.bytes.first()?;
    let (kind, header) = if first & 1 == 1 { (first.into(), 1) } else { (view.u16(0)?, 2) };
    match kind {
        PPP_IPV4 => ip::v4(view.skip(header)?, depth),
        PPP_IPV6 => ip::v6(view.skip(header)?, depth),
        _ => None,
    }
}

/// RFC 3032: labels of four bytes, the last of which says so. What is behind them is not said; it is taken for IP if it looks so.
pub(super) fn mpls(mut view: View<'_>, depth: u8) -> Option<Body> {
    for _ in 0..depth {
        let label = view.u32(0)?;
        view = view.skip(4)?;
        if label & 0x100 != 0 {
            return ip::either(view, depth);
        }
    }
    None
}
