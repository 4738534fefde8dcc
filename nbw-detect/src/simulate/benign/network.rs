//! What keeps a network running.

use super::{LookAlike, harmless};
use crate::{
    event::Kind,
    simulate::{
        exchange::Exchange,
        host::{GATEWAY, Host, VICTIM, inside, neighbour},
        tcp::{Connection, End, Who},
    },
};

pub(super) const ALL: &[LookAlike] = &[
    harmless(
        "monitoring",
        Kind::IcmpFlood,
        "probes of a monitor: a ping and a connection to each of its hosts",
        ("probes", 10.0),
        |_| Box::new(probe),
    ),
    harmless(
        "gateway-arp",
        Kind::ArpScan,
        "a gateway that asks for those of its hosts to whom something has come",
        ("requests", 2.0),
        |_| Box::new(ask_around),
    ),
    harmless(
        "failover",
        Kind::ArpSpoof,
        "a gateway fails, and its partner takes its address over, once",
        ("requests", 0.5),
        |_| Box::new(take_over),
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
