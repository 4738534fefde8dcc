//! Attacks on a service that speak its protocol: guessing passwords, holding connections.

use std::time::Duration;

use super::{
    attack::{Attack, Named, SOON},
    exchange::Exchange,
    host::{ATTACKER, VICTIM},
    tcp::{Connection, End, Who},
    text,
    traffic::{Plan, Scenario, Step},
};
use crate::event::Kind;

const SOURCE: Named = Named::One("198.51.100.66");
const TARGET: Named = Named::One("10.20.0.10");

pub(super) const ATTACKS: &[Attack] = &[
    Attack {
        scenario: Scenario {
            name: "brute-force",
            about: "one login after another to an FTP server, each refused",
            attempts: "connections",
            rate: 10.0,
            duration: Duration::from_secs(20),
            regular: false,
            step: |_| Box::new(guess),
        },
        kind: Kind::BruteForce,
        source: SOURCE,
        target: TARGET,
        within: SOON,
    },
    Attack {
        scenario: Scenario {
            name: "slowloris",
            about: "hundreds of connections to a web server, each held by a header that never ends",
            attempts: "connections",
            rate: 50.0,
            duration: Duration::from_secs(20),
            regular: false,
            step: hold,
        },
        kind: Kind::Slowloris,
        source: SOURCE,
        target: TARGET,
        within: SOON,
    },
];

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
