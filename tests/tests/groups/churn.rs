//! Groups that come and go by the thousand.

use std::{
    net::UdpSocket,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use nbw_tests::lab::{Cgroup, Nbw, Netns, Totals, assert_sum_rule, group, interface, no_cgroup, snapshot_where, until};
use serde_json::Value;

use crate::member::{Member, WIRE, both, rows};

/// What is left of a host while its groups come and go: sockets of the root that receive, and a steady group.
struct Churn {
    netns: Netns,
    steady: Member,
    sink: UdpSocket,
    /// What the others are in, so that they need not make it anew.
    parent: Cgroup,
}

impl Churn {
    fn new() -> Self {
        let (netns, steady) = (Netns::new(), Cgroup::new());
        let sink = netns.enter(|| UdpSocket::bind("127.0.0.1:0").expect("a socket"));
        let steady = Member::new(&netns, steady);
        Self { netns, steady, sink, parent: Cgroup::new() }
    }

    /// `count` groups, each `pace` after the one before, while nbw's output is read: each comes, sends some datagrams to
    /// the sink, and goes, socket and cgroup; the steady one sends one to itself.
    fn all(&self, nbw: &mut Nbw, count: u32, pace: Duration) {
        let done = AtomicBool::new(false);
        let start = Instant::now();
        thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    nbw.next();
                }
            });
            self.netns.enter(|| {
                for number in 0..count {
                    self.one(number);
                    thread::sleep((pace * (number + 1)).saturating_sub(start.elapsed()));
                }
            });
            done.store(true, Ordering::Relaxed);
        });
        println!("{count} groups in {:?}", start.elapsed());
    }

    fn one(&self, number: u32) {
        let cgroup = Cgroup::at(&format!("{}/{number}", self.parent.path));
        let socket = cgroup.within(|| UdpSocket::bind("127.0.0.1:0")).expect("a socket");
        let to = self.sink.local_addr().expect("its address");
        for _ in 0..=number % 3 {
            socket.send_to(&[7; 58], to).expect("a datagram");
        }
        self.steady.talk(1);
    }
}

/// What found no slot.
fn overflow(snapshot: &Value) -> &Value {
    rows(snapshot, "").find(|row| row["name"] == "no slot left").expect("the overflow row")
}

/// What [`Churn::all`] has sent, the steady group's datagrams included.
fn sent(count: u32) -> u64 {
    (0..count).map(|number| u64::from(2 + number % 3)).sum()
}

#[test]
fn ten_thousand_groups_come_and_go_without_a_trace() {
    const COUNT: u32 = 10_000;
    let churn = Churn::new();
    let mut nbw = Nbw::watch(&churn.netns, "--interval 50ms -i lo --slots 1024");
    churn.all(&mut nbw, COUNT, Duration::from_micros(500));
    let snapshot = nbw.settled();
    assert_eq!(snapshot["health"]["no_slot"], 0, "{}", snapshot["health"]);
    assert_eq!(Totals::of(interface(&snapshot, "lo")), both(sent(COUNT) * WIRE));
    assert_sum_rule(&snapshot, "lo");
    assert_eq!(no_cgroup(&snapshot, "lo", "unattributed"), Totals::default());
    assert_eq!(Totals::of(group(&snapshot, &churn.steady.cgroup, "lo", "host")), both(u64::from(COUNT) * WIRE));
    let below = format!("{}/", churn.parent.path);
    let gone = snapshot_where(&mut nbw, "the slots of the gone to be taken back", |snapshot| {
        rows(snapshot, &below).next().is_none()
    });
    assert_sum_rule(&gone, "lo");
    assert_eq!(no_cgroup(&gone, "lo", "unattributed"), Totals::default());
}

#[test]
fn when_slots_run_out_nothing_is_lost_and_they_come_back() {
    const COUNT: u32 = 2_000;
    let churn = Churn::new();
    let mut nbw = Nbw::watch(&churn.netns, "--interval 50ms -i lo --slots 32");
    churn.steady.talk(1);
    churn.all(&mut nbw, COUNT, Duration::ZERO);
    let snapshot = nbw.settled();
    assert!(snapshot["health"]["no_slot"].as_u64() > Some(0), "more groups than slots: {}", snapshot["health"]);
    let total = Totals::of(interface(&snapshot, "lo"));
    assert_eq!(total, both((sent(COUNT) + 1) * WIRE));
    assert_sum_rule(&snapshot, "lo");
    let lost = Totals::of(overflow(&snapshot));
    let unattributed = no_cgroup(&snapshot, "lo", "unattributed");
    // Slots and their overflow are the whole host's, so whatever else there is may have come to be there.
    assert!(lost.tx_packets >= unattributed.tx_packets && unattributed.tx_packets > 0);
    assert!(lost.rx_packets >= unattributed.rx_packets);
    assert_eq!(Totals::of(group(&snapshot, &churn.steady.cgroup, "lo", "host")), both(u64::from(COUNT + 1) * WIRE));
    // Afterwards there is room again, and what comes is counted where it belongs.
    let late = Member::new(&churn.netns, Cgroup::new());
    until("a slot for a new group", || {
        let mut overflow = || Totals::of(overflow(&nbw.settled()));
        let before = overflow();
        late.talk(10);
        let now = overflow();
        (before == now).then_some(())
    });
    assert!(Totals::of(group(&nbw.settled(), &late.cgroup, "lo", "host")).tx_packets >= 10);
}
