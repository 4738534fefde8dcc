//! Traffic by tools that we did not write.

use std::{
    os::unix::fs::symlink,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

use super::{Cgroup, Netns, run, unique, until};

/// What is to end by itself is killed after so many seconds.
const PATIENCE: &str = "60";
/// Longer, in seconds, than any test takes.
const LONG: &str = "600";

/// An iperf3 whose processes have a name that no other process on the machine has.
pub struct OwnName {
    directory: TempDir,
    /// The processes' name.
    pub name: String,
}

impl Default for OwnName {
    fn default() -> Self {
        let own = Self { directory: tempfile::tempdir().expect("a directory"), name: unique("ip") };
        symlink(run("which iperf3").trim(), own.path()).expect("a link");
        own
    }
}

impl OwnName {
    /// What to start.
    pub fn path(&self) -> String {
        self.directory.path().join(&self.name).to_str().expect("a path in UTF-8").to_owned()
    }
}

/// A running iperf3; killed on drop.
pub struct Iperf {
    child: Child,
}

impl Iperf {
    /// Starts it in a namespace and a cgroup, and waits until it listens.
    pub fn server(netns: &Netns, cgroup: Option<&Cgroup>) -> Self {
        Self::server_by(netns, cgroup, "iperf3")
    }

    /// As [`Self::server`], by this path of iperf3, whose last part its process is called.
    pub fn server_by(netns: &Netns, cgroup: Option<&Cgroup>, program: &str) -> Self {
        let mut command = netns.command(program);
        command.args(["-s"]).stdout(Stdio::null());
        let child = contained(&mut command, cgroup).spawn().expect("iperf3 starts");
        let server = Self { child };
        until("iperf3 to listen", || (!netns.run("ss -Hltn sport = :5201").is_empty()).then_some(()));
        server
    }

    /// Runs a client with these options (split at spaces) to its end, which comes within a minute.
    pub fn client(netns: &Netns, cgroup: Option<&Cgroup>, address: &str, options: &str) {
        let mut command = limited(netns, "iperf3");
        command.args(["-c", address]).args(options.split_whitespace());
        check(contained(&mut command, cgroup));
    }

    /// Starts a client with these options (split at spaces), which sends until it is dropped.
    pub fn sending(netns: &Netns, cgroup: Option<&Cgroup>, address: &str, options: &str) -> Self {
        Self::sending_by(netns, cgroup, "iperf3", address, options)
    }

    /// As [`Self::sending`], by this path of iperf3.
    pub fn sending_by(netns: &Netns, cgroup: Option<&Cgroup>, program: &str, address: &str, options: &str) -> Self {
        let mut command = netns.command(program);
        command.args(["-c", address, "-t", LONG]).args(options.split_whitespace()).stdout(Stdio::null());
        Self { child: contained(&mut command, cgroup).spawn().expect("iperf3 starts") }
    }
}

impl Drop for Iperf {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Pings with these options (split at spaces).
pub fn ping(netns: &Netns, cgroup: Option<&Cgroup>, address: &str, options: &str) {
    let mut command = limited(netns, "ping");
    command.arg("-q").args(options.split_whitespace()).arg(address);
    check(contained(&mut command, cgroup));
}

fn limited(netns: &Netns, program: &str) -> Command {
    let mut command = netns.command("timeout");
    command.args(["--signal", "KILL", PATIENCE, program]);
    command
}

fn contained<'a>(command: &'a mut Command, cgroup: Option<&Cgroup>) -> &'a mut Command {
    match cgroup {
        Some(cgroup) => cgroup.contain(command),
        None => command,
    }
}

fn check(command: &mut Command) {
    let output = command.output().expect("the tool starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?}\n{}{}", text(&output.stdout), text(&output.stderr));
}
