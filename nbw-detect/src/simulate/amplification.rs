//! Amplification: small questions in the victim's name, large answers to the victim. Seen by the victim, and by a server
//! that is abused for it.

use std::time::Duration;

use fastrand::Rng;
use hickory_proto::rr::RecordType;

use super::{
    attack::{Attack, Named, attack},
    ber, dns,
    exchange::Exchange,
    host::{VICTIM, nth_of_internet, outside},
    traffic::{Plan, Scenario, Step},
};
use crate::event::Kind;

/// Servers that are abused at the same time.
const REFLECTORS: u32 = 600;

/// The port that attackers choose most: many firewalls let it through.
const TARGETED: u16 = 80;

/// Whose address the questions are sent in, where the host under test is abused.
const BORROWED: std::net::Ipv4Addr = std::net::Ipv4Addr::new(198, 51, 100, 200);

/// A protocol that answers more than it is asked.
struct Protocol {
    port: u16,
    question: fn(&mut Rng) -> Vec<u8>,
    /// As many datagrams as one question gives.
    answers: fn(&mut Rng) -> Vec<Vec<u8>>,
}

const DNS: Protocol = Protocol { port: 53, question: dns_question, answers: dns_answers };
const SHORT_DNS: Protocol = Protocol { answers: |rng| vec![dns::texts(rng.u16(..), ABUSED_NAME, 1, rng)], ..DNS };
const NTP: Protocol = Protocol { port: 123, question: ntp_question, answers: ntp_answers };
const SSDP: Protocol = Protocol { port: 1900, question: ssdp_question, answers: ssdp_answers };
const SNMP: Protocol = Protocol { port: 161, question: snmp_question, answers: snmp_answers };
const MEMCACHED: Protocol = Protocol { port: 11_211, question: memcached_question, answers: memcached_answers };
const CLDAP: Protocol = Protocol { port: 389, question: cldap_question, answers: cldap_answers };

/// IKE: a first message with a cookie, and retransmissions of a long answer.
const IKE: Protocol = Protocol { port: 500, question: ike, answers: |rng| vec![ike(rng); 4] };

/// What is found to answer tomorrow.
const UNKNOWN: Protocol = Protocol { port: 7_001, answers: |rng| vec![dns::label(rng, 220).into_bytes()], ..IKE };

pub(super) const ATTACKS: &[Attack] = &[
    victim("dns-amplification", "answers of open resolvers to one who has not asked", |_| reflected(&SHORT_DNS)),
    victim("dns-amplification-large", "long answers of open resolvers, some in fragments", |_| reflected(&DNS)),
    victim("ntp-amplification", "lists of clients of time servers to one who has not asked", |_| reflected(&NTP)),
    victim("ssdp-amplification", "descriptions of home routers to one who has not searched", |_| reflected(&SSDP)),
    victim("snmp-amplification", "whole tables of printers and switches to one who has not asked", |_| {
        reflected(&SNMP)
    }),
    victim("memcached-amplification", "stored values of open caches to one who has not asked", |_| {
        reflected(&MEMCACHED)
    }),
    victim("cldap-amplification", "entries of domain controllers to one who has not searched", |_| reflected(&CLDAP)),
    victim("udp-amplification", "answers of VPN gateways (IKE) to one who has not asked", |_| reflected(&IKE)),
    victim("udp-amplification-any", "answers of a service that nobody knows to one who has not asked", |_| {
        reflected(&UNKNOWN)
    }),
    abused("dns-reflector", 1, "questions in somebody else's name, which this resolver answers at length", |_| {
        abuse(&DNS)
    }),
    abused("ntp-reflector", 10, "requests for the list of clients in somebody else's name", |_| abuse(&NTP)),
    abused("ssdp-reflector", 6, "searches in somebody else's name", |_| abuse(&SSDP)),
    abused("memcached-reflector", 10, "reads of large values in somebody else's name", |_| abuse(&MEMCACHED)),
    abused("cldap-reflector", 1, "searches of the root entry in somebody else's name", |_| abuse(&CLDAP)),
];

const fn victim(name: &'static str, about: &'static str, step: fn(&Plan) -> Step) -> Attack {
    let duration = Duration::from_secs(10);
    let scenario = Scenario { name, about, attempts: "answers", rate: 2_000.0, duration, regular: false, step };
    Attack { source: Named::Many, ..attack(Kind::Amplification, name, scenario) }
}

const fn abused(name: &'static str, each: u32, about: &'static str, step: fn(&Plan) -> Step) -> Attack {
    let duration = Duration::from_secs(10);
    let scenario = Scenario { name, about, attempts: "questions", rate: 500.0, duration, regular: false, step };
    let (source, target) = (Named::One("10.20.0.10"), Named::One("198.51.100.200"));
    Attack { source, target, each, ..attack(Kind::Amplification, "amplification-reflector", scenario) }
}

fn reflected(protocol: &'static Protocol) -> Step {
    Box::new(|x, _| {
        let reflector = nth_of_internet(x.rng.u32(..REFLECTORS));
        for answer in (protocol.answers)(x.rng).into_iter().take(1) {
            x.udp(reflector, VICTIM, (protocol.port, TARGETED), &answer);
        }
    })
}

fn abuse(protocol: &'static Protocol) -> Step {
    Box::new(|x, _| ask(x, protocol))
}

fn ask(x: &mut Exchange<'_>, protocol: &Protocol) {
    let (borrowed, port) = (outside(BORROWED), TARGETED);
    let question = (protocol.question)(x.rng);
    x.udp(borrowed, VICTIM, (port, protocol.port), &question);
    x.wait_about(200);
    for answer in (protocol.answers)(x.rng) {
        x.udp(VICTIM, borrowed, (protocol.port, port), &answer);
    }
}

const ABUSED_NAME: &str = "large.example.com.";

fn dns_question(rng: &mut Rng) -> Vec<u8> {
    dns::question(rng.u16(..), ABUSED_NAME, RecordType::ANY)
}

fn dns_answers(rng: &mut Rng) -> Vec<Vec<u8>> {
    // Most keep to EDNS' limit; some do not, and what they send comes in fragments.
    let many = if rng.u8(..) < 32 { 14 } else { 5 };
    vec![dns::texts(rng.u16(..), ABUSED_NAME, many, rng)]
}

/// Mode 7, implementation 3, request 42: the last 600 clients (ntpd before 4.2.7p26, CVE-2013-5211).
fn ntp_question(_: &mut Rng) -> Vec<u8> {
    let mut question = vec![0; 48];
    question[..4].copy_from_slice(&[0x17, 0, 3, 42]);
    question
}

fn ntp_answers(rng: &mut Rng) -> Vec<Vec<u8>> {
    // Six clients of 72 bytes each in a datagram; "more follows" in all but the last.
    let datagram = |n: u8, rng: &mut Rng| {
        let more = if n < 9 { 0xd7 } else { 0x97 };
        let mut answer = vec![more, n, 3, 42, 0, 6, 0, 72];
        answer.extend((0..6 * 72).map(|_| rng.u8(..)));
        answer
    };
    (0..10).map(|n| datagram(n, rng)).collect()
}

fn ssdp_question(_: &mut Rng) -> Vec<u8> {
    b"M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\nST: ssdp:all\r\n\r\n"
        .to_vec()
}

fn ssdp_answers(rng: &mut Rng) -> Vec<Vec<u8>> {
    let services = [
        "upnp:rootdevice",
        "urn:schemas-upnp-org:device:InternetGatewayDevice:1",
        "urn:schemas-upnp-org:device:WANConnectionDevice:1",
        "urn:schemas-upnp-org:service:WANIPConnection:1",
        "urn:schemas-upnp-org:service:WANCommonInterfaceConfig:1",
        "urn:schemas-upnp-org:service:Layer3Forwarding:1",
    ];
    let id = dns::label(rng, 12);
    let answer = |service: &str| {
        format!(
            "HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=120\r\nST: {service}\r\nUSN: uuid:{id}::{service}\r\nEXT:\r\n\
             SERVER: Linux/2.6 UPnP/1.0 MiniUPnPd/1.4\r\nLOCATION: http://192.168.1.1:49152/rootDesc.xml\r\n\r\n"
        )
    };
    services.map(|service| answer(service).into_bytes()).to_vec()
}

/// SNMPv2c with its community "public"; 0xa5 asks for many variables at once, 0xa2 answers.
fn snmp(pdu: u8, numbers: [u8; 3], variables: &[u8]) -> Vec<u8> {
    let [id, second, third] = numbers.map(ber::integer);
    let body = ber::tagged(pdu, &[&id, &second, &third, &ber::tagged(ber::SEQUENCE, &[variables])]);
    ber::tagged(ber::SEQUENCE, &[&ber::integer(1), &ber::octets(b"public"), &body])
}

/// A variable below 1.3.6.1.2.1.1 (system).
fn variable(last: u8, value: &[u8]) -> Vec<u8> {
    let name = ber::tagged(6, &[&[0x2b, 6, 1, 2, 1, 1, last, 0]]);
    ber::tagged(ber::SEQUENCE, &[&name, value])
}

fn snmp_question(rng: &mut Rng) -> Vec<u8> {
    snmp(0xa5, [rng.u8(1..127), 0, 100], &variable(1, &[5, 0]))
}

fn snmp_answers(rng: &mut Rng) -> Vec<Vec<u8>> {
    let text = dns::label(rng, 100);
    let variables: Vec<u8> = (1..12).flat_map(|last| variable(last, &ber::octets(text.as_bytes()))).collect();
    vec![snmp(0xa2, [rng.u8(1..127), 0, 0], &variables)]
}

/// The header of memcached's datagrams: request, number, how many, reserved.
fn memcached(request: u16, number: u16, many: u16, data: &[u8]) -> Vec<u8> {
    let header = [request, number, many, 0].map(u16::to_be_bytes);
    [header.as_flattened(), data].concat()
}

/// Small ones: 0x80 and above begin its binary protocol.
fn request_of(rng: &mut Rng) -> u16 {
    rng.u16(..0x7fff)
}

fn memcached_question(rng: &mut Rng) -> Vec<u8> {
    memcached(request_of(rng), 0, 1, b"get a\r\n")
}

fn memcached_answers(rng: &mut Rng) -> Vec<Vec<u8>> {
    let (request, value) = (request_of(rng), dns::label(rng, 13_000));
    let whole = format!("VALUE a 0 {}\r\n{value}\r\nEND\r\n", value.len()).into_bytes();
    let pieces: Vec<&[u8]> = whole.chunks(1_392).collect();
    let many = pieces.len() as u16;
    pieces.iter().zip(0..).map(|(piece, n)| memcached(request, n, many, piece)).collect()
}

/// An LDAP message.
fn ldap(id: u8, operation: &[u8]) -> Vec<u8> {
    ber::tagged(ber::SEQUENCE, &[&ber::integer(id), operation])
}

fn cldap_question(rng: &mut Rng) -> Vec<u8> {
    let enumerated = ber::tagged(0x0a, &[&[0]]);
    let search = ber::tagged(
        0x63,
        &[
            &ber::octets(b""),
            &enumerated,
            &enumerated,
            &ber::integer(0),
            &ber::integer(0),
            &ber::tagged(1, &[&[0]]),
            &ber::tagged(0x87, &[b"objectClass"]),
            &ber::tagged(ber::SEQUENCE, &[]),
        ],
    );
    ldap(rng.u8(1..127), &search)
}

fn cldap_answers(rng: &mut Rng) -> Vec<Vec<u8>> {
    let attribute = |name: &str, rng: &mut Rng| {
        let values: Vec<u8> = (0..8).flat_map(|_| ber::octets(dns::label(rng, 60).as_bytes())).collect();
        let (name, values) = (ber::octets(name.as_bytes()), ber::tagged(ber::SET, &[&values]));
        ber::tagged(ber::SEQUENCE, &[&name, &values])
    };
    let attributes = [attribute("namingContexts", rng), attribute("supportedControl", rng)].concat();
    let entry = ber::tagged(0x64, &[&ber::octets(b""), &ber::tagged(ber::SEQUENCE, &[&attributes])]);
    let done = ber::tagged(0x65, &[&ber::tagged(0x0a, &[&[0]]), &ber::octets(b""), &ber::octets(b"")]);
    let id = rng.u8(1..127);
    vec![[ldap(id, &entry), ldap(id, &done)].concat()]
}

/// An ISAKMP header (RFC 2408, 3.1): informational, with one payload of notes (3.14).
fn ike(rng: &mut Rng) -> Vec<u8> {
    let data = dns::label(rng, 180);
    let notify = 8 + 4 + data.len() as u16;
    let mut message: Vec<u8> = (0..16).map(|_| rng.u8(1..)).collect();
    message.extend([11, 0x10, 5, 0]);
    message.extend(rng.u32(..).to_be_bytes());
    message.extend((28 + u32::from(notify)).to_be_bytes());
    message.extend([0, 0]);
    message.extend(notify.to_be_bytes());
    message.extend([0, 0, 0, 1, 1, 0, 0, 14]);
    message.extend(data.into_bytes());
    message
}
