//! What detection's programs make of every frame: its class is the one that the same code finds on the host, and its digest
//! decodes to what the whole frame decodes to.

use nbw::{
    bpf::{Digests, LoadOptions},
    detection::{Clock, facts},
};
use nbw_common::{
    abi::{Digest, HEAD, LinkIdent},
    class::{self, Class},
    packet::Start,
};
use nbw_detect::{
    Body, Fragment, Transport,
    capture::{LinkType, body},
};

use crate::{
    context::Context,
    expected::{Case, Refusals},
    frame::{self, Frame},
    hook::Hook,
    machine::{LO, Machine},
};

/// Frames whose class is not that of what they decode to: what a tunnel carries is for userspace to find; and of more tags and
/// extension headers than anybody sends the kernel side follows fewer. It does not look at the lengths that headers of IPv4, TCP
/// and IPv6's authentication state, either: what pads a frame it takes for the packet's.
const BEYOND: &[&str] = &[
    "ipv4-6in4",
    "ipv4-ah",
    "ipv4-gre",
    "ipv4-ipip",
    "ipv4-udp-of-padding",
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

fn class_of(frame: &Frame) -> Class {
    class::of(frame.bytes.as_slice(), frame.start).class
}

/// The programs, and the ring.
struct Detector {
    machine: Machine,
    digests: Digests,
    refusals: Refusals,
    /// What the interface is besides its link-layer header.
    link: LinkIdent,
}

impl Detector {
    fn new() -> Self {
        let mut machine = Machine::new(&LoadOptions::default());
        let refusals = Refusals::of_this_kernel(&mut machine);
        let mut digests = Digests::open(&mut machine.object).expect("the ring");
        digests.read(|_| ());
        Self { machine, digests, refusals, link: LinkIdent { ifindex: LO, ..LinkIdent::default() } }
    }

    /// The digests that a frame gives; none if the kernel refuses to make a packet of it.
    fn run(&mut self, hook: Hook, frame: &Frame, context: Context) -> Option<Vec<Digest>> {
        let link_header = if frame.start == Start::Ethernet { 14 } else { 0 };
        self.machine.set_link(LinkIdent { link_header, ..self.link });
        self.run_as_it_is(hook, frame, context)
    }

    fn run_as_it_is(&mut self, hook: Hook, frame: &Frame, context: Context) -> Option<Vec<Digest>> {
        let ran = self.machine.run(hook, &frame.bytes, context);
        if self.refusals.refuses(&frame.bytes) {
            assert_eq!(ran, Err(libc::EINVAL), "{}", frame.name);
            return None;
        }
        ran.unwrap_or_else(|error| panic!("{}: refused with {error}", frame.name));
        let mut digests = Vec::new();
        assert!(self.digests.read(|digest| digests.push(*digest)).complete);
        Some(digests)
    }
}

const BOTH: [(Hook, u8); 2] = [(Hook::DetectIngress, 0), (Hook::DetectEgress, 1)];

#[test]
fn digests_say_what_the_frames_say() {
    let mut detector = Detector::new();
    let (mut established, mut others) = (0, 0);
    for (hook, outgoing) in BOTH {
        for frame in frame::all() {
            let Some(digests) = detector.run(hook, &frame, Context::default()) else { continue };
            let class = class_of(&frame);
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

/// What is several frames on the wire is so in its digest: as it was counted.
#[test]
fn digests_of_several_segments_have_all_bytes_and_frames() {
    let mut detector = Detector::new();
    let mut checked = 0;
    for (hook, _) in BOTH {
        for frame in frame::all() {
            let case = Case::new(&frame, hook);
            let wire_len = if hook.believes() { case.seen + 12_345 } else { 0 };
            let context = Context { wire_len, ..Context::segmented(7, 1448) };
            let effect = case.effect(context, hook.believes().then_some(wire_len.into()));
            for digest in detector.run(hook, &frame, context).into_iter().flatten() {
                assert_eq!((digest.bytes.into(), digest.frames), (effect.bytes, 7), "{} at {hook:?}", frame.name);
                assert_eq!(digest.length, case.seen, "{}", frame.name);
                checked += 1;
            }
        }
    }
    assert!(checked > 100, "{checked} digests");
}

#[test]
fn what_the_loopback_device_sends_is_looked_at_once() {
    let mut detector = Detector::new();
    detector.link.loopback = 1;
    let frame = frame::all().into_iter().find(|frame| class_of(frame) == Class::Udp).expect("a frame of UDP");
    let of = |hook, detector: &mut Detector| detector.run(hook, &frame, Context::default()).expect("a packet").len();
    assert_eq!(of(Hook::DetectEgress, &mut detector), 0);
    assert_eq!(of(Hook::DetectIngress, &mut detector), 1);
}

/// IPoIB has a header of four bytes; and an interface that has no slot is nobody's.
#[test]
fn packets_that_nobody_can_read_are_not_looked_at() {
    let ipoib = LinkIdent { ifindex: LO, link_header: 4, ..LinkIdent::default() };
    let mut detector = Detector::new();
    for link in [ipoib, LinkIdent::default()] {
        detector.machine.set_link(link);
        for (hook, _) in BOTH {
            for frame in frame::all() {
                let digests = detector.run_as_it_is(hook, &frame, Context::default());
                assert!(digests.is_none_or(|all| all.is_empty()), "{} on {link:?}", frame.name);
            }
        }
    }
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
