//! What nbw reads of the kernel, against what the tools say that set it up.

use nbw::insight::facts::{self, Duplex, Facts, Hook};
use nbw_tests::lab::{Netns, TwoHosts, ping};

fn facts(host: &Netns) -> Facts {
    host.enter(|| facts::read_blocking().expect("facts"))
}

fn counted(facts: &Facts, name: &str) -> u64 {
    let found = facts.counters.iter().find(|(known, _)| &**known == name);
    found.unwrap_or_else(|| panic!("no {name} in {:?}", facts.counters)).1
}

#[test]
fn an_interface_is_as_ethtool_and_ip_set_it_up() {
    let hosts = TwoHosts::new(157, true);
    let name = hosts.cable.a.as_str();
    hosts.left.run(&format!("ethtool -K {name} gro off tx-udp-segmentation off"));
    hosts.left.run(&format!("ip link set {name} mtu 1400"));
    let before = facts(&hosts.left);
    let interface = before.interface(name).expect("the interface");
    assert_eq!((interface.mtu, interface.duplex, interface.carrier), (1_400, Some(Duplex::Full), true));
    // A veth says that it has 10 Gbit/s; that is no limit.
    assert_eq!((interface.speed, interface.hardware, interface.limit()), (Some(10_000_000_000), false, None));
    assert_eq!(interface.offloads_off, ["tx-udp-segmentation".into(), "rx-gro".into()]);
    ping(&hosts.left, None, &hosts.cable.v4.1, "-c 3 -i 0.1");
    let sent = |facts: &Facts| counted(facts, &format!("{name} tx_packets"));
    assert!((3..10).contains(&(sent(&facts(&hosts.left)) - sent(&before))));
}

#[test]
fn shapers_have_the_rates_that_tc_gave_them() {
    let hosts = TwoHosts::new(158, true);
    let (left, right) = (hosts.cable.a.as_str(), hosts.cable.b.as_str());
    hosts.left.run(&format!("tc qdisc add dev {left} root handle 7: tbf rate 10mbit burst 32kb latency 50ms"));
    let tbf = facts(&hosts.left);
    let queue = tbf.root_queue(left).expect("the tbf");
    assert_eq!((&*queue.kind, queue.rate, queue.owner()), ("tbf", Some(1_250_000.0), format!("{left} qdisc tbf 7:")));
    // More than 32 bits of bytes a second hold.
    hosts.right.run(&format!("tc qdisc add dev {right} root handle 8: tbf rate 40gbit burst 100mb latency 50ms"));
    assert_eq!(facts(&hosts.right).root_queue(right).and_then(|queue| queue.rate), Some(5e9));
    let before = counted(&tbf, &format!("{left} qdisc tbf 7: packets"));
    ping(&hosts.left, None, &hosts.cable.v4.1, "-c 3 -i 0.1");
    assert!(counted(&facts(&hosts.left), &format!("{left} qdisc tbf 7: packets")) >= before + 3);
}

#[test]
fn classes_of_htb_have_the_ceilings_that_tc_gave_them() {
    let hosts = TwoHosts::new(159, true);
    let name = hosts.cable.a.as_str();
    if !hosts
        .left
        .command("tc")
        .args(["qdisc", "add", "dev", name, "root", "handle", "1:", "htb", "default", "10"])
        .status()
        .expect("tc starts")
        .success()
    {
        return eprintln!("skipped: this kernel has no htb (CONFIG_NET_SCH_HTB)");
    }
    hosts.left.run(&format!("tc class add dev {name} parent 1: classid 1:10 htb rate 8mbit ceil 16mbit"));
    let facts = facts(&hosts.left);
    let class = facts.queues.iter().find(|queue| queue.class).expect("the class");
    assert_eq!((class.owner(), class.rate), (format!("{name} class htb 1:10"), Some(2e6)));
    counted(&facts, &format!("{name} class htb 1:10 overlimits"));
}

#[test]
fn rules_of_iptables_are_counted() {
    let hosts = TwoHosts::new(160, true);
    hosts.left.run("iptables -A INPUT -p udp -j ACCEPT");
    hosts.left.run("iptables -A INPUT -p icmp -j DROP");
    ping_in_vain(&hosts);
    let facts = facts(&hosts.left);
    let [verdict] = &facts.firewall[..] else { panic!("{:?}", facts.firewall) };
    assert_eq!((verdict.hook, verdict.number, &*verdict.chain), (Hook::Input, Some(2), "filter INPUT"));
    assert_eq!(counted(&facts, &format!("{} packets", verdict.owner())), 3);
}

/// Three requests that nobody answers.
fn ping_in_vain(hosts: &TwoHosts) {
    let mut command = hosts.right.command("ping");
    let output =
        command.args(["-q", "-c", "3", "-i", "0.1", "-W", "0.1", &hosts.cable.v4.0]).output().expect("ping starts");
    assert!(!output.status.success(), "somebody has answered");
}

#[test]
fn a_rule_that_is_deleted_moves_its_count_to_no_other() {
    let hosts = TwoHosts::new(245, true);
    hosts.left.run("iptables -A INPUT -p icmp -j DROP");
    hosts.left.run("iptables -A INPUT -p udp --dport 9 -j DROP");
    ping_in_vain(&hosts);
    let before = facts(&hosts.left);
    hosts.left.run("iptables -D INPUT 1");
    let after = facts(&hosts.left);
    let [verdict] = &after.firewall[..] else { panic!("{:?}", after.firewall) };
    assert_eq!((verdict.number, verdict.owner()), (Some(1), before.firewall[1].owner()));
    let name = format!("{} packets", verdict.owner());
    assert_eq!((counted(&before, &name), counted(&after, &name)), (0, 0));
}
