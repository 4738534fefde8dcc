//! The hook for kernels without TCX: filters outlive their process, and the qdisc may be somebody else's.

use aya::programs::TcAttachType;
use nbw_tests::lab::{Ended, Nbw, Netns, Other, Place, TwoHosts, Verdict, ping, until};
use nix::sys::signal::Signal;

/// The filters of both directions, and the qdiscs, as `tc` shows them.
struct Shown {
    filters: String,
    qdiscs: String,
}

impl Shown {
    fn at(netns: &Netns, interface: &str) -> Self {
        let filters = |side: &str| netns.run(&format!("tc filter show dev {interface} {side}"));
        let qdiscs = netns.run(&format!("tc qdisc show dev {interface}"));
        // Without the qdisc tc has no filters to show, and says so.
        let filters = if qdiscs.contains("clsact") { filters("ingress") + &filters("egress") } else { String::new() };
        Self { filters, qdiscs }
    }

    fn of(hosts: &TwoHosts) -> Self {
        Self::at(&hosts.left, &hosts.cable.a)
    }

    /// How many filters of nbw's there are.
    fn ours(&self) -> usize {
        self.filters.lines().filter(|line| line.contains("name nbw_tc_")).count()
    }

    /// How many filters of the test's there are.
    fn others(&self) -> usize {
        self.filters.lines().filter(|line| line.contains("name others_tc")).count()
    }

    fn has_clsact(&self) -> bool {
        self.qdiscs.contains("clsact")
    }
}

fn watch(hosts: &TwoHosts, options: &str) -> Nbw {
    Nbw::watch(&hosts.left, &format!("-i {} --hook clsact --interval 50ms {options}", hosts.cable.a))
}

#[test]
fn a_clean_end_leaves_no_filter_and_no_qdisc() {
    let hosts = TwoHosts::new(71, false);
    assert!(!Shown::of(&hosts).has_clsact());
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut nbw = watch(&hosts, "");
        let during = Shown::of(&hosts);
        assert!(during.has_clsact() && during.ours() == 2, "{}", during.filters);
        nbw.signal(signal);
        assert!(nbw.wait().0.success());
        let after = Shown::of(&hosts);
        assert!(!after.has_clsact(), "after {signal}: {}{}", after.qdiscs, after.filters);
    }
    let (status, _) = watch(&hosts, "--count 2").wait();
    assert!(status.success());
    let after = Shown::of(&hosts);
    assert!(!after.has_clsact(), "after --count: {}{}", after.qdiscs, after.filters);
}

/// The old `ingress` qdisc is where clsact would be. A filter for what is sent would see there what is received.
#[test]
fn an_ingress_qdisc_of_somebodys_is_refused_and_stays() {
    let hosts = TwoHosts::new(79, false);
    let interface = &hosts.cable.a;
    hosts.left.run(&format!("tc qdisc add dev {interface} ingress"));
    let prefix = format!("ip netns exec {}", hosts.left.name);
    let ended = Ended::run(&prefix, &format!("-i {interface} --hook clsact --count 1"));
    ended.assert_one_sentence(77, &[interface, "ingress qdisc", "tc qdisc del dev"]);
    let shown = hosts.left.run(&format!("tc qdisc show dev {interface}"));
    assert!(shown.contains("qdisc ingress") && !shown.contains("clsact"), "{shown}");
    let filters = hosts.left.run(&format!("tc filter show dev {interface} ingress"));
    assert!(!filters.contains("nbw_tc_"), "{filters}");
}

/// Whether it was there before nbw or came while nbw ran: what is somebody else's stays, and so does the qdisc.
#[test]
fn what_is_somebody_elses_stays() {
    let hosts = TwoHosts::new(72, false);
    let attach = || Other::attach(&hosts.left, &hosts.cable.a, TcAttachType::Ingress, Place::Clsact(9), Verdict::Next);
    let before = attach();
    end_by_signal(watch(&hosts, ""));
    let shown = Shown::of(&hosts);
    assert_eq!((shown.ours(), shown.others(), shown.has_clsact()), (0, 1, true), "before: {}", shown.filters);
    drop(before);
    hosts.left.run(&format!("tc qdisc del dev {} clsact", hosts.cable.a));
    let nbw = watch(&hosts, "");
    let _beside = attach();
    end_by_signal(nbw);
    let shown = Shown::of(&hosts);
    assert_eq!((shown.ours(), shown.others(), shown.has_clsact()), (0, 1, true), "beside: {}", shown.filters);
}

/// A filter of another kind at the very front: nbw cannot be before it, and does not try to by removing it.
#[test]
fn a_filter_of_another_kind_stays_where_it_is() {
    let hosts = TwoHosts::new(75, false);
    let name = &hosts.cable.a;
    hosts.left.run(&format!("tc qdisc add dev {name} clsact"));
    hosts.left.run(&format!("tc filter add dev {name} ingress prio 1 u32 match u32 0 0"));
    let before = Shown::of(&hosts).filters;
    let nbw = watch(&hosts, "");
    assert_eq!(Shown::of(&hosts).ours(), 2, "{}", Shown::of(&hosts).filters);
    end_by_signal(nbw);
    assert_eq!(Shown::of(&hosts).filters, before);
}

/// An empty clsact qdisc was not nbw's: it stays too, and so does a root qdisc.
#[test]
fn qdiscs_that_were_there_stay() {
    let hosts = TwoHosts::new(73, false);
    let name = &hosts.cable.a;
    hosts.left.run(&format!("tc qdisc add dev {name} clsact"));
    hosts.left.run(&format!("tc qdisc add dev {name} root pfifo limit 77"));
    end_by_signal(watch(&hosts, ""));
    let shown = Shown::of(&hosts);
    assert!(shown.has_clsact() && shown.qdiscs.contains("limit 77"), "{}", shown.qdiscs);
    assert_eq!(shown.ours(), 0, "{}", shown.filters);
}

/// Filters of an nbw that was killed pass every packet, and the next nbw removes them, but not those of one that runs.
#[test]
fn what_a_killed_nbw_has_left_is_removed_by_the_next() {
    let hosts = TwoHosts::new(74, false);
    let killed = watch(&hosts, "");
    let other = Other::attach(&hosts.left, &hosts.cable.a, TcAttachType::Egress, Place::Clsact(60_000), Verdict::Next);
    killed.signal(Signal::SIGKILL);
    // Not waited for yet: a process that has ended but is still listed is a dead one.
    until("its end", || is_zombie(killed.pid()).then_some(()));
    assert_eq!(Shown::of(&hosts).ours(), 2);
    let seen = other.counted().packets;
    ping(&hosts.left, None, &hosts.cable.v4.1, "-c 10 -i 0.002");
    assert!(other.counted().packets >= seen + 10, "the filters that were left let packets pass to the next");
    let running = watch(&hosts, "");
    assert_eq!(Shown::of(&hosts).ours(), 2, "{}", Shown::of(&hosts).filters);
    let second = watch(&hosts, "");
    assert_eq!(Shown::of(&hosts).ours(), 4, "two that run: {}", Shown::of(&hosts).filters);
    end_by_signal(running);
    assert_eq!(Shown::of(&hosts).ours(), 2, "{}", Shown::of(&hosts).filters);
    end_by_signal(second);
    let shown = Shown::of(&hosts);
    assert_eq!((shown.ours(), shown.others()), (0, 1), "{}", shown.filters);
}

fn is_zombie(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process is not waited for");
    stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z'))
}

fn end_by_signal(mut nbw: Nbw) {
    nbw.signal(Signal::SIGTERM);
    assert!(nbw.wait().0.success());
}
