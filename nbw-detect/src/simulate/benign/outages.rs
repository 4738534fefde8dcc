//! What is not there any more, and is asked for again and again.

use hickory_proto::rr::RecordType;

use super::{LookAlike, harmless, lasting, servers::NEWS};
use crate::{
    event::Kind,
    simulate::{
        dns,
        exchange::Exchange,
        host::{VICTIM, neighbour, nth_of_internet, one_of},
        tcp::{Connection, End, Who},
        text,
    },
};

pub(super) const ALL: &[LookAlike] = &[
    lasting(
        harmless(
            "host-down",
            Kind::PortScan,
            "a monitor of the services of one host, which is switched off",
            ("checks", 1.0),
            |_| Box::new(check_service),
        ),
        900,
    ),
    lasting(
        harmless(
            "uplink-gone",
            Kind::HostSweep,
            "a resolver that asks servers everywhere, and none answers any more",
            ("questions", 20.0),
            |_| Box::new(ask_in_vain),
        ),
        120,
    ),
    lasting(
        harmless(
            "quic-blocked",
            Kind::HostSweep,
            "browsers behind one address that try QUIC, which a firewall drops, and then TCP",
            ("pages", 8.0),
            |_| Box::new(browse),
        ),
        120,
    ),
    lasting(
        harmless(
            "mail-queue",
            Kind::HostSweep,
            "a mail server that tries to be rid of what nobody wants: most hosts are gone",
            ("mails", 4.0),
            |_| Box::new(deliver),
        ),
        300,
    ),
    lasting(
        harmless(
            "peers-gone",
            Kind::SynFlood,
            "peers everywhere that ask for ports which a gateway does not forward any more",
            ("connections", 10.0),
            |_| Box::new(refuse_peer),
        ),
        300,
    ),
];

/// Of a server that does everything.
const SERVICES: [u16; 20] = [
    22, 25, 53, 80, 110, 143, 389, 443, 993, 995, 3_306, 5_432, 5_666, 6_379, 8_080, 8_443, 9_090, 9_100, 11_211,
    27_017,
];

fn check_service(x: &mut Exchange<'_>, n: u64) {
    let many = SERVICES.len() as u64;
    let port = SERVICES[(n % many) as usize];
    let (client, server) = (End { host: neighbour(5), port: x.port() }, End { host: VICTIM, port });
    // After ten rounds.
    if n / many >= 10 {
        return Connection::unanswered(x, client, server);
    }
    Connection::open_near(x, client, server).close(x, Who::Client);
}

fn ask_in_vain(x: &mut Exchange<'_>, n: u64) {
    let name = format!("www.{}.example.", dns::label(x.rng, 8));
    let server = one_of(x.rng, 400);
    // By another port each time, and the sooner given up the longer it lasts.
    for _ in 0..3 {
        let (id, port) = (x.rng.u16(..), x.port());
        x.udp(VICTIM, server, (port, 53), &dns::question(id, &name, RecordType::A));
        if n < 400 {
            x.wait_about(30_000);
            let answer = dns::address(id, &name, x.rng);
            return x.udp(server, VICTIM, (53, port), &answer);
        }
        x.wait_about(800_000);
    }
}

fn browse(x: &mut Exchange<'_>, _: u64) {
    let (server, port) = (one_of(x.rng, 300), x.port());
    let initial = x.noise(1_200);
    for wait in [0, 300_000, 600_000] {
        x.wait_about(wait);
        x.udp(VICTIM, server, (port, 443), &initial);
    }
    let client = End { host: VICTIM, port: x.port() };
    let mut connection = Connection::open(x, client, End { host: server, ..NEWS });
    connection.say(x, Who::Client, &text::get("/"));
    let page = text::page(x.rng, 5_000);
    connection.say(x, Who::Server, &page);
    connection.close(x, Who::Client);
}

fn deliver(x: &mut Exchange<'_>, n: u64) {
    let (client, server) = (End { host: VICTIM, port: x.port() }, End { host: nth_of_internet(n as u32), port: 25 });
    if !n.is_multiple_of(8) {
        return Connection::unanswered(x, client, server);
    }
    let mut connection = Connection::open(x, client, server);
    for (who, line) in [(Who::Server, "220 mx\r\n"), (Who::Client, "QUIT\r\n"), (Who::Server, "221 Bye\r\n")] {
        connection.say(x, who, line.as_bytes());
    }
    connection.close(x, Who::Client);
}

/// Whoever is refused at once does not ask again.
fn refuse_peer(x: &mut Exchange<'_>, _: u64) {
    let (peer, port) = (one_of(x.rng, 2_000), x.rng.u16(20_000..));
    let client = End { host: peer, port: x.port() };
    Connection::refused(x, client, End { host: VICTIM, port });
}
