//! Mails as a real SMTP server gets them.

mod server;

use std::{fs, os::unix::fs::PermissionsExt, time::Duration};

use self::server::Server;
use super::server as parse;
use crate::action::{
    Dispatcher,
    tests::{LONG, firing, replace, resolved, start, until_status},
};

fn email(server: &Server, more: &str) -> Dispatcher {
    start(&toml(server, more))
}

fn toml(server: &Server, more: &str) -> String {
    let address = server.address;
    format!(
        "[mail]\ntype = \"email\"\nserver = \"{address}\"\nfrom = \"nbw <nbw@x.org>\"\nto = [\"a@x.org\", \"b@x.org\"]\n{more}"
    )
}

#[tokio::test]
async fn what_comes_together_is_one_mail_though_the_server_fails_first() {
    let server = Server::start(1);
    let dispatcher = email(&server, "tls = \"none\"");
    dispatcher.tell(&[firing("busy", "web"), resolved("busy", "db")]);
    let left = dispatcher.finish(LONG).await;
    assert_eq!((left[0].sent, left[0].failed, left[0].queued), (2, 0, 0), "{left:?}");
    assert!(left[0].last_error.as_ref().unwrap().text.contains("421"), "{left:?}");
    let mails = server.mails();
    assert_eq!((mails.len(), &mails[0].text), (2, &mails[1].text), "the same mail, until it is taken");
    let mail = &mails[1];
    assert_eq!((&*mail.from, mail.to.join(" ")), ("nbw@x.org", "a@x.org b@x.org".to_owned()));
    for line in [
        "Subject: [nbw] FIRING: 1, resolved: 1 on box",
        "From: nbw <nbw@x.org>",
        "To: a@x.org, b@x.org",
        "Auto-Submitted: auto-generated",
        "FIRING: web sends 100 Mbit/s",
        "  value:     100.0 Mbit/s",
        "RESOLVED: db sends 100 Mbit/s",
        "  resolved:  2026-11-25T10:05:00Z",
    ] {
        assert!(mail.text.lines().any(|other| other == line), "{line:?} is not in {}", mail.text);
    }
    for header in ["Date: ", "Message-ID: <"] {
        assert!(mail.headers().any(|line| line.starts_with(header)), "no {header}in {}", mail.text);
    }
}

#[tokio::test]
async fn a_hostile_name_adds_no_header() {
    let server = Server::start(0);
    let dispatcher = email(&server, "tls = \"none\"");
    let name = "web\r\nBcc: evil@x.org\r\n\r\n.\r\nQUIT";
    let mut notice = firing("busy", name);
    notice.alert.name = "x\nX-Evil: 1".into();
    dispatcher.tell(&[notice]);
    dispatcher.finish(LONG).await;
    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    let names: Vec<&str> = mails[0].headers().filter_map(|line| Some(line.split_once(':')?.0)).collect();
    assert!(!names.iter().any(|name| ["Bcc", "X-Evil"].contains(name)), "{}", mails[0].text);
    assert!(!mails[0].text.lines().any(|line| line.starts_with("Bcc") || line == "."), "{}", mails[0].text);
}

#[tokio::test]
async fn a_refusal_is_final() {
    let server = Server::start(0);
    let dispatcher = start(&format!(
        "[mail]\ntype = \"email\"\nserver = \"{}\"\nfrom = \"a@x.org\"\nto = [\"nobody@x.org\"]\ntls = \"none\"",
        server.address
    ));
    dispatcher.tell(&[firing("busy", "web")]);
    let left = dispatcher.finish(LONG).await;
    assert_eq!((left[0].sent, left[0].failed), (0, 1));
    let error = &left[0].last_error.as_ref().unwrap().text;
    assert!(error.contains("550"), "{error}");
}

#[tokio::test]
async fn the_password_is_the_files_first_line() {
    let server = Server::with_login();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("password");
    fs::write(&file, "battery staple\nmore\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let more = format!("tls = \"none\"\nusername = \"nbw\"\npassword_file = \"{}\"", file.display());
    let mut dispatcher = email(&server, &more);
    // A reload takes over another one, though no setting has changed.
    fs::write(&file, "correct horse\nmore\n").unwrap();
    replace(&mut dispatcher, &toml(&server, &more)).unwrap();
    dispatcher.tell(&[firing("busy", "web")]);
    assert_eq!(dispatcher.finish(LONG).await[0].sent, 1);
    assert_eq!(server.logins(), [("nbw".to_owned(), "correct horse".to_owned())]);
}

#[tokio::test]
async fn without_tls_nothing_is_sent_unless_that_was_said() {
    let server = Server::start(0);
    let dispatcher = email(&server, "");
    dispatcher.tell(&[firing("busy", "web")]);
    let mail = until_status(&dispatcher, "mail", |mail| mail.last_error.is_some()).await;
    assert!(mail.last_error.unwrap().text.contains("STARTTLS"));
    dispatcher.finish(Duration::ZERO).await;
    assert!(server.mails().is_empty());
}

#[tokio::test]
async fn a_server_that_says_nothing_is_not_waited_for() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = Server::at(silent.local_addr().unwrap());
    let dispatcher = email(&server, "tls = \"none\"\ntimeout = \"100ms\"");
    dispatcher.tell(&[firing("busy", "web")]);
    let mail = until_status(&dispatcher, "mail", |mail| mail.retrying).await;
    assert_eq!((mail.queued, mail.failed), (1, 0));
}

#[test]
fn servers_with_and_without_ports() {
    let host = |host: &str, port| Ok((host.to_owned(), port));
    assert_eq!(parse("mail.x.org"), host("mail.x.org", None));
    assert_eq!(parse("mail.x.org:2525"), host("mail.x.org", Some(2525)));
    assert_eq!(parse("[::1]:25"), host("::1", Some(25)));
    assert_eq!(parse("[::1]"), host("::1", None));
    assert_eq!(parse("::1"), host("::1", None));
    for wrong in ["", ":25", "x:0", "x:y", "smtp://x"] {
        assert!(parse(wrong).is_err(), "{wrong}");
    }
}
