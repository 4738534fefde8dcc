//! Of any bytes.

use proptest::{collection::vec, prelude::*};

use super::made::{self, inner, outer, pcap, read};
use crate::{Body, Transport, capture::LinkType};

const KNOWN: [LinkType; 10] = [
    LinkType::NULL,
    LinkType::ETHERNET,
    LinkType::RAW,
    LinkType::RAW_BSD,
    LinkType::RAW_OPENBSD,
    LinkType::LOOP,
    LinkType::LINUX_SLL,
    LinkType::LINUX_SLL2,
    LinkType::IPV4,
    LinkType::IPV6,
];

/// Bytes of payload that a packet is said to have.
fn payload(body: &Body) -> u32 {
    let Body::Ip(ip) = body else { return 0 };
    match ip.transport {
        Transport::Tcp { payload, .. } | Transport::Udp { payload, .. } | Transport::Icmp { payload, .. } => payload,
        Transport::Other => 0,
    }
}

/// Bytes of which some are those of headers, in any order.
fn headers() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop_oneof![
        Just(made::ether_header(0x0800)),
        Just(made::ether_header(0x8100)),
        Just(made::ether_header(0x86dd)),
        Just(inner()),
        Just(inner()[..20].to_vec()),
        Just(outer(47, &[0, 0, 8, 0])),
        Just(outer(4, &[])),
        Just(vec![8, 0, 0, 0, 0, 0, 5, 0]),
        vec(any::<u8>(), 0..12),
    ];
    vec(pieces, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_packet_is_something(link in 0..KNOWN.len(), packet in headers(), flips in vec((any::<usize>(), any::<u8>()), 0..6)) {
        let mut packet = packet;
        for (at, value) in flips {
            if let Some(count) = packet.len().checked_sub(1) {
                packet[at % (count + 1)] = value;
            }
        }
        let facts = made::facts(pcap(KNOWN[link], &[&packet]));
        prop_assert_eq!(facts.len(), 1);
        prop_assert!(payload(&facts[0].body) as usize <= packet.len());
    }

    /// What is read of a file does not depend on what follows.
    #[test]
    fn a_file_that_ends_earlier_has_the_same_packets_up_to_there(packets in vec(headers(), 0..6), cut in any::<usize>()) {
        let packets: Vec<&[u8]> = packets.iter().map(Vec::as_slice).collect();
        let file = pcap(LinkType::ETHERNET, &packets);
        let (whole, _) = read(file.clone());
        let (part, _) = read(file[..cut % (file.len() + 1)].to_vec());
        prop_assert_eq!(&whole[..part.len()], &part[..]);
    }

    /// Nor on how the bytes arrive.
    #[test]
    fn bytes_may_come_one_by_one(packets in vec(headers(), 0..6)) {
        struct OneByOne(std::io::Cursor<Vec<u8>>);
        impl std::io::Read for OneByOne {
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                let room = buffer.len().min(1);
                self.0.read(&mut buffer[..room])
            }
        }
        let packets: Vec<&[u8]> = packets.iter().map(Vec::as_slice).collect();
        let file = pcap(LinkType::ETHERNET, &packets);
        let mut reader = crate::capture::Reader::from_read(OneByOne(std::io::Cursor::new(file.clone())), "slow").unwrap();
        let slow: Vec<_> = std::iter::from_fn(|| reader.next_facts()).map(|facts| facts.unwrap()).collect();
        prop_assert_eq!(slow, made::facts(file));
    }
}
