//! Hosts made of network namespaces, cgroups, and nbw run among them. Everything is cleaned up on drop; everything has
//! a name of its own, so that tests do not meet.

mod cgroup;
mod command;
mod monitor;
mod netns;

pub use self::{
    cgroup::Cgroup,
    command::{run, run_in},
    monitor::{Nbw, Totals, interface, sum_of_groups},
    netns::{Netns, Veth},
};

use std::sync::atomic::{AtomicU32, Ordering};

/// A name that no other test of this or another run has, short enough for an interface (15 bytes).
pub fn unique(prefix: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{prefix}{}x{number}", std::process::id() % 100_000)
}
