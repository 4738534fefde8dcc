//! Network namespaces and the cables between them.

use std::{fs::File, process::Command, thread};

use nix::sched::{CloneFlags, setns};

use super::{run, run_in, unique};

/// A network namespace with `lo` up; deleted on drop, with all that is in it.
pub struct Netns {
    /// Its name in `/run/netns`.
    pub name: String,
}

impl Default for Netns {
    fn default() -> Self {
        Self::new()
    }
}

impl Netns {
    /// A new one.
    pub fn new() -> Self {
        let name = unique("nbwt");
        run(&format!("ip netns add {name}"));
        let netns = Self { name };
        netns.run("ip link set lo up");
        netns
    }

    /// Runs a command line inside.
    pub fn run(&self, line: &str) -> String {
        run_in(&self.name, line)
    }

    /// A command that will run inside.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name, program]);
        command
    }

    /// Calls `work` in a thread that is inside.
    pub fn enter<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        let inside = || {
            let file = File::open(format!("/run/netns/{}", self.name)).expect("the namespace");
            setns(file, CloneFlags::CLONE_NEWNET).expect("setns");
            work()
        };
        thread::scope(|scope| scope.spawn(inside).join()).expect("the thread in the namespace")
    }

    /// What the kernel has counted for an interface: (rx bytes, rx packets, tx bytes, tx packets), by `ip -s -j link`.
    pub fn kernel_counters(&self, interface: &str) -> super::Totals {
        let json = self.run(&format!("ip -s -j link show dev {interface}"));
        let value: serde_json::Value = serde_json::from_str(&json).expect("JSON from ip");
        let count = |side: &str, what: &str| value[0]["stats64"][side][what].as_u64().expect("a counter");
        super::Totals {
            rx_bytes: count("rx", "bytes"),
            rx_packets: count("rx", "packets"),
            tx_bytes: count("tx", "bytes"),
            tx_packets: count("tx", "packets"),
        }
    }
}

impl Drop for Netns {
    fn drop(&mut self) {
        // It may be gone already: some tests delete it themselves.
        let _ = Command::new("ip").args(["netns", "del", &self.name]).output();
    }
}

/// A cable between two namespaces. Its ends are up and have addresses 10.N.0.1/24, fd00:N::1/64 and .2, ::2.
pub struct Veth {
    /// Interface name at the first end.
    pub a: String,
    /// Interface name at the second end.
    pub b: String,
    /// IPv4 addresses of both ends.
    pub v4: (String, String),
    /// IPv6 addresses of both ends.
    pub v6: (String, String),
}

impl Veth {
    /// Lays a cable; `number` (0-255) is in its addresses. `offloads` off makes one skb one frame.
    pub fn between(a: &Netns, b: &Netns, number: u8, offloads: bool) -> Self {
        let veth = Self {
            a: unique("va"),
            b: unique("vb"),
            v4: (format!("10.{number}.0.1"), format!("10.{number}.0.2")),
            v6: (format!("fd00:{number}::1"), format!("fd00:{number}::2")),
        };
        run(&format!("ip link add {} netns {} type veth peer name {} netns {}", veth.a, a.name, veth.b, b.name));
        veth.end(a, &veth.a, &veth.v4.0, &veth.v6.0, offloads);
        veth.end(b, &veth.b, &veth.v4.1, &veth.v6.1, offloads);
        veth
    }

    fn end(&self, netns: &Netns, name: &str, v4: &str, v6: &str, offloads: bool) {
        netns.run(&format!("ip addr add {v4}/24 dev {name}"));
        netns.run(&format!("ip addr add {v6}/64 dev {name} nodad"));
        if !offloads {
            netns.run(&format!("ethtool -K {name} tso off gso off gro off tx-udp-segmentation off"));
        }
        netns.run(&format!("ip link set {name} up"));
    }
}
