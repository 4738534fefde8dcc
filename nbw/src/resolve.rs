//! From the kernel's numbers to names.

pub mod cgroups;
pub mod dns;
pub mod geo;
pub mod identity;
pub mod netns;
pub mod processes;
pub mod runtimes;
pub mod services;
pub mod sockets;
pub mod users;
