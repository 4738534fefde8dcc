//! The host under test as somebody with many others to talk to.

use hickory_proto::rr::RecordType;

use super::{LookAlike, harmless, lasting, servers::NEWS};
use crate::{
    event::Kind,
    simulate::{
        dns,
        exchange::Exchange,
        host::{RESOLVER, SERVER, VICTIM, neighbour, nth_of_internet, one_of},
        tcp::{Connection, End, Who},
        text,
        traffic::{Plan, Step},
    },
};

pub(super) const ALL: &[LookAlike] = &[
    lasting(
        harmless(
            "crawler",
            Kind::HostSweep,
            "a crawler that reads pages of ever new servers, few of which refuse it",
            ("connections", 15.0),
            |_| Box::new(crawl),
        ),
        120,
    ),
    lasting(
        harmless(
            "peer-to-peer",
            Kind::HostSweep,
            "a file-sharing program and its peers, some of them gone",
            ("peers", 4.0),
            |_| Box::new(share),
        ),
        300,
    ),
    harmless("nat-gateway", Kind::PortScan, "a household behind one address", ("connections", 30.0), |_| {
        Box::new(browse)
    }),
    harmless("video-call", Kind::UdpFlood, "a video call", ("frames", 50.0), |_| Box::new(call)),
    harmless("backup", Kind::Exfiltration, "a backup to a server of the same network", ("segments", 1_000.0), back_up),
    lasting(
        harmless(
            "mail-poll",
            Kind::Beacon,
            "somebody who looks for mail every now and then, each time by a connection of its own",
            ("looks", 0.05),
            |_| Box::new(look_for_mail),
        ),
        3_600,
    ),
    lasting(
        harmless("dns-client", Kind::Tunnel, "names of a content network: long, but few", ("questions", 3.0), |_| {
            Box::new(look_up)
        }),
        300,
    ),
    lasting(
        harmless(
            "refused",
            Kind::Backscatter,
            "a client whose server is being restarted",
            ("connections", 2.0),
            |_| Box::new(try_again),
        ),
        600,
    ),
];

fn client(x: &mut Exchange<'_>) -> End {
    End { host: VICTIM, port: x.port() }
}

fn read(x: &mut Exchange<'_>, server: End, lengths: std::ops::Range<usize>) {
    let client = client(x);
    let mut connection = Connection::open(x, client, server);
    connection.say(x, Who::Client, &text::get("/"));
    let length = x.rng.usize(lengths);
    let page = text::page(x.rng, length);
    connection.say(x, Who::Server, &page);
    connection.close(x, Who::Client);
}

fn crawl(x: &mut Exchange<'_>, n: u64) {
    let server = End { host: nth_of_internet(n as u32), port: if n.is_multiple_of(3) { 80 } else { 8_080 } };
    match x.rng.u8(..100) {
        0..3 => {
            let client = client(x);
            Connection::refused(x, client, server);
        }
        3..6 => {
            let client = client(x);
            Connection::unanswered(x, client, server);
        }
        _ => read(x, server, 2_000..40_000),
    }
}

fn share(x: &mut Exchange<'_>, n: u64) {
    let peer = End { host: nth_of_internet(n as u32 + 9_000), port: x.rng.u16(50_000..60_000) };
    // The protocol over UDP first, which nearly all answer.
    let query = format!("d1:ad2:id20:{}e1:q4:ping1:t2:aa1:y1:qe", dns::label(x.rng, 20));
    x.udp(VICTIM, peer.host, (51_413, peer.port), query.as_bytes());
    if x.rng.u8(..10) == 0 {
        return;
    }
    x.wait_about(60_000);
    let answer = format!("d1:rd2:id20:{}e1:t2:aa1:y1:re", dns::label(x.rng, 20));
    x.udp(peer.host, VICTIM, (peer.port, 51_413), answer.as_bytes());
    let client = client(x);
    if x.rng.u8(..10) < 2 {
        return Connection::refused(x, client, peer);
    }
    let mut connection = Connection::open(x, client, peer);
    for who in [Who::Client, Who::Server, Who::Client, Who::Server] {
        let length = x.rng.usize(100..20_000);
        let piece = x.noise(length);
        connection.say(x, who, &piece);
    }
    connection.close(x, Who::Server);
}

fn browse(x: &mut Exchange<'_>, _: u64) {
    let server = End { host: one_of(x.rng, 120), port: 80 };
    read(x, server, 1_000..30_000);
}

fn call(x: &mut Exchange<'_>, _: u64) {
    // A frame is some packets, each way; sound is one.
    for (from, to, ports) in [(VICTIM, SERVER, (50_600, 50_602)), (SERVER, VICTIM, (50_602, 50_600))] {
        for _ in 0..x.rng.usize(2..6) {
            let length = x.rng.usize(700..1_200);
            let piece = vec![0x11; length];
            x.udp(from, to, ports, &piece);
            x.wait_about(300);
        }
        x.udp(from, to, ports, &[0x12; 160]);
    }
}

fn back_up(_: &Plan) -> Step {
    let mut upload: Option<Connection> = None;
    Box::new(move |x, _| {
        let (client, server) = (End { host: VICTIM, port: 40_405 }, End { host: neighbour(30), port: 50_873 });
        let connection = upload.get_or_insert_with(|| Connection::open_near(x, client, server));
        let data = vec![0x42; 1_448];
        connection.say(x, Who::Client, &data);
    })
}

fn look_for_mail(x: &mut Exchange<'_>, n: u64) {
    let client = client(x);
    let mut connection = Connection::open(x, client, End { port: 143, ..NEWS });
    for line in ["LOGIN me secret", "SELECT INBOX", "LOGOUT"] {
        connection.say(x, Who::Client, format!("a{n} {line}\r\n").as_bytes());
        connection.say(x, Who::Server, format!("a{n} OK done, {} of them.\r\n", n % 3).as_bytes());
    }
    connection.close(x, Who::Client);
}

fn look_up(x: &mut Exchange<'_>, _: u64) {
    let (id, port) = (x.rng.u16(..), x.port());
    let name = format!("{}.cdn{}.example.net.", dns::label(x.rng, 24), x.rng.u8(..20));
    x.udp(VICTIM, RESOLVER, (port, 53), &dns::question(id, &name, RecordType::A));
    x.wait_about(15_000);
    let answer = dns::address(id, &name, x.rng);
    x.udp(RESOLVER, VICTIM, (53, port), &answer);
}

fn try_again(x: &mut Exchange<'_>, _: u64) {
    let client = client(x);
    Connection::refused(x, client, End { port: 8_443, ..NEWS });
}
