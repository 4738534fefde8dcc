//! The host under test as a server with much to do.

use hickory_proto::rr::RecordType;

use super::{LookAlike, harmless, lasting};
use crate::{
    event::Kind,
    simulate::{
        dns,
        exchange::Exchange,
        host::{Host, SERVER, VICTIM, neighbour, nth_of_internet, one_of},
        tcp::{Connection, End, Who},
        text,
    },
};

pub(super) const ALL: &[LookAlike] = &[
    harmless("web-server", Kind::SynFlood, "a web server and its many clients", ("connections", 150.0), |_| {
        Box::new(visit)
    }),
    harmless(
        "nat-clients",
        Kind::SynFlood,
        "an office behind one address that reads pages of one server",
        ("connections", 60.0),
        |_| Box::new(office),
    ),
    lasting(
        harmless(
            "long-polling",
            Kind::Slowloris,
            "a proxy whose clients ask for news, and hear of none for long",
            ("connections", 5.0),
            |_| Box::new(wait_for_news),
        ),
        180,
    ),
    lasting(
        harmless(
            "api-client",
            Kind::BruteForce,
            "a program that asks for the same five documents again and again, each time by a connection of its own",
            ("connections", 8.0),
            |_| Box::new(fetch),
        ),
        120,
    ),
    lasting(
        harmless(
            "published-ports",
            Kind::PortScan,
            "a load balancer in front of a host with sixty services, which are restarted once a minute",
            ("connections", 40.0),
            |_| Box::new(balance),
        ),
        120,
    ),
    harmless(
        "resolver",
        Kind::Amplification,
        "a resolver, its clients, and the servers that it asks",
        ("questions", 200.0),
        |_| Box::new(resolve),
    ),
    harmless("time-server", Kind::Amplification, "a time server and its clients", ("questions", 300.0), |_| {
        Box::new(tell_time)
    }),
    harmless(
        "file-server",
        Kind::FragmentFlood,
        "files in datagrams of 8 KiB, as NFS once sent them",
        ("datagrams", 150.0),
        |_| Box::new(send_file),
    ),
];

fn web(x: &mut Exchange<'_>, client: Host, port: u16) -> Connection {
    let client = End { host: client, port: x.port() };
    Connection::open(x, client, End { host: VICTIM, port })
}

fn read_page(x: &mut Exchange<'_>, connection: &mut Connection, length: usize) {
    connection.say(x, Who::Client, &text::get("/"));
    x.wait_about(5_000);
    let page = text::page(x.rng, length);
    connection.say(x, Who::Server, &page);
}

fn visit(x: &mut Exchange<'_>, _: u64) {
    let (client, pages) = (one_of(x.rng, 3_000), x.rng.usize(1..4));
    let mut connection = web(x, client, 80);
    for _ in 0..pages {
        let length = x.rng.usize(500..20_000);
        read_page(x, &mut connection, length);
        x.wait_about(200_000);
    }
    connection.close(x, Who::Client);
}

fn office(x: &mut Exchange<'_>, _: u64) {
    let mut connection = web(x, nth_of_internet(77), 80);
    let length = x.rng.usize(2_000..60_000);
    read_page(x, &mut connection, length);
    connection.close(x, Who::Client);
}

fn fetch(x: &mut Exchange<'_>, _: u64) {
    let mut connection = web(x, nth_of_internet(78), 8_080);
    for length in [310, 320, 330, 340, 350] {
        read_page(x, &mut connection, length);
        x.wait_about(20_000);
    }
    connection.close(x, Who::Server);
}

/// As Matrix and Consul have it: a question is answered when there is news, or after half a minute at the latest.
fn wait_for_news(x: &mut Exchange<'_>, n: u64) {
    let mut connection = web(x, nth_of_internet(77), 80);
    for round in 0..2 {
        connection.say(x, Who::Client, &text::get("/sync"));
        // Most hear of something sooner; all ask again at once.
        let patience = if (n + round).is_multiple_of(3) { 24_000_000 } else { 9_000_000 };
        x.wait_about(patience);
        let news = text::page(x.rng, 600);
        connection.say(x, Who::Server, &news);
    }
    connection.say(x, Who::Client, &text::get("/sync"));
}

fn balance(x: &mut Exchange<'_>, _: u64) {
    let port = 30_000 + x.rng.u16(..60);
    let client = End { host: neighbour(2), port: x.port() };
    let server = End { host: VICTIM, port };
    if (40..50).contains(&(x.now.as_secs() % 60)) {
        return Connection::refused(x, client, server);
    }
    let mut connection = Connection::open_near(x, client, server);
    let length = x.rng.usize(200..6_000);
    read_page(x, &mut connection, length);
    connection.close(x, Who::Client);
}

fn resolve(x: &mut Exchange<'_>, _: u64) {
    let name = format!("www.{}.example.", dns::label(x.rng, 8));
    let (client, client_port) = (neighbour(x.rng.u8(100..200)), x.port());
    let id = x.rng.u16(..);
    x.udp(client, VICTIM, (client_port, 53), &dns::question(id, &name, RecordType::A));
    if x.rng.u8(..) < 128 {
        let (server, port) = (one_of(x.rng, 400), x.port());
        x.udp(VICTIM, server, (port, 53), &dns::question(id ^ 1, &name, RecordType::A));
        x.wait_about(25_000);
        // Signed answers are long.
        let answer = dns::texts(id ^ 1, &name, 4, x.rng);
        x.udp(server, VICTIM, (53, port), &answer);
    }
    x.wait_about(200);
    let answer = dns::address(id, &name, x.rng);
    x.udp(VICTIM, client, (53, client_port), &answer);
}

fn tell_time(x: &mut Exchange<'_>, _: u64) {
    let (client, port) = (one_of(x.rng, 5_000), x.rng.u16(1_024..));
    let mut packet = vec![0; 48];
    packet[0] = 0x23;
    x.udp(client, VICTIM, (port, 123), &packet);
    x.wait_about(80);
    (packet[0], packet[1]) = (0x24, 2);
    x.udp(VICTIM, client, (123, port), &packet);
}

fn send_file(x: &mut Exchange<'_>, n: u64) {
    let (client, ports) = (neighbour(3), (40_800, 40_900));
    x.udp(client, VICTIM, ports, &n.to_be_bytes());
    x.wait_about(300);
    x.udp(VICTIM, client, (ports.1, ports.0), &[0x55; 8_192]);
    // Now and then it is the client that writes.
    if n.is_multiple_of(4) {
        x.udp(client, VICTIM, ports, &[0x55; 8_192]);
        x.wait_about(300);
        x.udp(VICTIM, client, (ports.1, ports.0), &n.to_be_bytes());
    }
}

/// A server of the Internet, for what the victim itself asks.
pub(super) const NEWS: End = End { host: SERVER, port: 443 };
