//! The frames of `tests/frames` through the parser, judged by what their files say and by etherparse.

mod support;

use nbw_common::packet::headers;

use self::support::{
    frame::{self, Frame},
    judge::{
        Difference::{
            self, FirstFragment, Icmp, Ipv4Authentication, LongChain, ManyTags, NotIp, OtherExtension, UnknownTransport,
        },
        judge,
    },
};

/// The frames on which the two parsers differ by design; [`Difference`] has the reasons. A frame that is here and on
/// which they agree is a mistake too.
const DIFFERENT: &[(&str, Difference)] = &[
    ("arp", NotIp),
    ("ipv4-ah", Ipv4Authentication(24)),
    ("ipv4-fragment-first-tcp", FirstFragment),
    ("ipv4-fragment-first-udp", FirstFragment),
    ("ipv4-icmp", Icmp),
    ("ipv4-igmp", Icmp),
    ("ipv4-sctp", UnknownTransport(12)),
    ("ipv4-udp-lite", UnknownTransport(8)),
    ("ipv6-chain-9", LongChain),
    ("ipv6-fragment-first-udp", FirstFragment),
    ("ipv6-hip", OtherExtension),
    ("ipv6-hop-by-hop-icmp", Icmp),
    ("ipv6-icmp", Icmp),
    ("ipv6-mobility", OtherExtension),
    ("ipv6-sctp", UnknownTransport(12)),
    ("ipv6-shim6-tcp", OtherExtension),
    ("ipv6-udp-lite", UnknownTransport(8)),
    ("lldp", NotIp),
    ("macsec", NotIp),
    ("mpls", NotIp),
    ("pppoe", NotIp),
    ("stp", NotIp),
    ("tun-ipv4-icmp", Icmp),
    ("unknown-ethertype", NotIp),
    ("vlan-4-tags", ManyTags),
    ("vlan-5-tags", ManyTags),
    ("vlan-arp", NotIp),
];

/// The frames that we follow and etherparse refuses, and why it does.
const REFUSED: &[(&str, &str)] = &[
    ("ipv4-udp-of-padding", "IP says that it ends before the header; we do not ask it where it ends"),
    ("ipv6-ah-short", "RFC 4302: its fields do not fit into 8 bytes"),
    ("ipv6-fragment-later-of-extensions", "it takes the middle of a fragmented header for a header"),
    ("ipv6-hop-by-hop-second", "RFC 8200: hop-by-hop options come first"),
    ("ipv6-jumbo-then-hop-by-hop", "RFC 8200: hop-by-hop options come once; the kernel's own make two"),
    ("runt-icmp-34", "shorter than IP says; we ask for the headers only"),
    ("runt-ipv4-74", "shorter than IP says; we ask for the headers only"),
    ("runt-ipv6-118", "shorter than IP says; we ask for the headers only"),
];

/// What becomes of a frame.
enum Outcome {
    /// Both parsers find the same lengths, or both refuse it.
    Same,
    /// Both follow it, and differ in a way that is known.
    Different(Difference),
    /// Only we follow it.
    Refused,
}

#[test]
fn frames_have_the_lengths_that_their_files_say() {
    for frame in frame::all() {
        assert_eq!(headers(frame.bytes.as_slice(), frame.start), frame.expect, "{}", frame.name);
    }
}

#[test]
fn frames_have_the_lengths_that_etherparse_finds() {
    let (mut different, mut refused) = (vec![], vec![]);
    for frame in frame::all() {
        match outcome(&frame) {
            Outcome::Same => {}
            Outcome::Different(difference) => different.push((frame.name, difference)),
            Outcome::Refused => refused.push(frame.name),
        }
    }
    assert_eq!(different, DIFFERENT.iter().map(|&(name, why)| (name.to_owned(), why)).collect::<Vec<_>>());
    assert_eq!(refused, REFUSED.iter().map(|&(name, _)| name).collect::<Vec<_>>());
}

fn outcome(frame: &Frame) -> Outcome {
    let ours = headers(frame.bytes.as_slice(), frame.start);
    match judge(&frame.bytes, frame.start) {
        Some(judgement) => {
            assert!(judgement.accepts(ours), "{}: we say {ours:?}, etherparse {judgement:?}", frame.name);
            judgement.difference.map_or(Outcome::Same, Outcome::Different)
        }
        None if ours.is_ok() => Outcome::Refused,
        None => Outcome::Same,
    }
}
