//! A digest as the engine sees it: decoded by what decodes captures.

use nbw_common::{
    abi::{Digest, HEAD},
    class::Class,
};
use nbw_detect::{
    Body, Direction, Facts, Transport,
    capture::{LinkType, body},
};

use super::clock::Clock;

/// What is known of the packet.
pub fn facts(digest: &Digest, clock: &Clock) -> Facts {
    let link_type = if digest.ethernet == 0 { LinkType::RAW } else { LinkType::ETHERNET };
    let captured = usize::from(digest.captured).min(HEAD);
    Facts {
        time: clock.steady(digest.time),
        link: digest.ifindex,
        direction: if digest.outgoing == 0 { Direction::In } else { Direction::Out },
        weight: digest.weight,
        frames: digest.frames,
        bytes: digest.bytes,
        body: told(digest, body(link_type, &digest.head[..captured], digest.length)),
    }
}

/// What can be said of the packet. Of the connections inside of a tunnel, packets are chosen by chance where the tunnel has too
/// many: a question without its answer says nothing then, or the wrong thing.
fn told(digest: &Digest, body: Body) -> Body {
    let is_tcp = matches!(&body, Body::Ip(ip) if matches!(ip.transport, Transport::Tcp { .. }));
    let tunnelled = [Class::Udp, Class::Reflector, Class::Other].map(|class| class as u8).contains(&digest.class);
    if is_tcp && tunnelled && digest.weight > 1 { Body::Other } else { body }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A packet of TCP inside of IPv4.
    fn tcp() -> Vec<u8> {
        let mut packet = b"\x45\0\0\x28\0\x01\x40\0\x40\x06\0\0\x0a\0\0\x01\x0a\0\0\x02".to_vec();
        packet.extend(b"\x9c\x40\0\x50\0\0\0\x01\0\0\0\0\x50\x02\xff\xff\0\0\0\0");
        packet
    }

    /// The same inside of a GRE tunnel.
    fn tunnelled() -> Vec<u8> {
        let mut packet = b"\x45\0\0\x40\0\x01\x40\0\x40\x2f\0\0\xc0\0\x02\x01\xc0\0\x02\x02\0\0\x08\0".to_vec();
        packet.extend(tcp());
        packet
    }

    fn is_tcp(packet: &[u8], class: Class, weight: u32) -> bool {
        let mut head = [0; HEAD];
        head[..packet.len()].copy_from_slice(packet);
        let length = packet.len() as u32;
        let digest = Digest {
            time: 0,
            ifindex: 1,
            weight,
            bytes: length,
            frames: 1,
            length,
            class: class as u8,
            outgoing: 0,
            ethernet: 0,
            captured: packet.len() as u8,
            head,
        };
        let body = facts(&digest, &Clock::now()).body;
        matches!(body, Body::Ip(ip) if matches!(ip.transport, Transport::Tcp { .. }))
    }

    #[test]
    fn connections_in_a_tunnel_are_followed_while_all_of_it_is_seen() {
        assert!(is_tcp(&tunnelled(), Class::Other, 1));
        assert!(!is_tcp(&tunnelled(), Class::Other, 8), "chance tears questions and answers apart");
        assert!(is_tcp(&tcp(), Class::Syn, 8), "these are chosen together");
    }
}
