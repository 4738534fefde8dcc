//! What keeps a network running.

use etherparse::{PacketBuilder, UdpHeader};

use super::{LookAlike, harmless, lasting};
use crate::{
    event::Kind,
    simulate::{
        exchange::Exchange,
        host::{GATEWAY, Host, SERVER, VICTIM, inside, neighbour},
        tcp::{Connection, End, Who},
    },
};

pub(super) const ALL: &[LookAlike] = &[
    lasting(
        harmless(
            "monitoring",
            Kind::IcmpFlood,
            "probes of a monitor: a ping and a connection to each of its hosts",
            ("probes", 10.0),
            |_| Box::new(probe),
        ),
        300,
    ),
    lasting(
        harmless(
            "gateway-arp",
            Kind::ArpScan,
            "a gateway that asks for those of its hosts to whom something has come",
            ("requests", 2.0),
            |_| Box::new(ask_around),
        ),
        600,
    ),
    lasting(
        harmless(
            "failover",
            Kind::ArpSpoof,
            "a gateway fails, and its partner takes its address over, once",
            ("requests", 0.5),
            |_| Box::new(take_over),
        ),
        600,
    ),
    lasting(
        harmless(
            "dhcp-server",
            Kind::HostSweep,
            "a DHCP server that gives out addresses, and asks for each whether it is taken",
            ("leases", 4.0),
            |_| Box::new(lease),
        ),
        300,
    ),
    harmless(
        "vpn-download",
        Kind::Amplification,
        "a download through an IPsec gateway behind NAT",
        ("packets", 300.0),
        |_| Box::new(download),
    ),
    harmless(
        "overlay",
        Kind::FragmentFlood,
        "an overlay of VXLAN on a network with too short packets, so that each is cut in two",
        ("packets", 300.0),
        |_| Box::new(overlay),
    ),
];

/// Hosts that the monitor knows.
const WATCHED: u64 = 12;

fn probe(x: &mut Exchange<'_>, n: u64) {
    let (monitor, host) = (neighbour(5), inside([10, 20, 0, 10 + (n % WATCHED) as u8]));
    let number = (0x77, n as u16);
    x.ping(monitor, host, number, &[0; 56]);
    x.wait_about(200);
    x.pong(host, monitor, number, &[0; 56]);
    x.wait_about(10_000);
    let client = End { host: monitor, port: x.port() };
    let mut connection = Connection::open_near(x, client, End { host, port: 22 });
    connection.say(x, Who::Server, b"SSH-2.0-OpenSSH_10.0\r\n");
    connection.close(x, Who::Client);
}

fn ask_around(x: &mut Exchange<'_>, n: u64) {
    // Most are there; those who are not are asked for again and again.
    let wanted = neighbour(20 + (n % 14) as u8);
    x.who_has(GATEWAY, wanted);
    if n.is_multiple_of(7) {
        x.who_has(GATEWAY, VICTIM);
        x.wait_about(100);
        x.is_at(VICTIM, VICTIM, GATEWAY);
    }
}

fn lease(x: &mut Exchange<'_>, n: u64) {
    let (server, client) = (VICTIM, neighbour((n % 240) as u8 + 10));
    // Nobody is to answer (RFC 2131, 2.2); then the offer, and what it leads to.
    x.ping(server, client, (0x4d48, n as u16), &[0; 20]);
    x.wait_about(60_000);
    for kind in [2, 5] {
        let mut message = vec![0; 300];
        (message[0], message[242]) = (2, kind);
        x.udp(server, client, (67, 68), &message);
        x.wait_about(20_000);
    }
}

fn download(x: &mut Exchange<'_>, n: u64) {
    // ESP in UDP (RFC 3948): data one way, and the other way an acknowledgement now and then, of one length.
    let ports = (4_500, 4_500);
    if n.is_multiple_of(2) {
        x.udp(SERVER, VICTIM, ports, &[0x45; 96]);
    }
    for _ in 0..2 {
        x.udp(VICTIM, SERVER, ports, &[0x45; 1_408]);
    }
}

fn overlay(x: &mut Exchange<'_>, _: u64) {
    let (from, to, id) = (neighbour(3), VICTIM, x.rng.u16(..));
    let mut inside = Vec::new();
    let frame = PacketBuilder::ethernet2([2, 0, 0, 0, 0, 0x31], [2, 0, 0, 0, 0, 0x32]);
    let frame = frame.ipv4([10, 20, 5, 1], [10, 20, 5, 2], 64).udp(50_000, 50_001);
    // A vector takes whatever is written.
    let _ = frame.write(&mut inside, &[0x56; 1_472]);
    let vxlan: &[u8] = &[8, 0, 0, 0, 0, 0, 42, 0];
    let length = u16::try_from(inside.len() + 16).unwrap_or(u16::MAX);
    // Over IPv4 the checksum of a tunnel's UDP may be zero (RFC 7348, 5).
    let udp = UdpHeader { source_port: 50_001, destination_port: 4_789, length, checksum: 0 }.to_bytes();
    let packet = [&udp, vxlan, &inside].concat();
    x.fragment(from, to, id, (0, true), &packet[..1_480]);
    x.fragment(from, to, id, (1_480, false), &packet[1_480..]);
}

fn take_over(x: &mut Exchange<'_>, n: u64) {
    let partner = Host { mac: neighbour(2).mac, ..GATEWAY };
    let gateway = if n < 5 { GATEWAY } else { partner };
    if n == 5 {
        // It tells everybody, by a request for its own address (RFC 5227).
        x.who_has(partner, partner);
    }
    x.who_has(VICTIM, gateway);
    x.wait_about(300);
    x.is_at(gateway, gateway, VICTIM);
}
