//! Sockets that go from one process to another.

use nbw_tests::lab::{Nbw, Totals, TwoHosts, assert_healthy, interface, together};
use serde_json::Value;

use crate::{
    peer::{Peer, carry, connected},
    rows::{process, rows, sum, watch},
};

fn quiet(nbw: &mut Nbw, hosts: &TwoHosts) -> Value {
    together(nbw, || hosts.left.kernel_counters(&hosts.cable.a)).1
}

/// Payload, with the headers that it may have and the acknowledgements of as much in the other direction.
fn about(bytes: u64, other_way: u64) -> std::ops::Range<u64> {
    bytes..bytes + bytes / 10 + other_way / 10 + 2_000
}

/// Half of it by one process, half by another that was passed the socket.
#[test]
fn a_socket_that_is_passed_counts_for_whoever_uses_it() {
    let hosts = TwoHosts::new(111, false);
    let mut nbw = watch(&hosts.left, "process", &hosts.cable.a, "");
    let before = Totals::of(interface(&quiet(&mut nbw, &hosts), &hosts.cable.a));
    let (first, client) = connected(&hosts);
    let second = Peer::new(&hosts.left);
    carry(&client, &first, "c", 500_000);
    first.give("c", &second);
    carry(&client, &second, "c", 900_000);
    carry(&second, &client, "c", 70_000);
    let snapshot = quiet(&mut nbw, &hosts);
    let (one, two) = (process(&snapshot, first.pid), process(&snapshot, second.pid));
    assert!(about(500_000, 0).contains(&one.rx_bytes), "{one:?} and {two:?}");
    assert!(about(900_000, 70_000).contains(&two.rx_bytes), "{one:?} and {two:?}");
    assert!(about(70_000, 900_000).contains(&two.tx_bytes), "{one:?} and {two:?}");
    assert_eq!(one.plus(two), Totals::of(interface(&snapshot, &hosts.cable.a)).since(before), "nothing is lost");
    assert_healthy(&snapshot);
}

/// The same socket in two processes that use it in turns, a thousand times: whose it is changes at most so often, and
/// nothing is lost.
#[test]
fn a_socket_that_is_shared_loses_nothing() {
    const TIMES: usize = 500;
    let hosts = TwoHosts::new(112, false);
    let mut nbw = watch(&hosts.left, "process", &hosts.cable.a, "");
    let before = Totals::of(interface(&quiet(&mut nbw, &hosts), &hosts.cable.a));
    let (first, client) = connected(&hosts);
    let second = Peer::new(&hosts.left);
    first.lend("c", &second);
    for _ in 0..TIMES {
        for server in [&first, &second] {
            carry(&client, server, "c", 100);
            carry(server, &client, "c", 50);
        }
    }
    let snapshot = quiet(&mut nbw, &hosts);
    let both = process(&snapshot, first.pid).plus(process(&snapshot, second.pid));
    assert_eq!(both, Totals::of(interface(&snapshot, &hosts.cable.a)).since(before));
    assert!(process(&snapshot, second.pid).rx_packets > 0);
    assert_healthy(&snapshot);
}

/// What waits in the socket when it is passed is whoever's that reads it, even if it was shown as another's meanwhile.
#[test]
fn what_was_not_read_goes_with_the_socket() {
    let hosts = TwoHosts::new(116, false);
    let mut nbw = watch(&hosts.left, "process", &hosts.cable.a, "");
    let before = Totals::of(interface(&quiet(&mut nbw, &hosts), &hosts.cable.a));
    let (first, client) = connected(&hosts);
    let second = Peer::new(&hosts.left);
    carry(&client, &first, "c", 10_000);
    client.ask("send c 50000");
    let shown = process(&quiet(&mut nbw, &hosts), first.pid);
    assert!(about(60_000, 0).contains(&shown.rx_bytes), "{shown:?}");
    first.give("c", &second);
    second.ask("receive c 50000");
    let snapshot = quiet(&mut nbw, &hosts);
    let (one, two) = (process(&snapshot, first.pid), process(&snapshot, second.pid));
    assert!(about(10_000, 0).contains(&one.rx_bytes), "{one:?} and {two:?}");
    assert!(about(50_000, 0).contains(&two.rx_bytes), "{one:?} and {two:?}");
    assert_eq!(
        one.plus(two),
        Totals::of(interface(&snapshot, &hosts.cable.a)).since(before),
        "nothing is counted twice"
    );
}

/// What the kernel has yet to send when a process is done stays that process's: a shell goes on where `cat` has ended.
#[test]
fn what_was_not_sent_yet_is_the_senders() {
    let hosts = TwoHosts::new(117, false);
    let mut nbw = watch(&hosts.left, "process", &hosts.cable.a, "");
    let before = Totals::of(interface(&quiet(&mut nbw, &hosts), &hosts.cable.a));
    let (first, client) = connected(&hosts);
    let second = Peer::new(&hosts.left);
    carry(&first, &client, "c", 2_000_000);
    quiet(&mut nbw, &hosts);
    first.give("c", &second);
    carry(&second, &client, "c", 10_000);
    carry(&second, &client, "c", 20_000);
    let snapshot = quiet(&mut nbw, &hosts);
    let (one, two) = (process(&snapshot, first.pid), process(&snapshot, second.pid));
    assert!(about(2_000_000, 0).contains(&one.tx_bytes), "{one:?} and {two:?}");
    assert!(about(30_000, 0).contains(&two.tx_bytes), "{one:?} and {two:?}");
    assert_eq!(one.plus(two), Totals::of(interface(&snapshot, &hosts.cable.a)).since(before), "nothing is lost");
}

/// One connection is one row, whoever has it.
#[test]
fn a_socket_that_is_passed_is_one_connection() {
    let hosts = TwoHosts::new(113, false);
    let mut nbw = watch(&hosts.left, "connection", &hosts.cable.a, "");
    let (first, client) = connected(&hosts);
    let second = Peer::new(&hosts.left);
    carry(&client, &first, "c", 1_000);
    let ours = |row: &Value| row["local"]["port"] == 80 && row["remote"]["port"] != 0;
    let snapshot = quiet(&mut nbw, &hosts);
    let one = rows(&snapshot, "connections", ours);
    assert_eq!((one.len(), &one[0]["pid"]), (1, &first.pid.into()), "{snapshot}");
    first.give("c", &second);
    carry(&client, &second, "c", 2_000);
    let snapshot = quiet(&mut nbw, &hosts);
    let two = rows(&snapshot, "connections", ours);
    assert_eq!((two.len(), &two[0]["pid"], &two[0]["id"]), (1, &second.pid.into(), &one[0]["id"]), "{snapshot}");
    assert!(about(3_000, 0).contains(&sum(two).rx_bytes), "{snapshot}");
}

/// Datagrams: a socket that its maker's child alone uses is the child's.
#[test]
fn a_socket_that_only_a_child_uses_is_the_childs() {
    let hosts = TwoHosts::new(114, false);
    let mut nbw = watch(&hosts.left, "process", &hosts.cable.a, "");
    let (parent, client) = (Peer::new(&hosts.left), Peer::new(&hosts.right));
    let at = format!("{}:53", hosts.cable.v4.0);
    parent.ask(&format!("udp s {at}"));
    let child = parent.fork();
    parent.ask("close s");
    client.ask(&format!("udp s {}:0", hosts.cable.v4.1));
    for _ in 0..3 {
        client.ask(&format!("send-to s {at} 100"));
        child.ask("answer s 1");
        client.ask("take s 1");
    }
    let snapshot = quiet(&mut nbw, &hosts);
    let datagram = |bytes: u64| 3 * (14 + 20 + 8 + bytes);
    let known = Totals { rx_bytes: datagram(100), rx_packets: 3, tx_bytes: datagram(200), tx_packets: 3 };
    assert_eq!(process(&snapshot, child.pid), known, "the child: {:?}", process(&snapshot, parent.pid));
}

/// The listener is gone, its slot is free; what it accepted takes that very slot, and counts in it.
#[test]
fn a_connection_lives_longer_than_its_listener() {
    let hosts = TwoHosts::new(115, false);
    let mut nbw = watch(&hosts.left, "process", &hosts.cable.a, "");
    let (server, client) = connected(&hosts);
    server.ask("close l");
    // The listener's slot is handed out again after its last reading.
    for _ in 0..20 {
        nbw.settled();
    }
    carry(&client, &server, "c", 10_000);
    for _ in 0..20 {
        nbw.settled();
    }
    carry(&client, &server, "c", 20_000);
    let other = Peer::new(&hosts.left);
    other.ask(&format!("udp s {}:0", hosts.cable.v4.0));
    other.ask(&format!("send-to s {}:9 1000", hosts.cable.v4.1));
    carry(&client, &server, "c", 20_000);
    let snapshot = quiet(&mut nbw, &hosts);
    let moved = process(&snapshot, server.pid);
    assert!(about(50_000, 0).contains(&moved.rx_bytes), "{moved:?}, {:?}", process(&snapshot, other.pid));
    assert_eq!(process(&snapshot, other.pid).tx_packets, 1);
}
