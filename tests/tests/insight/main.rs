//! `nbw insight` on hosts that were prepared with real traffic: it finds what is there, and nothing else.

mod advice;
mod facts;
mod remembered;
mod traffic;

use nbw_tests::lab::{Cgroup, TwoHosts, ping};

use self::{
    advice::{Advice, number},
    traffic::Traffic,
};

/// 10 Mbit/s in bytes a second.
const RATE: f64 = 1_250_000.0;

#[test]
fn a_saturated_shaper() {
    let hosts = TwoHosts::new(151, true);
    hosts
        .left
        .run(&format!("tc qdisc replace dev {} root handle 1: tbf rate 10mbit burst 32kb latency 50ms", hosts.cable.a));
    let streams = Traffic::streams(&hosts.left, &hosts.right, &hosts.cable.v4.1, 4);
    let finding = Advice::live(&hosts.left).only("shaper");
    streams.end();
    assert_eq!(finding["subject"], hosts.cable.a.as_str());
    assert_eq!(number(&finding, "rate"), RATE);
    let throughput = number(&finding, "throughput");
    assert!((0.9 * RATE..=1.1 * RATE).contains(&throughput), "{finding}");
    assert!(number(&finding, "overlimits") > 0.0, "{finding}");
}

#[test]
fn small_packets_at_a_high_rate() {
    const PACKETS: f64 = 50_000.0;
    let hosts = TwoHosts::new(152, true);
    let own = Cgroup::new();
    let datagrams = Traffic::datagrams(&hosts, &own, 64, PACKETS);
    let finding = Advice::live(&hosts.left).only("small-packets");
    datagrams.end();
    assert_eq!(finding["subject"], hosts.cable.a.as_str());
    // 64 bytes behind 42 of Ethernet, IP and UDP.
    assert!((105.0..108.0).contains(&number(&finding, "mean_size")), "{finding}");
    assert!((20_000.0..1.1 * PACKETS).contains(&number(&finding, "packet_rate")), "{finding}");
    assert!(finding["seen"].as_str().expect("text").contains(own.path.trim_start_matches('/')), "{finding}");
}

#[test]
fn drops_by_iptables_on_the_way_in() {
    let hosts = TwoHosts::new(153, true);
    hosts.left.run("iptables -A INPUT -p tcp -m statistic --mode random --probability 0.05 -j DROP");
    let streams = Traffic::streams(&hosts.right, &hosts.left, &hosts.cable.v4.0, 2);
    let finding = Advice::live(&hosts.left).only("firewall-drops");
    streams.end();
    assert_dropped(&finding, "filter INPUT");
    assert!(number(&finding, "tcp_out_of_order_share") > 0.0, "{finding}");
}

#[test]
fn drops_by_iptables_on_the_way_out() {
    let hosts = TwoHosts::new(154, true);
    hosts.left.run("iptables -A OUTPUT -p tcp -m statistic --mode random --probability 0.05 -j DROP");
    let streams = Traffic::streams(&hosts.left, &hosts.right, &hosts.cable.v4.1, 2);
    let finding = Advice::live(&hosts.left).only("firewall-drops");
    streams.end();
    assert_dropped(&finding, "filter OUTPUT");
}

#[test]
fn drops_by_somebody_else_s_iptables() {
    let hosts = TwoHosts::new(161, true);
    hosts.right.run("iptables -A INPUT -p tcp -m statistic --mode random --probability 0.05 -j DROP");
    let streams = Traffic::streams(&hosts.left, &hosts.right, &hosts.cable.v4.1, 2);
    let finding = Advice::live(&hosts.left).only("retransmissions");
    streams.end();
    assert!(number(&finding, "retransmitted_share") >= 0.01, "{finding}");
    assert!(number(&finding, "retransmitted") <= number(&finding, "sent"), "{finding}");
}

/// The chain and the rule are named, and about as much was dropped as the rule says.
fn assert_dropped(finding: &serde_json::Value, chain: &str) {
    assert_eq!((&finding["subject"], &finding["severity"]), (&chain.into(), &"warning".into()));
    assert!(finding["title"].as_str().expect("text").contains("rule 1"), "{finding}");
    assert!((0.02..0.1).contains(&number(finding, "drop_share")), "{finding}");
}

#[test]
fn one_hog_among_several() {
    let hosts = TwoHosts::new(155, true);
    // A shaper that is not full (they send 9.6 Mbit/s in all), but at which packets that come together wait for each other.
    hosts
        .left
        .run(&format!("tc qdisc replace dev {} root handle 1: tbf rate 12mbit burst 2kb latency 500ms", hosts.cable.a));
    let (hog, others) = (Cgroup::new(), [Cgroup::new(), Cgroup::new()]);
    let much = Traffic::datagrams(&hosts, &hog, 958, 1_000.0);
    let little = others.each_ref().map(|other| Traffic::datagrams(&hosts, other, 958, 100.0));
    let finding = Advice::live(&hosts.left).only("hog");
    much.end();
    little.into_iter().for_each(Traffic::end);
    assert_eq!(finding["subject"], hog.path.trim_start_matches('/'));
    assert!((0.78..0.88).contains(&number(&finding, "share")), "{finding}");
    assert_eq!(number(&finding, "groups"), 3.0, "{finding}");
    assert!(number(&finding, "held_back") >= 0.05, "{finding}");
}

#[test]
fn one_that_takes_most_while_nobody_waits() {
    let hosts = TwoHosts::new(244, true);
    let (most, others) = (Cgroup::new(), [Cgroup::new(), Cgroup::new()]);
    let much = Traffic::datagrams(&hosts, &most, 958, 1_000.0);
    let little = others.each_ref().map(|other| Traffic::datagrams(&hosts, other, 958, 100.0));
    assert_eq!(Advice::live(&hosts.left).rules(), Vec::<String>::new());
    much.end();
    little.into_iter().for_each(Traffic::end);
}

#[test]
fn a_quiet_host_has_nothing_to_do() {
    let hosts = TwoHosts::new(156, true);
    ping(&hosts.left, None, &hosts.cable.v4.1, "-c 3 -i 0.1");
    assert_eq!(Advice::live(&hosts.left).rules(), Vec::<String>::new());
    let text = advice::text(&hosts.left);
    assert!(text.starts_with("Nothing to advise"), "{text}");
}
