//! The agent without systemd.

use nbw_tests::lab::{Ended, KernelObjects, Netns, until};
use nix::sys::signal::Signal;

use super::by_hand::Agent;

#[test]
fn it_ends_cleanly_by_either_signal() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let netns = Netns::new();
        let mut agent = Agent::start(&netns, "interval = \"50ms\"\n");
        let objects = KernelObjects::of(agent.child.id());
        agent.signal(signal);
        assert_eq!(agent.ended(), Some(0), "{signal}: {}", agent.log());
        assert!(!agent.directory.path().join("run/sock").exists());
        // A busy machine may have it warn of something.
        assert!(!agent.log().contains(" ERROR "), "{}", agent.log());
        until("nothing to be left in the kernel", || objects.remaining().is_empty().then_some(()));
    }
}

#[test]
fn what_a_killed_one_has_left_is_no_hindrance() {
    let netns = Netns::new();
    let mut agent = Agent::start(&netns, "");
    agent.signal(Signal::SIGKILL);
    assert_eq!(agent.ended(), None);
    assert!(agent.directory.path().join("run/sock").exists(), "there is a stale socket");
    let status = agent.status();
    assert_eq!(status.code, Some(1), "{status:?}");
    drop(agent.again(&netns));
}

#[test]
fn two_in_different_places_do_not_meet() {
    let netns = Netns::new();
    let (one, other) = (Agent::start(&netns, ""), Agent::start(&netns, ""));
    let second = Ended::run(&format!("ip netns exec {}", netns.name), &one.options().join(" "));
    assert_eq!(second.code, Some(1), "{second:?}");
    second.assert_says(&[&format!("process {}", one.child.id()), "nbw.toml"]);
    assert_eq!(other.status().code, Some(0));
}

#[test]
fn whoever_may_not_is_told_what_is_lacking() {
    let ended = Ended::run("setpriv --reuid 65534 --clear-groups", "agent");
    assert_eq!(ended.code, Some(77), "{ended:?}");
    ended.assert_says(&["CAP_BPF"]);
    let checked = Ended::run("setpriv --reuid 65534 --clear-groups", "agent --check-config --config /nowhere/nbw.toml");
    assert_eq!(checked.code, Some(2), "{checked:?}");
    checked.assert_says(&["/nowhere/nbw.toml", "--print-config"]);
}
