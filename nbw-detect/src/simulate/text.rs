//! What services say, in plain text: logins, requests, pages.

use fastrand::Rng;

use super::{
    dns::label,
    exchange::Exchange,
    tcp::{Connection, Who},
};

/// A login to an FTP server, right or wrong.
pub(super) fn login(x: &mut Exchange<'_>, connection: &mut Connection, accepted: bool) {
    let password = label(x.rng, 8);
    let verdict = if accepted { "230 Login successful.\r\n" } else { "530 Login incorrect.\r\n" };
    let lines = [
        (Who::Server, "220 FTP server ready.\r\n"),
        (Who::Client, "USER admin\r\n"),
        (Who::Server, "331 Please specify the password.\r\n"),
        (Who::Client, &format!("PASS {password}\r\n")),
        (Who::Server, verdict),
        (Who::Client, "QUIT\r\n"),
        (Who::Server, "221 Goodbye.\r\n"),
    ];
    for (who, line) in lines {
        connection.say(x, who, line.as_bytes());
        x.wait_about(10_000);
    }
}

/// A request for a page.
pub(super) fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: Mozilla/5.0\r\nAccept: */*\r\n\r\n")
        .into_bytes()
}

/// A page of that many bytes.
pub(super) fn page(rng: &mut Rng, length: usize) -> Vec<u8> {
    let body = label(rng, length);
    format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
}
