//! The agent and a real Alertmanager: alerts by real traffic, over restarts and reloads.

use std::process::{Child, Stdio};

use jiff::Timestamp;
use nbw_tests::lab::{Alertmanager, Iperf, Netns, until};
use nix::sys::signal::Signal;
use serde_json::Value;

use super::by_hand::Agent;

/// Two alerts of one name. What asks the Alertmanager goes over `lo`, too, and is less than either condition. It is told
/// again only every hour: what ends there in time has been ended by the agent.
const CONFIG: &str = r#"
interval = "500ms"

[[alert]]
rule = "interface lo rx > 5MB/s"
clear = "< 2MB/s"
name = "loud"
actions = ["am"]

[[alert]]
rule = "interface lo tx > 5MB/s"
clear = "< 2MB/s"
name = "loud"
actions = ["am"]

[action.am]
type = "alertmanager"
url = "http://127.0.0.1:9093"
resend = "1h"
"#;

/// 20 MB/s on `lo`, until it is dropped, and two minutes at most.
struct Traffic {
    client: Child,
    _server: Iperf,
}

impl Traffic {
    fn start(netns: &Netns) -> Self {
        let server = Iperf::server(netns, None);
        let mut client = netns.command("iperf3");
        client.args(["-c", "127.0.0.1", "-b", "160M", "-t", "120"]).stdout(Stdio::null());
        Self { client: client.spawn().expect("iperf3"), _server: server }
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.client.kill();
        let _ = self.client.wait();
    }
}

fn metrics(alerts: &[Value]) -> Vec<&str> {
    let mut metrics: Vec<&str> = alerts.iter().filter_map(|alert| alert["labels"]["metric"].as_str()).collect();
    metrics.sort_unstable();
    metrics
}

fn time(value: &Value) -> Timestamp {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("no time: {value}"))
}

/// The alerts, once they are those of both metrics and the Alertmanager has heard of each since.
fn both_since(alertmanager: &Alertmanager, since: Timestamp) -> Vec<Value> {
    until("both alerts to be told", || {
        let alerts = alertmanager.alerts();
        let told = alerts.iter().all(|alert| time(&alert["updatedAt"]) > since);
        (metrics(&alerts) == ["rx", "tx"] && told).then_some(alerts)
    })
}

#[test]
fn alerts_fire_grouped_survive_a_restart_and_end_with_their_action_or_their_traffic() {
    let netns = Netns::new();
    let alertmanager = Alertmanager::within(&netns);
    let agent = Agent::start(&netns, CONFIG);
    assert!(alertmanager.alerts().is_empty());
    let traffic = Traffic::start(&netns);
    let first = both_since(&alertmanager, Timestamp::UNIX_EPOCH);
    assert!(first.iter().all(|alert| alert["labels"]["subject"] == "lo"), "{first:?}");
    assert!(first.iter().all(|alert| alert["status"]["state"] == "active"), "{first:?}");
    until("one group of both", || {
        let groups = alertmanager.groups();
        let [group] = &groups[..] else { return None };
        assert_eq!(group["labels"]["alertname"], "loud");
        (group["alerts"].as_array()?.len() == 2).then_some(())
    });

    let ended = Timestamp::now();
    agent.signal(Signal::SIGTERM);
    let agent = agent.again(&netns);
    let second = both_since(&alertmanager, ended);
    let began = |alerts: &[Value]| alerts.iter().map(|alert| time(&alert["startsAt"])).min();
    assert_eq!(began(&second), began(&first), "it is the same alert as before the restart");

    agent.reload(&CONFIG.replacen(r#"actions = ["am"]"#, r#"actions = ["log"]"#, 1));
    let left = until("the alert to end that is for another action now", || {
        Some(alertmanager.alerts()).filter(|alerts| alerts.len() == 1)
    });
    assert_eq!(metrics(&left), ["tx"]);
    assert_eq!(agent.says()["alerts"].as_array().map(Vec::len), Some(2), "to the agent both fire");

    drop(traffic);
    until("all to end with the traffic", || alertmanager.alerts().is_empty().then_some(()));
    assert_eq!(agent.says()["alerts"].as_array().map(Vec::len), Some(0));
}
