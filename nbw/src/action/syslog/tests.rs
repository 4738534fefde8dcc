//! Lines as real sockets get them.

use std::{path::Path, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt},
    net::{TcpListener, UdpSocket, UnixDatagram, UnixListener},
    time::timeout,
};

use crate::{
    action::tests::{firing, resolved, start, until_status},
    alert::Severity,
};

const DEADLINE: Duration = Duration::from_secs(30);

fn syslog(address: &str) -> String {
    format!("[log]\ntype = \"syslog\"\naddress = \"{address}\"\n")
}

fn to(path: &Path) -> String {
    syslog(path.to_str().unwrap())
}

async fn datagram(socket: &UnixDatagram) -> String {
    let mut bytes = [0; 8192];
    let length = timeout(DEADLINE, socket.recv(&mut bytes)).await.unwrap().unwrap();
    String::from_utf8(bytes[..length].to_vec()).unwrap()
}

/// Up to and with this byte.
async fn read_to(stream: &mut (impl AsyncRead + Unpin), end: u8) -> String {
    let mut bytes = Vec::new();
    while bytes.last() != Some(&end) {
        bytes.push(timeout(DEADLINE, stream.read_u8()).await.unwrap().unwrap());
    }
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn the_hosts_log_gets_what_programs_write_to_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let socket = UnixDatagram::bind(&path).unwrap();
    let dispatcher = start(&(to(&path) + "facility = \"local3\""));
    let mut worse = firing("busy", "db\n<0>forged");
    worse.alert.severity = Severity::Critical;
    dispatcher.tell(&[firing("busy", "web"), worse, resolved("busy", "web")]);
    let end = format!(" nbw[{}]: ", std::process::id());
    for (priority, message) in [
        ("<156>", "firing busy: web sends 100 Mbit/s"),
        ("<154>", "firing busy: db\u{FFFD}<0>forged sends 100 Mbit/s"),
        ("<157>", "resolved busy: web sends 100 Mbit/s"),
    ] {
        let line = datagram(&socket).await;
        let (head, rest) = line.split_once(&end).unwrap();
        assert_eq!((head.len(), rest), (priority.len() + "Nov 25 10:00:00".len(), message), "{line}");
        assert!(head.starts_with(priority), "{line}");
        jiff::fmt::strtime::parse("%b %e %H:%M:%S", &head[priority.len()..]).unwrap();
    }
    until_status(&dispatcher, "log", |log| log.sent == 3).await;
}

#[tokio::test]
async fn a_log_that_comes_late_and_goes_is_found_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let dispatcher = start(&to(&path));
    dispatcher.tell(&[firing("busy", "1")]);
    until_status(&dispatcher, "log", |log| log.retrying).await;
    let first = UnixDatagram::bind(&path).unwrap();
    assert!(datagram(&first).await.ends_with("1 sends 100 Mbit/s"));
    drop(first);
    std::fs::remove_file(&path).unwrap();
    let second = UnixDatagram::bind(&path).unwrap();
    dispatcher.tell(&[firing("busy", "2")]);
    assert!(datagram(&second).await.ends_with("2 sends 100 Mbit/s"));
    until_status(&dispatcher, "log", |log| log.sent == 2 && log.failed == 0).await;
}

#[tokio::test]
async fn a_stream_socket_gets_lines_with_their_ends() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let listener = UnixListener::bind(&path).unwrap();
    let dispatcher = start(&to(&path));
    dispatcher.tell(&[firing("busy", "1"), firing("busy", "2")]);
    let (mut stream, _) = timeout(DEADLINE, listener.accept()).await.unwrap().unwrap();
    for number in ["1", "2"] {
        assert!(read_to(&mut stream, 0).await.ends_with(&format!("{number} sends 100 Mbit/s\0")));
    }
}

#[tokio::test]
async fn another_host_gets_rfc_5424() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let dispatcher = start(&syslog(&format!("udp://{}", socket.local_addr().unwrap())));
    dispatcher.tell(&[firing("busy", r#"a"]\b"#)]);
    let mut bytes = [0; 8192];
    let length = timeout(DEADLINE, socket.recv(&mut bytes)).await.unwrap().unwrap();
    let line = String::from_utf8(bytes[..length].to_vec()).unwrap();
    let parts: Vec<&str> = line.splitn(7, ' ').collect();
    assert_eq!((parts[0], parts[2], parts[3], parts[5]), ("<28>1", "box", "nbw", "1"), "{line}");
    parts[1].parse::<jiff::Timestamp>().unwrap();
    assert_eq!(parts[4], std::process::id().to_string());
    let structured = r#"[nbw@32473 alert="busy" change="firing" id="busy/a\"\]\\b" metric="tx" scope="container" severity="warning" subject="a\"\]\\b" threshold="6250000" unit="bytes_per_second" value="12500000"]"#;
    assert_eq!(parts[6], format!(r#"{structured} firing busy: a"]\b sends 100 Mbit/s"#));
}

#[tokio::test]
async fn over_tcp_lines_are_counted_and_a_broken_connection_is_made_anew() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dispatcher = start(&syslog(&format!("tcp://{}", listener.local_addr().unwrap())));
    for number in ["1", "2"] {
        dispatcher.tell(&[firing("busy", number)]);
        let (mut stream, _) = timeout(DEADLINE, listener.accept()).await.unwrap().unwrap();
        let length: usize = read_to(&mut stream, b' ').await.trim().parse().unwrap();
        let mut line = vec![0; length];
        timeout(DEADLINE, stream.read_exact(&mut line)).await.unwrap().unwrap();
        assert!(String::from_utf8(line).unwrap().ends_with(&format!("firing busy: {number} sends 100 Mbit/s")));
        let sent: u64 = number.parse().unwrap();
        until_status(&dispatcher, "log", |log| log.sent == sent).await;
    }
}
