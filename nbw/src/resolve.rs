//! What the numbers that the kernel counts by are called.

pub mod identity;
