//! Exactness under load: what is lost to a race shows only when there is one.

use std::time::Duration;

use nbw_tests::lab::{
    Cgroup, Load, LoadPlan, Nbw, Totals, TwoHosts, assert_healthy, assert_sum_rule, group, interface, no_cgroup,
    qdisc_counters, together, with_pfifo,
};

/// What the issue asks for.
const PLAN: LoadPlan = LoadPlan { duration: Duration::from_secs(20), tcp: 4, udp: 4, datagram: 100 };

/// Eight senders of one cgroup on all CPUs. The oracles are the kernel's: the qdisc counts what is sent (the device
/// itself may drop some of it, which is after TC), the device what is received.
///
/// Neighbours are known beforehand and sockets are closed in order, so there is nothing that could not be attributed.
#[test]
fn eight_senders_are_counted_to_the_byte() {
    under_load(41, false, PLAN);
}

/// The same with offloads, where most packets are many segments.
#[test]
fn eight_senders_with_offloads_are_counted_to_the_byte() {
    under_load(42, true, LoadPlan { duration: Duration::from_secs(5), ..PLAN });
}

fn under_load(number: u8, offloads: bool, plan: LoadPlan) {
    let (hosts, ours, theirs) = (TwoHosts::new(number, offloads), Cgroup::new(), Cgroup::new());
    let name = &hosts.cable.a;
    with_pfifo(&hosts.left, name);
    let mut nbw = Nbw::watch(&hosts.left, "--interval 200ms");
    let oracle = || (hosts.left.kernel_counters(name), qdisc_counters(&hosts.left, name));
    let (oracle_before, before) = together(&mut nbw, oracle);
    let load = Load::run(&hosts, &ours, &theirs, plan);
    let (oracle_after, after) = together(&mut nbw, oracle);
    let of_interface = |snapshot| Totals::of(interface(snapshot, name));
    let moved = of_interface(&after).since(of_interface(&before));
    let sent = oracle_after.1.since(oracle_before.1);
    assert_eq!(moved.tx(), sent, "sent by the interface");
    if !offloads {
        assert_eq!(moved.rx(), oracle_after.0.since(oracle_before.0).rx(), "received by the interface");
    }
    assert_eq!(Totals::of(group(&after, &ours, name, "host")), moved, "the cgroup");
    let nobodys = |snapshot| no_cgroup(snapshot, name, "unattributed");
    assert_eq!(nobodys(&after), nobodys(&before), "unattributed");
    assert_sum_rule(&after, name);
    assert_healthy(&after);
    let enough = plan.duration.as_secs() * 5_000;
    assert!(moved.tx_packets > enough && moved.rx_packets > enough / 10, "not much of a load: {moved:?}");
    println!("{} senders, {:?}, offloads {offloads}: {moved:?}", plan.tcp + plan.udp, plan.duration);
    drop(load);
}
