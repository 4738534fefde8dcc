//! Link types, tunnels and transports. The privileged tests' package compares the same with tshark.

use super::made::{self, FROM, TO, body, ether_header, ethernet, frame, inner, outer, outer_udp, tcp};
use crate::{Arp, Body, Direction, Fragment, Ip, Transport, capture::LinkType};

const ETHERNET: LinkType = LinkType::ETHERNET;

/// What [`inner`] is.
fn expected() -> Body {
    let transport = Transport::Tcp { source: 1000, destination: 80, flags: 2, payload: 4 };
    Body::Ip(Ip { source: FROM.into(), destination: TO.into(), protocol: 6, fragment: Fragment::None, transport })
}

fn transport(body: Body) -> Transport {
    let Body::Ip(ip) = body else { panic!("{body:?}") };
    ip.transport
}

#[test]
fn every_link_type_leads_to_the_packet() {
    let family = |bytes: [u8; 4]| [&bytes[..], &inner()].concat();
    let cooked = [&[0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0][..], &inner()].concat();
    let cooked2 = [&[8, 0, 0, 0, 0, 0, 0, 7, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0][..], &inner()].concat();
    assert_eq!(body(ETHERNET, &frame()), expected());
    for raw in [LinkType::RAW, LinkType::RAW_BSD, LinkType::RAW_OPENBSD, LinkType::IPV4] {
        assert_eq!(body(raw, &inner()), expected(), "{raw}");
    }
    assert_eq!(body(LinkType::NULL, &family([2, 0, 0, 0])), expected());
    assert_eq!(body(LinkType::NULL, &family([0, 0, 0, 2])), expected());
    assert_eq!(body(LinkType::LOOP, &family([0, 0, 0, 2])), expected());
    assert_eq!(body(LinkType::LINUX_SLL, &cooked), expected());
    assert_eq!(body(LinkType::LINUX_SLL2, &cooked2), expected());
}

#[test]
fn cooked_captures_know_the_direction_and_the_interface() {
    let cooked = |kind| [&[0, kind, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0][..], &inner()].concat();
    let cooked: Vec<_> = (0..=4).map(cooked).collect();
    let packets: Vec<&[u8]> = cooked.iter().map(Vec::as_slice).collect();
    let facts = made::facts(made::pcap(LinkType::LINUX_SLL, &packets));
    let directions: Vec<_> = facts.iter().map(|facts| facts.direction).collect();
    let (to_us, other) = (Direction::In, Direction::Unknown);
    assert_eq!(directions, [to_us, to_us, to_us, other, Direction::Out]);
    let cooked2 = [&[8, 0, 0, 0, 0, 0, 0, 7, 0, 1, 4, 6, 2, 0, 0, 0, 0, 1, 0, 0][..], &inner()].concat();
    let facts = &made::facts(made::pcap(LinkType::LINUX_SLL2, &[&cooked2]))[0];
    assert_eq!((facts.link, facts.direction, facts.bytes), (7, Direction::Out, cooked2.len() as u32));
}

#[test]
fn tags_are_unwrapped() {
    let tag = |next: u16| [&[0, 5][..], &next.to_be_bytes()].concat();
    let single = [ether_header(0x8100), tag(0x0800), inner()].concat();
    let double = [ether_header(0x88a8), tag(0x8100), tag(0x0800), inner()].concat();
    let early = [ether_header(0x9100), tag(0x9200), tag(0x8100), tag(0x0800), inner()].concat();
    let length = inner().len() as u16 + 2;
    let pppoe =
        [ether_header(0x8864), vec![0x11, 0, 0, 1], length.to_be_bytes().to_vec(), vec![0, 0x21], inner()].concat();
    let snap = [ether_header(60), vec![0xaa, 0xaa, 3, 0, 0, 0, 8, 0], inner()].concat();
    let mpls = [ether_header(0x8847), vec![0, 1, 0, 64, 0, 2, 1, 64], inner()].concat();
    for packet in [single, double, early, pppoe, snap, mpls] {
        assert_eq!(body(ETHERNET, &packet), expected(), "{packet:x?}");
    }
}

#[test]
fn tunnels_are_unwrapped_to_the_innermost() {
    let gre = |begin: &[u8], inside: Vec<u8>| outer(47, &[begin, &inside].concat());
    let vxlan = |inside: Vec<u8>| outer_udp(4789, &[&[8, 0, 0, 0, 0, 0, 5, 0][..], &inside].concat());
    let packets = [
        outer(4, &inner()),
        gre(&[0, 0, 8, 0], inner()),
        gre(&[0xb0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1], inner()),
        gre(&[0, 0, 0x65, 0x58], frame()),
        gre(&[0, 0, 8, 0], gre(&[0, 0, 8, 0], inner())),
        gre(&[0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 0, 0, 0, 0, 0, 0, 0], frame()),
        gre(&[0, 0, 0x88, 0xbe], frame()),
        gre(&[0x30, 1, 0x88, 0x0b, 0, 48, 0, 7, 0, 0, 0, 1, 0xff, 3, 0x21], inner()),
        vxlan(frame()),
        outer_udp(8472, &[&[8, 0, 0, 0, 0, 0, 5, 0][..], &frame()].concat()),
        outer_udp(6081, &[&[1, 0, 0x65, 0x58, 0, 0, 5, 0, 1, 2, 3, 4][..], &frame()].concat()),
        outer_udp(6081, &[&[0, 0, 8, 0, 0, 0, 5, 0][..], &inner()].concat()),
        vxlan([ether_header(0x0800), vxlan(frame())].concat()),
    ];
    for packet in packets {
        assert_eq!(body(LinkType::RAW, &packet), expected(), "{packet:x?}");
    }
}

#[test]
fn a_tunnel_whose_inside_cannot_be_read_is_the_packet() {
    let broken = [
        outer(4, b"no packet"),
        outer(47, &[0x40, 0, 8, 0]),
        outer_udp(4789, &[&[0, 0, 0, 0, 0, 0, 5, 0][..], &frame()].concat()),
        outer_udp(6081, &[&[0x40, 0, 8, 0, 0, 0, 5, 0][..], &inner()].concat()),
        outer_udp(4789, &[&[8, 0, 0, 0, 0, 0, 5, 0][..], &ether_header(0x88cc)].concat()),
    ];
    for packet in broken {
        let Body::Ip(ip) = body(LinkType::RAW, &packet) else { panic!("{packet:x?}") };
        assert_eq!((ip.source, ip.protocol), (std::net::IpAddr::from([192, 0, 2, 1]), packet[9]));
    }
}

#[test]
fn a_tunnel_in_fragments_is_fragments_of_the_tunnel() {
    let vxlan = |port: u16| outer_udp(port, &[&[8, 0, 0, 0, 0, 0, 5, 0][..], &frame()].concat());
    let tunnels = [outer(4, &inner()), outer(47, &[&[0, 0, 8, 0][..], &inner()].concat()), vxlan(4789)];
    for mut packet in tunnels {
        assert_eq!(body(LinkType::RAW, &packet), expected());
        for (offset, fragment) in [([0x20, 0], Fragment::First), ([0, 9], Fragment::Later)] {
            packet[6..8].copy_from_slice(&offset);
            let Body::Ip(ip) = body(LinkType::RAW, &packet) else { panic!("{packet:x?}") };
            let outside = (std::net::IpAddr::from([192, 0, 2, 1]), packet[9]);
            assert_eq!((ip.source, ip.protocol, ip.fragment), (outside.0, outside.1, fragment));
            assert_eq!(ip.transport, Transport::Other);
        }
    }
    // The same of a port that is no tunnel's has ports.
    let mut plain = vxlan(4_790);
    plain[6..8].copy_from_slice(&[0x20, 0]);
    assert!(matches!(transport(body(LinkType::RAW, &plain)), Transport::Udp { destination: 4_790, .. }));
}

#[test]
fn tunnels_end_somewhere() {
    let deep = (0..200).fold(inner(), |inside, _| outer(4, &inside));
    assert!(matches!(body(LinkType::RAW, &deep), Body::Ip(ip) if ip.protocol == 4));
    let tags = [ether_header(0x8100), [0, 1, 0x81, 0].repeat(1_000), vec![0, 1, 8, 0], inner()].concat();
    assert_eq!(body(ETHERNET, &tags), Body::Other);
}

#[test]
fn lengths_are_those_of_the_wire_and_not_of_what_was_captured() {
    let whole = tcp(ethernet().ipv4(FROM, TO, 64), &[7; 1_000]);
    for captured in [whole.len(), 100, 54, 48] {
        let mut file = made::pcap(ETHERNET, &[&whole[..captured]]);
        file[36..40].copy_from_slice(&(whole.len() as u32).to_le_bytes());
        let facts = made::facts(file);
        assert_eq!(facts[0].bytes, 1_054);
        let expected = Transport::Tcp { source: 1000, destination: 80, flags: 2, payload: 1_000 };
        assert_eq!(transport(facts[0].body.clone()), expected, "{captured} bytes captured");
    }
    assert_eq!(transport(body(ETHERNET, &whole[..47])), Transport::Other);
}

#[test]
fn padding_is_no_payload_and_nobody_has_more_than_there_was() {
    let padded = [frame(), vec![0; 20]].concat();
    assert_eq!(body(ETHERNET, &padded), expected());
    let udp = |length: u16| [&[0, 53, 0, 54][..], &length.to_be_bytes(), &[0, 0], &[0; 12]].concat();
    for (said, payload) in [(20, 12), (12, 4), (8, 0), (3, 0), (0, 12), (60_000, 12)] {
        let found = transport(body(LinkType::RAW, &outer(17, &udp(said))));
        assert_eq!(found, Transport::Udp { source: 53, destination: 54, payload }, "{said} bytes said");
    }
    let mut liar = inner();
    liar[2..4].copy_from_slice(&u16::MAX.to_be_bytes());
    assert_eq!(body(LinkType::RAW, &liar), expected());
    liar[2..4].copy_from_slice(&0u16.to_be_bytes());
    assert_eq!(body(LinkType::RAW, &liar), expected());
    liar[2..4].copy_from_slice(&19u16.to_be_bytes());
    assert_eq!(body(LinkType::RAW, &liar), Body::Other);
}

#[test]
fn fragments_are_told_apart() {
    let fragment = |offset_and_flags: [u8; 2]| {
        let mut packet = inner();
        packet[6..8].copy_from_slice(&offset_and_flags);
        let Body::Ip(ip) = body(LinkType::RAW, &packet) else { panic!("{packet:x?}") };
        (ip.protocol, ip.fragment, ip.transport != Transport::Other)
    };
    assert_eq!(fragment([0x40, 0]), (6, Fragment::None, true));
    assert_eq!(fragment([0x20, 0]), (6, Fragment::First, true));
    assert_eq!(fragment([0x20, 9]), (6, Fragment::Later, false));
    assert_eq!(fragment([0, 9]), (6, Fragment::Later, false));
}

/// IPv6 with extension headers: hop-by-hop, destination options, a fragment's, and UDP.
fn extended(fragment: [u8; 2]) -> Vec<u8> {
    let extensions = [
        &[60, 0, 1, 4, 0, 0, 0, 0][..],
        &[44, 0, 1, 4, 0, 0, 0, 0],
        &[17, 0, fragment[0], fragment[1], 0, 0, 0, 1],
        &[0, 53, 0, 54, 0, 12, 0, 0, 1, 2, 3, 4],
    ];
    let payload = extensions.concat();
    let mut packet = vec![0x60, 0, 0, 0, 0, payload.len() as u8, 0, 64];
    packet.extend([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    packet.extend([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1]);
    [packet, payload].concat()
}

#[test]
fn extension_headers_are_passed() {
    let found = |fragment| {
        let Body::Ip(ip) = body(LinkType::IPV6, &extended(fragment)) else { panic!("no IP") };
        (ip.protocol, ip.fragment, ip.transport)
    };
    let udp = Transport::Udp { source: 53, destination: 54, payload: 4 };
    assert_eq!(found([0, 0]), (17, Fragment::None, udp));
    assert_eq!(found([0, 1]), (17, Fragment::First, udp));
    assert_eq!(found([0, 8]), (17, Fragment::Later, Transport::Other));
    let Body::Ip(ip) = body(LinkType::IPV6, &extended([0, 0])) else { panic!("no IP") };
    assert_eq!(ip.destination, std::net::IpAddr::from([192, 0, 2, 1]), "an IPv4 address is not written as an IPv6 one");
    let authenticated = outer(51, &[&[6, 4, 0, 0][..], &[0; 20], &inner()[20..]].concat());
    let tcp = Transport::Tcp { source: 1000, destination: 80, flags: 2, payload: 4 };
    assert_eq!(transport(body(LinkType::RAW, &authenticated)), tcp);
}

#[test]
fn arp_and_icmp_are_read() {
    let arp = [&[0, 1, 8, 0, 6, 4, 0, 2][..], &made::MACS.0, &FROM, &made::MACS.1, &TO].concat();
    let (sender_mac, target_mac) = made::MACS;
    let expected = Arp { operation: 2, sender_mac, sender_ip: FROM.into(), target_mac, target_ip: TO.into(), net: 0 };
    assert_eq!(body(ETHERNET, &[ether_header(0x0806), arp.clone()].concat()), Body::Arp(expected));
    let networks = [&[][..], &[0, 5], &[0, 6], &[0x20, 5]].map(|tag: &[u8]| {
        let tagged = if tag.is_empty() { ether_header(0x0806) } else { [&ether_header(0x8100), tag, &[8, 6]].concat() };
        let Body::Arp(arp) = body(ETHERNET, &[tagged, arp.clone()].concat()) else { panic!("no ARP") };
        arp.net
    });
    let [plain, five, six, urgent] = networks;
    assert!(plain == 0 && five != 0 && five != six && five == urgent, "{networks:?}");
    let token_ring = [ether_header(0x0806), vec![0, 6], arp[2..].to_vec()].concat();
    assert_eq!(body(ETHERNET, &token_ring), Body::Other);
    let found = transport(body(LinkType::RAW, &outer(1, &[8, 0, 0, 0, 0, 1, 0, 1, 9, 9, 9])));
    assert_eq!(found, Transport::Icmp { kind: 8, code: 0, payload: 3 });
}
