//! Rules that cannot be watched, and what rules are told of that nobody asked to see.

use std::net::UdpSocket;

use nbw_tests::lab::{Cgroup, Ended, Nbw, Netns, open, snapshot_where};
use serde_json::Value;

use super::gone::while_sending;

#[test]
fn a_wrong_rule_is_shown_with_a_caret() {
    for command in ["watch", "top"] {
        let ended = Ended::shell("", &format!("exec $NBW {command} --alert 'interface eth0 rx > 80 furlongs'"));
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{ended:?}");
        let lines: Vec<&str> = ended.stderr.lines().collect();
        assert_eq!(lines.len(), 4, "{ended:?}");
        assert_eq!(lines[1], "interface eth0 rx > 80 furlongs");
        let carets = lines[2].find('^').unwrap_or_else(|| panic!("no caret: {ended:?}"));
        assert!(lines[1][carets..].starts_with("80") || lines[1][carets..].starts_with("furlongs"), "{ended:?}");
    }
}

#[test]
fn the_bell_is_for_rules() {
    let ended = Ended::run("", "--bell");
    assert_eq!(ended.code, Some(2), "{ended:?}");
    ended.assert_says(&["--alert"]);
}

#[test]
fn a_share_of_a_link_without_a_speed_is_refused() {
    let netns = Netns::new();
    let inside = format!("ip netns exec {}", netns.name);
    let ended = Ended::shell(&inside, "exec $NBW watch --count 1 --alert 'interface lo rx > 80%'");
    ended.assert_one_sentence(2, &["interface lo rx > 80%", "lo has no known speed", "give a rate"]);
    let ended = Ended::shell(&inside, "exec $NBW watch -n 50ms --count 3 --alert 'interface l* rx > 80%'");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.assert_says(&["lo has no known speed", "give a rate"]);
    assert_eq!(ended.stderr.lines().count(), 1, "once: {ended:?}");
}

#[test]
fn a_rule_about_what_is_not_there_yet_says_so() {
    let netns = Netns::new();
    let inside = format!("ip netns exec {}", netns.name);
    let ended = Ended::shell(&inside, "exec $NBW watch -n 50ms --count 3 --alert 'interface eth7 rx > 1Mbit/s'");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.assert_says(&["interface eth7 rx > 1Mbit/s", "no interface matches yet"]);
    assert_eq!(ended.stderr.lines().count(), 1, "once: {ended:?}");
}

/// `--top` and `--by` are about what people see.
#[test]
fn rules_see_what_is_cut_off() {
    let netns = Netns::new();
    let quiet = Cgroup::new();
    let socket = open(&netns, &quiet, || UdpSocket::bind("127.0.0.1:0"));
    let rule = format!("cgroup {} tx-packets >= 1pps", quiet.path);
    let mut nbw = Nbw::watch_for(&netns, &[&rule, "process nobody rx > 1Mbit/s"], "-n 200ms --top 1 --sort tx");
    while_sending(&netns, "127.0.0.1", |_| {
        let fires = |snapshot: &Value| {
            socket.send_to(&[1], ("127.0.0.1", 9)).expect("a datagram");
            snapshot["alerts"][0]["state"] == "firing" && !paths(snapshot).is_empty()
        };
        let snapshot = snapshot_where(&mut nbw, "the alert", fires);
        assert_eq!(snapshot["alerts"][0]["subject"]["key"], quiet.path.as_str());
        let shown = paths(&snapshot);
        assert!(shown.len() == 1 && shown[0] != quiet.path, "{snapshot}");
        assert!(snapshot.get("processes").is_none(), "nobody asked for them: {snapshot}");
    });
}

/// The groups that are cgroups.
fn paths(snapshot: &Value) -> Vec<&str> {
    let rows = snapshot["groups"].as_array().unwrap_or_else(|| panic!("no groups in {snapshot}"));
    rows.iter().filter_map(|row| row["path"].as_str()).filter(|path| !path.is_empty()).collect()
}
