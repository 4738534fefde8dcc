//! Where it happens: in namespaces of its own, counted there by the kernel, and gone afterwards.

use std::{
    fs,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use nbw_tests::lab::{Nbw, run, until};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;

const INTERFACE: &str = "nbw-sim-in";

/// A running simulation.
struct Running(Child);

impl Running {
    fn start(options: &str) -> Self {
        let mut command = Command::new(Nbw::binary());
        command.arg("simulate").args(options.split_whitespace()).stderr(Stdio::piped());
        Self(command.spawn().expect("nbw starts"))
    }

    /// The name of its namespace, once it is there.
    fn namespace(&self) -> String {
        let name = format!("nbw-sim-{}-inside", self.0.id());
        until("the namespace", || names().contains(&name).then(|| name.clone()))
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.0.id().cast_signed()), signal).expect("it runs");
    }

    /// What it said, once it has ended.
    fn ended(self) -> (Option<i32>, String) {
        let output = self.0.wait_with_output().expect("it ends");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// The named namespaces of simulations.
fn names() -> Vec<String> {
    let entries = fs::read_dir("/run/netns").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.starts_with("nbw-sim-"))
        .collect()
}

/// What the kernel has counted on the inside, received and sent.
fn packets(namespace: &str) -> u64 {
    let json = run(&format!("ip netns exec {namespace} ip -j -s link show dev {INTERFACE}"));
    let value: Value = serde_json::from_str(&json).expect("JSON from ip");
    ["rx", "tx"].iter().map(|way| value[0]["stats64"][way]["packets"].as_u64().expect("a count")).sum()
}

#[test]
fn the_kernel_counts_what_it_says_and_nothing_of_its_own() {
    let running = Running::start("icmp-flood --rate 2000 --duration 3s");
    let namespace = running.namespace();
    // Both ends are held open, so that they are still there when it has ended.
    let open = |name: &str| fs::File::open(format!("/run/netns/{name}")).expect("the namespace");
    let (held, _other) = (open(&namespace), open(&namespace.replace("inside", "outside")));
    let (code, said) = running.ended();
    assert_eq!(code, Some(0), "{said}");
    let sent = said.lines().last().and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    let sent = sent.unwrap_or_else(|| panic!("no count in {said}"));
    assert_eq!(sent, 2 * 6_000, "a request and a reply each: {said}");
    let counted = thread::spawn(move || {
        nix::sched::setns(&held, nix::sched::CloneFlags::CLONE_NEWNET).expect("setns");
        let line = fs::read_to_string("/proc/thread-self/net/dev").expect("the counters");
        let line =
            line.lines().find(|line| line.trim_start().starts_with(INTERFACE)).expect("the interface").to_owned();
        let numbers: Vec<u64> =
            line.split_whitespace().skip(1).map(|number| number.parse().expect("a count")).collect();
        numbers[1] + numbers[9]
    });
    assert_eq!(counted.join().expect("the thread"), sent, "{said}");
}

#[test]
fn nothing_of_it_is_left_whichever_way_it_ends() {
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let running = Running::start("syn-flood --duration 1h");
        let namespace = running.namespace();
        until("packets", || (packets(&namespace) > 100).then_some(()));
        running.signal(signal);
        let (code, said) = running.ended();
        assert_eq!(code, Some(0), "{said}");
        assert_eq!(names(), [""; 0], "{said}");
    }
}

#[test]
fn what_a_killed_one_leaves_is_cleared_by_the_next() {
    let killed = Running::start("syn-flood --duration 1h");
    let namespace = killed.namespace();
    killed.signal(Signal::SIGKILL);
    killed.ended();
    assert!(names().contains(&namespace));
    let running = Running::start("arp-spoof --duration 1s");
    let (code, said) = running.ended();
    assert_eq!((code, names()), (Some(0), Vec::new()), "{said}");
}

#[test]
fn a_killed_verification_takes_all_along() {
    let running = Running::start("port-scan-slow --verify");
    let children = || run(&format!("ps -o pid= --ppid {}", running.0.id()));
    let child = until("nbw detect", || {
        let output = Command::new("pgrep").args(["-P", &running.0.id().to_string()]).output().expect("pgrep");
        String::from_utf8_lossy(&output.stdout).split_whitespace().next().map(str::to_owned)
    });
    assert!(!children().is_empty());
    thread::sleep(Duration::from_millis(500));
    running.signal(Signal::SIGKILL);
    running.ended();
    until("its nbw detect to end", || (!fs::exists(format!("/proc/{child}/ns")).unwrap_or(false)).then_some(()));
    assert_eq!(names(), [""; 0]);
}
