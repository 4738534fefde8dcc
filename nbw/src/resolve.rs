//! From the kernel's numbers to names.

pub mod cgroups;
pub mod identity;
pub mod netns;
pub mod processes;
pub mod runtimes;
pub mod sockets;
pub mod users;
