//! One container: what it is called, and what moves through it.

use std::{
    fs::File,
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    thread,
    time::Duration,
};

use nix::sched::{CloneFlags, setns};
use serde_json::Value;

use super::{super::Totals, ContainerHost, checked};

/// Nothing in the lab takes longer, unless it is lost.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a server of [`Container::serve`] reads to its end before it answers with so many bytes.
const ANSWER: usize = 300_000;

/// Ethernet's header, which loopback has, too: netfilter counts from the network header on.
const LINK_HEADER: u64 = 14;

/// A command that sends something through its own loopback each moment.
pub const TALK: [&str; 3] =
    ["/bin/sh", "-c", "nc -ll -p 9999 -e cat & while :; do echo x | nc 127.0.0.1 9999 > /dev/null; sleep 0.1; done"];

/// A running container of podman's or docker's.
pub struct Container<'a> {
    host: &'a ContainerHost,
    tool: &'static str,
    /// Its name when it was made.
    pub name: String,
    /// Its id, whole.
    pub id: String,
    /// A process of its.
    pid: u32,
}

/// What netfilter has counted in a container's network, from the network header on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Bytes that arrived.
    pub rx_bytes: u64,
    /// Packets that arrived.
    pub rx_packets: u64,
    /// Bytes that left.
    pub tx_bytes: u64,
    /// Packets that left.
    pub tx_packets: u64,
}

impl Counted {
    /// The same with link-layer headers.
    pub fn on_the_wire(self) -> Totals {
        Totals {
            rx_bytes: self.rx_bytes + LINK_HEADER * self.rx_packets,
            rx_packets: self.rx_packets,
            tx_bytes: self.tx_bytes + LINK_HEADER * self.tx_packets,
            tx_packets: self.tx_packets,
        }
    }
}

impl<'a> Container<'a> {
    pub(super) fn run(
        host: &'a ContainerHost,
        tool: &'static str,
        name: &str,
        options: &str,
        command: &[&str],
    ) -> Self {
        let mut run = host.command(tool);
        run.args(["run", "--detach", "--name", name]).args(options.split_whitespace()).args(command);
        let id = checked(&format!("{run:?}"), &run.output().expect("nsenter starts")).trim().to_owned();
        let parent = if tool == "docker" { "docker/" } else { "libpod_parent/libpod-" };
        host.cgroups.borrow_mut().push(format!("{parent}{id}"));
        let mut container = Self { host, tool, name: name.to_owned(), id, pid: 0 };
        container.look();
        container
    }

    fn look(&mut self) {
        let pid = self.tool(&format!("inspect --format {{{{.State.Pid}}}} {}", self.id));
        self.pid = pid.trim().parse().expect("a pid");
    }

    /// A process in it.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Runs the container's tool with a command line (split at spaces).
    pub fn tool(&self, line: &str) -> String {
        self.host.run(&format!("{} {line}", self.tool))
    }

    /// Runs a program of the host's in the container's network.
    pub fn in_network(&self, line: &str) -> String {
        self.host.run(&format!("nsenter --net=/proc/{}/ns/net {line}", self.pid))
    }

    /// Its address on the bridge.
    pub fn address(&self) -> String {
        self.tool(&format!("inspect --format {{{{.NetworkSettings.IPAddress}}}} {}", self.id)).trim().to_owned()
    }

    /// Makes each packet one frame, on every interface of its network.
    pub fn without_offloads(&self) {
        without_offloads(|line| self.in_network(line));
    }

    /// Has netfilter count TCP of this port in its network, as its server sees it.
    pub fn count(&self, port: u16) {
        self.in_network(&format!("iptables -w -I INPUT -p tcp --dport {port}"));
        self.in_network(&format!("iptables -w -I OUTPUT -p tcp --sport {port}"));
    }

    /// What has been counted since [`Self::count`], which must have been called once only.
    pub fn counted(&self, port: u16) -> Counted {
        let counters = |chain: &str, side: &str| {
            let rules = self.in_network(&format!("iptables -w -nvxL {chain}"));
            let wanted = format!("{side}:{port}");
            let rule = rules.lines().find(|line| line.split_whitespace().any(|word| word == wanted)).expect("the rule");
            let mut numbers = rule.split_whitespace().map(|word| word.parse().expect("a number"));
            (numbers.next().expect("packets"), numbers.next().expect("bytes"))
        };
        let ((rx_packets, rx_bytes), (tx_packets, tx_bytes)) = (counters("INPUT", "dpt"), counters("OUTPUT", "spt"));
        Counted { rx_bytes, rx_packets, tx_bytes, tx_packets }
    }

    /// Waits for a server in it.
    pub fn until_listening(&self, port: u16) {
        self.host.until_listening(self, port);
    }

    /// The command of a server that reads all that it gets, and then answers with 300,000 bytes.
    pub fn serve(port: u16) -> [String; 3] {
        let answer = format!("cat > /dev/null; head -c {ANSWER} /dev/zero");
        ["sh".into(), "-c".into(), format!("nc -ll -p {port} -e sh -c '{answer}'")]
    }

    /// Sends bytes to such a server from the network of the process with this id, and takes its answer. The client closes
    /// first: every packet of the server's finds a full socket.
    pub fn exchange(&self, from: u32, address: &str, port: u16, upload: usize) {
        let inside = || {
            let netns = File::open(format!("/proc/{from}/ns/net")).expect("the network");
            setns(netns, CloneFlags::CLONE_NEWNET).expect("setns");
            let mut client = TcpStream::connect((address, port)).expect("the server");
            client.set_read_timeout(Some(PATIENCE)).expect("a timeout");
            client.write_all(&vec![1; upload]).expect("the upload");
            client.shutdown(Shutdown::Write).expect("shutdown");
            let mut got = Vec::new();
            client.read_to_end(&mut got).expect("the answer");
            assert_eq!(got.len(), ANSWER);
        };
        thread::scope(|scope| scope.spawn(inside).join()).expect("the thread in the network");
    }
}

/// Makes each packet one frame, on every interface of a network. (TCP makes packets of several segments even where the
/// device wants none.)
pub(super) fn without_offloads(run: impl Fn(&str) -> String) {
    let links: Value = serde_json::from_str(&run("ip -j link show")).expect("JSON from ip");
    for link in links.as_array().expect("interfaces") {
        let name = link["ifname"].as_str().expect("a name");
        run(&format!("ip link set {name} gso_max_segs 1"));
        run(&format!("ethtool -K {name} tso off gso off gro off"));
    }
}
