//! nbw: where the bandwidth of a Linux host goes.
//!
//! Data flows one way: `hooks -> maps -> bpf -> sample -> rate -> snapshot -> sinks` (docs/architecture.md).

// They panic where nobody reads what is printed.
#![deny(clippy::print_stderr, clippy::print_stdout)]

pub mod action;
pub mod alert;
pub mod app;
pub mod board;
pub mod bpf;
pub mod cgroup_root;
pub mod check;
pub mod cli;
pub mod config;
pub mod connections;
pub mod control;
pub mod data_dir;
pub mod detection;
pub mod existing;
pub mod failure;
pub mod files;
pub mod filter;
pub mod fit;
#[cfg(test)]
mod golden;
pub mod groupings;
pub mod history;
pub mod insight;
pub mod interfaces;
pub mod ledger;
pub mod links;
pub mod logging;
pub mod monitor;
pub mod netlink;
pub mod outlet;
pub mod output;
pub mod pattern;
pub mod privilege;
pub mod rate;
pub mod recycle;
pub mod relations;
pub mod report;
pub mod resolve;
pub mod rule;
pub mod sample;
pub mod sink;
pub mod snapshot;
pub mod surroundings;
pub mod tally;
pub mod text;
pub mod tool;
pub mod top;
pub mod totals;
pub mod units;
pub mod view;
mod words;
