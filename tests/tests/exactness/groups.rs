//! Cgroups: what their sockets sent and received, with its headers; and whose interface it was.

use std::net::{TcpListener, TcpStream, UdpSocket};

use nbw_tests::lab::{
    Cgroup, Iperf, Nbw, Netns, Totals, TwoHosts, Veth, assert_healthy, assert_sum_rule, exchange_tcp, exchange_udp,
    group, interface, no_cgroup, open, together,
};

/// Sizes of the datagrams of an exchange, up to an answer that fills a frame.
const SIZES: [usize; 6] = [1, 17, 100, 512, 600, 700];

/// The bytes and packets of [`exchange_udp`] with [`SIZES`] `times` over, as the client sees it.
fn known_exchange(times: u64, network_header: u64) -> Totals {
    let payload: u64 = SIZES.iter().map(|&size| size as u64).sum();
    let packets = times * SIZES.len() as u64;
    let headers = packets * (14 + network_header + 8);
    Totals {
        rx_bytes: times * 2 * payload + headers,
        rx_packets: packets,
        tx_bytes: times * payload + headers,
        tx_packets: packets,
    }
}

fn mirrored(totals: Totals) -> Totals {
    Totals {
        rx_bytes: totals.tx_bytes,
        rx_packets: totals.tx_packets,
        tx_bytes: totals.rx_bytes,
        tx_packets: totals.rx_packets,
    }
}

/// Client and server have a cgroup each; nbw runs beside the client and sees both.
#[test]
fn datagrams_are_their_payload_and_headers() {
    const TIMES: u64 = 50;
    for (number, network_header) in [(21, 20), (22, 40)] {
        let (hosts, ours, theirs) = (TwoHosts::new(number, false), Cgroup::new(), Cgroup::new());
        let mut nbw = Nbw::watch(&hosts.left, "--interval 50ms");
        let (left, right) = if network_header == 20 { &hosts.cable.v4 } else { &hosts.cable.v6 }.clone();
        let server = open(&hosts.right, &theirs, || UdpSocket::bind((right.as_str(), 7000)));
        let client = open(&hosts.left, &ours, || UdpSocket::bind((left.as_str(), 0)));
        client.connect((right.as_str(), 7000)).expect("connect");
        exchange_udp(&client, &server, &SIZES.repeat(TIMES as usize));
        let snapshot = nbw.settled();
        let known = known_exchange(TIMES, network_header);
        let (a, b) = (&hosts.cable.a, &hosts.cable.b);
        assert_eq!(Totals::of(group(&snapshot, &ours, a, "host")), known, "the client's cgroup");
        let far = Totals::of(group(&snapshot, &theirs, b, &hosts.right.name));
        assert_eq!(far, mirrored(known), "the server's cgroup");
        assert_healthy(&snapshot);
    }
}

/// Where a cgroup is the only one that uses an interface, and every packet finds its socket, it has all of the
/// interface's bytes: connection set-up and tear-down included.
#[test]
fn a_cgroup_alone_on_a_link_has_all_of_it() {
    for (number, v6) in [(23, false), (24, true)] {
        let (hosts, ours, theirs) = (TwoHosts::new(number, false), Cgroup::new(), Cgroup::new());
        let address = if v6 { hosts.cable.v6.1.as_str() } else { hosts.cable.v4.1.as_str() };
        let mut nbw = Nbw::watch(&hosts.left, "--interval 50ms");
        let (a, b) = (&hosts.cable.a, &hosts.cable.b);
        let kernel = || hosts.left.kernel_counters(a);
        let (kernel_before, before) = together(&mut nbw, kernel);
        let listener = open(&hosts.right, &theirs, || TcpListener::bind((address, 6000)));
        let client = open(&hosts.left, &ours, || TcpStream::connect((address, 6000)));
        exchange_tcp(client, &listener, 3_000_000, 2_000_000);
        let (kernel_after, after) = together(&mut nbw, kernel);
        let moved = kernel_after.since(kernel_before);
        assert!(moved.tx_bytes > 3_000_000 && moved.rx_bytes > 2_000_000, "{moved:?}");
        let total = |snapshot| Totals::of(interface(snapshot, a));
        assert_eq!(total(&after).since(total(&before)), moved, "the interface");
        assert_eq!(Totals::of(group(&after, &ours, a, "host")), moved, "the client's cgroup");
        assert_eq!(Totals::of(group(&after, &theirs, b, &hosts.right.name)), mirrored(moved), "the server's cgroup");
        let nobodys = |snapshot| no_cgroup(snapshot, a, "unattributed");
        assert_eq!(nobodys(&after), nobodys(&before), "unattributed");
        assert_sum_rule(&after, a);
        assert_healthy(&after);
    }
}

/// Programs as they are (iperf3 moves into its cgroup before it makes a socket): both directions belong to it.
#[test]
fn upload_and_download_of_a_program_are_its_cgroups() {
    let (hosts, ours) = (TwoHosts::new(25, false), Cgroup::new());
    let _server = Iperf::server(&hosts.right, None);
    let a = &hosts.cable.a;
    let mut nbw = Nbw::watch(&hosts.left, &format!("-i {a} --interval 50ms"));
    for options in ["-n 5M -w 128K", "-n 5M -w 128K -R", "-u -b 20M -n 200K -l 1200"] {
        Iperf::client(&hosts.left, Some(&ours), &hosts.cable.v4.1, options);
    }
    let (_, snapshot) = together(&mut nbw, || hosts.left.kernel_counters(a));
    let row = Totals::of(group(&snapshot, &ours, a, "host"));
    assert!(row.tx_bytes > 5_300_000 && row.rx_bytes > 5_000_000, "{row:?}");
    // iperf3 closes its control connection such that the other side's last packets find a socket in TIME_WAIT.
    let rest = no_cgroup(&snapshot, a, "unattributed");
    let total = Totals::of(interface(&snapshot, a));
    let last_packets = total.rx_packets + total.tx_packets - row.rx_packets - row.tx_packets;
    assert!(last_packets <= 4 * 3 + 12, "more than some packets of closed connections and of the kernel: {rest:?}");
    assert_sum_rule(&snapshot, a);
}

/// Two hosts' interfaces with the same index, and sockets of the same cgroup: the namespace keeps them apart.
#[test]
fn namespaces_with_the_same_ifindex_are_kept_apart() {
    let (watching, shared) = (Netns::new(), Cgroup::new());
    let pairs = [TwoHosts::new(26, false), TwoHosts::new(27, false)];
    let index = |hosts: &TwoHosts| hosts.left.run(&format!("cat /sys/class/net/{}/ifindex", hosts.cable.a));
    assert_eq!(index(&pairs[0]), index(&pairs[1]), "the lab gives both the same index");
    let mut nbw = Nbw::watch(&watching, "--interval 50ms");
    for (hosts, times) in pairs.iter().zip([10, 20]) {
        exchange_between(hosts, &shared, &hosts.cable, times);
    }
    let snapshot = nbw.settled();
    for (hosts, times) in pairs.iter().zip([10, 20]) {
        let row = group(&snapshot, &shared, &hosts.cable.a, &hosts.left.name);
        assert_eq!(Totals::of(row), known_exchange(times, 20), "{}", hosts.left.name);
        assert_eq!(row["id"], shared.id());
    }
    let rows = snapshot["groups"].as_array().expect("groups");
    assert_eq!(rows.iter().filter(|row| row["path"] == shared.path).count(), 2, "{snapshot}");
}

/// The same from the host, whose own interfaces have such indices too.
#[test]
fn the_host_sees_a_container_by_its_namespace() {
    let (hosts, ours) = (TwoHosts::new(28, false), Cgroup::new());
    let mut nbw = Nbw::watch_here("--interval 50ms");
    exchange_between(&hosts, &ours, &hosts.cable, 10);
    let snapshot = nbw.settled();
    let row = group(&snapshot, &ours, &hosts.cable.a, &hosts.left.name);
    assert_eq!(Totals::of(row), known_exchange(10, 20));
}

/// Exchanges datagrams over IPv4; only the client's socket is in the cgroup.
fn exchange_between(hosts: &TwoHosts, cgroup: &Cgroup, cable: &Veth, times: u64) {
    let to = (cable.v4.1.as_str(), 7000);
    let server = hosts.right.enter(|| UdpSocket::bind(to).expect("a socket"));
    let client = open(&hosts.left, cgroup, || UdpSocket::bind((cable.v4.0.as_str(), 0)));
    client.connect(to).expect("connect");
    exchange_udp(&client, &server, &SIZES.repeat(times as usize));
}
