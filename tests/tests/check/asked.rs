//! An agent is asked where there is one.

use std::{
    fs,
    process::{Child, Stdio},
};

use nbw_tests::lab::{Ended, Nbw, Netns, TwoHosts, until};
use tempfile::TempDir;

use super::{STEADY, assert_verdict, value, while_sending};

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
    while_sending(&hosts, None, STEADY, || {
        let rate = agent.check(&format!("interface {interface} tx > 19Mbit/s"), "--for 2s");
        assert_verdict(&rate, 2, &["Mbit/s (limit > 19Mbit/s, measured 2"]);
        let mbit = value(&rate) * 8.0 / 1e6;
        assert!((19.0..23.0).contains(&mbit), "{mbit} Mbit/s");
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
