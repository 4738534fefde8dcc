//! An agent is asked where there is one.

use std::{
    fs,
    process::{Child, Stdio},
};

use nbw_tests::lab::{Cgroup, Ended, Nbw, Netns, TwoHosts, until};
use tempfile::TempDir;

use super::{WIRE_MBIT, assert_near, assert_two_seconds, assert_verdict, steadily};

/// `nbw agent`; killed on drop.
struct Agent {
    child: Child,
    directory: TempDir,
}

impl Agent {
    /// Starts it with the rules in a namespace, and waits until it answers.
    fn start(netns: &Netns, rules: &[String]) -> Self {
        let directory = TempDir::new().expect("a directory");
        let at = |name: &str| directory.path().join(name);
        let tables: Vec<String> = rules.iter().map(|rule| format!("[[alert]]\nrule = \"{rule}\"\n")).collect();
        fs::write(at("nbw.toml"), format!("interval = \"250ms\"\n{}", tables.concat())).expect("a configuration");
        let mut command = netns.command(Nbw::binary().to_str().expect("a path in UTF-8"));
        command.arg("agent").arg("--config").arg(at("nbw.toml")).arg("--data-dir").arg(at("data"));
        command.arg("--socket").arg(at("socket")).stdout(Stdio::null());
        let agent = Self { child: command.spawn().expect("the agent starts"), directory };
        until("the agent to answer", || (agent.check("interface lo rx > 1TB/s", "").code == Some(0)).then_some(()));
        agent
    }

    fn socket(&self) -> String {
        self.directory.path().join("socket").to_str().expect("a path in UTF-8").to_owned()
    }

    /// Asks it, from where there are other interfaces.
    fn check(&self, rule: &str, options: &str) -> Ended {
        Ended::shell("", &format!("\"$NBW\" check \"{rule}\" --socket {} {options}", self.socket()))
    }

    fn kill(&mut self) {
        // It may have ended by itself, which the tests would have seen.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        self.kill();
    }
}

#[test]
fn an_agent_answers_for_what_it_counts() {
    let hosts = TwoHosts::new(84, false);
    let interface = &hosts.cable.a;
    let of_day = |limit: &str| format!("interface {interface} tx > {limit} per day");
    let usual = format!("interface {interface} tx > 3x usual");
    let mut agent = Agent::start(&hosts.left, &[of_day("500kB"), of_day("50GB"), usual.clone()]);
    steadily(&hosts, None, "iperf3", || {
        let rate = agent.check(&format!("interface {interface} tx > 18Mbit/s"), "--for 2s");
        assert_verdict(&rate, 2, &["Mbit/s (limit > 18Mbit/s, measured "]);
        assert_two_seconds(&rate);
        assert_near(&rate, WIRE_MBIT / 8.0 * 1e6);
        assert_verdict(&agent.check(&format!("interface {interface} tx > 23Mbit/s"), "--for 2s"), 0, &[]);
    });
    // None of these can be told by whoever has just come.
    assert_verdict(&agent.check(&of_day("500kB"), ""), 2, &["MB (limit > 500kB per day) |"]);
    assert_verdict(&agent.check(&of_day("50GB"), "--warn '500kB per day'"), 1, &["warning > 500kB per day"]);
    assert_verdict(&agent.check(&of_day("50GB"), ""), 0, &["MB (limit > 50GB per day) |"]);
    assert_verdict(&agent.check(&usual, ""), 3, &["still being learnt"]);
    assert_verdict(&agent.check(&of_day("7GB"), ""), 3, &["only for the rules of its configuration"]);
    agent.kill();
    assert_verdict(&agent.check(&of_day("50GB"), ""), 3, &["no nbw agent runs"]);
}

/// As without an agent, and by whoever may ask it but not measure.
#[test]
fn what_is_idle_and_what_is_not_there_are_told_as_without_an_agent() {
    let netns = Netns::new();
    let agent = Agent::start(&netns, &["unit nbwt-quiet tx < 1Mbit/s".to_owned()]);
    let quiet = Cgroup::at("system.slice/nbwt-quiet.service");
    for (rule, code, words) in [
        ("unit nbwt-quiet tx < 1Mbit/s", 2, "unit nbwt-quiet.service tx 0 bit/s"),
        ("unit nbwt-quiet tx > 1Mbit/s", 0, "unit nbwt-quiet.service tx 0 bit/s"),
        ("unit nbwt-quie tx > 1Mbit/s", 3, "did you mean \"nbwt-quiet.service\""),
        ("interface nbwt-no* tx > 1Mbit/s", 3, "There are: lo"),
    ] {
        let without = super::check(&netns, rule, "");
        assert_verdict(&without, code, &[words]);
        let unprivileged = "setpriv --reuid 65534 --regid 0 --clear-groups";
        let line = format!("\"$NBW\" check '{rule}' --socket {}", agent.socket());
        for ended in [agent.check(rule, ""), Ended::shell(unprivileged, &line)] {
            assert_verdict(&ended, code, &[words]);
        }
    }
    drop(quiet);
}

/// The example of docs/rules.md: the unit is there and sends nothing.
#[test]
fn a_unit_that_is_silent_fires() {
    let netns = Netns::new();
    let _quiet = Cgroup::at("system.slice/nbwt-silent.service");
    let agent = Agent::start(&netns, &["unit nbwt-silent tx < 1Mbit/s for 1s".to_owned()]);
    let status = || Ended::shell("", &format!("\"$NBW\" status --format json --socket {}", agent.socket())).stdout;
    let fires = |text: &str| {
        let status: serde_json::Value = serde_json::from_str(text).ok()?;
        let alerts = status["alerts"].as_array()?.iter().any(|alert| alert["state"] == "firing");
        alerts.then_some(())
    };
    until("the alert of a silent unit", || fires(&status()));
}
