//! Real containers of real podman, docker and containerd, on a host of their own.

mod container;
mod ctr;
mod daemon;
mod remains;

use std::{
    cell::RefCell,
    io::{BufRead, BufReader},
    process::{Child, Command, Output, Stdio},
};

use super::{Nbw, unique, until};

pub use container::{Container, Counted as Filtered, TALK};
pub use ctr::CtrContainer;
use daemon::Daemon;

const SETUP: &str = include_str!("containers/host.sh");

/// Programs of administrators, where a user's search path leaves them out.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A host with the runtimes at their usual places: private namespaces of mounts and network, whose files are in memory.
/// Gone on drop, with its containers.
pub struct ContainerHost {
    holder: Child,
    docker: RefCell<Option<Daemon>>,
    podman: RefCell<Option<Daemon>>,
    containerd: RefCell<Option<Daemon>>,
    /// Paths of its containers' cgroups, in any hierarchy: cgroups belong to no namespace, and are to be removed.
    cgroups: RefCell<Vec<String>>,
}

impl Default for ContainerHost {
    fn default() -> Self {
        Self::new()
    }
}

impl ContainerHost {
    /// A host without daemons or containers.
    pub fn new() -> Self {
        let scratch = std::env::temp_dir().join(unique("nbwt-cgroups"));
        let mut holder = Command::new("unshare")
            .args(["--mount", "--net", "--propagation", "private", "bash", "-c", SETUP, "host.sh"])
            .arg(&scratch)
            .env("PATH", PATH)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("unshare starts");
        let mut line = String::new();
        BufReader::new(holder.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
        let _ = std::fs::remove_dir(&scratch);
        let host = Self {
            holder,
            docker: None.into(),
            podman: None.into(),
            containerd: None.into(),
            cgroups: RefCell::default(),
        };
        assert_eq!(line, "ready\n", "the host was not set up: see above");
        host
    }

    /// A command that will run on it.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        let pid = self.holder.id();
        command.arg(format!("--mount=/proc/{pid}/ns/mnt")).arg(format!("--net=/proc/{pid}/ns/net"));
        command.args(["--", program]).env("PATH", PATH).env("CONTAINERS_CONF", "/etc/containers.conf.lab");
        for theirs in ["DOCKER_HOST", "CONTAINER_HOST", "CONTAINER_RUNTIME_ENDPOINT", "NBW_HOST_ROOT", "DOCKER_CONTEXT"]
        {
            command.env_remove(theirs);
        }
        command
    }

    /// Runs a command line (split at spaces) on it, and returns what it printed.
    pub fn run(&self, line: &str) -> String {
        let words: Vec<&str> = line.split_whitespace().collect();
        let output = self.command(words[0]).args(&words[1..]).output().expect("nsenter starts");
        checked(line, &output)
    }

    /// Starts nbw on it; waits until it counts.
    pub fn watch(&self, options: &str) -> Nbw {
        let binary = Nbw::binary().canonicalize().expect("nbw is built");
        Nbw::watch_by(self.command(binary.to_str().expect("a path in UTF-8")), options)
    }

    /// Starts docker, whose containers outlive it.
    pub fn start_docker(&self) {
        let options = "--live-restore --exec-opt native.cgroupdriver=cgroupfs --oom-score-adjust 0";
        *self.docker.borrow_mut() = Some(Daemon::start(self, &format!("dockerd {options}"), "docker version"));
    }

    /// Stops docker's daemon; its containers run on.
    pub fn stop_docker(&self) {
        self.docker.borrow_mut().take();
    }

    /// Starts podman's API.
    pub fn start_podman(&self) {
        self.run("mkdir -p /run/podman");
        let serve = "podman system service --time=0 unix:///run/podman/podman.sock";
        *self.podman.borrow_mut() = Some(Daemon::start(self, serve, "test -S /run/podman/podman.sock"));
    }

    /// Starts containerd.
    pub fn start_containerd(&self) {
        *self.containerd.borrow_mut() = Some(Daemon::start(self, "containerd", "ctr version"));
    }

    /// Runs a container of podman's.
    pub fn podman(&self, name: &str, options: &str, command: &[&str]) -> Container<'_> {
        if !self.answers("podman image exists localhost/tiny:1") {
            self.run("podman import /run/image.tar localhost/tiny:1");
        }
        Container::run(self, "podman", name, &format!("{options} localhost/tiny:1"), command)
    }

    /// Runs a container of docker's.
    pub fn docker(&self, name: &str, options: &str, command: &[&str]) -> Container<'_> {
        if !self.answers("docker image inspect tiny:1") {
            self.run("docker import /run/image.tar tiny:1");
        }
        Container::run(self, "docker", name, &format!("{options} tiny:1"), command)
    }

    /// Runs a container of containerd's own, in a cgroup of the caller's choice and the host's network; stopped on drop.
    pub fn ctr(&self, id: &str, cgroup: &str, command: &[&str]) -> CtrContainer<'_> {
        CtrContainer::run(self, id, cgroup, command)
    }

    /// Whether a command line succeeds.
    fn answers(&self, line: &str) -> bool {
        let words: Vec<&str> = line.split_whitespace().collect();
        self.command(words[0]).args(&words[1..]).output().expect("nsenter starts").status.success()
    }

    /// Makes each packet one frame, on every interface there is now.
    pub fn without_offloads(&self) {
        container::without_offloads(|line| self.run(line));
    }

    /// Id of a process in its network.
    pub fn pid(&self) -> u32 {
        self.holder.id()
    }

    /// Waits until something listens on a TCP port in a container's network, or the host's.
    fn until_listening(&self, container: &Container<'_>, port: u16) {
        let line = format!("ss -Hltn sport = :{port}");
        until("a server to listen", || (!container.in_network(&line).is_empty()).then_some(()));
    }
}

impl Drop for ContainerHost {
    fn drop(&mut self) {
        for daemon in [&self.docker, &self.podman, &self.containerd] {
            daemon.borrow_mut().take();
        }
        let cgroups = self.cgroups.borrow();
        cgroups.iter().for_each(|cgroup| remains::end_container(cgroup));
        remains::end_processes(self.holder.id());
        let _ = self.holder.wait();
        cgroups.iter().for_each(|cgroup| remains::remove(cgroup));
        remains::remove_monitors();
    }
}

/// What a command printed.
fn checked(line: &str, output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{line}: {}\n{}{}", output.status, text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}
