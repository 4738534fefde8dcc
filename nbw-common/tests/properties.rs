//! What holds for every packet.

mod support;

use nbw_common::packet::{Headers, Malformed, Start, headers, segments, wire_bytes};
use proptest::{collection::vec, prelude::*};

use self::support::{
    frame,
    judge::judge,
    packet::{Packet, into_jumbo},
};

/// What holds for whatever bytes come in: headers that end within the packet and have possible lengths, and nothing that
/// the judge contradicts.
fn check(bytes: &[u8], start: Start) -> Result<(), TestCaseError> {
    let ours = headers(bytes, start);
    if let Ok(found) = ours {
        let Headers { link, network, transport, jumbo } = found;
        prop_assert!((link + network + transport) as usize <= bytes.len(), "{:?} of {}", found, bytes.len());
        let possible_link: &[u32] = if start == Start::Network { &[0] } else { &[14, 18, 22, 26, 30] };
        prop_assert!(possible_link.contains(&link), "{:?}", found);
        prop_assert!(network >= 20 && network % 4 == 0, "{:?}", found);
        prop_assert!([0, 8, 12].contains(&transport) || (20..=60).contains(&transport), "{:?}", found);
        prop_assert!(jumbo == 0 || (jumbo == 8 && network >= 48), "{:?}", found);
    }
    if let Some(judgement) = judge(bytes, start) {
        prop_assert!(judgement.accepts(ours), "we say {:?}, etherparse {:?}", ours, judgement);
    }
    Ok(())
}

fn any_start() -> impl Strategy<Value = Start> {
    prop_oneof![Just(Start::Ethernet), Just(Start::Network)]
}

/// Some bytes of a packet, changed.
fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)
}

proptest! {
    #[test]
    fn any_bytes_are_parsed_within_their_bounds(bytes in vec(any::<u8>(), 0..200), start in any_start()) {
        check(&bytes, start)?;
    }

    #[test]
    fn damaged_packets_are_parsed_within_their_bounds(
        packet in Packet::any(), changes in changes(), keep in 0..4000usize,
    ) {
        let mut bytes = packet.bytes(b"payload");
        for (index, value) in changes {
            // The headers of the first hundred bytes are what decides.
            let length = bytes.len().min(100);
            bytes[index.index(length)] = value;
        }
        check(&bytes, packet.start())?;
        bytes.truncate(keep);
        check(&bytes, packet.start())?;
    }

    #[test]
    fn packets_have_the_lengths_that_the_builder_gave_them(packet in Packet::any(), payload in vec(any::<u8>(), 0..50)) {
        let bytes = packet.bytes(&payload);
        prop_assert_eq!(headers(bytes.as_slice(), packet.start()), Ok(packet.lengths()));
        check(&bytes, packet.start())?;
    }

    /// A packet that was cut short has all of its headers or is truncated; there is nothing between.
    #[test]
    fn cut_packets_are_truncated(packet in Packet::any(), keep in any::<prop::sample::Index>()) {
        let (bytes, lengths) = (packet.bytes(b"payload"), packet.lengths());
        let end = (lengths.link + lengths.network + lengths.transport) as usize;
        for keep in [keep.index(end), end - 1] {
            prop_assert_eq!(headers(&bytes[..keep], packet.start()), Err(Malformed::Truncated), "cut to {}", keep);
        }
        prop_assert_eq!(headers(&bytes[..end], packet.start()), Ok(lengths));
    }

    /// The bytes of a big packet are those of the frames that the builder writes for its pieces.
    #[test]
    fn a_big_packet_is_its_frames(
        packet in Packet::segmentable(), payload in vec(any::<u8>(), 1..20_000), size in 500..2000usize,
    ) {
        let big = packet.bytes(&payload);
        let found = headers(big.as_slice(), packet.start()).expect("a packet of the builder");
        let frames: Vec<Vec<u8>> = payload.chunks(size).map(|piece| packet.bytes(piece)).collect();
        assert_frames(&big, &found, size, &frames)?;
    }

    /// The same for "BIG TCP", whose jumbo header is in none of the frames.
    #[test]
    fn a_jumbo_packet_is_its_frames(
        packet in Packet::ipv6_tcp(), payload in vec(any::<u8>(), 1..30_000), size in 500..2000usize,
    ) {
        let mut big = packet.bytes(&payload);
        into_jumbo(packet.lengths().link, &mut big);
        let found = headers(big.as_slice(), packet.start()).expect("a packet of the builder");
        let plain = packet.lengths();
        prop_assert_eq!(found, Headers { network: plain.network + 8, jumbo: 8, ..plain });
        let frames: Vec<Vec<u8>> = payload.chunks(size).map(|piece| packet.bytes(piece)).collect();
        assert_frames(&big, &found, size, &frames)?;
    }

    /// `DIV_ROUND_UP(skb->len - hdr_len, gso_size)`, as in the kernel's `qdisc_pkt_len_init`; at least one.
    #[test]
    fn segments_are_what_the_kernel_computes(
        length in any::<u32>(), size in any::<u32>(), link in 0..30u32, network in 20..2200u32, transport in 0..60u32,
    ) {
        let found = Headers { link, network, transport, jumbo: 0 };
        let payload = i64::from(length) - i64::from(link + network + transport);
        let expected = if size == 0 || payload <= 0 { 1 } else { (payload + i64::from(size) - 1) / i64::from(size) };
        prop_assert_eq!(i64::from(segments(length, size, &found)), expected);
    }
}

fn assert_frames(big: &[u8], found: &Headers, size: usize, frames: &[Vec<u8>]) -> Result<(), TestCaseError> {
    let length = u32::try_from(big.len()).expect("a length");
    let number = u32::try_from(frames.len()).expect("a number");
    prop_assert_eq!(segments(length, u32::try_from(size).expect("a size"), found), number);
    let sum: usize = frames.iter().map(Vec::len).sum();
    prop_assert_eq!(wire_bytes(length, number, found), sum as u64);
    Ok(())
}

/// Every beginning of every frame, which is where headers are cut in all ways there are.
#[test]
fn all_beginnings_of_all_frames_are_parsed_within_their_bounds() {
    for frame in frame::all() {
        for end in 0..=frame.bytes.len() {
            check(&frame.bytes[..end], frame.start).unwrap_or_else(|error| panic!("{} to {end}: {error}", frame.name));
        }
    }
}

#[test]
fn nothing_is_one_segment() {
    let nothing = Headers::default();
    assert_eq!(segments(0, 0, &nothing), 1);
    assert_eq!(segments(0, 1448, &nothing), 1);
    assert_eq!(wire_bytes(0, 0, &nothing), 0);
}
