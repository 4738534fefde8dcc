//! From the kernel's numbers to names.

pub mod cgroups;
pub mod dns;
pub mod geo;
pub mod identity;
pub mod netns;
pub mod services;
