//! The agent without systemd.

use std::{
    io::{ErrorKind, PipeWriter, Write, pipe},
    os::fd::AsFd,
};

use aya::programs::TcAttachType;
use nbw_tests::lab::{Ended, KernelObjects, Netns, Other, Place, Verdict, until};
use nix::{
    fcntl::{FcntlArg, OFlag, fcntl},
    sys::signal::Signal,
};

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

fn fill(mut pipe: &PipeWriter) {
    let set = |flags| fcntl(pipe.as_fd(), FcntlArg::F_SETFL(flags)).expect("flags of a pipe");
    set(OFlag::O_NONBLOCK);
    let full = loop {
        if let Err(error) = pipe.write(b"\n") {
            break error;
        }
    };
    assert_eq!(full.kind(), ErrorKind::WouldBlock);
    set(OFlag::empty());
}

#[test]
fn a_log_that_nobody_reads_holds_up_nothing() {
    let netns = Netns::new();
    let (_unread, log) = pipe().expect("a pipe");
    fill(&log);
    let mut agent = Agent::logging_to(&netns, "interval = \"50ms\"\n", log);
    until("ticks", || (agent.says()["ticks"]["count"].as_u64() > Some(10)).then_some(()));
    agent.reload("interval = \"soon\"\n");
    until("a refusal, which is logged", || (!agent.says()["config"]["refused"].is_null()).then_some(()));
    let ticks = agent.says()["ticks"]["count"].as_u64();
    until("more ticks", || (agent.says()["ticks"]["count"].as_u64() > ticks).then_some(()));
    agent.signal(Signal::SIGTERM);
    assert_eq!(agent.ended(), Some(0));
}

/// A reload that takes a rule away together with its action: whoever was told that it fires is told its end.
#[test]
fn an_end_by_a_reload_is_told_by_the_action_that_goes() {
    let netns = Netns::new();
    let told = tempfile::NamedTempFile::new().expect("a file");
    let config = format!(
        "interval = \"200ms\"\n[[alert]]\nrule = \"interface lo rx > 10B per day\"\nwarn_at = [\"100%\"]\nactions = [\"tell\"]\n\
         [action.tell]\ntype = \"exec\"\ncommand = [\"/bin/sh\", \"-c\", \"echo $NBW_STATE >> {}\"]\n",
        told.path().display()
    );
    let heard = || std::fs::read_to_string(told.path()).expect("what was told");
    let agent = Agent::start(&netns, &config);
    nbw_tests::lab::ping(&netns, None, "127.0.0.1", "-c 3 -i 0.2");
    until("word of the alert", || (heard() == "firing\n").then_some(()));
    // Refused as a whole: the rule stays with its action.
    agent.reload("[action.tell]\ntype = \"exec\"\ncommand = [\"relative\"]\n");
    until("a refusal", || (!agent.says()["config"]["refused"].is_null()).then_some(()));
    assert_eq!((heard(), agent.says()["rules"].as_array().map(Vec::len)), ("firing\n".to_owned(), Some(1)));
    agent.reload("");
    until("word of the end", || (heard() == "firing\nresolved\n").then_some(()));
    assert_eq!(agent.says()["rules"].as_array().map(Vec::len), Some(0));
}

/// The kernel takes so many TCX programs at a side of an interface (`bpf_mprog_max`).
const MOST_PROGRAMS: usize = 63;

/// An interface that was waited for, and is refused at first since others have taken all the room that it has.
#[test]
fn an_interface_that_is_refused_is_tried_again() {
    let netns = Netns::new();
    let agent = Agent::start(&netns, "[filter]\ninterfaces = [\"late0\"]\n[kernel]\nhook = \"tcx\"\n");
    netns.run("ip link add early0 type veth peer name far0");
    let other = |_| Other::attach(&netns, "early0", TcAttachType::Ingress, Place::Tcx, Verdict::Next);
    let mut others: Vec<Other<'_>> = (0..MOST_PROGRAMS).map(other).collect();
    netns.run("ip link set early0 name late0");
    let is_refusal = |line: &str| line.contains(" WARN ") && line.contains("late0");
    until("the refusal", || agent.log().lines().any(is_refusal).then_some(()));
    let counted = || agent.says()["attached"]["interfaces"].clone();
    assert_eq!(counted(), serde_json::json!([]));
    drop(others.pop());
    until("it to be counted", || (counted() == serde_json::json!(["late0"])).then_some(()));
}
