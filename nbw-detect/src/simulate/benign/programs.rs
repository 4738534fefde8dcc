//! Programs that do the same again and again, and do no harm.

use super::{LookAlike, by_timer, harmless, lasting};
use crate::{
    event::Kind,
    simulate::{
        exchange::Exchange,
        host::{Host, SERVER, VICTIM, inside, neighbour, one_of},
        tcp::{self, Connection, End, Who},
        text,
    },
};

pub(super) const ALL: &[LookAlike] = &[
    lasting(
        harmless(
            "no-pool",
            Kind::BruteForce,
            "a web application that connects to its database anew for each page",
            ("connections", 10.0),
            |_| Box::new(query),
        ),
        120,
    ),
    by_timer(
        harmless(
            "mail-fetch",
            Kind::BruteForce,
            "a program that looks into forty mailboxes, one after the other, every five minutes",
            ("rounds", 1.0 / 300.0),
            |_| Box::new(fetch_mail),
        ),
        1_500,
    ),
    lasting(
        harmless(
            "file-upload",
            Kind::BruteForce,
            "a program that uploads one file after another by FTP, each with a login of its own",
            ("files", 2.0),
            |_| Box::new(upload),
        ),
        120,
    ),
    harmless("log-senders", Kind::UdpFlood, "a web site that logs by datagrams", ("lines", 650.0), |_| Box::new(log)),
    lasting(
        harmless(
            "connection-checks",
            Kind::SynFlood,
            "sixteen load balancers that ask a server for a connection every other second, and take none",
            ("checks", 8.0),
            |_| Box::new(check),
        ),
        300,
    ),
    lasting(
        harmless(
            "idle-resets",
            Kind::Backscatter,
            "a busy server that resets connections which were idle for long",
            ("connections", 10.0),
            |_| Box::new(let_go),
        ),
        120,
    ),
    by_timer(
        harmless(
            "scraper",
            Kind::Beacon,
            "a monitor that fetches the same page of fifty hosts inside by the clock; then half of them are switched off",
            ("pages", 50.0 / 15.0),
            |_| Box::new(scrape),
        ),
        600,
    ),
];

/// So many words to and fro, of always the same lengths.
fn talk(x: &mut Exchange<'_>, connection: &mut Connection, words: &[(Who, &str)], wait: u64) {
    for (who, line) in words {
        connection.say(x, *who, line.as_bytes());
        x.wait_about(wait);
    }
    connection.close(x, Who::Client);
}

fn query(x: &mut Exchange<'_>, _: u64) {
    let client = End { host: neighbour(6), port: x.port() };
    let mut connection = Connection::open_near(x, client, End { host: VICTIM, port: 5_432 });
    let words =
        [(Who::Client, "startup"), (Who::Server, "authenticate"), (Who::Client, "proof"), (Who::Server, "ready")];
    let queries = [(Who::Client, "SELECT * FROM pages"), (Who::Server, "no rows")].repeat(4);
    talk(x, &mut connection, &[&words[..], &queries].concat(), 10_000);
}

fn fetch_mail(x: &mut Exchange<'_>, _: u64) {
    for account in 10..50 {
        let client = End { host: VICTIM, port: x.port() };
        let mut connection = Connection::open(x, client, End { host: SERVER, port: 110 });
        let user = format!("USER account{account}\r\n");
        let words = [
            (Who::Server, "+OK POP3 ready\r\n"),
            (Who::Client, &user),
            (Who::Server, "+OK\r\n"),
            (Who::Client, "PASS secret\r\n"),
            (Who::Server, "+OK logged in\r\n"),
            (Who::Client, "STAT\r\n"),
            (Who::Server, "+OK 0 0\r\n"),
            (Who::Client, "QUIT\r\n"),
            (Who::Server, "+OK bye\r\n"),
        ];
        talk(x, &mut connection, &words, 20_000);
    }
}

fn upload(x: &mut Exchange<'_>, n: u64) {
    let client = End { host: VICTIM, port: x.port() };
    let mut connection = Connection::open(x, client, End { host: SERVER, port: 21 });
    let store = format!("STOR {n:06}.jpg\r\n");
    let words = [
        (Who::Server, "220 FTP server ready.\r\n"),
        (Who::Client, "USER camera\r\n"),
        (Who::Server, "331 Please specify the password.\r\n"),
        (Who::Client, "PASS secret\r\n"),
        (Who::Server, "230 Login successful.\r\n"),
        (Who::Client, "TYPE I\r\n"),
        (Who::Server, "200 Switching to Binary mode.\r\n"),
        (Who::Client, "PASV\r\n"),
        (Who::Server, "227 Entering Passive Mode (203,0,113,80,200,1).\r\n"),
        (Who::Client, &store),
        (Who::Server, "150 Ok to send data.\r\n"),
    ];
    for (who, line) in words {
        connection.say(x, who, line.as_bytes());
        x.wait_about(20_000);
    }
    let sender = End { host: VICTIM, port: x.port() };
    let mut data = Connection::open(x, sender, End { host: SERVER, port: 51_201 });
    let file = x.noise(20_000);
    data.say(x, Who::Client, &file);
    data.close(x, Who::Client);
    let words =
        [(Who::Server, "226 Transfer complete.\r\n"), (Who::Client, "QUIT\r\n"), (Who::Server, "221 Goodbye.\r\n")];
    talk(x, &mut connection, &words, 20_000);
}

fn log(x: &mut Exchange<'_>, n: u64) {
    let port = x.port();
    let line = format!("<134>1 web{} page {n} was shown", n % 4);
    x.udp(neighbour(20 + (n % 4) as u8), VICTIM, (port, 1_514), line.as_bytes());
}

/// The system has no socket for the answer, and says so.
fn check(x: &mut Exchange<'_>, n: u64) {
    let (balancer, port) = (neighbour(100 + (n % 16) as u8), x.port());
    let syn = tcp::syn(x, port, 8_080);
    x.tcp(balancer, VICTIM, syn.clone(), &[]);
    x.wait_about(300);
    let answer = tcp::syn_ack(x, &syn);
    x.tcp(VICTIM, balancer, answer.clone(), &[]);
    x.wait_about(300);
    x.tcp(balancer, VICTIM, tcp::reset(&answer), &[]);
}

fn let_go(x: &mut Exchange<'_>, n: u64) {
    let (client, port) = (one_of(x.rng, 3_000), x.port());
    // Every third comes anew; the others came before anybody looked.
    if n.is_multiple_of(3) {
        let mut connection = Connection::open(x, End { host: client, port }, End { host: VICTIM, port: 80 });
        connection.say(x, Who::Client, &text::get("/"));
        let page = text::page(x.rng, 2_000);
        connection.say(x, Who::Server, &page);
        return connection.close(x, Who::Client);
    }
    let mut reset = tcp::bare(x, 80, port);
    (reset.rst, reset.ack) = (true, true);
    x.tcp(VICTIM, client, reset, &[]);
}

/// Hosts that the monitor asks.
const ASKED: u64 = 50;

fn scrape(x: &mut Exchange<'_>, n: u64) {
    let host: Host = inside([10, 20, 1, 10 + (n % ASKED) as u8]);
    let (client, server) = (End { host: neighbour(5), port: x.port() }, End { host, port: 9_100 });
    // After five minutes.
    if n / ASKED >= 20 && n % ASKED < 28 {
        return Connection::unanswered(x, client, server);
    }
    let mut connection = Connection::open_near(x, client, server);
    connection.say(x, Who::Client, &text::get("/metrics"));
    let page = text::page(x.rng, 9_000);
    connection.say(x, Who::Server, &page);
    connection.close(x, Who::Client);
}
