//! TCP, UDP and ICMP: their fixed fields, whole or not. etherparse reads a TCP header with all of its options or not at all, and
//! captures are often cut off inside of them.

use etherparse::{IpNumber, ip_number};

use super::view::View;
use crate::Transport;

const ICMP_HEADER: usize = 8;
const UDP_HEADER: usize = 8;
const TCP_HEADER: usize = 20;

/// The transport header; [`Transport::Other`] where it cannot be read.
#[inline]
pub(super) fn read(protocol: IpNumber, view: View<'_>) -> Transport {
    let read = match protocol {
        ip_number::TCP => tcp(view),
        ip_number::UDP => udp(view),
        ip_number::ICMP | ip_number::IPV6_ICMP => icmp(view),
        _ => None,
    };
    read.unwrap_or(Transport::Other)
}

/// RFC 9293, 3.1: ports, numbers, the header's length in the upper four bits of byte 12, flags in byte 13.
#[inline]
fn tcp(view: View<'_>) -> Option<Transport> {
    let fixed: &[u8; 14] = view.bytes.first_chunk()?;
    let header = usize::from(fixed[12] >> 4) * 4;
    let payload = (header >= TCP_HEADER).then(|| view.wire.saturating_sub(header) as u32)?;
    Some(Transport::Tcp { source: view.u16(0)?, destination: view.u16(2)?, flags: fixed[13], payload })
}

/// RFC 768: ports, and the length with the header. 0 is that of a jumbogram (RFC 2675), or was to be filled in by a network card.
#[inline]
fn udp(view: View<'_>) -> Option<Transport> {
    let (source, destination) = (view.u16(0)?, view.u16(2)?);
    let length = match view.u16(4) {
        Some(0) | None => view.wire,
        Some(length) => view.wire.min(length.into()),
    };
    Some(Transport::Udp { source, destination, payload: length.saturating_sub(UDP_HEADER) as u32 })
}

/// RFC 792, RFC 4443: type and code.
#[inline]
fn icmp(view: View<'_>) -> Option<Transport> {
    let [kind, code] = *view.bytes.first_chunk()?;
    Some(Transport::Icmp { kind, code, payload: view.wire.saturating_sub(ICMP_HEADER) as u32 })
}
