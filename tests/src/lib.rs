//! The privileged tests' netns lab, traffic makers and oracles, and the benches.

pub mod bench;
pub mod lab;
