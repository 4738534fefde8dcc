//! Very many alerts at once, told to somebody who never answers.

use std::{
    fmt::Write,
    net::TcpListener,
    process::{Child, Stdio},
};

use nbw_tests::lab::{Netns, until};
use serde_json::Value;

use super::by_hand::Agent;

const ALERTS: usize = 500;
/// As many notices as an action's queue holds (docs/agent.md).
const MOST_NOTICES: u64 = 10_000;

/// Some 8 kbit/s on `lo`, which is more than any of the rules allows.
struct Pings(Child);

impl Pings {
    fn start(netns: &Netns) -> Self {
        let mut ping = netns.command("ping");
        ping.args(["-q", "-i", "0.2", "-w", "120", "127.0.0.1"]).stdout(Stdio::null());
        Self(ping.spawn().expect("ping"))
    }
}

impl Drop for Pings {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn config(webhook: u16) -> String {
    let mut config = format!("[action.dead]\ntype = \"webhook\"\nurl = \"http://127.0.0.1:{webhook}/\"\n");
    for number in 1..=ALERTS {
        let rule = format!("interface lo rx > {number}bit/s");
        writeln!(config, "[[alert]]\nrule = \"{rule}\"\nactions = [\"dead\"]").expect("room");
    }
    config
}

fn firing(status: &Value) -> usize {
    let rules = status["rules"].as_array().expect("rules");
    rules.iter().filter(|rule| rule["firing"] == 1).count()
}

#[test]
fn five_hundred_alerts_and_a_dead_webhook_hold_up_nothing() {
    let netns = Netns::new();
    // The kernel takes connections for it, and nobody ever answers.
    let dead = netns.enter(|| TcpListener::bind("127.0.0.1:0").expect("a socket"));
    let agent = Agent::start(&netns, &config(dead.local_addr().expect("its address").port()));
    let _pings = Pings::start(&netns);
    let status = until("all to fire", || Some(agent.says()).filter(|status| firing(status) == ALERTS));
    let tick = status["ticks"]["count"].as_u64().expect("a count");
    let status = until("five more ticks", || {
        Some(agent.says()).filter(|status| status["ticks"]["count"].as_u64() >= Some(tick + 5))
    });
    let actions = status["actions"].as_array().expect("actions");
    let action = actions.iter().find(|action| action["name"] == "dead").expect("the webhook");
    let queued = action["queued"].as_u64().expect("a count");
    assert!((ALERTS as u64..=MOST_NOTICES).contains(&queued), "{action}");
    assert_eq!((&action["sent"], &action["dropped"]), (&0.into(), &0.into()), "{action}");
    assert!(
        status["memory"]["resident_bytes"].as_u64().is_some_and(|bytes| bytes < 100_000_000),
        "{}",
        status["memory"]
    );
    assert!(!agent.log().contains(" ERROR "), "{}", agent.log());
}
