//! An agent that is killed, and the next one.

use std::{
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use nbw_tests::lab::{Iperf, Netns, Totals, TwoHosts, until, until_within};

use super::place::{Agent, Place, at_rest};

const BY_INTERFACE: [&str; 2] = ["hours --by interface", "days --by interface"];

/// No more than this may be missing.
const MISSING: Duration = Duration::from_secs(10);

/// Each try needs ten seconds and more, and a host with other work needs several.
const PATIENCE: Duration = Duration::from_secs(180);

/// A client that sends until it is dropped.
struct Sending(Child);

impl Sending {
    fn start(netns: &Netns, address: &str) -> Self {
        let mut command = netns.command("iperf3");
        command.args(["-c", address, "-b", "20M", "-t", "600"]).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().expect("iperf3 starts"))
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits for a moment, more than ten seconds from the start, at which something was written and more was moved since; what the
/// kernel had counted at most ten seconds ago.
fn middle(agent: &Agent<'_>, kernel: impl Fn() -> Totals) -> Totals {
    let mut samples = Vec::new();
    until_within(PATIENCE, "the middle of a part of time", || {
        samples.push((Instant::now(), kernel()));
        let status = agent.status()?;
        let written: Timestamp = status["history"]["last_written"].as_str()?.parse().ok()?;
        let age = Timestamp::now().duration_since(written).as_millis();
        let past = samples.iter().rfind(|(at, _)| at.elapsed() >= MISSING);
        past.filter(|_| (3_000..8_000).contains(&age)).map(|(_, counted)| *counted)
    })
}

/// What the link has moved, in all tiers the same.
fn remembered(place: &Place, interface: &str) -> Totals {
    let [hours, days] = BY_INTERFACE.map(|options| place.moved(options, interface));
    assert_eq!(hours, days, "tiers differ");
    hours
}

#[test]
fn a_kill_costs_ten_seconds_at_most_and_nothing_is_counted_twice() {
    let (hosts, place) = (TwoHosts::new(62, false), Place::new());
    let (a, address) = (&hosts.cable.a, hosts.cable.v4.1.as_str());
    let kernel = || hosts.left.kernel_counters(a);
    let _server = Iperf::server(&hosts.right, None);
    let before = at_rest(&hosts.left, a);
    let first = Agent::start(&hosts.left, &place);
    let sending = Sending::start(&hosts.left, address);
    // What is looked at ten seconds later is to have something in it.
    until("iperf3 to send", || (kernel().since(before).tx_bytes > 100_000).then_some(()));
    let least = middle(&first, kernel).since(before);
    first.kill();
    let most = kernel().since(before);
    drop(sending);
    let kept = remembered(&place, a);
    assert!(least.tx_bytes > 0, "nothing was sent ten seconds before the kill");
    assert!(kept.tx_bytes >= least.tx_bytes && kept.rx_bytes >= least.rx_bytes, "{kept:?}, at least {least:?}");
    // Something was on its way when it was killed: else this would say little.
    assert!(kept.tx_bytes < most.tx_bytes && kept.rx_bytes <= most.rx_bytes, "{kept:?}, at most {most:?}");

    let begun = at_rest(&hosts.left, a);
    let second = Agent::start(&hosts.left, &place);
    assert_eq!(kernel(), begun, "the link did not rest while the agent began");
    Iperf::client(&hosts.left, None, address, "-n 2M -w 128K");
    let ended = second.settled(kernel);
    second.end();
    assert!(ended.since(begun).tx_bytes > 2_000_000);
    assert_eq!(remembered(&place, a).since(kept), ended.since(begun), "what the second agent has seen");
}
