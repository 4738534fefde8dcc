//! nbw: where the bandwidth of a Linux host goes.
//!
//! Data flows one way: `hooks -> maps -> bpf -> sample -> rate -> snapshot -> sinks` (docs/architecture.md).

pub mod snapshot;
