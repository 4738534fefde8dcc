//! Attacks on a service that speak its protocol: guessing passwords, holding connections.

use std::time::Duration;

use super::{
    attack::{Attack, attack},
    exchange::Exchange,
    host::{ATTACKER, VICTIM},
    tcp::{Connection, End, Who},
    text,
    traffic::{Plan, Scenario, Step},
};
use crate::event::Kind;

pub(super) const ATTACKS: &[Attack] = &[
    guesses("brute-force", "one login after another to an FTP server, each refused", 25.0, |_| Box::new(guess)),
    guesses(
        "brute-force-dialogue",
        "one login after another to a service to which the client speaks first",
        25.0,
        |_| Box::new(negotiate),
    ),
    guesses(
        "brute-force-guesses",
        "one form after another with a password, all refused in the same words",
        60.0,
        |_| Box::new(post),
    ),
    Attack {
        // The server's silence is noticed after five seconds, of twenty-five connections more than are watched from.
        within: Duration::from_secs(13),
        ..held("slowloris", "connections to a web server, each held by a header that never ends", 10.0, hold)
    },
    held("slowloris-hoard", "hundreds of connections to a broker, which are opened and kept", 150.0, |_| {
        Box::new(hoard)
    }),
];

const fn guesses(name: &'static str, about: &'static str, rate: f64, step: fn(&Plan) -> Step) -> Attack {
    attack(Kind::BruteForce, name, connections(name, about, rate, step))
}

const fn held(name: &'static str, about: &'static str, rate: f64, step: fn(&Plan) -> Step) -> Attack {
    attack(Kind::Slowloris, name, connections(name, about, rate, step))
}

const fn connections(name: &'static str, about: &'static str, rate: f64, step: fn(&Plan) -> Step) -> Scenario {
    let duration = Duration::from_secs(20);
    Scenario { name, about, attempts: "connections", rate, duration, regular: false, step }
}

fn guess(x: &mut Exchange<'_>, _: u64) {
    let client = End { host: ATTACKER, port: x.port() };
    let mut connection = Connection::open(x, client, End { host: VICTIM, port: 21 });
    text::login(x, &mut connection, false);
    connection.close(x, Who::Server);
}

fn hold(plan: &Plan) -> Step {
    let end = plan.duration;
    Box::new(move |x, _| {
        let client = End { host: ATTACKER, port: x.port() };
        let mut connection = Connection::open(x, client, End { host: VICTIM, port: 80 });
        connection.say(x, Who::Client, b"GET / HTTP/1.1\r\nHost: www.example.com\r\n");
        while x.now < end {
            x.wait_about(5_000_000);
            let line = format!("X-a: {}\r\n", x.rng.u16(..));
            connection.say(x, Who::Client, line.as_bytes());
        }
    })
}

/// Several words of either side, always as long: what they mean is enciphered.
fn negotiate(x: &mut Exchange<'_>, _: u64) {
    let client = End { host: ATTACKER, port: x.port() };
    let mut connection = Connection::open(x, client, End { host: VICTIM, port: 50_389 });
    for (who, length) in [
        (Who::Client, 47),
        (Who::Server, 19),
        (Who::Client, 220),
        (Who::Server, 740),
        (Who::Client, 150),
        (Who::Server, 51),
        (Who::Client, 96),
        (Who::Server, 35),
    ] {
        let words = x.noise(length);
        connection.say(x, who, &words);
        x.wait_about(3_000);
    }
    connection.close(x, Who::Server);
}

fn post(x: &mut Exchange<'_>, _: u64) {
    let client = End { host: ATTACKER, port: x.port() };
    let mut connection = Connection::open(x, client, End { host: VICTIM, port: 80 });
    let length = x.rng.usize(4..=12);
    let form = text::login_form(x.rng, length);
    connection.say(x, Who::Client, &form);
    connection.say(x, Who::Server, b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 6\r\n\r\nwrong\n");
    connection.close(x, Who::Client);
}

/// MQTT 3.1.1: CONNECT with a keep-alive of 65,535 s, CONNACK, and nothing more (SlowITe).
fn hoard(x: &mut Exchange<'_>, n: u64) {
    let client = End { host: ATTACKER, port: x.port() };
    let mut connection = Connection::open(x, client, End { host: VICTIM, port: 1_883 });
    let mut connect = b"\x10\x10\x00\x04MQTT\x04\x02\xff\xff\x00\x04".to_vec();
    connect.extend(format!("{:04}", n % 10_000).into_bytes());
    connection.say(x, Who::Client, &connect);
    connection.say(x, Who::Server, &[0x20, 2, 0, 0]);
}
