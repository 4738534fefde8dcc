//! What detection's programs make of every frame: its class is the one that the same code finds on the host, and its digest
//! decodes to what the whole frame decodes to.

use aya::programs::{SchedClassifier, TestRun, TestRunOptions};
use nbw::{
    bpf::{DetectOptions, Digests, LoadOptions, Object},
    detection::{Clock, facts},
};
use nbw_common::{
    abi::{Digest, HEAD, LinkIdent, maps, programs},
    class::{self, Class},
    packet::Start,
};
use nbw_detect::{
    Body, Fragment, Transport,
    capture::{LinkType, body},
};

use crate::{
    frame::{self, Frame},
    hook,
    machine::{LO, turn},
};

/// Frames whose class is not that of what they decode to: what a tunnel carries is for userspace to find; and of more tags and
/// extension headers than anybody sends the kernel side follows fewer. It does not look at the lengths that headers of TCP and
/// IPv6's authentication state, either.
const BEYOND: &[&str] = &[
    "ipv4-6in4",
    "ipv4-ah",
    "ipv4-gre",
    "ipv4-ipip",
    "ipv4-vxlan",
    "ipv6-4in6",
    "ipv6-ah-short",
    "ipv6-chain-9",
    "ipv6-in-ipv6",
    "mpls",
    "pppoe",
    "tcp-doff-0",
    "tcp-doff-4",
    "tun-tcp-doff-4",
    "vlan-5-tags",
];

#[test]
fn classes_are_those_of_what_frames_decode_to() {
    let class_of = |frame: &Frame| class::of(frame.bytes.as_slice(), frame.start);
    let differs = |frame: &Frame| (class_of(frame) != decoded(frame)).then(|| frame.name.clone());
    let different: Vec<String> = frame::all().iter().filter_map(differs).collect();
    assert_eq!(different, BEYOND);
}

/// The class of a frame by what etherparse says of its headers.
fn decoded(frame: &Frame) -> Class {
    let Body::Ip(ip) = (match whole(frame) {
        Body::Arp(_) => return Class::Arp,
        other => other,
    }) else {
        return Class::Other;
    };
    match (ip.fragment, ip.transport) {
        (Fragment::First | Fragment::Later, _) => Class::Fragment,
        (_, Transport::Tcp { flags, .. }) => class::tcp(flags),
        (_, Transport::Udp { source, destination, .. }) => class::udp(source, destination),
        (_, Transport::Icmp { kind, .. }) if ip.protocol == 1 => class::icmp(kind),
        (_, Transport::Icmp { kind, .. }) => class::icmpv6(kind),
        (_, Transport::Other) => Class::Other,
    }
}

/// What is known of the frame, when all of it is there.
fn whole(frame: &Frame) -> Body {
    body(link_type(frame), &frame.bytes, frame.bytes.len() as u32)
}

fn link_type(frame: &Frame) -> LinkType {
    if frame.start == Start::Ethernet { LinkType::ETHERNET } else { LinkType::RAW }
}

/// The programs, and the ring.
struct Detector {
    object: Object,
    digests: Digests,
    /// As the interface's identity has it.
    loopback: u32,
}

impl Detector {
    fn new() -> Self {
        let detect = Some(DetectOptions::default());
        let mut object = Object::load(&LoadOptions { detect, ..LoadOptions::default() }).expect("nbw's object");
        let digests = Digests::open(&mut object).expect("the ring");
        Self { object, digests, loopback: 0 }
    }

    /// The digests that a frame gives; none if the kernel refuses to make a packet of it.
    fn run(&mut self, program: &str, frame: &Frame) -> Option<Vec<Digest>> {
        let link_header = if frame.start == Start::Ethernet { 14 } else { 0 };
        hook::set(
            &mut self.object,
            maps::LINK_IDENTS,
            LO,
            LinkIdent { ifindex: LO, link_header, loopback: self.loopback, ..LinkIdent::default() },
        );
        let options = TestRunOptions { data_in: Some(&frame.bytes), ..TestRunOptions::new() };
        let loaded: &mut SchedClassifier = self.object.program(program).expect("a program");
        let result = loaded.test_run(options).ok()?;
        assert_eq!(result.return_value, u32::MAX, "{}: every packet passes", frame.name);
        let mut digests = Vec::new();
        self.digests.read(|digest| digests.push(*digest));
        Some(digests)
    }
}

#[test]
fn digests_say_what_the_frames_say() {
    let _turn = turn();
    let mut detector = Detector::new();
    let (mut established, mut others) = (0, 0);
    for (program, outgoing) in [(programs::DETECT_INGRESS, 0), (programs::DETECT_EGRESS, 1)] {
        for frame in frame::all() {
            let Some(digests) = detector.run(program, &frame) else { continue };
            let class = class::of(frame.bytes.as_slice(), frame.start);
            if class == Class::Established {
                assert!(digests.is_empty(), "{}: established TCP is not looked at", frame.name);
                established += 1;
                continue;
            }
            let [digest] = digests[..] else { panic!("{}: {} digests", frame.name, digests.len()) };
            check(&frame, &digest, class);
            assert_eq!(digest.outgoing, outgoing);
            others += 1;
        }
    }
    assert!(established > 10 && others > 100, "{established} of established TCP, {others} others");
}

#[test]
fn what_the_loopback_device_sends_is_looked_at_once() {
    let _turn = turn();
    let mut detector = Detector::new();
    detector.loopback = 1;
    let is_udp = |frame: &Frame| class::of(frame.bytes.as_slice(), frame.start) == Class::Udp;
    let frame = frame::all().into_iter().find(is_udp).expect("a frame of UDP");
    let of = |program, detector: &mut Detector| detector.run(program, &frame).expect("a packet").len();
    assert_eq!(of(programs::DETECT_EGRESS, &mut detector), 0);
    assert_eq!(of(programs::DETECT_INGRESS, &mut detector), 1);
}

fn check(frame: &Frame, digest: &Digest, class: Class) {
    let (name, length) = (&frame.name, frame.bytes.len() as u32);
    assert_eq!(u32::from(digest.class), class as u32, "{name}: its class");
    assert_eq!((digest.length, digest.bytes, digest.frames, digest.weight), (length, length, 1, 1), "{name}");
    let seen = &frame.bytes[..frame.bytes.len().min(HEAD)];
    let facts = facts(digest, &Clock::now());
    assert_eq!(facts.body, body(link_type(frame), seen, length), "{name}");
    // All but chains of extension headers that no host sends fit.
    if frame.expect.is_ok_and(|headers| (headers.link + headers.network + headers.transport) as usize <= HEAD) {
        assert_eq!(facts.body, whole(frame), "{name}: a digest is enough");
    }
}
