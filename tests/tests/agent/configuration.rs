//! Another configuration, right or wrong, while the agent runs.

use nbw_tests::lab::Systemd;
use serde_json::Value;

use super::{journal, logged, serving, status, status_where, tried, with_config};

const ONE: &str = "interval = \"100ms\"\n[[alert]]\nrule = \"host rx > 5GB/s\"\n";

fn rules(status: &Value) -> Vec<&str> {
    let rules = status["rules"].as_array().expect("rules");
    rules.iter().filter_map(|rule| rule["rule"].as_str()).collect()
}

fn reload(systemd: &Systemd) {
    systemd.run("systemctl reload nbw.service");
}

#[test]
fn a_good_one_is_taken_over_and_a_broken_one_is_refused() {
    let systemd = serving(ONE);
    let before = status(&systemd);
    assert_eq!(rules(&before), ["host rx > 5GB/s"]);
    let two = format!("{ONE}\n[[alert]]\nrule = \"unit shop.service rx > 5GB/s\"\n");
    systemd.write("/etc/nbw/nbw.toml", &two);
    reload(&systemd);
    let after = status_where(&systemd, "the second rule", |status| rules(status).len() == 2);
    assert_eq!(after["pid"], before["pid"], "it was started anew");
    assert!(after["config"]["refused"].is_null(), "{after}");

    systemd.write("/etc/nbw/nbw.toml", &two.replace("interval", "intervall"));
    reload(&systemd);
    let refused = status_where(&systemd, "a refusal", |status| !status["config"]["refused"].is_null());
    assert_eq!((rules(&refused).len(), &refused["pid"]), (2, &before["pid"]), "{refused}");
    logged(&systemd, "is refused");
    assert!(journal(&systemd).contains("did you mean `interval`?"), "{}", journal(&systemd));
    let errors = systemd.run("journalctl --no-pager --output=cat --unit=nbw.service SYSLOG_IDENTIFIER=nbw PRIORITY=3");
    assert!(errors.contains("is refused") && !errors.contains("was reloaded"), "{errors}");
    let [active] = systemd.properties("nbw.service", ["ActiveState"]);
    assert_eq!(active, "active");

    systemd.write("/etc/nbw/nbw.toml", ONE);
    reload(&systemd);
    status_where(&systemd, "the first configuration", |status| {
        rules(status).len() == 1 && status["config"]["refused"].is_null()
    });
}

#[test]
fn another_time_zone_says_that_the_days_of_the_history_stay() {
    let systemd = serving(&format!("time_zone = \"Europe/Berlin\"\n{ONE}"));
    reload(&systemd);
    logged(&systemd, "was reloaded");
    assert!(!journal(&systemd).contains("days of the history"), "{}", journal(&systemd));
    systemd.write("/etc/nbw/nbw.toml", &format!("time_zone = \"Asia/Kolkata\"\n{ONE}"));
    reload(&systemd);
    logged(&systemd, "the days of the history stay those of Europe/Berlin");
}

#[test]
fn what_the_kernel_side_needs_is_started_anew() {
    let systemd = serving(ONE);
    let has_connections = |status: &Value| status["slots"].as_array().is_some_and(|slots| slots.len() == 3);
    assert!(!has_connections(&status(&systemd)));
    let other = format!("{ONE}\n[[alert]]\nrule = \"process iperf3 rx > 1kB/s\"\n[kernel]\nslots = 256\n");
    systemd.write("/etc/nbw/nbw.toml", &other);
    reload(&systemd);
    let changed = status_where(&systemd, "connections to be counted", has_connections);
    assert_eq!(changed["slots"][0]["capacity"], 255, "{changed}");
    systemd.start("shop.service", 5201);
    let mut client = systemd.command("iperf3");
    let client =
        client.args(["-c", "127.0.0.1", "-p", "5201", "-b", "1M", "-t", "60"]).stdout(std::process::Stdio::null());
    let mut client = client.spawn().expect("iperf3");
    status_where(&systemd, "an alert on a process", |status| {
        status["alerts"]
            .as_array()
            .is_some_and(|alerts| alerts.iter().any(|alert| alert["subject"]["name"] == "iperf3"))
    });
    // It may have ended by itself.
    let _ = client.kill();
    let _ = client.wait();
}

#[test]
fn a_wrong_one_keeps_it_from_starting_for_good() {
    let systemd = with_config("interval = \"soon\"\n");
    assert!(!tried(&systemd, "systemctl start nbw.service").status.success());
    let [state, code, restarts] = systemd.properties("nbw.service", ["ActiveState", "ExecMainStatus", "NRestarts"]);
    assert_eq!([state, code, restarts], ["failed", "2", "0"].map(str::to_owned), "{}", journal(&systemd));
    logged(&systemd, "/etc/nbw/nbw.toml, line 1");
    let checked = tried(&systemd, "nbw agent --check-config");
    assert_eq!(checked.status.code(), Some(2), "{checked:?}");
    systemd.write("/etc/nbw/nbw.toml", &systemd.run("nbw agent --print-config"));
    let checked = tried(&systemd, "nbw agent --check-config");
    assert_eq!(checked.status.code(), Some(0), "{checked:?}");
}
