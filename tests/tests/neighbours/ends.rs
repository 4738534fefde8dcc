//! The ways to end: each leaves nothing attached, and no program or link in the kernel.

use aya::programs::{SchedClassifier, TcAttachType};
use nbw_tests::lab::{KernelObjects, Nbw, TwoHosts, run, until};
use nix::sys::signal::Signal;

/// Runs nbw, ends it by `end`, and looks for what it held.
fn nothing_is_left(hosts: &TwoHosts, how: &str, options: &str, end: impl FnOnce(&Nbw)) {
    let name = &hosts.cable.a;
    let mut nbw = Nbw::watch(&hosts.left, &format!("-i {name} --interval 50ms {options}"));
    let held = KernelObjects::of(nbw.pid());
    assert!(held.links.len() >= 4 && held.programs.len() >= 4, "two directions, two hooks: {held:?}");
    assert_eq!(held.remaining(), held, "bpftool lists what runs");
    assert_eq!(on_the_interface(hosts), 2, "both directions");
    assert_eq!(on_cgroups(&held), 2, "bpftool cgroup shows what runs");
    end(&nbw);
    nbw.wait();
    assert_eq!(on_the_interface(hosts), 0, "{how}: TCX programs");
    assert_eq!(on_cgroups(&held), 0, "{how}: cgroup programs");
    // The kernel frees programs some moments after the last reference has gone.
    until(&format!("{how}: everything to go"), || held.remaining().is_empty().then_some(()));
}

/// How many programs are attached to the interface by TCX: what the kernel says of its two lists.
fn on_the_interface(hosts: &TwoHosts) -> usize {
    let list = |side| SchedClassifier::query_tcx(&hosts.cable.a, side).expect("BPF_PROG_QUERY").1.len();
    hosts.left.enter(|| list(TcAttachType::Ingress) + list(TcAttachType::Egress))
}

/// How many of the programs are attached to any cgroup.
fn on_cgroups(held: &KernelObjects) -> usize {
    let shown = run("bpftool cgroup tree");
    let id = |line: &str| line.split_whitespace().next().and_then(|word| word.parse::<u64>().ok());
    shown.lines().filter_map(id).filter(|id| held.programs.contains(id)).count()
}

#[test]
fn nothing_is_left_attached_however_nbw_ends() {
    let hosts = TwoHosts::new(81, false);
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGKILL] {
        nothing_is_left(&hosts, signal.as_str(), "", |nbw| nbw.signal(signal));
    }
    nothing_is_left(&hosts, "--count", "--count 20", |_| {});
}
