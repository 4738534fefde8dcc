//! What leaves a host that is not its owner's any more: tunnels, stolen data, calls home.

use std::time::Duration;

use hickory_proto::rr::RecordType;

use super::{
    attack::{Attack, Named, attack},
    dns,
    exchange::Exchange,
    host::{RESOLVER, SERVER, VICTIM},
    tcp::{Connection, End, Who},
    text,
    traffic::{Plan, Scenario, Step},
};
use crate::event::Kind;

pub(super) const ATTACKS: &[Attack] = &[
    tunnel("dns-tunnel", "data in long names that are asked for, and in the answers", 40.0, |_| Box::new(dns_tunnel)),
    tunnel("dns-tunnel-long", "the same in names that are always as long as can be", 40.0, |_| Box::new(dns_full)),
    tunnel("dns-tunnel-flow", "data in shorter names, from one socket", 40.0, |_| Box::new(dns_flow)),
    Attack {
        each: 3,
        ..tunnel("dns-tunnel-stream", "answers that nobody has asked for among those to questions", 40.0, |_| {
            Box::new(dns_stream)
        })
    },
    Attack {
        target: Named::One("203.0.113.80"),
        each: 2,
        ..tunnel("icmp-tunnel", "data in echo requests and in their replies", 30.0, |_| Box::new(icmp_tunnel))
    },
    Attack {
        needs_history: true,
        ..leak(
            Kind::Exfiltration,
            Scenario {
                name: "exfiltration-volume",
                about: "an upload, far larger than what the host usually sends",
                attempts: "segments",
                rate: 3_000.0,
                duration: Duration::from_secs(30),
                regular: false,
                step: exfiltrate,
            },
        )
    },
    leak(
        Kind::Beacon,
        Scenario {
            name: "beacon",
            about: "a short call home at regular intervals",
            attempts: "calls",
            rate: 0.19,
            // Two dozen calls, one every five seconds.
            duration: Duration::from_secs(140),
            regular: true,
            step: |_| Box::new(call),
        },
    ),
];

const fn leak(kind: Kind, scenario: Scenario) -> Attack {
    let (source, target) = (Named::One("10.20.0.10"), Named::One("203.0.113.80"));
    Attack { source, target, within: scenario.duration, ..attack(kind, scenario.name, scenario) }
}

const fn tunnel(name: &'static str, about: &'static str, rate: f64, step: fn(&Plan) -> Step) -> Attack {
    let duration = Duration::from_secs(20);
    let scenario = Scenario { name, about, attempts: "questions", rate, duration, regular: false, step };
    let (source, target) = (Named::One("10.20.0.10"), Named::One("203.0.113.53"));
    Attack { source, target, ..attack(Kind::Tunnel, name, scenario) }
}

/// A name below the tunnel's domain, of labels with so many letters.
fn carrying(x: &mut Exchange<'_>, lengths: &[usize]) -> String {
    let labels: Vec<String> = lengths.iter().map(|length| dns::label(x.rng, *length)).collect();
    format!("{}.t.example.com.", labels.join("."))
}

fn ask(x: &mut Exchange<'_>, port: u16, name: &str, most: usize) {
    let id = x.rng.u16(..);
    x.udp(VICTIM, RESOLVER, (port, 53), &dns::question(id, name, RecordType::NULL));
    x.wait_about(30_000);
    let length = x.rng.usize(20..most);
    let data = x.noise(length);
    x.udp(RESOLVER, VICTIM, (53, port), &dns::bytes_of(id, name, data));
}

fn dns_tunnel(x: &mut Exchange<'_>, _: u64) {
    let last = x.rng.usize(18..=50);
    let (port, name) = (x.port(), carrying(x, &[40, last]));
    ask(x, port, &name, 900);
}

fn dns_full(x: &mut Exchange<'_>, _: u64) {
    let (port, name) = (x.port(), carrying(x, &[60, 60, 60, 40]));
    ask(x, port, &name, 900);
}

fn dns_flow(x: &mut Exchange<'_>, _: u64) {
    let length = x.rng.usize(40..=62);
    let name = carrying(x, &[length]);
    ask(x, 40_053, &name, 200);
}

fn dns_stream(x: &mut Exchange<'_>, _: u64) {
    let (port, name) = (x.port(), carrying(x, &[8]));
    ask(x, port, &name, 500);
    for _ in 0..2 {
        let length = x.rng.usize(100..500);
        let (id, data) = (x.rng.u16(..), x.noise(length));
        x.udp(RESOLVER, VICTIM, (53, port), &dns::bytes_of(id, &name, data));
    }
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
