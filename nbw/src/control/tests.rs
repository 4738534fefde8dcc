use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    time::timeout,
};

use super::*;

/// Nothing here takes longer, on however busy a machine.
const DEADLINE: Duration = Duration::from_secs(20);

fn place() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("run/agent.sock");
    (directory, socket)
}

fn measured(rule: String) -> Answer {
    Answer::Measured(Measured { rule, unit: Unit::Bytes, seconds: 0.0, subjects: Vec::new() })
}

/// Answers every measurement with its own rule, and refuses what is about processes.
async fn echo(mut server: Server) {
    loop {
        let Asked { request, reply } = server.next().await;
        let answer = match request {
            Request::Measure { rule, .. } if rule.starts_with("process") => {
                Answer::refused(Why::NotCounted, "processes are not counted")
            }
            Request::Measure { rule, .. } => measured(rule),
            Request::Status {} => Answer::refused(Why::Busy, "not now"),
        };
        let _ = reply.send(answer);
    }
}

async fn within<T>(work: impl Future<Output = T>) -> T {
    timeout(DEADLINE, work).await.expect("in time")
}

#[tokio::test]
async fn questions_are_answered_in_their_order() {
    let (_directory, socket) = place();
    let server = tokio::spawn(echo(Server::bind(&socket, "").unwrap()));
    let mut client = within(Client::connect(&socket)).await.unwrap();
    for number in 0..10 {
        let rule = format!("host rx > {number}MB/s");
        assert_eq!(within(client.measure(&rule, Duration::ZERO)).await.unwrap().rule, rule);
    }
    let refused = within(client.measure("process x rx > 1B/s", Duration::ZERO)).await;
    assert_eq!(refused, Err(ControlError::NotCounted("processes are not counted".into())));
    assert_eq!(within(client.status()).await.unwrap_err(), ControlError::Refused("not now".into()));
    server.abort();
}

#[tokio::test]
async fn who_is_not_there_is_told_apart_from_who_does_not_answer() {
    let (_directory, socket) = place();
    let none = Err(ControlError::NoAgent { socket: socket.clone() });
    assert_eq!(within(Client::connect(&socket)).await.map(drop), none);
    let server = Server::bind(&socket, "").unwrap();
    let mut client = within(Client::connect(&socket)).await.unwrap();
    client.patience = Duration::from_millis(50);
    let silent = Err(ControlError::Silent { socket: socket.clone() });
    assert_eq!(within(client.status()).await.map(drop), silent);
    drop(server);
    assert!(!socket.exists());
    fs::write(&socket, "").unwrap();
    assert_eq!(within(Client::connect(&socket)).await.map(drop), none);
}

#[tokio::test]
async fn a_stale_socket_is_replaced_and_only_its_own_may_use_it() {
    let (_directory, socket) = place();
    fs::create_dir_all(socket.parent().unwrap()).unwrap();
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    assert!(socket.exists());
    let server = Server::bind(&socket, "").unwrap();
    let metadata = fs::metadata(&socket).unwrap();
    assert_eq!((metadata.permissions().mode() & 0o777, metadata.uid()), (0o660, nix::unistd::getuid().as_raw()));
    assert!(within(Client::connect(&socket)).await.is_ok());
    let Err(crate::failure::Failure::Usage(sentence)) = within(find_group("no-such-group")).await else {
        unreachable!("there is none")
    };
    assert!(sentence.contains("groupadd no-such-group"), "{sentence}");
    let own = nix::unistd::Group::from_gid(nix::unistd::getgid()).unwrap().unwrap();
    server.set_group(within(find_group(&own.name)).await.unwrap()).unwrap();
}

async fn raw(socket: &Path, bytes: &[u8]) -> String {
    let mut stream = UnixStream::connect(socket).await.unwrap();
    // The server may hang up before it has read all.
    let _ = stream.write_all(bytes).await;
    let mut answer = vec![0; 1 << 16];
    let length = stream.read(&mut answer).await.unwrap_or(0);
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

#[tokio::test]
async fn what_cannot_be_understood_is_said_so() {
    let (_directory, socket) = place();
    let server = tokio::spawn(echo(Server::bind(&socket, "").unwrap()));
    for wrong in ["hello\n", "{}\n", "{\"request\":\"reboot\"}\n", "{\"request\":\"status\",\"more\":1}\n", "\u{0}\n"] {
        let answer = within(raw(&socket, wrong.as_bytes())).await;
        assert!(answer.contains("\"why\":\"wrong\""), "{wrong:?}: {answer}");
    }
    let long = within(raw(&socket, &vec![b'x'; 1 << 18])).await;
    assert!(long.is_empty() || long.contains("64 KiB"), "{long}");
    let right = within(raw(&socket, b"{\"request\":\"measure\",\"rule\":\"x\",\"seconds\":1}\n")).await;
    assert!(right.contains("\"answer\":\"measured\""), "{right}");
    server.abort();
}

#[tokio::test]
async fn neither_the_silent_nor_those_who_do_not_read_hold_up_others() {
    let (_directory, socket) = place();
    let server = tokio::spawn(echo(Server::bind(&socket, "").unwrap()));
    let mut idle = Vec::new();
    for _ in 0..16 {
        idle.push(UnixStream::connect(&socket).await.unwrap());
    }
    let mut deaf = UnixStream::connect(&socket).await.unwrap();
    let question = format!("{{\"request\":\"measure\",\"rule\":\"{}\",\"seconds\":1}}\n", "y".repeat(60_000));
    // Asks until nothing fits any more, and never reads.
    while timeout(Duration::from_millis(200), deaf.write_all(question.as_bytes())).await.is_ok_and(|sent| sent.is_ok())
    {
    }
    let mut client = within(Client::connect(&socket)).await.unwrap();
    assert_eq!(within(client.measure("z", Duration::ZERO)).await.unwrap().rule, "z");
    server.abort();
}

#[tokio::test]
async fn too_many_are_turned_away_and_told_so() {
    let (_directory, socket) = place();
    let server = tokio::spawn(echo(Server::bind(&socket, "").unwrap()));
    let mut held = Vec::new();
    for _ in 0..32 {
        let mut client = within(Client::connect(&socket)).await.unwrap();
        within(client.measure("x", Duration::ZERO)).await.unwrap();
        held.push(client);
    }
    let mut one_more = within(Client::connect(&socket)).await.unwrap();
    let Err(ControlError::Refused(sentence)) = within(one_more.measure("x", Duration::ZERO)).await else {
        unreachable!("there is no room")
    };
    assert!(sentence.contains("too many"), "{sentence}");
    drop(held);
    let again = async {
        loop {
            let mut client = Client::connect(&socket).await.unwrap();
            if client.measure("x", Duration::ZERO).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    within(again).await;
    server.abort();
}

#[tokio::test]
async fn who_leaves_is_not_measured_for() {
    let (_directory, socket) = place();
    let mut server = Server::bind(&socket, "").unwrap();
    let stream = UnixStream::connect(&socket).await.unwrap();
    let mut lines = tokio_util::codec::Framed::new(stream, tokio_util::codec::LinesCodec::new());
    lines.send(r#"{"request":"measure","rule":"x","seconds":3600}"#).await.unwrap();
    let mut asked = within(server.next()).await;
    assert!(!asked.reply.is_closed());
    drop(lines);
    within(asked.reply.closed()).await;
    let mut lines = tokio_util::codec::Framed::new(
        UnixStream::connect(&socket).await.unwrap(),
        tokio_util::codec::LinesCodec::new(),
    );
    lines.send(r#"{"request":"status"}"#).await.unwrap();
    let asked = within(server.next()).await;
    assert_eq!(asked.request, Request::Status {});
    asked.reply.send(measured("x".into())).unwrap();
    assert!(within(lines.next()).await.unwrap().unwrap().contains("measured"));
}

/// `echo REQUEST | nc -N -U SOCKET`.
#[tokio::test]
async fn who_asks_nothing_more_is_answered_all_the_same() {
    let (_directory, socket) = place();
    let mut server = Server::bind(&socket, "").unwrap();
    for (ending, waits) in [("\n", true), ("", true), ("\n", false)] {
        let mut stream = UnixStream::connect(&socket).await.unwrap();
        stream.write_all(format!("{{\"request\":\"status\"}}{ending}").as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut asked = within(server.next()).await;
        // Longer than it takes to see that it has ended.
        assert!(timeout(2 * Duration::from_millis(500), asked.reply.closed()).await.is_err());
        if waits {
            asked.reply.send(measured("x".into())).unwrap();
            let mut answer = String::new();
            within(stream.read_to_string(&mut answer)).await.unwrap();
            assert!(answer.contains("measured") && answer.ends_with('\n'), "{answer}");
        } else {
            drop(stream);
            within(asked.reply.closed()).await;
        }
    }
}

#[test]
fn a_lock_is_held_by_one_and_names_its_holder() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run/agent.lock");
    let holder =
        Holder { pid: 4711, since: "2026-11-25T09:00:00Z".parse().unwrap(), config: Some("/etc/nbw/nbw.toml".into()) };
    let lock = Lock::take(&path, &holder).unwrap();
    let second = Holder { pid: 4712, ..holder.clone() };
    let refused = Lock::take(&path, &second).unwrap_err().to_string();
    for part in ["4711", "2026-11-25T09:00:00Z", "/etc/nbw/nbw.toml"] {
        assert!(refused.contains(part), "{refused}");
    }
    drop(lock);
    let _lock = Lock::take(&path, &second).unwrap();
    assert!(Lock::take(&path, &holder).unwrap_err().to_string().contains("4712"));
}
