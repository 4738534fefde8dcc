//! How interfaces of other network namespaces, and those of the host among themselves, are joined; what follows for sums.
//! The oracle is `ip link`.

use std::net::UdpSocket;

use nbw_tests::lab::{
    Cgroup, Counted, Joints, Nbw, Netns, Totals, Veth, assert_healthy, interface, run, snapshot_where, sum_of_groups,
    together,
};
use serde_json::{Value, json};

/// Lays a cable whose both ends have this index. The second end gets the address 10.88.0.1.
fn cable(a: (&Netns, &str), b: (&Netns, &str), index: u32) {
    let (near, far) = ((&a.0.name, a.1), (&b.0.name, b.1));
    run(&format!(
        "ip link add {} index {index} netns {} type veth peer name {} index {index} netns {}",
        near.1, near.0, far.1, far.0
    ));
    a.0.run(&format!("ip link set {} up", a.1));
    set_up(b.0, b.1);
}

fn set_up(netns: &Netns, name: &str) {
    netns.run(&format!("ip addr add 10.88.0.1/24 dev {name}"));
    netns.run(&format!("ip neigh replace 10.88.0.9 lladdr 02:00:00:00:00:09 dev {name} nud permanent"));
    netns.run(&format!("ip link set {name} up"));
}

/// Has a cgroup send from a namespace to nobody, so that it has a row there.
fn send(netns: &Netns, cgroup: &Cgroup) {
    netns.enter_with(cgroup, || {
        let socket = UdpSocket::bind("10.88.0.1:0").expect("a socket");
        for _ in 0..10 {
            socket.send_to(&[1; 100], "10.88.0.9:9").expect("a datagram");
        }
    });
}

fn row<'a>(snapshot: &'a Value, cgroup: &Cgroup, netns: &Netns) -> Option<&'a Value> {
    let rows = snapshot["groups"].as_array().expect("groups");
    rows.iter().find(|row| row["path"] == cgroup.path && row["netns"] == netns.name)
}

/// The first snapshot in which the cgroup's row in this namespace has this peer.
fn with_peer(nbw: &mut Nbw, cgroup: &Cgroup, netns: &Netns, peer: &Value) -> Value {
    let what = format!("{} in {} to have the peer {peer}", cgroup.path, netns.name);
    snapshot_where(nbw, &what, |snapshot| row(snapshot, cgroup, netns).is_some_and(|row| row["peer"] == *peer))
}

/// Each row's `peer` is what `ip` says in the host, and each interface's `master`.
fn assert_as_ip_says(snapshot: &Value, host: &Netns, others: &[&Netns]) {
    let joints = Joints::of(host);
    for row in snapshot["groups"].as_array().expect("groups") {
        let Some(netns) = others.iter().find(|netns| row["netns"] == netns.name) else { continue };
        let json = netns.run(&format!("ip -j link show dev {}", row["interface"].as_str().expect("a name")));
        let value: Value = serde_json::from_str(&json).expect("JSON from ip");
        let place = (netns.name.clone(), value[0]["ifindex"].as_u64().expect("an index"));
        let peers: Vec<&String> = joints.abroad.get(&place).into_iter().flatten().collect();
        let known: Vec<&str> = row["peer"].as_str().into_iter().collect();
        assert_eq!(known, peers, "{row}");
    }
    for row in snapshot["interfaces"].as_array().expect("interfaces") {
        let master = joints.masters.get(row["name"].as_str().expect("a name"));
        assert_eq!(row["master"].as_str(), master.map(String::as_str), "{row}");
    }
}

/// The same index everywhere: only the namespace tells them apart.
#[test]
fn a_veth_is_the_other_end_of_the_right_interface() {
    let (host, web, database, elsewhere) = (Netns::new(), Netns::new(), Netns::new(), Netns::new());
    let cgroup = Cgroup::new();
    cable((&host, "veth-web"), (&web, "eth0"), 10);
    cable((&elsewhere, "veth-far"), (&database, "eth0"), 10);
    cable((&host, "veth-db"), (&database, "eth1"), 11);
    host.run("ip link add between type bridge");
    host.run("ip link set veth-db master between");
    host.run("ip link set between up");
    let mut nbw = Nbw::watch(&host, "--interval 50ms");
    send(&web, &cgroup);
    send(&database, &cgroup);
    let snapshot = with_peer(&mut nbw, &cgroup, &web, &json!("veth-web"));
    assert_as_ip_says(&snapshot, &host, &[&web, &database]);
    // 10.88.0.9 is reached by the first route: eth0, whose other end is in a third namespace.
    let snapshot = with_peer(&mut nbw, &cgroup, &database, &Value::Null);
    assert_eq!(row(&snapshot, &cgroup, &database).expect("a row")["interface"], "eth0");
    assert_as_ip_says(&snapshot, &host, &[&web, &database]);
    assert_eq!(interface(&snapshot, "veth-db")["master"], "between");
    database.run("ip link set eth0 down");
    database.run("ip neigh replace 10.88.0.9 lladdr 02:00:00:00:00:09 dev eth1 nud permanent");
    send(&database, &cgroup);
    let snapshot = snapshot_where(&mut nbw, "traffic on eth1", |snapshot| {
        let rows = snapshot["groups"].as_array().expect("groups");
        rows.iter().any(|row| row["path"] == cgroup.path && row["interface"] == "eth1" && row["peer"] == "veth-db")
    });
    assert_as_ip_says(&snapshot, &host, &[&web, &database]);
    assert_healthy(&snapshot);
}

#[test]
fn one_that_is_moved_is_not_claimed_where_it_was() {
    let (host, first, second) = (Netns::new(), Netns::new(), Netns::new());
    let cgroup = Cgroup::new();
    cable((&host, "veth-a"), (&first, "eth0"), 10);
    let mut nbw = Nbw::watch(&host, "--interval 50ms");
    send(&first, &cgroup);
    with_peer(&mut nbw, &cgroup, &first, &json!("veth-a"));
    first.run(&format!("ip link set eth0 netns {}", second.name));
    set_up(&second, "eth0");
    send(&second, &cgroup);
    let snapshot = with_peer(&mut nbw, &cgroup, &second, &json!("veth-a"));
    // Its row is there until the slot is taken back.
    assert!(row(&snapshot, &cgroup, &first).is_none_or(|row| row["peer"].is_null()), "{snapshot}");
    assert_as_ip_says(&snapshot, &host, &[&second]);
}

#[test]
fn one_that_is_made_anew_for_another_namespace_is_not_claimed_by_the_first() {
    let (host, third, first, second) = (Netns::new(), Netns::new(), Netns::new(), Netns::new());
    let cgroup = Cgroup::new();
    cable((&host, "veth-a"), (&first, "eth0"), 10);
    let mut nbw = Nbw::watch(&host, "--interval 50ms");
    send(&first, &cgroup);
    with_peer(&mut nbw, &cgroup, &first, &json!("veth-a"));
    host.run("ip link del veth-a");
    cable((&host, "veth-a"), (&second, "eth0"), 10);
    cable((&third, "veth-c"), (&first, "eth0"), 10);
    send(&second, &cgroup);
    send(&first, &cgroup);
    let snapshot = with_peer(&mut nbw, &cgroup, &second, &json!("veth-a"));
    assert!(row(&snapshot, &cgroup, &first).expect("a row")["peer"].is_null(), "{snapshot}");
    assert_as_ip_says(&snapshot, &host, &[&first, &second]);
}

#[test]
fn a_macvlan_sits_on_its_parent() {
    let (host, outside, inside) = (Netns::new(), Netns::new(), Netns::new());
    let cgroup = Cgroup::new();
    cable((&host, "uplink"), (&outside, "eth0"), 10);
    host.run("ip link add link uplink name lan type macvlan mode bridge");
    host.run("ip link set lan up");
    host.run("ip link add link uplink name here type macvlan mode bridge");
    host.run("ip link set here up");
    host.run(&format!("ip link set lan netns {}", inside.name));
    set_up(&inside, "lan");
    let mut nbw = Nbw::watch(&host, "--interval 50ms");
    send(&inside, &cgroup);
    let snapshot = snapshot_where(&mut nbw, "lan to sit on uplink", |snapshot| {
        row(snapshot, &cgroup, &inside).is_some_and(|row| row["parent"] == "uplink")
    });
    assert!(row(&snapshot, &cgroup, &inside).expect("a row")["peer"].is_null());
    assert_eq!(interface(&snapshot, "here")["parent"], "uplink");
    assert_eq!(interface(&snapshot, "uplink")["parent"], Value::Null);
    let edges = |name: &str| interface(&snapshot, name)["edge"].as_bool().expect("a truth");
    assert!(edges("uplink") && !edges("here") && !edges("lo"), "{snapshot}");
}

/// The host has an interface with the index of the parent, but it is another.
#[test]
fn a_macvlan_of_a_third_namespaces_interface_sits_on_none_of_the_hosts() {
    let (host, third, inside) = (Netns::new(), Netns::new(), Netns::new());
    let cgroup = Cgroup::new();
    cable((&host, "uplink"), (&third, "uplink"), 10);
    third.run("ip link add link uplink name lan type macvlan mode bridge");
    third.run(&format!("ip link set lan netns {}", inside.name));
    set_up(&inside, "lan");
    let mut nbw = Nbw::watch(&host, "--interval 50ms");
    send(&inside, &cgroup);
    let snapshot = snapshot_where(&mut nbw, "lan to have a name", |snapshot| {
        row(snapshot, &cgroup, &inside).is_some_and(|row| row["interface"] == "lan")
    });
    let row = row(&snapshot, &cgroup, &inside).expect("a row");
    assert!(row["parent"].is_null() && row["peer"].is_null(), "{row}");
}

#[test]
fn asking_for_a_veth_shows_who_is_at_its_other_end() {
    let (host, asked, other) = (Netns::new(), Netns::new(), Netns::new());
    let cgroup = Cgroup::new();
    cable((&host, "veth-a"), (&asked, "eth0"), 10);
    cable((&host, "veth-b"), (&other, "eth0"), 11);
    let mut nbw = Nbw::watch(&host, "-i veth-a --interval 50ms");
    let mut all = Nbw::watch(&host, "--interval 50ms");
    send(&other, &cgroup);
    send(&asked, &cgroup);
    with_peer(&mut all, &cgroup, &other, &json!("veth-b"));
    let snapshot = with_peer(&mut nbw, &cgroup, &asked, &json!("veth-a"));
    assert!(row(&snapshot, &cgroup, &other).is_none(), "{snapshot}");
    assert!(row(&nbw.settled(), &cgroup, &other).is_none());
}

/// A container behind a bridge talks to the world: each packet is on three interfaces of the host and one of its own.
/// The host's total has it once.
#[test]
fn the_same_packets_are_in_the_hosts_total_once() {
    let (world, host, container) = (Netns::new(), Netns::new(), Netns::new());
    let (uplink, inner) = (Veth::between(&host, &world, 51, false), Veth::between(&host, &container, 52, false));
    let cgroup = Cgroup::new();
    host.run("sysctl -q -w net.ipv4.ip_forward=1");
    host.run("ip link add between type bridge mcast_snooping 0");
    host.run(&format!("ip addr flush dev {}", inner.a));
    host.run(&format!("ip link set {} master between", inner.a));
    host.run(&format!("ip addr add {}/24 dev between", inner.v4.0));
    host.run("ip link set between up");
    container.run(&format!("ip route add default via {}", inner.v4.0));
    world.run(&format!("ip route add default via {}", uplink.v4.0));
    let mut nbw = Nbw::watch(&host, "--interval 50ms");
    let server = world.enter(|| UdpSocket::bind((&*uplink.v4.1, 7000)).expect("a socket"));
    let client = container.enter_with(&cgroup, || UdpSocket::bind((&*inner.v4.1, 0)).expect("a socket"));
    client.connect((&*uplink.v4.1, 7000)).expect("connect");
    // Neighbours are found now.
    nbw_tests::lab::exchange_udp(&client, &server, &[1]);
    let kernel = || host.kernel_counters(&uplink.a);
    let edge = |snapshot: &Value| {
        let rows = snapshot["interfaces"].as_array().expect("interfaces");
        rows.iter().filter(|row| row["edge"] == true).map(Totals::of).fold(Totals::default(), Totals::plus)
    };
    let (kernel_before, before) = together(&mut nbw, kernel);
    nbw_tests::lab::exchange_udp(&client, &server, &[500; 200]);
    let (kernel_after, after) = together(&mut nbw, kernel);
    let moved = edge(&after).since(edge(&before));
    assert_eq!(moved, kernel_after.since(kernel_before), "the host's total");
    let known = |bytes: u64| Counted { bytes: 200 * (bytes + 14 + 20 + 8), packets: 200 };
    assert_eq!((moved.tx(), moved.rx()), (known(500), known(1000)));
    for (name, sent) in [("between", known(1000)), (&inner.a, known(1000)), (&uplink.a, known(500))] {
        let row = |snapshot| Totals::of(interface(snapshot, name));
        assert_eq!(row(&after).since(row(&before)).tx(), sent, "{name} carries them too");
    }
    let own = |snapshot: &Value| sum_of_groups(snapshot, |row| row["path"] == cgroup.path);
    assert_eq!(own(&after).since(own(&before)).tx(), known(500), "the container's own");
    let snapshot = with_peer(&mut nbw, &cgroup, &container, &json!(inner.a));
    assert_as_ip_says(&snapshot, &host, &[&container]);
    assert_healthy(&snapshot);
}
