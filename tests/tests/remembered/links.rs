//! A link, and the cgroups that use it.

use std::net::{TcpListener, TcpStream};

use nbw_tests::lab::{Cgroup, Iperf, Totals, TwoHosts, exchange_tcp, open};

use super::place::{Agent, Place, at_rest, totals};

const HOURS_BY_INTERFACE: &str = "hours --by interface";
const HOURS_BY_GROUP: &str = "hours --by group";

/// One cgroup is iperf3's, the other one's bytes are known: it is alone on the link while it moves something, and all packets
/// find their sockets.
#[test]
fn hours_of_a_link_and_of_its_cgroups_are_what_the_kernel_has_counted() {
    let (hosts, place) = (TwoHosts::new(61, false), Place::new());
    let (iperf, alone) = (Cgroup::new(), Cgroup::new());
    let (a, address) = (&hosts.cable.a, hosts.cable.v4.1.as_str());
    let kernel = || hosts.left.kernel_counters(a);
    let before = at_rest(&hosts.left, a);
    let agent = Agent::start(&hosts.left, &place);
    assert_eq!(kernel(), before, "the link did not rest while the agent began");

    let _server = Iperf::server(&hosts.right, None);
    for options in ["-n 5M -w 128K", "-n 3M -w 128K -R"] {
        Iperf::client(&hosts.left, Some(&iperf), address, options);
    }
    let between = agent.settled(kernel);
    let listener = hosts.right.enter(|| TcpListener::bind((address, 6000)).expect("a listener"));
    let client = open(&hosts.left, &alone, || TcpStream::connect((address, 6000)));
    exchange_tcp(client, &listener, 3_000_000, 2_000_000);
    let after = agent.settled(kernel);
    agent.end();

    let moved = after.since(before);
    assert!(moved.tx_bytes > 8_000_000 && moved.rx_bytes > 5_000_000, "{moved:?}");
    assert_eq!(place.moved(HOURS_BY_INTERFACE, a), moved, "the link");
    assert_eq!(place.moved("days --by interface", a), moved, "the link by days");
    assert_eq!(place.moved(HOURS_BY_GROUP, &alone.path), after.since(between), "the cgroup that was alone");
    assert_groups_add_up(&place, a, [&iperf, &alone], moved);
}

/// What no cgroup owns is the last packets of closed connections only, and all together are the link.
fn assert_groups_add_up(place: &Place, interface: &str, cgroups: [&Cgroup; 2], moved: Totals) {
    let unattributed = format!("unattributed {interface}");
    let rows = place.rows(HOURS_BY_GROUP);
    let sum = |key: &str| rows.iter().filter(|row| row["key"] == key).map(totals).fold(Totals::default(), Totals::plus);
    let (owned, rest) = (cgroups.map(|cgroup| sum(&cgroup.path)), sum(&unattributed));
    assert_eq!(owned[0].plus(owned[1]).plus(rest), moved, "{rows:?}");
    assert!(owned[0].tx_bytes > 5_000_000 && owned[0].rx_bytes > 3_000_000, "iperf3's cgroup: {:?}", owned[0]);
    assert!(rest.rx_packets + rest.tx_packets <= 24, "more than closed connections' last packets: {rest:?}");
}
