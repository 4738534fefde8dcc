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
        netns.hush();
        netns
    }

    /// Has the kernel say on its own what it must (multicast reports) within moments, and nothing else.
    fn hush(&self) {
        let settings = "net.ipv6.conf.default.router_solicitations=0 net.ipv6.conf.default.accept_dad=0 \
                        net.ipv6.conf.default.mldv2_unsolicited_report_interval=20 \
                        net.ipv4.conf.default.igmpv3_unsolicited_report_interval=20";
        self.run(&format!("sysctl -q -w {settings}"));
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

    /// What the kernel has counted for an interface, by `ip -s link`.
    pub fn kernel_counters(&self, interface: &str) -> super::Totals {
        super::oracle::kernel_counters(self, interface)
    }

    /// TCP segments that its sockets have sent more than once, by `nstat`.
    pub fn tcp_segments_sent_again(&self) -> u64 {
        super::oracle::tcp_segments_sent_again(self)
    }

    /// Calls `work` in a thread that is inside and whose sockets belong to a cgroup.
    pub fn enter_with<T: Send>(&self, cgroup: &super::Cgroup, work: impl FnOnce() -> T + Send) -> T {
        cgroup.within(|| self.enter(work))
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

    /// Tells both ends the other's hardware address, for good: no ARP and no neighbour discovery.
    pub fn pin_neighbours(&self, a: &Netns, b: &Netns) {
        self.pin(a, &self.a, &hardware_address(b, &self.b), [&self.v4.1, &self.v6.1]);
        self.pin(b, &self.b, &hardware_address(a, &self.a), [&self.v4.0, &self.v6.0]);
    }

    fn pin(&self, netns: &Netns, interface: &str, hardware: &str, addresses: [&String; 2]) {
        for address in addresses {
            netns.run(&format!("ip neigh replace {address} lladdr {hardware} dev {interface} nud permanent"));
        }
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

/// The hardware address of an interface.
pub(super) fn hardware_address(netns: &Netns, interface: &str) -> String {
    let json = netns.run(&format!("ip -j link show dev {interface}"));
    let value: serde_json::Value = serde_json::from_str(&json).expect("JSON from ip");
    value[0]["address"].as_str().expect("a hardware address").to_owned()
}
