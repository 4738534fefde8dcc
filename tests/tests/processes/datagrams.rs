//! UDP: servers with many peers, sockets that are connected, and connected anew; multicast, ping.

use std::{net::UdpSocket, time::Duration};

use nbw_tests::lab::{Nbw, Netns, Totals, TwoHosts, assert_healthy, interface, snapshot_where, together};
use serde_json::Value;

use crate::{
    peer::Peer,
    rows::{History, process, rows, sum, watch},
};

fn quiet(nbw: &mut Nbw, hosts: &TwoHosts) -> Value {
    together(nbw, || hosts.left.kernel_counters(&hosts.cable.a)).1
}

/// What `count` datagrams with that much payload are on the wire.
fn datagrams(network_header: u64, (received, sent): (u64, u64), (times_received, times_sent): (u64, u64)) -> Totals {
    let header = 14 + network_header + 8;
    Totals {
        rx_bytes: received + times_received * header,
        rx_packets: times_received,
        tx_bytes: sent + times_sent * header,
        tx_packets: times_sent,
    }
}

/// Each peer has its socket, asks as often and as much as its number says, and is answered with twice as much.
fn talk(netns: &Netns, server: &Peer, from: &str, to: &str, peers: std::ops::RangeInclusive<u64>) -> Vec<UdpSocket> {
    let questions: u64 = peers.clone().map(times).sum();
    server.tell(&format!("answer s {questions}"));
    let sockets = netns.enter(|| {
        let peer = |number| {
            let socket = UdpSocket::bind((from, 0)).expect("a socket");
            socket.connect(to).expect("connect");
            socket.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
            for _ in 0..times(number) {
                socket.send(&vec![1; number as usize]).expect("a question");
                assert_eq!(socket.recv(&mut [0; 8192]).expect("the answer") as u64, 2 * number);
            }
            socket
        };
        peers.map(peer).collect()
    });
    server.answer();
    sockets
}

fn times(number: u64) -> u64 {
    1 + number % 3
}

/// What the server has exchanged with a peer.
fn known(network_header: u64, number: u64) -> Totals {
    let times = times(number);
    datagrams(network_header, (times * number, times * 2 * number), (times, times))
}

/// A hundred peers, each with exactly its own bytes; IPv4 and IPv6.
#[test]
fn the_peers_of_a_server_are_told_apart() {
    for (number, v6) in [(121, false), (122, true)] {
        let hosts = TwoHosts::new(number, false);
        let mut nbw = watch(&hosts.left, "connection", &hosts.cable.a, "");
        let server = Peer::new(&hosts.left);
        let (to, from) = if v6 {
            (format!("[{}]:53", hosts.cable.v6.0), &hosts.cable.v6.1)
        } else {
            (format!("{}:53", hosts.cable.v4.0), &hosts.cable.v4.1)
        };
        server.ask(&format!("udp s {to}"));
        let peers = talk(&hosts.right, &server, from, &to, 1..=100);
        let snapshot = quiet(&mut nbw, &hosts);
        let ours = rows(&snapshot, "connections", |row| row["pid"] == server.pid);
        assert_eq!(ours.len(), 100, "{snapshot}");
        for (peer, number) in peers.iter().zip(1..) {
            let end = peer.local_addr().expect("its address");
            let is_it =
                |row: &&&Value| row["remote"]["port"] == end.port() && row["remote"]["address"] == end.ip().to_string();
            let row = ours.iter().find(is_it).unwrap_or_else(|| panic!("no {end}: {ours:?}"));
            assert_eq!(Totals::of(row), known(if v6 { 40 } else { 20 }, number), "{row}");
            let local = &row["local"];
            assert_eq!((&local["port"], &local["service"]), (&53.into(), &"domain".into()), "{row}");
            assert_eq!(local["address"], to.trim_end_matches(":53").trim_matches(['[', ']']), "{row}");
        }
        assert_healthy(&snapshot);
    }
}

/// Beyond the number that is told apart the rest is one row, to the byte; the server is told apart from all of them.
#[test]
fn peers_beyond_the_number_are_other() {
    let hosts = TwoHosts::new(123, false);
    let mut nbw = watch(&hosts.left, "connection", &hosts.cable.a, "--ends-told-apart 10");
    let server = Peer::new(&hosts.left);
    let to = format!("{}:53", hosts.cable.v4.0);
    server.ask(&format!("udp s {to}"));
    talk(&hosts.right, &server, &hosts.cable.v4.1, &to, 1..=100);
    let snapshot = quiet(&mut nbw, &hosts);
    let ours = |row: &Value| row["pid"] == server.pid;
    let apart = rows(&snapshot, "connections", |row| ours(row) && row["remote"]["port"] != 0);
    let other = rows(&snapshot, "connections", |row| ours(row) && row["remote"]["port"] == 0);
    assert_eq!((apart.len(), other.len()), (10, 1), "{snapshot}");
    let all = |numbers: std::ops::RangeInclusive<u64>| {
        numbers.map(|number| known(20, number)).fold(Totals::default(), Totals::plus)
    };
    assert_eq!(sum(apart), all(1..=10));
    assert_eq!(sum(other), all(11..=100));
    assert_healthy(&snapshot);
}

/// A connected socket is one connection; connected to another, it is another, and the first is over.
#[test]
fn a_socket_that_is_connected_anew_is_another_connection() {
    let hosts = TwoHosts::new(124, false);
    let mut nbw = watch(&hosts.left, "connection", &hosts.cable.a, "");
    let client = Peer::new(&hosts.left);
    let servers = [Peer::new(&hosts.right), Peer::new(&hosts.right)];
    for (server, port) in servers.iter().zip([53, 54]) {
        server.ask(&format!("udp s {}:{port}", hosts.cable.v4.1));
    }
    client.ask(&format!("udp c {}:0", hosts.cable.v4.0));
    let mut history = History::default();
    // To the first, to the second, to the first again, and to nobody.
    for (server, port, bytes) in [(0, 53, 100), (1, 54, 200), (0, 53, 300)] {
        client.ask(&format!("aim c {}:{port}", hosts.cable.v4.1));
        for _ in 0..5 {
            client.ask(&format!("datagram c {bytes}"));
            servers[server].ask("answer s 1");
            client.ask("take c 1");
        }
        history.take(&quiet(&mut nbw, &hosts));
    }
    client.ask("unaim c");
    client.ask(&format!("send-to c {}:53 400", hosts.cable.v4.1));
    servers[0].ask("take s 1");
    client.ask("close c");
    let ours = |row: &Value| row["pid"] == client.pid;
    history.follow(&mut nbw, "all to be closed", |history| {
        let rows = history.rows(ours);
        !rows.is_empty() && rows.iter().all(|row| row["state"] == "closed")
    });
    let moved = |port: u16| sum(history.rows(|row| ours(row) && row["remote"]["port"] == port));
    let known = |bytes: u64| datagrams(20, (5 * 2 * bytes, 5 * bytes), (5, 5));
    assert_eq!(moved(53), known(100).plus(known(300)).plus(datagrams(20, (0, 400), (0, 1))));
    assert_eq!(moved(54), known(200));
    assert_eq!(moved(0), Totals::default());
}

/// A server of IPv6 that talks to peers of IPv4 and IPv6: the addresses are the peers' own.
#[test]
fn a_server_of_both_families_tells_both_apart() {
    let hosts = TwoHosts::new(125, false);
    let mut nbw = watch(&hosts.left, "connection", &hosts.cable.a, "");
    let server = Peer::new(&hosts.left);
    server.ask("udp s [::]:53");
    for (from, to, header) in [
        (&hosts.cable.v4.1, format!("{}:53", hosts.cable.v4.0), 20),
        (&hosts.cable.v6.1, format!("[{}]:53", hosts.cable.v6.0), 40),
    ] {
        talk(&hosts.right, &server, from, &to, 5..=5);
        let snapshot = quiet(&mut nbw, &hosts);
        let is_it = |row: &Value| row["pid"] == server.pid && row["remote"]["address"] == from.as_str();
        assert_eq!(sum(rows(&snapshot, "connections", is_it)), known(header, 5), "{snapshot}");
    }
}

/// The sums of processes and of remote hosts say the same as the interface.
#[test]
fn processes_and_remotes_add_up_to_the_interface() {
    for (number, kind, list) in [(126, "process", "processes"), (127, "remote", "remotes")] {
        let hosts = TwoHosts::new(number, false);
        let mut nbw = watch(&hosts.left, kind, &hosts.cable.a, "");
        let before = quiet(&mut nbw, &hosts);
        let server = Peer::new(&hosts.left);
        let to = format!("{}:53", hosts.cable.v4.0);
        server.ask(&format!("udp s {to}"));
        let peers = talk(&hosts.right, &server, &hosts.cable.v4.1, &to, 1..=30);
        drop(peers);
        let snapshot = quiet(&mut nbw, &hosts);
        let link = |snapshot| Totals::of(interface(snapshot, &hosts.cable.a));
        let moved = link(&snapshot).since(link(&before));
        let counted = match kind {
            "process" => process(&snapshot, server.pid),
            _ => sum(rows(&snapshot, list, |row| row["address"] == hosts.cable.v4.1.as_str())),
        };
        assert_eq!(counted, moved, "{kind}");
    }
}

/// What is sent to many, and ping: each has its process.
#[test]
fn multicast_and_ping_have_their_processes() {
    let hosts = TwoHosts::new(128, false);
    let mut nbw = watch(&hosts.left, "process", &hosts.cable.a, "");
    let (sender, receiver) = (Peer::new(&hosts.left), Peer::new(&hosts.right));
    sender.ask(&format!("udp s {}:0", hosts.cable.v4.0));
    receiver.ask("udp s 0.0.0.0:5000");
    receiver.ask(&format!("join s 239.1.2.3 {}", hosts.cable.v4.1));
    for _ in 0..4 {
        sender.ask("send-to s 239.1.2.3:5000 500");
        receiver.ask("take s 1");
    }
    hosts.left.run(&format!("ping -q -c 3 -i 0.2 -s 100 {}", hosts.cable.v4.1));
    let snapshot = snapshot_where(&mut nbw, "ping's end", |snapshot| {
        !rows(snapshot, "processes", |row| row["name"] == "ping" && row["ended"] == true).is_empty()
    });
    let sent = datagrams(20, (0, 4 * 500), (0, 4));
    assert_eq!(process(&snapshot, sender.pid), sent);
    assert_eq!(
        process(&snapshot, receiver.pid),
        Totals { rx_bytes: sent.tx_bytes, rx_packets: 4, ..Totals::default() }
    );
    let ping = sum(rows(&snapshot, "processes", |row| row["name"] == "ping"));
    assert_eq!((ping.rx_bytes, ping.tx_bytes), (3 * 142, 3 * 142), "{snapshot}");
}
