//! Attacks on a service that speak its protocol: guessing passwords, holding connections.

use std::time::Duration;

use super::{
    attack::{Attack, Named, attack},
    dns,
    exchange::Exchange,
    host::{ATTACKER, Host, VICTIM, nth_of_internet},
    tcp::{Connection, End, Who},
    text,
    traffic::{Plan, Scenario, Step},
};
use crate::event::Kind;

pub(super) const ATTACKS: &[Attack] = &[
    guesses("brute-force", "one login after another by telnet, each refused", 25.0, |_| Box::new(log_in)),
    guesses("brute-force-mailbox", "one login after another to an FTP server, each refused", 25.0, |_| Box::new(guess)),
    guesses(
        "brute-force-dialogue",
        "one login after another to a service to which the client speaks first",
        25.0,
        |_| Box::new(negotiate),
    ),
    guesses(
        "brute-force-guesses",
        "one password after another for a broker, all refused in the same words",
        60.0,
        |_| Box::new(connect),
    ),
    guesses("brute-force-mail", "one login after another to a mail server, each refused", 25.0, |_| Box::new(mail)),
    guesses("brute-force-mysql", "one login after another to a database, each refused", 25.0, |_| Box::new(database)),
    guesses("brute-force-smb", "one login after another to a file server, each refused", 25.0, |_| Box::new(share)),
    Attack {
        // The server's silence is noticed after five seconds, and has to be on half of all connections: those are eleven seconds.
        within: Duration::from_secs(15),
        ..held("slowloris", "connections to a web server, each held by a header that never ends", 20.0, hold)
    },
    Attack {
        source: Named::Many,
        within: Duration::from_secs(15),
        ..held("slowloris-distributed", "the same by hundreds of hosts, of each a few", 60.0, hold_by_many)
    },
    held("slowloris-hoard", "hundreds of connections to a broker, which are opened and kept", 350.0, |_| {
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

fn log_in(x: &mut Exchange<'_>, _: u64) {
    let client = End { host: ATTACKER, port: x.port() };
    let mut connection = Connection::open(x, client, End { host: VICTIM, port: 2_323 });
    let password = format!("{}\r\n", dns::label(x.rng, 8));
    let lines = [
        (Who::Server, "\r\nlogin: "),
        (Who::Client, "root\r\n"),
        (Who::Server, "Password: "),
        (Who::Client, &password),
        (Who::Server, "\r\nLogin incorrect\r\n"),
    ];
    for (who, line) in lines {
        connection.say(x, who, line.as_bytes());
        x.wait_about(10_000);
    }
    connection.close(x, Who::Server);
}

fn hold(plan: &Plan) -> Step {
    held_by(plan, |_| ATTACKER)
}

fn hold_by_many(plan: &Plan) -> Step {
    held_by(plan, |n| nth_of_internet((n % 400) as u32))
}

fn held_by(plan: &Plan, who: fn(u64) -> Host) -> Step {
    let end = plan.duration;
    Box::new(move |x, n| {
        let client = End { host: who(n), port: x.port() };
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
    speak(
        x,
        50_389,
        &[
            (Who::Client, 47),
            (Who::Server, 19),
            (Who::Client, 220),
            (Who::Server, 740),
            (Who::Client, 150),
            (Who::Server, 51),
            (Who::Client, 96),
            (Who::Server, 35),
        ],
    );
}

/// Lengths of SMB 2: NEGOTIATE, and two of SESSION_SETUP, the last refused.
const LOGON: [(Who, usize); 6] = [
    (Who::Client, 178),
    (Who::Server, 252),
    (Who::Client, 162),
    (Who::Server, 358),
    (Who::Client, 462),
    (Who::Server, 77),
];

/// A conversation of which only lengths matter.
fn speak(x: &mut Exchange<'_>, port: u16, words: &[(Who, usize)]) {
    let client = End { host: ATTACKER, port: x.port() };
    let mut connection = Connection::open(x, client, End { host: VICTIM, port });
    for &(who, length) in words {
        let words = x.noise(length);
        connection.say(x, who, &words);
        x.wait_about(3_000);
    }
    connection.close(x, Who::Server);
}

/// In the frames of NetBIOS' session service; what is in them is enciphered.
fn share(x: &mut Exchange<'_>, _: u64) {
    let client = End { host: ATTACKER, port: x.port() };
    let mut connection = Connection::open(x, client, End { host: VICTIM, port: 445 });
    for (who, length) in LOGON {
        let [high, low] = (length as u16).to_be_bytes();
        let words = dns::label(x.rng, length).into_bytes();
        connection.say(x, who, &[&[0, 0, high, low], &words[..]].concat());
        x.wait_about(3_000);
    }
    connection.close(x, Who::Server);
}

/// MySQL's greeting, a login without a database, and error 1045.
fn database(x: &mut Exchange<'_>, _: u64) {
    let client = End { host: ATTACKER, port: x.port() };
    let mut connection = Connection::open(x, client, End { host: VICTIM, port: 3_306 });
    let packet = |number: u8, payload: &[u8]| [&[payload.len() as u8, 0, 0, number], payload].concat();
    let (salt, rest) = (dns::label(x.rng, 8), dns::label(x.rng, 12));
    let greeting: [&[u8]; 6] =
        [b"\x0a8.0.36\0\x07\0\0\0", salt.as_bytes(), b"\0\0\x82\x21\x02\0\0\0\0", &[0; 10], rest.as_bytes(), b"\0"];
    connection.say(x, Who::Server, &packet(0, &greeting.concat()));
    let proof = x.noise(20);
    let login: [&[u8]; 4] = [b"\x01\x82\0\0\0\0\0\x01\x21", &[0; 23], b"root\0\x14", &proof];
    connection.say(x, Who::Client, &packet(1, &login.concat()));
    connection.say(x, Who::Server, &packet(2, b"\xff\x15\x04#28000Access denied for user 'root'"));
    connection.close(x, Who::Server);
}

fn mail(x: &mut Exchange<'_>, _: u64) {
    let client = End { host: ATTACKER, port: x.port() };
    let mut connection = Connection::open(x, client, End { host: VICTIM, port: 587 });
    let password = dns::label(x.rng, 6);
    let lines = [
        (Who::Server, "220 mail.example.com ESMTP\r\n"),
        (Who::Client, "EHLO example.net\r\n"),
        (Who::Server, "250-mail.example.com\r\n250 AUTH PLAIN LOGIN\r\n"),
        (Who::Client, &format!("AUTH PLAIN AGFkbWluAG{password}\r\n")),
        (Who::Server, "535 5.7.8 Error: authentication failed\r\n"),
        (Who::Client, "QUIT\r\n"),
        (Who::Server, "221 2.0.0 Bye\r\n"),
    ];
    for (who, line) in lines {
        connection.say(x, who, line.as_bytes());
        x.wait_about(10_000);
    }
    connection.close(x, Who::Server);
}

/// MQTT 3.1.1: CONNECT with a name and a password, and CONNACK, not authorised.
fn connect(x: &mut Exchange<'_>, _: u64) {
    let client = End { host: ATTACKER, port: x.port() };
    let mut connection = Connection::open(x, client, End { host: VICTIM, port: 1_883 });
    let length = x.rng.u8(4..=12);
    let mut message = b"\0\x04MQTT\x04\xc2\0\x3c\0\x01a\0\x05admin\0".to_vec();
    message.push(length);
    message.extend(dns::label(x.rng, length.into()).into_bytes());
    let header = [0x10, message.len() as u8];
    connection.say(x, Who::Client, &[&header[..], &message].concat());
    connection.say(x, Who::Server, &[0x20, 2, 0, 5]);
    connection.close(x, Who::Server);
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
