//! nbw: where the bandwidth of a Linux host goes.
//!
//! Data flows one way: `hooks -> maps -> bpf -> sample -> rate -> snapshot -> sinks` (docs/architecture.md).

pub mod filter;
pub mod resolve;
pub mod sink;
pub mod snapshot;
pub mod text;
pub mod units;
pub mod bpf;
pub mod cgroup_root;
pub mod failure;
pub mod netlink;
