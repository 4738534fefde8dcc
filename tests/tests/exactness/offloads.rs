//! Interfaces with offloads: one packet in the kernel is many frames on the wire. The oracle is a host in between that
//! has to make real frames of them.

use std::net::{TcpListener, TcpStream, UdpSocket};

use nbw_tests::lab::{
    Cgroup, Nbw, Netns, Totals, TwoHosts, Veth, assert_healthy, assert_sum_rule, exchange_tcp, group, interface, open,
    qdisc_counters, send_segmented, together, with_pfifo,
};

/// A client with all offloads, and a server that is reached through a router whose links carry nothing but frames:
/// what the router hands on is cut, and counted frame by frame.
struct Cut {
    client: Netns,
    router: Netns,
    server: Netns,
    /// From the client, with offloads at the client's end, `a`.
    near: Veth,
    far: Veth,
}

impl Cut {
    fn new(number: u8) -> Self {
        let (client, router, server) = (Netns::new(), Netns::new(), Netns::new());
        router.run("sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
        let near = Veth::between(&client, &router, number, true);
        let far = Veth::between(&server, &router, number + 1, false);
        near.pin_neighbours(&client, &router);
        far.pin_neighbours(&server, &router);
        client.run(&format!("ethtool -K {} gro on", near.a));
        router.run(&format!("ethtool -K {} tso off gso off gro off tx-udp-segmentation off", near.b));
        for family in ["-4", "-6"] {
            let gateway = |veth: &Veth| if family == "-4" { veth.v4.1.clone() } else { veth.v6.1.clone() };
            client.run(&format!("ip {family} route add default via {}", gateway(&near)));
            server.run(&format!("ip {family} route add default via {}", gateway(&far)));
        }
        Self { client, router, server, near, far }
    }
}

/// TCP in both directions over both IP versions: sent in packets of up to 64 KiB (GSO), received merged (GRO).
#[test]
fn tcp_segments_are_counted_as_the_frames_they_become() {
    let (hosts, ours) = (Cut::new(51), Cgroup::new());
    let (name, far) = (&hosts.near.a, &hosts.far.b);
    with_pfifo(&hosts.client, name);
    let mut nbw = Nbw::watch(&hosts.client, &format!("-i {name} --interval 50ms"));
    // Sent: frames that the router has passed on. Received: frames that it has sent to the client.
    let frames = || (hosts.router.kernel_counters(far), hosts.router.kernel_counters(&hosts.near.b));
    let packets = || hosts.client.kernel_counters(name);
    let oracle = || (frames(), qdisc_counters(&hosts.client, name), packets());
    for server_address in [&hosts.far.v4.0, &hosts.far.v6.0] {
        let (before, earlier) = together(&mut nbw, oracle);
        let listener = open(&hosts.server, &ours, || TcpListener::bind((server_address.as_str(), 6000)));
        let client = open(&hosts.client, &ours, || TcpStream::connect((server_address.as_str(), 6000)));
        exchange_tcp(client, &listener, 4_000_000, 4_000_000);
        let (after, snapshot) = together(&mut nbw, oracle);
        let total = |snapshot| Totals::of(interface(snapshot, name));
        let moved = total(&snapshot).since(total(&earlier));
        assert_eq!(moved.tx(), after.0.0.since(before.0.0).tx(), "sent, as frames behind the router");
        assert_eq!(moved.tx(), after.1.since(before.1), "sent, by the qdisc");
        // A veth end whose peer does GRO counts from the network header on (`veth_xdp_rcv`).
        let from_router = after.0.1.since(before.0.1).tx().with_header(14);
        assert_eq!(moved.rx(), from_router, "received, as frames from the router");
        let packets = after.2.since(before.2);
        assert!(packets.tx_packets * 4 < moved.tx_packets, "the offload was at work: {packets:?}, {moved:?}");
        assert_sum_rule(&snapshot, name);
        assert_healthy(&snapshot);
    }
    let snapshot = nbw.settled();
    let unattributed = nbw_tests::lab::no_cgroup(&snapshot, name, "unattributed");
    let total = Totals::of(interface(&snapshot, name));
    let row = Totals::of(group(&snapshot, &ours, name, "host"));
    // What the server sends again in vain may come when the client's socket is in TIME_WAIT, which has no cgroup
    // (DESIGN.md, section 1): one acknowledgement each at most answers it.
    let (again, own) = (hosts.server.tcp_segments_sent_again(), 10);
    let seen = format!("only the kernel's own, and {again} sent again: {unattributed:?}, {row:?} of {total:?}");
    assert!(unattributed.rx_packets <= own + again && unattributed.tx_packets <= own + again, "{seen}");
    let most = |length| 2_000 + again * length;
    assert!(total.tx_bytes - row.tx_bytes < most(86) && total.rx_bytes - row.rx_bytes < most(1_514), "{seen}");
}

/// UDP segmented by the kernel: as many datagrams as were asked for, each with its headers, in both rows and directions.
#[test]
fn udp_segments_are_counted_as_the_frames_they_become() {
    const TIMES: u64 = 40;
    const SEGMENT: u64 = 1_200;
    // The last datagram is a short one.
    const LENGTH: u64 = 9 * SEGMENT + 500;
    for (number, network_header) in [(53, 20), (54, 40)] {
        let (hosts, ours, theirs) = (TwoHosts::new(number, true), Cgroup::new(), Cgroup::new());
        let (a, b) = (&hosts.cable.a, &hosts.cable.b);
        let (left, right) = if network_header == 20 { &hosts.cable.v4 } else { &hosts.cable.v6 }.clone();
        let mut near = Nbw::watch(&hosts.left, "--interval 50ms");
        let mut far = Nbw::watch(&hosts.right, &format!("-i {b} --interval 50ms"));
        let kernel = || hosts.left.kernel_counters(a);
        let (kernel_before, near_before) = together(&mut near, kernel);
        let (_, far_before) = together(&mut far, kernel);
        let server = open(&hosts.right, &theirs, || UdpSocket::bind((right.as_str(), 7000)));
        let client = open(&hosts.left, &ours, || UdpSocket::bind((left.as_str(), 0)));
        client.connect((right.as_str(), 7000)).expect("connect");
        send_segmented(&client, &server, LENGTH as usize, SEGMENT as u16, TIMES as usize);
        let (kernel_after, near_after) = together(&mut near, kernel);
        let (_, far_after) = together(&mut far, kernel);
        let packets = TIMES * 10;
        let known = nbw_tests::lab::Counted { bytes: TIMES * LENGTH + packets * (14 + network_header + 8), packets };
        let moved = |before, after, name| Totals::of(interface(after, name)).since(Totals::of(interface(before, name)));
        assert_eq!(moved(&near_before, &near_after, a).tx(), known, "sent by the interface");
        assert_eq!(moved(&far_before, &far_after, b).rx(), known, "received by the interface");
        assert_eq!(Totals::of(group(&near_after, &ours, a, "host")).tx(), known, "sent by the cgroup");
        assert_eq!(Totals::of(group(&far_after, &theirs, b, "host")).rx(), known, "received by the cgroup");
        assert_eq!(kernel_after.since(kernel_before).tx_packets, TIMES, "the offload was at work");
        assert_healthy(&near_after);
        assert_healthy(&far_after);
    }
}
