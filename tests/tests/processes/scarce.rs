//! Too little room, too many sockets, odd ones: what is counted stays exact.

use nbw_tests::lab::{
    Cgroup, Nbw, Totals, TwoHosts, assert_healthy, group, interface, snapshot_where, together, until,
};
use serde_json::Value;

use crate::{
    peer::{Peer, carry},
    rows::{process, rows, sum, watch},
};

fn quiet(nbw: &mut Nbw, hosts: &TwoHosts) -> Value {
    together(nbw, || hosts.left.kernel_counters(&hosts.cable.a)).1
}

fn link(snapshot: &Value, hosts: &TwoHosts) -> Totals {
    Totals::of(interface(snapshot, &hosts.cable.a))
}

/// More sockets than slots: groups are exact all the same, and what no process could be told for is one row. With room
/// again the next socket has its own.
#[test]
fn when_slots_run_out_groups_are_exact_and_the_rest_is_shown() {
    const SOCKETS: u64 = 200;
    let (hosts, ours) = (TwoHosts::new(151, false), Cgroup::new());
    // Without `-i`: what has no slot is on no interface.
    let mut nbw = Nbw::watch(&hosts.left, "--by process --interval 50ms --no-dns --connection-slots 32");
    let (peer, sink) = (Peer::within(&hosts.left, &ours), Peer::new(&hosts.right));
    let to = format!("{}:9", hosts.cable.v4.1);
    sink.ask(&format!("udp s {to}"));
    for number in 0..SOCKETS {
        peer.ask(&format!("udp s{number} {}:0", hosts.cable.v4.0));
        peer.ask(&format!("aim s{number} {to}"));
        peer.ask(&format!("datagram s{number} 100"));
        sink.ask("take s 1");
    }
    let snapshot = quiet(&mut nbw, &hosts);
    let known = Totals { tx_bytes: SOCKETS * 142, tx_packets: SOCKETS, ..Totals::default() };
    assert_eq!(Totals::of(group(&snapshot, &ours, &hosts.cable.a, "host")), known, "the group");
    let named = process(&snapshot, peer.pid);
    assert!(named.tx_packets > 0 && named.tx_packets < 32, "{named:?}");
    let rest = sum(rows(&snapshot, "processes", |row| row["name"] == "no slot left"));
    // What is not told apart is the whole machine's.
    assert!(named.tx_packets + rest.tx_packets >= SOCKETS, "{named:?} and {rest:?}");
    assert!(snapshot["health"]["no_connection"].as_u64() >= Some(SOCKETS - 31), "{}", snapshot["health"]);
    for number in 0..SOCKETS {
        peer.ask(&format!("close s{number}"));
    }
    peer.ask(&format!("udp s {}:0", hosts.cable.v4.0));
    until("a slot for a new socket", || {
        let before = process(&nbw.settled(), peer.pid);
        peer.ask(&format!("send-to s {to} 100"));
        (process(&nbw.settled(), peer.pid).tx_packets > before.tx_packets).then_some(())
    });
}

/// Hundreds of connections that were busy when nbw started: in the end each byte from then on has its process.
#[test]
fn busy_connections_that_were_there_before_have_their_processes() {
    const COUNT: usize = 300;
    let hosts = TwoHosts::new(152, false);
    let (server, client) = (Peer::new(&hosts.left), Peer::new(&hosts.right));
    let at = format!("{}:80", hosts.cable.v4.0);
    server.ask(&format!("listen l {at}"));
    for number in 0..COUNT {
        client.ask(&format!("connect c{number} {at}"));
        server.ask(&format!("accept c{number} l"));
    }
    let mut nbw = std::thread::scope(|scope| {
        let busy = scope.spawn(|| {
            for number in 0..COUNT {
                carry(&client, &server, &format!("c{number}"), 1000);
            }
        });
        let nbw = watch(&hosts.left, "process", &hosts.cable.a, "");
        busy.join().expect("all of it");
        nbw
    });
    let before = quiet(&mut nbw, &hosts);
    let earlier = process(&before, server.pid);
    for number in 0..COUNT {
        carry(&client, &server, &format!("c{number}"), 1000);
    }
    until("an owner for each byte", || {
        let snapshot = quiet(&mut nbw, &hosts);
        let moved = link(&snapshot, &hosts).since(link(&before, &hosts));
        let now = process(&snapshot, server.pid);
        // What was moved before may have found its owner meanwhile.
        let nobodys = sum(rows(&snapshot, "processes", |row| row["pid"] == 0));
        (nobodys == Totals::default() && now.rx_bytes >= earlier.rx_bytes + moved.rx_bytes).then_some(())
    });
}

/// Filters choose by the socket's cgroup; what is left is what the group has moved.
#[test]
fn filters_choose_rows_of_sockets() {
    let (hosts, ours, others) = (TwoHosts::new(153, false), Cgroup::new(), Cgroup::new());
    let (peer, other) = (Peer::within(&hosts.left, &ours), Peer::within(&hosts.left, &others));
    let sink = Peer::new(&hosts.right);
    let to = format!("{}:9", hosts.cable.v4.1);
    sink.ask(&format!("udp s {to}"));
    for (kind, list) in [("process", "processes"), ("connection", "connections"), ("remote", "remotes")] {
        let mut nbw = Nbw::watch(&hosts.left, &format!("--by {kind} -g {} --interval 50ms --no-dns", ours.path));
        for peer in [&peer, &other] {
            peer.ask(&format!("udp s {}:0", hosts.cable.v4.0));
            for _ in 0..5 {
                peer.ask(&format!("send-to s {to} 100"));
                sink.ask("take s 1");
            }
        }
        let snapshot = quiet(&mut nbw, &hosts);
        let all = rows(&snapshot, list, |_| true);
        assert_eq!(all.len(), 1, "{kind}: {snapshot}");
        let known = Totals { tx_bytes: 5 * 142, tx_packets: 5, ..Totals::default() };
        assert_eq!(Totals::of(all[0]), known, "{kind}");
        match kind {
            "remote" => {
                assert_eq!((&all[0]["address"], &all[0]["connections"]), (&hosts.cable.v4.1.as_str().into(), &1.into()))
            }
            _ => assert_eq!((&all[0]["pid"], &all[0]["group"]), (&peer.pid.into(), &ours.path.as_str().into())),
        }
        for peer in [&peer, &other] {
            peer.ask("close s");
        }
    }
}

/// A pid that another process has soon after is another row.
#[test]
fn a_pid_that_is_used_again_is_another_process() {
    let hosts = TwoHosts::new(154, false);
    let mut nbw = watch(&hosts.left, "process", &hosts.cable.a, "");
    let sink = Peer::new(&hosts.right);
    let to = format!("{}:9", hosts.cable.v4.1);
    sink.ask(&format!("udp s {to}"));
    let parent = Peer::new(&hosts.left);
    let say = |peer: &Peer, bytes: u32| {
        peer.ask(&format!("udp s {}:0", hosts.cable.v4.0));
        peer.ask(&format!("send-to s {to} {bytes}"));
        sink.ask("take s 1");
    };
    let first = parent.fork();
    let pid = first.pid;
    say(&first, 100);
    let known = |bytes: u64| Totals { tx_bytes: 42 + bytes, tx_packets: 1, ..Totals::default() };
    assert_eq!(process(&quiet(&mut nbw, &hosts), pid), known(100));
    drop(first);
    snapshot_where(&mut nbw, "the end of the first", |snapshot| {
        !rows(snapshot, "processes", |row| row["pid"] == pid && row["ended"] == true).is_empty()
    });
    let second = until("the pid again", || {
        std::fs::write("/proc/sys/kernel/ns_last_pid", (pid - 1).to_string()).expect("the last pid");
        Some(parent.fork()).filter(|child| child.pid == pid)
    });
    say(&second, 300);
    let snapshot = quiet(&mut nbw, &hosts);
    let mut both: Vec<Totals> =
        rows(&snapshot, "processes", |row| row["pid"] == pid).into_iter().map(Totals::of).collect();
    both.sort_unstable_by_key(|totals| totals.tx_bytes);
    assert_eq!(both, [known(100), known(300)], "{snapshot}");
    assert_healthy(&snapshot);
}
