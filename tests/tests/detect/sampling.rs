//! What the kernel side hands over under a flood: nothing is lost uncounted, and nbw's own counts stay exact.

use std::time::{Duration, Instant};

use nbw::bpf::{DetectOptions, Kernel, LoadOptions};
use nbw_common::{abi::BUDGET, class::Class};
use nbw_tests::lab::{Netns, Totals, TwoHosts, drops};

use crate::watcher::{Watcher, tool};

const POLL: Duration = Duration::from_millis(100);

/// What was read of the ring.
#[derive(Default)]
struct Read {
    digests: u64,
    /// Packets that they stand for.
    stand_for: u64,
    most_at_once: u64,
}

/// Has the left host flood the right one with SYNs of forged sources, while `kernel` looks at the left one's cable and is read
/// every 100 ms if `reads`.
fn flood(hosts: &TwoHosts, kernel: &mut Kernel, reads: bool) -> Read {
    let line = format!("hping3 -q -S --flood --rand-source -p 80 {}", hosts.cable.v4.1);
    let mut attack = tool(&hosts.left, &line).stderr(std::process::Stdio::null()).spawn().expect("hping3 starts");
    let mut read = Read::default();
    while attack.try_wait().expect("hping3").is_none() {
        std::thread::sleep(POLL);
        if reads {
            read.take(kernel);
        }
    }
    let settled = Instant::now();
    while settled.elapsed() < 5 * POLL {
        std::thread::sleep(POLL);
    }
    read.take(kernel);
    read
}

impl Read {
    fn take(&mut self, kernel: &mut Kernel) {
        let digests = kernel.digests.as_mut().expect("detection is on");
        let before = self.digests;
        let one = |digest: &nbw_common::abi::Digest| {
            if u32::from(digest.class) == Class::Syn as u32 {
                self.digests += 1;
                self.stand_for += u64::from(digest.weight);
            }
        };
        digests.read(one);
        self.most_at_once = self.most_at_once.max(self.digests - before);
    }
}

/// The kernel side at the cable of a host that nobody answers: all that is sent is SYNs.
fn kernel(netns: &Netns, cable: &str, detect: DetectOptions) -> (Kernel, u32) {
    let index = netns.run(&format!("cat /sys/class/net/{cable}/ifindex")).trim().parse().expect("an index");
    let attach = || {
        let mut kernel = Kernel::load(&LoadOptions { detect: Some(detect), ..LoadOptions::default() })?;
        kernel.attach_link(index, cable, 14)?;
        Ok::<_, nbw::failure::Failure>(kernel)
    };
    (netns.enter(attach).expect("the kernel side"), index)
}

fn hosts(number: u8) -> TwoHosts {
    let hosts = TwoHosts::new(number, false);
    hosts.cable.pin_neighbours(&hosts.left, &hosts.right);
    hosts.right.run("iptables -A INPUT -p tcp --dport 80 -j DROP");
    hosts
}

fn ring_full(kernel: &Kernel) -> u64 {
    kernel.health().troubles().find(|(name, _)| *name == "ring_full").map_or(0, |(_, count)| count)
}

#[test]
fn a_flood_is_sampled_and_counted_to_the_byte() {
    let hosts = hosts(95);
    let (mut kernel, index) = kernel(&hosts.left, &hosts.cable.a, DetectOptions::default());
    let dropped = drops(&hosts.left, &hosts.cable.a);
    let before = (totals(&kernel, index), hosts.left.kernel_counters(&hosts.cable.a));
    let read = flood(&hosts, &mut kernel, true);
    let after = (totals(&kernel, index), hosts.left.kernel_counters(&hosts.cable.a));
    let sent = after.0.since(before.0);
    // What the cable's other end had no room for is not in `ip -s link`'s packets, and has passed nbw.
    let dropped = drops(&hosts.left, &hosts.cable.a) - dropped;
    let theirs = after.1.since(before.1);
    assert_eq!(sent.tx_packets, theirs.tx_packets + dropped, "nbw's count, and `ip -s link`'s");
    assert!(dropped > 0 || sent == theirs, "{sent:?}, and `ip -s link`: {theirs:?}");
    // The host sends nothing else, but for some few packets of its own (neighbours, multicast).
    let syns = sent.tx_packets;
    assert!(syns > 50_000, "not much of a flood: {syns}");
    assert_eq!(ring_full(&kernel), 0);
    let off = read.stand_for.abs_diff(syns) as f64 / syns as f64;
    assert!(off < 0.1, "{} digests stand for {} of {syns} SYNs", read.digests, read.stand_for);
    // However fast it is, an era gives a budget for each doubling at the very most, and what is chosen by chance besides.
    let most = u64::from(BUDGET) * u64::from(1 + (syns / u64::from(BUDGET)).ilog2()) * 17 / 16;
    assert!(read.most_at_once < most && read.digests < syns / 2, "{} at once of {syns}", read.most_at_once);
}

/// A ring that nobody reads: what it has no room for is counted, packet by packet (of one that stands for several, see
/// `frames`).
#[test]
fn what_the_ring_has_no_room_for_is_counted() {
    let hosts = hosts(96);
    let detect = DetectOptions { ring_bytes: 1 << 16, budget: u32::MAX };
    let (mut kernel, index) = kernel(&hosts.left, &hosts.cable.a, detect);
    let read = flood(&hosts, &mut kernel, false);
    let (syns, lost) = (totals(&kernel, index).tx_packets, ring_full(&kernel));
    assert!(read.digests > 300 && lost > 10_000, "{} read, {lost} lost", read.digests);
    // Of other classes there may have been a few, too.
    assert!((read.digests + lost).abs_diff(syns) < 100, "{} read and {lost} lost of {syns}", read.digests);
}

/// All that is kept of sources is kept in tables of a fixed size, which are full after some seconds.
#[test]
fn hundreds_of_thousands_of_sources_take_no_more_memory_than_some() {
    let hosts = hosts(97);
    let watcher = Watcher::start(&hosts.right);
    let mut attack = hosts.left.command("timeout");
    attack.args(["45", "hping3", "-q", "-S", "--flood", "--rand-source", "-p", "80", &hosts.cable.v4.1]);
    let mut attack = attack.stderr(std::process::Stdio::null()).spawn().expect("hping3 starts");
    let early = settled(&watcher);
    attack.wait().expect("its end");
    let late = watcher.resident();
    let sent = hosts.left.kernel_counters(&hosts.cable.a).tx_packets;
    assert!(sent > 200_000, "not much of a flood: {sent}");
    assert!(late < early + 4_096, "{early} KiB at first, {late} KiB after 45 s and {sent} sources");
}

/// The memory in use as soon as it has stood still for ten seconds, or after 30. Tables grow by doubling: between two times they stand
/// still, the longer the slower the machine is.
fn settled(watcher: &Watcher) -> u64 {
    let mut last = watcher.resident();
    let mut still = 0;
    for _ in 0..60 {
        std::thread::sleep(Duration::from_millis(500));
        let now = watcher.resident();
        still = if now.abs_diff(last) <= 64 { still + 1 } else { 0 };
        last = now;
        if still == 20 {
            break;
        }
    }
    last
}

fn totals(kernel: &Kernel, index: u32) -> Totals {
    let counters = kernel.links.counters(index).expect("counters");
    Totals {
        rx_bytes: counters.rx_bytes,
        rx_packets: counters.rx_packets,
        tx_bytes: counters.tx_bytes,
        tx_packets: counters.tx_packets,
    }
}
