//! Interfaces without offloads against `ip -s link`: one skb is one frame there, so the kernel's counters are exact.

use nbw_tests::lab::{Iperf, Nbw, Totals, TwoHosts, assert_healthy, assert_sum_rule, drops, interface, ping, together};

/// TCP, UDP and ICMP, up and down, over both IP versions, at a cable whose ends make no offloads. Windows and rates are
/// kept small enough for the cable not to drop anything.
fn traffic(hosts: &TwoHosts) -> Vec<(String, Box<dyn Fn() + '_>)> {
    let mut all: Vec<(String, Box<dyn Fn() + '_>)> = Vec::new();
    for address in [&hosts.cable.v4.1, &hosts.cable.v6.1] {
        for options in
            ["-n 6M -w 128K", "-n 6M -w 128K -R", "-u -b 20M -n 300K -l 1200", "-u -b 20M -n 300K -l 1200 -R"]
        {
            let run = move || Iperf::client(&hosts.left, None, address, options);
            all.push((format!("iperf3 -c {address} {options}"), Box::new(run)));
        }
        let run = move || ping(&hosts.left, None, address, "-c 50 -i 0.002 -s 1000");
        all.push((format!("ping {address}"), Box::new(run)));
    }
    all
}

/// Runs all traffic past an nbw with these options, and compares what each kind of traffic has moved.
fn equals_the_kernel(number: u8, options: &str) {
    let hosts = TwoHosts::new(number, false);
    let name = &hosts.cable.a;
    let _server = Iperf::server(&hosts.right, None);
    let mut nbw = Nbw::watch(&hosts.left, &format!("-i {name} --interval 50ms {options}"));
    let kernel = || (hosts.left.kernel_counters(name), drops(&hosts.left, name));
    let (mut before, snapshot) = together(&mut nbw, kernel);
    let mut counted_before = Totals::of(interface(&snapshot, name));
    for (what, run) in traffic(&hosts) {
        run();
        let (after, snapshot) = together(&mut nbw, kernel);
        let counted = Totals::of(interface(&snapshot, name));
        assert_eq!(after.1, before.1, "{what}: the cable dropped packets, so there is nothing to compare");
        assert_eq!(counted.since(counted_before), after.0.since(before.0), "{what}");
        let moved = after.0.since(before.0);
        assert!(
            moved.rx_packets + moved.tx_packets >= 100 && moved.rx_packets >= 10 && moved.tx_packets >= 10,
            "{what}: {moved:?}"
        );
        assert_sum_rule(&snapshot, name);
        assert_healthy(&snapshot);
        (before, counted_before) = (after, counted);
    }
}

#[test]
fn every_protocol_and_direction_equals_the_kernels_counters() {
    equals_the_kernel(1, "");
}

#[test]
fn the_clsact_hook_counts_the_same() {
    equals_the_kernel(2, "--hook clsact");
}

/// All that was printed, from the first line to the last: the ticks add up to what the kernel moved.
#[test]
fn the_ticks_of_a_whole_run_add_up() {
    let hosts = TwoHosts::new(3, false);
    let name = &hosts.cable.a;
    let _server = Iperf::server(&hosts.right, None);
    let before = nbw_tests::lab::until("the cable to be quiet", || {
        let before = hosts.left.kernel_counters(name);
        std::thread::sleep(std::time::Duration::from_millis(300));
        (hosts.left.kernel_counters(name) == before).then_some(before)
    });
    let mut nbw = Nbw::watch(&hosts.left, &format!("-i {name} --interval 50ms --count 60"));
    Iperf::client(&hosts.left, None, &hosts.cable.v4.1, "-t 1 -w 128K");
    let (status, rest) = nbw.wait();
    assert!(status.success());
    let sum = rest.lines().map(ticked(name)).fold(Totals::default(), Totals::plus);
    assert_eq!(sum, hosts.left.kernel_counters(name).since(before));
    assert!(sum.tx_bytes > 1_000_000, "{sum:?}");
}

/// What a line says of its own tick.
fn ticked(name: &str) -> impl Fn(&str) -> Totals {
    move |line| {
        let snapshot: serde_json::Value = serde_json::from_str(line).expect("a snapshot");
        let row = interface(&snapshot, name);
        let field = |side: &str, what: &str| row[side][what].as_u64().expect("a number");
        Totals {
            rx_bytes: field("rx", "bytes"),
            rx_packets: field("rx", "packets"),
            tx_bytes: field("tx", "bytes"),
            tx_packets: field("tx", "packets"),
        }
    }
}
