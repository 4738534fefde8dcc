//! Benches: ratios within one run, printed as a table or as one JSON object.

pub mod alerts;
pub mod capture;
mod clock;
pub mod connections;
pub mod detect;
pub mod history;
pub mod kernel;
pub mod peer;
pub mod poll;
mod syscalls;
pub mod table;
