//! The frames of `tests/frames` through the loaded programs, by `BPF_PROG_TEST_RUN`: what the kernel side counts has to
//! be what the lengths beside each frame make of it.
//!
//! Test runs make a socket of their own in the caller's cgroup, and say that the packet belongs to `lo`. They cannot
//! put a VLAN tag beside the packet: that is for the tests with real traffic.

mod context;
mod conversations;
mod counting;
mod digests;
mod expected;
#[path = "../../../nbw-common/tests/support/frame.rs"]
mod frame;
mod hook;
mod machine;
mod refusals;
mod slots;
mod spills;
mod verifier;
