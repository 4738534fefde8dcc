//! IPv4 and IPv6.

use std::net::{IpAddr, Ipv6Addr};

use etherparse::{
    IpAuthHeaderSlice, IpNumber, Ipv4HeaderSlice, Ipv6FragmentHeaderSlice, Ipv6HeaderSlice, Ipv6RawExtHeaderSlice,
    ip_number,
};

use super::{transport, tunnel, view::View};
use crate::{Body, Fragment, Ip, Transport};

/// Extension headers of a packet that are followed. RFC 8200 has seven kinds, one of which may come twice.
const MOST_EXTENSIONS: usize = 16;

/// A packet of either version; none where its header is broken.
#[inline]
pub(super) fn either(view: View<'_>, depth: u8) -> Option<Body> {
    match view.bytes.first()? >> 4 {
        4 => v4(view, depth),
        6 => v6(view, depth),
        _ => None,
    }
}

/// An IPv4 packet; none where its header is broken.
#[inline]
pub(super) fn v4(view: View<'_>, depth: u8) -> Option<Body> {
    let header = Ipv4HeaderSlice::from_slice(view.bytes).ok()?;
    let length = header.slice().len();
    let total = match header.total_len() {
        // Captured where it was sent, before the network card has cut it and filled this in.
        0 => view.wire,
        total if usize::from(total) < length => return None,
        total => total.into(),
    };
    let payload = view.limit(total).skip(length)?;
    let fragment = fragment(header.fragments_offset().value(), header.more_fragments());
    let (source, destination) = (header.source_addr().into(), header.destination_addr().into());
    let found = Carried { source, destination, protocol: header.protocol(), fragment, payload };
    Some(found.authenticated().body(depth))
}

/// An IPv6 packet; none where its header is broken.
#[inline]
pub(super) fn v6(view: View<'_>, depth: u8) -> Option<Body> {
    let header = Ipv6HeaderSlice::from_slice(view.bytes).ok()?;
    let payload = view.skip(header.slice().len())?;
    let payload = match header.payload_length() {
        // As above, or a jumbogram (RFC 2675).
        0 => payload,
        length => payload.limit(length.into()),
    };
    let (source, destination) = (address(header.source_addr()), address(header.destination_addr()));
    let protocol = header.next_header();
    let found = Carried { source, destination, protocol, fragment: Fragment::None, payload };
    Some(found.extended().body(depth))
}

/// An IPv4 address that was written as an IPv6 one is an IPv4 one.
fn address(address: Ipv6Addr) -> IpAddr {
    IpAddr::V6(address).to_canonical()
}

fn fragment(offset: u16, more: bool) -> Fragment {
    match (offset, more) {
        (0, false) => Fragment::None,
        (0, true) => Fragment::First,
        _ => Fragment::Later,
    }
}

/// What an IP packet carries.
struct Carried<'a> {
    source: IpAddr,
    destination: IpAddr,
    protocol: IpNumber,
    fragment: Fragment,
    payload: View<'a>,
}

impl Carried<'_> {
    /// Behind an authentication header, the only one that IPv4 has in front of what it carries.
    #[inline]
    fn authenticated(self) -> Self {
        if self.protocol != ip_number::AUTH || self.fragment == Fragment::Later {
            return self;
        }
        self.extended()
    }

    /// Behind the extension headers, as far as they can be read.
    #[inline]
    fn extended(mut self) -> Self {
        for _ in 0..MOST_EXTENSIONS {
            if self.fragment == Fragment::Later || !self.step() {
                break;
            }
        }
        self
    }

    /// Behind one extension header; whether there was one.
    #[inline]
    fn step(&mut self) -> bool {
        let Some((next, length)) = self.extension() else { return false };
        let Some(payload) = self.payload.skip(length) else { return false };
        (self.protocol, self.payload) = (next, payload);
        true
    }

    /// What is behind the extension header that this begins with, if it does, and the header's length.
    fn extension(&mut self) -> Option<(IpNumber, usize)> {
        let bytes = self.payload.bytes;
        match self.protocol {
            ip_number::IPV6_FRAG => {
                let header = Ipv6FragmentHeaderSlice::from_slice(bytes).ok()?;
                self.fragment = fragment(header.fragment_offset().value(), header.more_fragments());
                Some((header.next_header(), header.slice().len()))
            }
            ip_number::AUTH => {
                let header = IpAuthHeaderSlice::from_slice(bytes).ok()?;
                Some((header.next_header(), header.slice().len()))
            }
            kind if Ipv6RawExtHeaderSlice::header_type_supported(kind) => {
                let header = Ipv6RawExtHeaderSlice::from_slice(bytes).ok()?;
                Some((header.next_header(), header.slice().len()))
            }
            _ => None,
        }
    }

    /// The innermost packet that can be read, which is this one where it is no tunnel, and where it is a fragment: those behind the first
    /// have the tunnel's addresses, and all of them belong together. A tunnel's ports say nothing then: each way has others.
    #[inline]
    fn body(self, depth: u8) -> Body {
        let Self { source, destination, protocol, fragment, payload } = self;
        let inside = match fragment {
            Fragment::Later => None,
            Fragment::None | Fragment::First => tunnel::inside(protocol, payload, depth),
        };
        let transport = match (inside, fragment) {
            (Some(inside), Fragment::None) => return inside,
            (Some(_), _) | (None, Fragment::Later) => Transport::Other,
            (None, _) => transport::read(protocol, payload),
        };
        Body::Ip(Ip { source, destination, protocol: protocol.0, fragment, transport })
    }
}
