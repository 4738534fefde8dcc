//! Many connections: nothing is lost, nothing leaks, all sums are the same.

use nbw_tests::lab::{Nbw, Totals, TwoHosts, assert_healthy, interface, no_cgroup, sum_of_groups, together};
use serde_json::Value;

use crate::{
    peer::Peer,
    rows::{History, process, rows, sum},
};

fn quiet(nbw: &mut Nbw, hosts: &TwoHosts) -> Value {
    together(nbw, || hosts.left.kernel_counters(&hosts.cable.a)).1
}

fn link(snapshot: &Value, hosts: &TwoHosts) -> Totals {
    Totals::of(interface(snapshot, &hosts.cable.a))
}

/// Connections one after the other, `clients` at a time, `times` each. nbw's output is read all the while.
fn storm(hosts: &TwoHosts, nbw: &mut Nbw, clients: u16, times: usize, mut each: impl FnMut(&Value)) -> Vec<Peer> {
    let mut peers = Vec::new();
    for number in 0..clients {
        let (server, client) = (Peer::new(&hosts.left), Peer::new(&hosts.right));
        let at = format!("{}:{}", hosts.cable.v4.0, 8000 + number);
        server.ask(&format!("listen l {at}"));
        server.tell(&format!("serve-short l {times} 100"));
        client.tell(&format!("short {at} {times} 100"));
        peers.extend([server, client]);
    }
    std::thread::scope(|scope| {
        let peers = &peers;
        let working = scope.spawn(move || peers.iter().map(Peer::answer).count());
        while !working.is_finished() {
            each(&nbw.next());
        }
    });
    peers
}

/// Five thousand short connections, with fewer slots than they take: all come back, and all sums are equal.
#[test]
fn thousands_of_short_connections_leave_nothing_behind() {
    let hosts = TwoHosts::new(141, false);
    let options = format!("--by process -i {} --interval 50ms --no-dns --connection-slots 16384", hosts.cable.a);
    let mut nbw = Nbw::watch(&hosts.left, &options);
    let before = quiet(&mut nbw, &hosts);
    for _ in 0..2 {
        let peers = storm(&hosts, &mut nbw, 4, 1250, |_| ());
        let snapshot = quiet(&mut nbw, &hosts);
        let moved = link(&snapshot, &hosts).since(link(&before, &hosts));
        let left = |row: &Value| row["netns"] == "host" && row["kind"] != "unattributed";
        assert_eq!(
            sum_of_groups(&snapshot, left),
            sum_of_groups(&before, left).plus(moved),
            "groups and the interface"
        );
        // Both ends of the cable are rows: what one has sent the other has received.
        let all = sum(rows(&snapshot, "processes", |_| true));
        assert_eq!(all.rx_bytes, moved.rx_bytes + moved.tx_bytes, "processes and the interface");
        assert_eq!(all.tx_bytes, moved.rx_bytes + moved.tx_bytes);
        let servers =
            peers.iter().step_by(2).map(|server| process(&snapshot, server.pid)).fold(Totals::default(), Totals::plus);
        assert!(servers.rx_packets >= 5000 * 4, "{servers:?}");
        assert_eq!(
            no_cgroup(&snapshot, &hosts.cable.a, "unattributed"),
            no_cgroup(&before, &hosts.cable.a, "unattributed")
        );
        assert_healthy(&snapshot);
    }
}

/// The same by connection: each is told of as closed once, with its final counts, which add up.
#[test]
fn each_of_many_connections_is_told_of_once() {
    let hosts = TwoHosts::new(142, false);
    let options = format!("--by connection -i {} --interval 50ms --no-dns", hosts.cable.a);
    let mut nbw = Nbw::watch(&hosts.left, &options);
    let before = quiet(&mut nbw, &hosts);
    let mut history = History::default();
    let peers = storm(&hosts, &mut nbw, 2, 500, |snapshot| history.take(snapshot));
    drop(peers);
    let served = |row: &Value| row["netns"] == "host" && row["remote"]["port"] != 0;
    history.follow(&mut nbw, "the end of each", |history| {
        let rows = history.rows(served);
        rows.len() == 1000 && rows.iter().all(|row| row["state"] == "closed")
    });
    let snapshot = quiet(&mut nbw, &hosts);
    history.take(&snapshot);
    assert!(history.closings.values().all(|&times| times == 1));
    let here = sum(history.rows(|row| row["netns"] == "host"));
    assert_eq!(here, link(&snapshot, &hosts).since(link(&before, &hosts)), "connections and the interface");
}
