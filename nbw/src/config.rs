//! The agent's configuration file.

pub mod duration;
