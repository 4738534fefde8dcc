//! What happens to the agent in months: it hangs, is killed, is restarted, and its disk is full.

use std::time::Duration;

use nbw_tests::lab::{Systemd, until};
use serde_json::Value;

use super::{serving, status, status_where, tried, with_config};

const CONFIG: &str = r#"
interval = "100ms"

[[alert]]
rule = "unit shop.service rx > 1MB per month"
warn_at = ["100%"]

[action.keep]
type = "exec"
command = ["/bin/sh", "-c", "echo $NBW_ALERT >> /var/lib/nbw/told"]
"#;

fn volume(status: &Value) -> f64 {
    let alerts = status["alerts"].as_array().expect("alerts");
    alerts.first().and_then(|alert| alert["value"].as_f64()).unwrap_or(0.0)
}

fn times_told(systemd: &Systemd) -> usize {
    tried(systemd, "cat /var/lib/nbw/told").stdout.iter().filter(|&&byte| byte == b'\n').count()
}

/// The volume of a service that was asked, once it is on disk.
fn saved_volume(systemd: &Systemd) -> f64 {
    systemd.start("shop.service", 5201);
    drop(systemd.in_scope("bulk.scope", "", "iperf3 -c 127.0.0.1 -w 64K -p 5201 -n 3M"));
    let moved = volume(&status_where(systemd, "the volume", |status| volume(status) > 3e6));
    until("the program to be told", || (times_told(systemd) == 1).then_some(()));
    let now = jiff::Timestamp::now();
    let saved = |status: &Value| status["data_dir"]["saved"].as_str().and_then(|saved| saved.parse().ok()) > Some(now);
    status_where(systemd, "the state to be saved", saved);
    moved
}

/// The agent's next process.
fn back(systemd: &Systemd, before: &Value) -> Value {
    until("the agent to be back", || {
        let said = tried(systemd, "nbw status --format json");
        let status: Value = serde_json::from_slice(&said.stdout).ok()?;
        (status["pid"] != before["pid"] && status["ticks"]["count"].as_u64() > Some(1)).then_some(status)
    })
}

#[test]
fn volumes_and_what_was_told_survive_a_restart_and_a_kill() {
    let systemd = serving(CONFIG);
    let moved = saved_volume(&systemd);
    let first = status(&systemd);
    systemd.run("systemctl restart nbw.service");
    let second = back(&systemd, &first);
    assert!(volume(&second) >= moved, "{second}");
    systemd.run("systemctl kill --signal=KILL nbw.service");
    let third = back(&systemd, &second);
    assert!(volume(&third) >= moved, "{third}");
    let [restarts] = systemd.properties("nbw.service", ["NRestarts"]);
    assert_eq!(restarts, "1");
    assert_eq!(times_told(&systemd), 1, "it was told again after a restart");
}

#[test]
fn one_that_hangs_is_restarted() {
    let systemd = with_config(CONFIG);
    systemd.write("/etc/systemd/system/nbw.service.d/soon.conf", "[Service]\nWatchdogSec=5s\nRestartSec=100ms\n");
    systemd.run("systemctl daemon-reload");
    systemd.run("systemctl start nbw.service");
    let first = status(&systemd);
    // Longer than the watchdog waits: while there are ticks, it is content.
    status_where(&systemd, "six seconds of ticks", |status| status["ticks"]["count"].as_u64() > Some(60));
    let [restarts] = systemd.properties("nbw.service", ["NRestarts"]);
    assert_eq!(restarts, "0");
    systemd.run("systemctl kill --signal=STOP nbw.service");
    let second = back(&systemd, &first);
    assert_ne!(first["pid"], second["pid"]);
    let [restarts] = systemd.properties("nbw.service", ["NRestarts"]);
    assert_eq!(restarts, "1");
}

#[test]
fn a_directory_that_cannot_be_written_to_is_told_and_the_agent_goes_on() {
    let systemd = with_config(&format!("data_dir = \"/proc/nbw\"\n{CONFIG}"));
    systemd.run("systemctl start nbw.service");
    let status = status_where(&systemd, "the problem", |status| !status["data_dir"]["problem"].is_null());
    assert!(status["ticks"]["count"].as_u64() > Some(50), "{status}");
    let shown = systemd.run("nbw status");
    assert!(shown.contains("/proc/nbw"), "{shown}");
    assert!(
        Duration::from_secs_f64(status["ticks"]["latest_seconds"].as_f64().expect("a time")) < Duration::from_secs(5)
    );
}
