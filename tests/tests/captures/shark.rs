//! What tshark says of each packet, and the same of what nbw says.

use std::{collections::HashMap, path::Path, process::Command};

use nbw_detect::{Body, Facts, Fragment, Transport, capture::Reader};

const FIELDS: [&str; 23] = [
    "frame.time_epoch",
    "frame.len",
    "frame.protocols",
    "ip.src",
    "ip.dst",
    "ip.flags.mf",
    "ip.frag_offset",
    "ipv6.src",
    "ipv6.dst",
    "tcp.srcport",
    "tcp.dstport",
    "tcp.flags",
    "tcp.len",
    "udp.srcport",
    "udp.dstport",
    "udp.length",
    "icmp.type",
    "icmp.code",
    "icmpv6.type",
    "icmpv6.code",
    "arp.opcode",
    "arp.src.proto_ipv4",
    "arp.dst.proto_ipv4",
];
/// A fragment is looked at for itself.
const OPTIONS: [&str; 4] = ["-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE"];

/// A packet in words, as both can say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) time: String,
    pub(super) bytes: String,
    pub(super) what: String,
}

type Fields<'a> = HashMap<&'static str, &'a str>;

/// What tshark says.
pub(super) fn tshark(path: &Path) -> Vec<Said> {
    let fields = FIELDS.iter().flat_map(|field| ["-e", field]);
    let mut command = Command::new("tshark");
    command.args(["-n", "-T", "fields"]).args(OPTIONS).args(fields).arg("-r").arg(path);
    let output = command.output().expect("tshark");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| said(&FIELDS.into_iter().zip(line.split('\t')).collect()))
        .collect()
}

fn said(fields: &Fields) -> Said {
    Said { time: fields["frame.time_epoch"].into(), bytes: fields["frame.len"].into(), what: what(fields) }
}

/// Of several values, the last: the innermost packet's.
fn last<'a>(fields: &Fields<'a>, name: &str) -> &'a str {
    fields[name].rsplit(',').next().unwrap_or_default()
}

fn what(fields: &Fields) -> String {
    let of = |name| last(fields, name);
    let protocols: Vec<&str> = fields["frame.protocols"].split(':').collect();
    let place = |name| protocols.iter().rposition(|protocol| *protocol == name);
    if place("arp").is_some() {
        return format!("ARP {} {} {}", of("arp.opcode"), of("arp.src.proto_ipv4"), of("arp.dst.proto_ipv4"));
    }
    let (version, source, destination) = match place("ipv6") > place("ip") {
        true => ("6", of("ipv6.src"), of("ipv6.dst")),
        false if place("ip").is_some() => ("4", of("ip.src"), of("ip.dst")),
        false => return "other".into(),
    };
    let fragment = if version == "4" { fragment(fields) } else { Fragment::None };
    format!("{source} {destination} {fragment:?} {}", transport(fields, fragment))
}

fn fragment(fields: &Fields) -> Fragment {
    let is_set = |value: &str| !matches!(value, "" | "0" | "False");
    match (is_set(last(fields, "ip.frag_offset")), is_set(last(fields, "ip.flags.mf"))) {
        (true, _) => Fragment::Later,
        (false, true) => Fragment::First,
        (false, false) => Fragment::None,
    }
}

/// tshark does not look into a fragment that is not the first; of the others it tells ports and lengths.
fn transport(fields: &Fields, fragment: Fragment) -> String {
    let of = |name| last(fields, name);
    let innermost = fields["frame.protocols"];
    let has =
        |name: &str| innermost.rsplit(':').take_while(|one| !matches!(*one, "ip" | "ipv6")).any(|one| one == name);
    if fragment == Fragment::Later {
        "-".into()
    } else if has("tcp") {
        // A header that was cut off in front of its flags says nothing of use.
        let Ok(flags) = u16::from_str_radix(of("tcp.flags").trim_start_matches("0x"), 16) else { return "-".into() };
        format!("TCP {} {} {flags} {}", of("tcp.srcport"), of("tcp.dstport"), of("tcp.len"))
    } else if has("udp") {
        let length: u32 = of("udp.length").parse().expect("a length");
        let payload = if fragment == Fragment::First { String::new() } else { (length - 8).to_string() };
        format!("UDP {} {} {payload}", of("udp.srcport"), of("udp.dstport"))
    } else if has("icmp") {
        format!("ICMP {} {}", of("icmp.type"), of("icmp.code"))
    } else if has("icmpv6") {
        format!("ICMP {} {}", of("icmpv6.type"), of("icmpv6.code"))
    } else {
        "-".into()
    }
}

/// What nbw says.
pub(super) fn nbw(path: &Path) -> Vec<Said> {
    let mut reader = Reader::open(path).expect("a capture");
    std::iter::from_fn(|| reader.next_facts()).map(|facts| own(&facts.expect("a packet"))).collect()
}

fn own(facts: &Facts) -> Said {
    let time = format!("{}.{:09}", facts.time.0 / 1_000_000_000, facts.time.0 % 1_000_000_000);
    let what = match &facts.body {
        Body::Other => "other".into(),
        Body::Arp(arp) => format!("ARP {} {} {}", arp.operation, arp.sender_ip, arp.target_ip),
        Body::Ip(ip) => format!("{} {} {:?} {}", ip.source, ip.destination, ip.fragment, own_transport(ip)),
    };
    Said { time, bytes: facts.bytes.to_string(), what }
}

fn own_transport(ip: &nbw_detect::Ip) -> String {
    match ip.transport {
        Transport::Tcp { source, destination, flags, payload } => {
            format!("TCP {source} {destination} {flags} {payload}")
        }
        // tshark tells the length of the whole datagram, nbw what is in this fragment.
        Transport::Udp { source, destination, .. } if ip.fragment == Fragment::First => {
            format!("UDP {source} {destination} ")
        }
        Transport::Udp { source, destination, payload } => format!("UDP {source} {destination} {payload}"),
        Transport::Icmp { kind, code, .. } => format!("ICMP {kind} {code}"),
        Transport::Other => "-".into(),
    }
}

/// Both say the same of every packet of a file, of which there are so many; returns what was said.
pub(super) fn assert_same(path: &Path, count: usize) -> Vec<Said> {
    let (theirs, ours) = (tshark(path), nbw(path));
    assert_eq!((theirs.len(), ours.len()), (count, count), "packets of {}", path.display());
    for (number, (theirs, ours)) in theirs.iter().zip(&ours).enumerate() {
        assert_eq!(ours, theirs, "nbw, and tshark, of packet {} of {}", number + 1, path.display());
    }
    ours
}
