//! The life of connections and processes: closed, reset, killed; each is told of once, with its final counts.

use nbw_tests::lab::{Nbw, Totals, TwoHosts, interface, snapshot_where, together};
use serde_json::Value;

use crate::{
    peer::{Peer, carry, connected},
    rows::{History, process, rows, sum, watch},
};

fn quiet(nbw: &mut Nbw, hosts: &TwoHosts) -> Value {
    together(nbw, || hosts.left.kernel_counters(&hosts.cable.a)).1
}

fn link(snapshot: &Value, hosts: &TwoHosts) -> Totals {
    Totals::of(interface(snapshot, &hosts.cable.a))
}

/// Of the left host, with a remote end.
fn served(row: &Value) -> bool {
    row["local"]["port"] == 80 && row["remote"]["port"] != 0
}

/// Closed once, with the last packets in it; with the listener's it is all that the interface has seen.
#[test]
fn a_connection_that_is_closed_is_told_of_once() {
    let hosts = TwoHosts::new(131, false);
    let mut nbw = watch(&hosts.left, "connection", &hosts.cable.a, "");
    let before = quiet(&mut nbw, &hosts);
    let (server, client) = connected(&hosts);
    let mut history = History::default();
    carry(&client, &server, "c", 100_000);
    history.take(&quiet(&mut nbw, &hosts));
    client.ask("finish c");
    server.ask("drain c");
    // Half-closed: still open, and still counting.
    carry(&server, &client, "c", 50_000);
    history.take(&quiet(&mut nbw, &hosts));
    assert_eq!(history.rows(served)[0]["state"], "open");
    server.ask("close c");
    client.ask("drain c");
    client.ask("close c");
    history.follow(&mut nbw, "the end of the connection", |history| !history.closings.is_empty());
    let snapshot = quiet(&mut nbw, &hosts);
    history.take(&snapshot);
    let closed = history.rows(served);
    assert_eq!((closed.len(), &closed[0]["state"], &closed[0]["pid"]), (1, &"closed".into(), &server.pid.into()));
    assert!(history.closings.values().all(|&times| times == 1), "{:?}", history.closings);
    let ours = sum(history.rows(|row| row["local"]["port"] == 80));
    assert_eq!(ours, link(&snapshot, &hosts).since(link(&before, &hosts)));
}

/// A reset ends a connection too, whichever side it comes from; so does the death of a process.
#[test]
fn a_connection_ends_by_reset_and_by_kill() {
    for (number, how) in [(132, "client"), (133, "server"), (134, "kill"), (135, "kill-client")] {
        let hosts = TwoHosts::new(number, false);
        let mut nbw = watch(&hosts.left, "connection", &hosts.cable.a, "");
        let (mut server, mut client) = connected(&hosts);
        let before = quiet(&mut nbw, &hosts);
        let mut history = History::default();
        history.take(&before);
        // Never read: what waits in a socket when it is closed makes a reset of the close.
        client.ask("send c 10000");
        match how {
            "client" => drop(client.ask("reset c")),
            "server" => drop(server.ask("reset c")),
            "kill" => server.kill(),
            _ => client.kill(),
        }
        if how == "kill-client" {
            server.ask("drain c");
            server.ask("close c");
        }
        history.follow(&mut nbw, &format!("the end by {how}"), |history| {
            !history.closings.is_empty() && history.rows(served).iter().all(|row| row["state"] == "closed")
        });
        let row = history.rows(served)[0].clone();
        assert!((10_000..12_500).contains(&Totals::of(&row).rx_bytes), "{how}: {row}");
        assert!(row["pid"] == server.pid && row["process"] == "nbw-peer", "{how}: {row}");
    }
}

/// The row of a process stays when it has ended, with its name and all that it has moved.
#[test]
fn a_process_that_has_ended_stays() {
    let hosts = TwoHosts::new(136, false);
    let mut nbw = watch(&hosts.left, "process", &hosts.cable.a, "");
    let (mut server, client) = connected(&hosts);
    carry(&client, &server, "c", 100_000);
    let before = process(&quiet(&mut nbw, &hosts), server.pid);
    // Command lines are read aside; of one that is gone there is none to be read.
    snapshot_where(&mut nbw, "the command line", |snapshot| {
        !rows(snapshot, "processes", |row| row["pid"] == server.pid && row["command"] != "").is_empty()
    });
    server.kill();
    let snapshot = snapshot_where(&mut nbw, "the end of the process", |snapshot| {
        !rows(snapshot, "processes", |row| row["pid"] == server.pid && row["ended"] == true).is_empty()
    });
    let row = rows(&snapshot, "processes", |row| row["pid"] == server.pid)[0];
    assert!(Totals::of(row).rx_bytes >= before.rx_bytes, "{row}");
    assert_eq!(row["name"], "nbw-peer");
    assert!(row["command"].as_str().expect("a command").ends_with("/nbw-peer"), "{row}");
}

/// A raw socket of TCP, such as scanners use, is one connection, not one for each packet.
#[test]
fn a_raw_socket_is_one_connection() {
    const TIMES: u64 = 600;
    let hosts = TwoHosts::new(138, false);
    let mut nbw = watch(&hosts.left, "connection", &hosts.cable.a, "--connection-slots 256");
    let peer = Peer::new(&hosts.left);
    peer.ask("raw s 6");
    peer.ask(&format!("aim s {}:0", hosts.cable.v4.1));
    for _ in 0..TIMES {
        peer.ask("datagram s 40");
    }
    let snapshot = quiet(&mut nbw, &hosts);
    let ours = rows(&snapshot, "connections", |row| row["pid"] == peer.pid);
    assert_eq!((ours.len(), sum(ours).tx_packets), (1, TIMES), "{snapshot}");
    assert_eq!(snapshot["health"]["no_connection"], 0);
    peer.ask("close s");
    snapshot_where(&mut nbw, "its end", |snapshot| {
        rows(snapshot, "connections", |row| row["pid"] == peer.pid).is_empty()
    });
}

/// Connects to ports that nobody listens at.
fn refused(hosts: &TwoHosts, times: u16) {
    hosts.right.enter(|| {
        for number in 0..times {
            let to = (hosts.cable.v4.0.as_str(), 10_000 + number);
            std::net::TcpStream::connect(to).expect_err("nobody listens");
        }
    });
}

/// A peer that nobody listens to: resets are sent, and nothing is left of them.
#[test]
fn refused_connections_leave_nothing() {
    const TIMES: u16 = 300;
    let hosts = TwoHosts::new(137, false);
    let mut nbw = watch(&hosts.left, "connection", &hosts.cable.a, "--connection-slots 512");
    let before = quiet(&mut nbw, &hosts);
    refused(&hosts, TIMES);
    let snapshot = quiet(&mut nbw, &hosts);
    let moved = link(&snapshot, &hosts).since(link(&before, &hosts));
    assert_eq!(moved.tx_packets, u64::from(TIMES), "a reset each");
    assert_eq!(snapshot["health"]["no_connection"], 0);
}
