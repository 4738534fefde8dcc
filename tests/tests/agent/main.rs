//! `nbw agent`, above all as the hardened service that a real systemd runs.

mod alertmanager;
mod alone;
mod by_hand;
mod configuration;
mod endurance;
mod many;
mod service;

use std::process::Output;

use nbw::cgroup_root::CgroupRoot;
use nbw_tests::lab::{KernelObjects, Systemd, until};
use serde_json::Value;

/// A systemd that is about to run the agent with this configuration, its journal running.
fn with_config(text: &str) -> Systemd {
    let systemd = Systemd::boot();
    systemd.run("systemctl start systemd-journald.service");
    systemd.write("/etc/nbw/nbw.toml", text);
    systemd
}

/// As [`with_config`], and the agent counts.
fn serving(text: &str) -> Systemd {
    let systemd = with_config(text);
    systemd.run("systemctl start nbw.service");
    systemd
}

/// What `nbw status` says.
fn status(systemd: &Systemd) -> Value {
    let said = systemd.run("nbw status --format json");
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
}

/// The first status that is as wanted.
fn status_where(systemd: &Systemd, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    until(what, || Some(status(systemd)).filter(|status| wanted(status)))
}

/// What the agent has in the kernel.
fn kernel_objects(systemd: &Systemd) -> KernelObjects {
    let root = CgroupRoot::find().expect("a cgroup v2 hierarchy").mount_point().to_owned();
    let file = format!("{}{}/system.slice/nbw.service/cgroup.procs", root.display(), systemd.cgroup.path);
    let processes = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
    let objects = KernelObjects::of(processes.trim().parse().expect("one process"));
    assert!(!objects.is_empty());
    objects
}

/// Runs a command line inside that may fail.
fn tried(systemd: &Systemd, line: &str) -> Output {
    let mut words = line.split_whitespace();
    let mut command = systemd.command("timeout");
    command.args(["--signal=KILL", "60"]).args(words.by_ref());
    command.output().expect("nsenter starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What the agent has logged so far.
fn journal(systemd: &Systemd) -> String {
    systemd.run("journalctl --no-pager --output=cat --unit=nbw.service")
}

/// Waits until the agent has logged this.
fn logged(systemd: &Systemd, words: &str) {
    until(&format!("{words:?} in the journal"), || journal(systemd).contains(words).then_some(()));
}
