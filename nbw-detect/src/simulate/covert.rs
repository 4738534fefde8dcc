//! What leaves a host that is not its owner's any more: tunnels, stolen data, calls home.

use std::time::Duration;

use hickory_proto::rr::RecordType;

use super::{
    attack::{Attack, Named, SOON},
    dns,
    exchange::Exchange,
    host::{RESOLVER, SERVER, VICTIM},
    tcp::{Connection, End, Who},
    text,
    traffic::{Plan, Scenario, Step},
};
use crate::event::Kind;

const fn covert(
    name: &'static str,
    about: &'static str,
    attempts: &'static str,
    rate: f64,
    seconds: u64,
    step: fn(&Plan) -> Step,
) -> Scenario {
    Scenario { name, about, attempts, rate, duration: Duration::from_secs(seconds), regular: false, step }
}

pub(super) const ATTACKS: &[Attack] = &[
    Attack {
        scenario: covert(
            "dns-tunnel",
            "data in the names of questions and in their answers",
            "questions",
            20.0,
            20,
            |_| Box::new(dns_tunnel),
        ),
        kind: Kind::Tunnel,
        source: Named::One("10.20.0.10"),
        target: Named::One("203.0.113.53"),
        within: SOON,
    },
    Attack {
        scenario: covert("icmp-tunnel", "data in echo requests and in their replies", "packets", 20.0, 20, |_| {
            Box::new(icmp_tunnel)
        }),
        kind: Kind::Tunnel,
        source: Named::One("10.20.0.10"),
        target: Named::One("203.0.113.80"),
        within: SOON,
    },
    Attack {
        scenario: covert(
            "exfiltration",
            "an upload, far larger than what the host usually sends",
            "segments",
            3_000.0,
            20,
            exfiltrate,
        ),
        kind: Kind::Exfiltration,
        source: Named::One("10.20.0.10"),
        target: Named::One("203.0.113.80"),
        within: SOON,
    },
    Attack {
        scenario: Scenario {
            regular: true,
            ..covert("beacon", "a short call home at regular intervals", "calls", 0.5, 60, |_| Box::new(call))
        },
        kind: Kind::Beacon,
        source: Named::One("10.20.0.10"),
        target: Named::One("203.0.113.80"),
        within: SOON,
    },
];

fn dns_tunnel(x: &mut Exchange<'_>, _: u64) {
    let (id, port) = (x.rng.u16(..), x.port());
    let labels = [60, 60, 60].map(|length| dns::label(x.rng, length));
    let name = format!("{}.t.example.com.", labels.join("."));
    x.udp(VICTIM, RESOLVER, (port, 53), &dns::question(id, &name, RecordType::NULL));
    x.wait_about(30_000);
    let length = x.rng.usize(100..900);
    let data = x.noise(length);
    x.udp(RESOLVER, VICTIM, (53, port), &dns::bytes_of(id, &name, data));
}

fn icmp_tunnel(x: &mut Exchange<'_>, n: u64) {
    let number = (0x2a2a, n as u16);
    let (there, back) = (x.rng.usize(200..1_200), x.rng.usize(200..1_200));
    let data = x.noise(there);
    x.ping(VICTIM, SERVER, number, &data);
    x.wait_about(30_000);
    let data = x.noise(back);
    x.pong(SERVER, VICTIM, number, &data);
}

fn exfiltrate(_: &Plan) -> Step {
    let mut upload: Option<Connection> = None;
    Box::new(move |x, _| {
        let ends = [(VICTIM, 40_404), (SERVER, 50_443)].map(|(host, port)| End { host, port });
        let connection = upload.get_or_insert_with(|| Connection::open_near(x, ends[0], ends[1]));
        let data = x.noise(1_448);
        connection.say(x, Who::Client, &data);
    })
}

fn call(x: &mut Exchange<'_>, _: u64) {
    let client = End { host: VICTIM, port: x.port() };
    let mut connection = Connection::open(x, client, End { host: SERVER, port: 8_080 });
    connection.say(x, Who::Client, &text::get("/news"));
    let page = text::page(x.rng, 40);
    connection.say(x, Who::Server, &page);
    connection.close(x, Who::Client);
}
