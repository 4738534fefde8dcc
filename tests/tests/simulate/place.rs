//! Where it happens: in namespaces of its own, counted there by the kernel, and gone afterwards.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{BufRead, BufReader, Read},
    os::unix::fs::MetadataExt,
    path::Path,
    process::{Child, ChildStderr, Command, Stdio},
    thread,
    time::Duration,
};

use nbw_tests::lab::{Nbw, TwoHosts, run, until};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;

const INTERFACE: &str = "nbw-sim-in";

/// A running simulation; killed on drop.
struct Running {
    child: Child,
    errors: BufReader<ChildStderr>,
}

impl Running {
    fn start(options: &str) -> Self {
        let mut command = Command::new(Nbw::binary());
        Self::by(command.arg("simulate").args(options.split_whitespace()))
    }

    fn by(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().expect("nbw starts");
        let errors = BufReader::new(child.stderr.take().expect("its standard error"));
        Self { child, errors }
    }

    /// Where its namespace is, by what it says to whoever wants to watch.
    fn namespace(&mut self) -> String {
        let mut line = String::new();
        self.errors.read_line(&mut line).expect("what it says");
        let path = line.split_once("`nsenter --net=").and_then(|(_, rest)| rest.split_once(" nbw detect`"));
        path.unwrap_or_else(|| panic!("no namespace in {line:?}")).0.to_owned()
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().cast_signed()), signal).expect("it runs");
    }

    /// What else it said, once it has ended.
    fn ended(mut self) -> (Option<i32>, String) {
        let mut said = String::new();
        self.errors.read_to_string(&mut said).expect("what it says");
        (self.child.wait().expect("it ends").code(), said)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The network namespaces that a process holds.
fn held_by(process: &Path) -> HashSet<u64> {
    let inodes = |directory: &str| {
        let files = fs::read_dir(process.join(directory)).into_iter().flatten().flatten();
        let nets = files.filter(|file| {
            fs::read_link(file.path()).is_ok_and(|target| target.to_string_lossy().starts_with("net:["))
        });
        nets.filter_map(|file| Some(fs::metadata(file.path()).ok()?.ino())).collect::<Vec<_>>()
    };
    ["fd", "ns"].into_iter().flat_map(inodes).collect()
}

/// The namespaces of a simulation: those that it holds, and this process is not in.
fn made_by(running: &Running) -> HashSet<u64> {
    let own = held_by(Path::new("/proc/self"));
    held_by(&Path::new("/proc").join(running.child.id().to_string())).difference(&own).copied().collect()
}

/// Whether anything on this host keeps one of the namespaces: a process, or a name.
fn are_held(namespaces: &HashSet<u64>) -> bool {
    let mounted = fs::read_to_string("/proc/self/mountinfo").expect("the mounts");
    let named = namespaces.iter().any(|inode| mounted.contains(&format!("net:[{inode}]")));
    let processes = fs::read_dir("/proc").expect("/proc").flatten();
    named || processes.into_iter().any(|process| !held_by(&process.path()).is_disjoint(namespaces))
}

fn until_gone(namespaces: &HashSet<u64>) {
    until("the namespaces to be gone", || (!are_held(namespaces)).then_some(()));
}

/// What the kernel has counted on the inside, received and sent.
fn packets(namespace: &str) -> u64 {
    let json = run(&format!("nsenter --net={namespace} ip -j -s link show dev {INTERFACE}"));
    let value: Value = serde_json::from_str(&json).expect("JSON from ip");
    ["rx", "tx"].iter().map(|way| value[0]["stats64"][way]["packets"].as_u64().expect("a count")).sum()
}

#[test]
fn the_kernel_counts_what_it_says_and_nothing_of_its_own() {
    let mut running = Running::start("icmp-flood --rate 2000 --duration 3s");
    let namespace = running.namespace();
    // All that it has made is held open, so that it is still there when it has ended.
    let held = File::open(&namespace).expect("the namespace");
    let files = fs::read_dir(format!("/proc/{}/fd", running.child.id())).expect("its files").flatten();
    let made = made_by(&running);
    let is_made = |path: &Path| fs::metadata(path).is_ok_and(|file| made.contains(&file.ino()));
    let _all: Vec<File> =
        files.map(|file| file.path()).filter(|path| is_made(path)).map(|path| File::open(path).expect("it")).collect();
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
    for (signal, expected) in
        [(Signal::SIGINT, Some(0)), (Signal::SIGTERM, Some(0)), (Signal::SIGHUP, Some(0)), (Signal::SIGKILL, None)]
    {
        let mut running = Running::start("syn-flood --duration 1h");
        let namespace = running.namespace();
        until("packets", || (packets(&namespace) > 100).then_some(()));
        let made = made_by(&running);
        assert!(made.len() == 2 && are_held(&made), "{made:?}");
        running.signal(signal);
        let (code, said) = running.ended();
        assert_eq!(code, expected, "{said}");
        until_gone(&made);
    }
}

#[test]
fn a_killed_verification_takes_all_along() {
    let running = Running::start("port-scan-slow --verify");
    let children = || run(&format!("ps -o pid= --ppid {}", running.child.id()));
    let child = until("nbw detect", || {
        let output = Command::new("pgrep").args(["-P", &running.child.id().to_string()]).output().expect("pgrep");
        String::from_utf8_lossy(&output.stdout).split_whitespace().next().map(str::to_owned)
    });
    assert!(!children().is_empty());
    thread::sleep(Duration::from_millis(500));
    let made = made_by(&running);
    assert!(!made.is_empty());
    running.signal(Signal::SIGKILL);
    running.ended();
    until("its nbw detect to end", || (!fs::exists(format!("/proc/{child}/ns")).unwrap_or(false)).then_some(()));
    until_gone(&made);
}

/// Verification sends when the other one watches, whichever way the kernel has for that.
#[test]
fn whether_an_interface_is_watched_is_seen_of_links_and_of_filters() {
    for (number, hook) in [(87, "tcx"), (88, "clsact")] {
        let hosts = TwoHosts::new(number, true);
        let interface = hosts.cable.b.as_str();
        let is_watched = || hosts.right.enter(|| nbw::bpf::is_watched(interface));
        assert!(!is_watched(), "{hook}");
        let mut command = hosts.right.command(Nbw::binary().to_str().expect("a path in UTF-8"));
        let mut watching = Running::by(command.args(["detect", "--hook", hook]));
        until("it to be watched", || is_watched().then_some(()));
        watching.signal(Signal::SIGTERM);
        assert!(watching.child.wait().expect("its end").success(), "{hook}");
        assert!(!is_watched(), "{hook}");
    }
}
