//! TCP: servers that accept, that fork, that have workers; and what was there before nbw.

use nbw_tests::lab::{Nbw, Totals, TwoHosts, assert_healthy, interface, snapshot_where, together, until};
use serde_json::Value;

use crate::{
    peer::{Peer, carry},
    rows::{process, rows, watch},
};

/// A segment without payload: Ethernet, IPv4, TCP with timestamps.
const SEGMENT: u64 = 14 + 20 + 32;
/// One with SYN.
const SYN: u64 = 14 + 20 + 40;

/// What `segments` out and in with that payload are on the wire, the first of each with SYN.
fn wire((sent, received): (u64, u64), (segments_out, segments_in): (u64, u64)) -> Totals {
    Totals {
        tx_bytes: SYN + (segments_out - 1) * SEGMENT + sent,
        tx_packets: segments_out,
        rx_bytes: SYN + (segments_in - 1) * SEGMENT + received,
        rx_packets: segments_in,
    }
}

/// The segments that the kernel has counted for a client's connection.
fn segments(client: &Peer, name: &str) -> (u64, u64) {
    let info = client.ask(&format!("info {name}"));
    let numbers: Vec<u64> = info.split(' ').map(|number| number.parse().expect("a number")).collect();
    assert_eq!(numbers[2], 0, "nothing is lost in the lab");
    (numbers[0], numbers[1])
}

fn mirrored(totals: Totals) -> Totals {
    Totals {
        rx_bytes: totals.tx_bytes,
        rx_packets: totals.tx_packets,
        tx_bytes: totals.rx_bytes,
        tx_packets: totals.rx_packets,
    }
}

/// A moment without traffic at the left end of the cable.
fn quiet(nbw: &mut Nbw, hosts: &TwoHosts) -> Value {
    together(nbw, || hosts.left.kernel_counters(&hosts.cable.a)).1
}

/// Client and server have all of the cable's bytes; the client's are what its kernel counted as segments.
#[test]
fn a_server_that_accepts_has_its_bytes() {
    for (number, v6) in [(101, false), (102, true)] {
        let hosts = TwoHosts::new(number, false);
        let (server, client) = (Peer::new(&hosts.left), Peer::new(&hosts.right));
        let mut nbw = watch(&hosts.left, "process", &hosts.cable.a, "");
        let at = if v6 { format!("[{}]:80", hosts.cable.v6.0) } else { format!("{}:80", hosts.cable.v4.0) };
        let before = Totals::of(interface(&quiet(&mut nbw, &hosts), &hosts.cable.a));
        server.ask(&format!("listen l {at}"));
        client.ask(&format!("connect c {at}"));
        server.ask("accept c l");
        carry(&client, &server, "c", 300_000);
        carry(&server, &client, "c", 700_000);
        let snapshot = quiet(&mut nbw, &hosts);
        let known = wire((300_000, 700_000), segments(&client, "c"));
        let header = if v6 { 20 } else { 0 };
        let known = Totals {
            tx_bytes: known.tx_bytes + header * known.tx_packets,
            rx_bytes: known.rx_bytes + header * known.rx_packets,
            ..known
        };
        assert_eq!(process(&snapshot, client.pid), known, "the client");
        assert_eq!(process(&snapshot, server.pid), mirrored(known), "the server");
        let moved = Totals::of(interface(&snapshot, &hosts.cable.a)).since(before);
        assert_eq!(process(&snapshot, server.pid), moved, "the interface");
        let row = rows(&snapshot, "processes", |row| row["pid"] == server.pid)[0];
        assert_eq!((&row["name"], &row["uid"], &row["ended"]), (&"nbw-peer".into(), &0.into(), &false.into()));
        // Names of users and command lines are asked for aside.
        snapshot_where(&mut nbw, "the user's name and the command line", |snapshot| {
            let is_known = |row: &Value| {
                row["user"] == "root" && row["command"].as_str().is_some_and(|it| it.ends_with("/nbw-peer"))
            };
            !rows(snapshot, "processes", |row| row["pid"] == server.pid && is_known(row)).is_empty()
        });
        assert_healthy(&snapshot);
    }
}

/// IPv4 by a socket of IPv6: the addresses are IPv4's.
#[test]
fn a_socket_of_both_families_shows_the_addresses_of_each() {
    let hosts = TwoHosts::new(103, false);
    let (server, client) = (Peer::new(&hosts.left), Peer::new(&hosts.right));
    let mut nbw = watch(&hosts.left, "connection", &hosts.cable.a, "");
    server.ask("listen l [::]:80");
    for (name, from, at) in [
        ("four", &hosts.cable.v4.1, format!("{}:80", hosts.cable.v4.0)),
        ("six", &hosts.cable.v6.1, format!("[{}]:80", hosts.cable.v6.0)),
    ] {
        client.ask(&format!("connect {name} {at}"));
        server.ask(&format!("accept {name} l"));
        carry(&client, &server, name, 1000);
        let snapshot = quiet(&mut nbw, &hosts);
        let is_it = |row: &Value| row["pid"] == server.pid && row["remote"]["address"] == from.as_str();
        let found = rows(&snapshot, "connections", is_it);
        assert_eq!(found.len(), 1, "{snapshot}");
        assert_eq!((&found[0]["protocol"], &found[0]["local"]["port"]), (&"tcp".into(), &80.into()));
        assert!(found[0]["rx"]["total_bytes"].as_u64() > Some(1000), "{}", found[0]);
    }
}

/// The parent accepts, the child serves.
#[test]
fn what_a_forked_child_serves_is_its_own() {
    let hosts = TwoHosts::new(104, false);
    let (server, client) = (Peer::new(&hosts.left), Peer::new(&hosts.right));
    let mut nbw = watch(&hosts.left, "process", &hosts.cable.a, "");
    let at = format!("{}:80", hosts.cable.v4.0);
    server.ask(&format!("listen l {at}"));
    let mut children = Vec::new();
    for number in 1..=3 {
        client.ask(&format!("connect c{number} {at}"));
        server.ask(&format!("accept c{number} l"));
        let child = server.fork();
        server.ask(&format!("close c{number}"));
        carry(&client, &child, &format!("c{number}"), number * 100_000);
        carry(&child, &client, &format!("c{number}"), number * 10_000);
        children.push(child);
    }
    let snapshot = quiet(&mut nbw, &hosts);
    for (child, number) in children.iter().zip(1..) {
        let moved = process(&snapshot, child.pid);
        assert!((number * 100_000..number * 110_000).contains(&moved.rx_bytes), "child {number}: {moved:?}");
        assert!((number * 10_000..number * 20_000).contains(&moved.tx_bytes), "child {number}: {moved:?}");
    }
    // Handshakes: nobody has the connection yet.
    let listening = process(&snapshot, server.pid);
    assert_eq!((listening.rx_packets, listening.tx_packets), (3 * 2, 3), "{listening:?}");
    assert_healthy(&snapshot);
}

/// Several processes wait at one listener that their parent made; with short connections nobody has time to look.
#[test]
fn workers_at_one_listener_have_what_they_accepted() {
    const TIMES: u64 = 20;
    let hosts = TwoHosts::new(105, false);
    let (parent, client) = (Peer::new(&hosts.left), Peer::new(&hosts.right));
    let at = format!("{}:80", hosts.cable.v4.0);
    parent.ask(&format!("listen l {at}"));
    let workers = [parent.fork(), parent.fork(), parent.fork()];
    // A long interval: most of it must be known without a tick.
    let mut nbw = Nbw::watch(&hosts.left, &format!("--by process -i {} --interval 700ms --no-dns", hosts.cable.a));
    for (worker, bytes) in workers.iter().zip([1_000, 20_000, 300_000]) {
        worker.tell(&format!("serve-short l {TIMES} {bytes}"));
        client.ask(&format!("short {at} {TIMES} {bytes}"));
        worker.answer();
    }
    let snapshot = quiet(&mut nbw, &hosts);
    for (worker, bytes) in workers.iter().zip([1_000, 20_000, 300_000]) {
        let (moved, payload) = (process(&snapshot, worker.pid), TIMES * bytes);
        let most = payload + payload / 10 + TIMES * 500;
        assert!((payload..most).contains(&moved.rx_bytes), "{bytes} bytes each: {moved:?}");
        assert!((payload..most).contains(&moved.tx_bytes), "{bytes} bytes each: {moved:?}");
    }
    let handshakes = process(&snapshot, parent.pid);
    assert_eq!((handshakes.rx_packets, handshakes.tx_packets), (3 * TIMES * 2, 3 * TIMES), "{handshakes:?}");
}

/// Listeners of the same port in several processes.
#[test]
fn listeners_that_share_a_port_are_told_apart() {
    let hosts = TwoHosts::new(106, false);
    let (servers, client) = ([Peer::new(&hosts.left), Peer::new(&hosts.left)], Peer::new(&hosts.right));
    let mut nbw = watch(&hosts.left, "process", &hosts.cable.a, "");
    let at = format!("{}:80", hosts.cable.v4.0);
    for server in &servers {
        server.ask(&format!("listen l {at} shared"));
    }
    let before = quiet(&mut nbw, &hosts);
    // The kernel chooses who gets which; each serves as many as it gets.
    for number in 0..16 {
        client.ask(&format!("connect c{number} {at}"));
    }
    let snapshot = quiet(&mut nbw, &hosts);
    let counted: Vec<u64> = servers.iter().map(|server| process(&snapshot, server.pid).tx_packets).collect();
    assert_eq!(counted.iter().sum::<u64>(), 16, "{counted:?}");
    let link = |snapshot| Totals::of(interface(snapshot, &hosts.cable.a));
    let both = process(&snapshot, servers[0].pid).plus(process(&snapshot, servers[1].pid));
    assert_eq!(both, link(&snapshot).since(link(&before)));
}

/// A listener and a connection that were there before nbw, and whoever the listener accepts later.
#[test]
fn what_was_there_before_has_its_owner() {
    let hosts = TwoHosts::new(107, false);
    let (server, client) = (Peer::new(&hosts.left), Peer::new(&hosts.right));
    let at = format!("{}:80", hosts.cable.v4.0);
    server.ask(&format!("listen l {at}"));
    for name in ["old", "waiting"] {
        client.ask(&format!("connect {name} {at}"));
    }
    server.ask("accept old l");
    carry(&client, &server, "old", 5_000);
    let mut nbw = watch(&hosts.left, "process", &hosts.cable.a, "");
    let before = Totals::of(interface(&quiet(&mut nbw, &hosts), &hosts.cable.a));
    // It was established before nbw, and is nobody's until now.
    server.ask("accept waiting l");
    client.ask(&format!("connect new {at}"));
    server.ask("accept new l");
    for name in ["old", "new", "waiting"] {
        carry(&client, &server, name, 100_000);
        carry(&server, &client, name, 50_000);
    }
    until("an owner for each byte", || {
        let snapshot = quiet(&mut nbw, &hosts);
        let moved = Totals::of(interface(&snapshot, &hosts.cable.a)).since(before);
        let (ours, theirs) = (process(&snapshot, server.pid), process(&snapshot, client.pid));
        (ours == moved && theirs == mirrored(moved)).then_some(())
    });
}
