//! Hosts made of network namespaces, cgroups, and nbw run among them. Everything is cleaned up on drop; everything has
//! a name of its own, so that tests do not meet.
//!
//! The tests that use it run one at a time (`--test-threads=1`): [`Cgroup::within`] moves the whole test process.

mod alertmanager;
mod cgroup;
mod command;
mod containers;
mod ended;
mod frames;
mod golden;
mod history;
mod hosts;
mod iperf;
mod joints;
mod kernel_objects;
mod load;
mod monitor;
mod netns;
mod oracle;
mod others;
mod small_disk;
mod sockets;
mod systemd;
mod terminal;
mod tun;
mod wait;

pub use self::{
    alertmanager::Alertmanager,
    cgroup::Cgroup,
    command::{run, run_in},
    containers::{Container, ContainerHost, CtrContainer, Filtered, TALK},
    ended::Ended,
    frames::{Frame, send_frames},
    golden::{assert_golden, masked},
    history::{received, received_by_all, tick_of_history},
    hosts::TwoHosts,
    iperf::{Iperf, OwnName, ping},
    joints::Joints,
    kernel_objects::KernelObjects,
    load::{Load, LoadPlan},
    monitor::{Nbw, Totals, assert_healthy, assert_sum_rule, group, interface, no_cgroup, sum_of_groups},
    netns::{Netns, Veth},
    oracle::{Counted, drops, qdisc_counters, together, with_pfifo},
    others::{Other, Place, Verdict},
    small_disk::SmallDisk,
    sockets::{exchange_tcp, exchange_udp, open, send_segmented},
    systemd::{Scope, Systemd},
    terminal::Terminal,
    tun::Tun,
    wait::{snapshot_where, until, until_within},
};

use std::sync::atomic::{AtomicU32, Ordering};

/// A name that no other test of this or another run has, short enough for an interface (15 bytes).
pub fn unique(prefix: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{prefix}{}x{number}", std::process::id() % 100_000)
}
