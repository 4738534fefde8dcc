//! A host that forwards: what passes through belongs to none of its cgroups.

use std::thread;

use nbw_tests::lab::{
    Cgroup, Iperf, Nbw, Netns, Totals, Veth, assert_healthy, assert_sum_rule, interface, no_cgroup, sum_of_groups,
    together,
};
use serde_json::Value;

/// Two hosts that reach each other through a third.
struct Routed {
    client: Netns,
    router: Netns,
    server: Netns,
    near: Veth,
    far: Veth,
}

impl Routed {
    fn new() -> Self {
        let (client, router, server) = (Netns::new(), Netns::new(), Netns::new());
        router.run("sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
        let near = Veth::between(&client, &router, 31, false);
        let far = Veth::between(&server, &router, 32, false);
        client.run(&format!("ip route add default via {}", near.v4.1));
        client.run(&format!("ip route add default via {}", near.v6.1));
        server.run(&format!("ip route add default via {}", far.v4.1));
        server.run(&format!("ip route add default via {}", far.v6.1));
        Self { client, router, server, near, far }
    }
}

#[test]
fn forwarded_flows_are_unattributed_on_both_interfaces() {
    let (hosts, ours, theirs) = (Routed::new(), Cgroup::new(), Cgroup::new());
    let _server = Iperf::server(&hosts.server, Some(&theirs));
    let names = [&hosts.near.b, &hosts.far.b];
    let mut nbw = Nbw::watch(&hosts.router, "--interval 50ms");
    let kernel = || names.map(|name| hosts.router.kernel_counters(name));
    let (kernel_before, before) = together(&mut nbw, kernel);
    for address in [&hosts.far.v4.0, &hosts.far.v6.0] {
        let seen = thread::scope(|scope| {
            let (client, ours) = (&hosts.client, &ours);
            let flow = scope.spawn(move || Iperf::client(client, Some(ours), address, "-t 1 -w 128K"));
            let mut seen = 0;
            while !flow.is_finished() {
                assert_rates(&nbw.next());
                seen += 1;
            }
            flow.join().expect("the flow");
            seen
        });
        assert!(seen >= 5, "too short a flow to have seen it on its way");
    }
    let (kernel_after, after) = together(&mut nbw, kernel);
    for (at, name) in names.into_iter().enumerate() {
        let moved = kernel_after[at].since(kernel_before[at]);
        let total = |snapshot| Totals::of(interface(snapshot, name));
        assert_eq!(total(&after).since(total(&before)), moved, "{name}");
        assert_unattributed(&after, name, &[&ours, &theirs]);
    }
    let through = |at: usize| kernel_after[at].since(kernel_before[at]);
    assert!(through(0).rx_bytes > 1 << 20 && through(1).tx_bytes > 1 << 20, "{kernel_after:?}");
    assert_healthy(&after);
}

/// Nothing of the interface is any of the cgroups'; the router's own cgroups have a few packets at most (neighbours).
fn assert_unattributed(snapshot: &Value, name: &str, cgroups: &[&Cgroup]) {
    let here = |row: &Value| row["interface"] == name && row["netns"] == "host";
    let theirs = |row: &Value| cgroups.iter().any(|cgroup| row["path"] == cgroup.path);
    assert_eq!(sum_of_groups(snapshot, |row| here(row) && theirs(row)), Totals::default());
    let own = sum_of_groups(snapshot, |row| here(row) && row["kind"] != "unattributed");
    assert!(own.rx_packets + own.tx_packets < 50, "the router's own packets: {own:?}");
    assert!(no_cgroup(snapshot, name, "unattributed").rx_packets > 1_000, "{snapshot}");
    assert_sum_rule(snapshot, name);
}

fn assert_rates(snapshot: &Value) {
    let rows = ["interfaces", "groups"].iter().flat_map(|kind| snapshot[*kind].as_array().expect("rows"));
    for row in rows {
        for (side, rate) in ["rx", "tx"].iter().flat_map(|side| {
            ["bytes_per_second", "packets_per_second"].map(|rate| (side, row[*side][rate].as_f64().expect("a rate")))
        }) {
            assert!(rate >= 0.0, "{side}: {row}");
        }
    }
}
