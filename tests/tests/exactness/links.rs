//! Links that are not plain Ethernet: tags inside and outside of the frame, no link-layer header, loopback.

use std::net::{TcpListener, TcpStream, UdpSocket};

use etherparse::PacketBuilder;
use nbw_tests::lab::{
    Cgroup, Counted, Frame, Nbw, Netns, Totals, Tun, TwoHosts, Veth, assert_healthy, assert_sum_rule, exchange_tcp,
    exchange_udp, group, interface, open, send_frames, together,
};

const VLAN: u16 = 0x8100;
const QINQ: u16 = 0x88a8;

/// Tags that a packet socket has put into the frame: they count like all of the frame. The receiving kernel takes the
/// outer tag out of the frame before anyone sees it.
#[test]
fn tags_inside_frames_are_bytes_on_the_wire() {
    const TIMES: u64 = 100;
    let hosts = TwoHosts::new(11, false);
    let (left, right) = (&hosts.cable.a, &hosts.cable.b);
    let mut sending = Nbw::watch(&hosts.left, &format!("-i {left} --interval 50ms"));
    let mut receiving = Nbw::watch(&hosts.right, &format!("-i {right} --interval 50ms"));
    for tags in [&[][..], &[(VLAN, 5)], &[(QINQ, 6), (VLAN, 5)]] {
        let frame = Frame::tagged(tags, 100);
        let sent_before = counted(&mut sending, &hosts.left, left);
        let received_before = counted(&mut receiving, &hosts.right, right);
        send_frames(&hosts.left, left, &frame, TIMES as usize);
        let sent = counted(&mut sending, &hosts.left, left);
        let received = counted(&mut receiving, &hosts.right, right);
        let known = Counted { bytes: TIMES * frame.length(), packets: TIMES };
        for (what, (kernel, nbw)) in [
            ("sent", (sent.0.tx().since(sent_before.0.tx()), sent.1.tx().since(sent_before.1.tx()))),
            (
                "received",
                (received.0.rx().since(received_before.0.rx()), received.1.rx().since(received_before.1.rx())),
            ),
        ] {
            assert_eq!(kernel, known, "{what} by the kernel, {tags:?}");
            assert_eq!(nbw, known, "{what} by nbw, {tags:?}");
        }
    }
}

/// What the kernel and nbw have counted at a quiet moment.
fn counted(nbw: &mut Nbw, netns: &Netns, name: &str) -> (Totals, Totals) {
    let (kernel, snapshot) = together(nbw, || netns.kernel_counters(name));
    assert_healthy(&snapshot);
    (kernel, Totals::of(interface(&snapshot, name)))
}

/// A bridge hands tagged frames on with the tag beside the packet. Where the device then takes it that way, its four
/// bytes are on the wire, but `ip -s link` leaves them out; where the kernel puts it into the frame first, all agree.
#[test]
fn tags_beside_the_packet_are_bytes_on_the_wire() {
    const TIMES: u64 = 100;
    let (hosts, right) = (TwoHosts::new(12, false), Netns::new());
    let (left, bridging) = (&hosts.left, &hosts.right);
    let onward = Veth::between(bridging, &right, 13, false);
    bridging.run("ip link add between type bridge mcast_snooping 0");
    for port in [&hosts.cable.b, &onward.a] {
        bridging.run(&format!("ip link set {port} master between"));
    }
    bridging.run("ip link set between up");
    let frame = Frame::tagged(&[(VLAN, 5)], 100);
    let known = Counted { bytes: TIMES * frame.length(), packets: TIMES };
    let mut nbw = Nbw::watch(bridging, "--interval 50ms");
    for (offload, left_out) in [("on", 4), ("off", 0)] {
        bridging.run(&format!("ethtool -K {} txvlan {offload}", onward.a));
        let (kernel_before, before) = together(&mut nbw, || bridging.kernel_counters(&onward.a));
        send_frames(left, &hosts.cable.a, &frame, TIMES as usize);
        let (kernel_after, after) = together(&mut nbw, || bridging.kernel_counters(&onward.a));
        let moved = |name: &str| Totals::of(interface(&after, name)).since(Totals::of(interface(&before, name)));
        assert_eq!(moved(&hosts.cable.b).rx(), known, "received by the bridge");
        assert_eq!(moved(&onward.a).tx(), known, "sent by the bridge, txvlan {offload}");
        let by_the_kernel = Counted { bytes: known.bytes - TIMES * left_out, ..known };
        assert_eq!(kernel_after.since(kernel_before).tx(), by_the_kernel, "the kernel, txvlan {offload}");
        assert_healthy(&after);
    }
}

/// A tun device has no link-layer header, neither in its own row nor in those of the cgroups that use it.
#[test]
fn a_tun_device_has_no_link_header() {
    const TIMES: u64 = 50;
    let (host, cgroup) = (Netns::new(), Cgroup::new());
    let mut tun = Tun::new(&host, 13);
    let socket = open(&host, &cgroup, || UdpSocket::bind("10.13.0.1:9"));
    let mut nbw = Nbw::watch(&host, &format!("-i {} --interval 50ms", tun.name));
    let mut packet = Vec::new();
    let builder = PacketBuilder::ipv4([10, 13, 0, 2], [10, 13, 0, 1], 64).udp(7_000, 9);
    builder.write(&mut packet, &[1; 300]).expect("a packet");
    for _ in 0..TIMES {
        tun.deliver(&packet);
        let mut buffer = [0; 400];
        let (length, from) = socket.recv_from(&mut buffer).expect("the datagram");
        assert_eq!(length, 300);
        socket.send_to(&[2; 200], from).expect("an answer");
        assert_eq!(tun.take().len(), 20 + 8 + 200);
    }
    let (kernel, snapshot) = together(&mut nbw, || host.kernel_counters(&tun.name));
    let known = Totals {
        rx_bytes: TIMES * (20 + 8 + 300),
        rx_packets: TIMES,
        tx_bytes: TIMES * (20 + 8 + 200),
        tx_packets: TIMES,
    };
    assert_eq!(kernel, known, "the kernel");
    assert_eq!(Totals::of(interface(&snapshot, &tun.name)), known, "the interface");
    assert_eq!(Totals::of(group(&snapshot, &cgroup, &tun.name, "host")), known, "the cgroup");
    assert_healthy(&snapshot);
}

/// Loopback frames have an Ethernet header of 14 bytes, and each packet goes both ways. The kernel's own counters leave
/// the header out: `loopback_xmit` takes the length when it has already been pulled.
#[test]
fn loopback_counts_both_ways_with_its_header() {
    let (host, cgroup) = (Netns::new(), Cgroup::new());
    host.run("ethtool -K lo tso off gso off gro off");
    let mut nbw = Nbw::watch(&host, "-i lo --interval 50ms");
    let listener = open(&host, &cgroup, || TcpListener::bind("127.0.0.1:6000"));
    let stream = open(&host, &cgroup, || TcpStream::connect("127.0.0.1:6000"));
    exchange_tcp(stream, &listener, 3_000_000, 1_000_000);
    let server = open(&host, &cgroup, || UdpSocket::bind("[::1]:7000"));
    let client = open(&host, &cgroup, || UdpSocket::bind("[::1]:0"));
    client.connect("[::1]:7000").expect("connect");
    exchange_udp(&client, &server, &[1; 1000]);
    let (kernel, snapshot) = together(&mut nbw, || host.kernel_counters("lo"));
    let lo = Totals::of(interface(&snapshot, "lo"));
    assert_eq!((lo.rx(), lo.tx()), (kernel.rx().with_header(14), kernel.tx().with_header(14)));
    assert_eq!(lo.rx(), lo.tx());
    assert!(lo.tx_bytes > 4_000_000 + 1_000 * (2 * (14 + 40 + 8) + 3), "{lo:?}");
    assert_eq!(Totals::of(group(&snapshot, &cgroup, "lo", "host")), lo, "the cgroup");
    assert_sum_rule(&snapshot, "lo");
    assert_healthy(&snapshot);
}

/// A multicast to a group that this host has joined itself: the kernel's own copy of it comes in by the interface that it
/// leaves by, and was never on the wire.
#[test]
fn the_echo_of_ones_own_multicast_is_no_reception() {
    const TIMES: u64 = 50;
    let hosts = TwoHosts::new(14, false);
    let name = &hosts.cable.a;
    hosts.left.run(&format!("ip route add 239.0.0.0/8 dev {name}"));
    let mut nbw = Nbw::watch(&hosts.left, &format!("-i {name} --interval 50ms"));
    let group: std::net::Ipv4Addr = "239.1.2.3".parse().expect("an address");
    let own: std::net::Ipv4Addr = hosts.cable.v4.0.parse().expect("an address");
    let member = hosts.left.enter(|| UdpSocket::bind("0.0.0.0:5353").expect("a socket"));
    member.join_multicast_v4(&group, &own).expect("membership");
    // IGMP announces the membership; what is counted begins when it is quiet again.
    let before = counted(&mut nbw, &hosts.left, name);
    let mut buffer = [0; 2_000];
    for _ in 0..TIMES {
        member.send_to(&[7; 1_000], (group, 5353)).expect("a datagram");
        assert_eq!(member.recv(&mut buffer).expect("its echo"), 1_000);
    }
    let after = counted(&mut nbw, &hosts.left, name);
    assert_eq!(after.1.tx().since(before.1.tx()), after.0.tx().since(before.0.tx()), "sent");
    assert_eq!(after.1.rx().since(before.1.rx()), after.0.rx().since(before.0.rx()), "received");
    assert_eq!(after.1.rx().since(before.1.rx()).bytes, 0, "nothing came in");
}
