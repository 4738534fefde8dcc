//! What nbw shares across the kernel line: the layout of the maps, the health counters, the load-time knobs
//! and the packet parser. Everything here compiles for the BPF target and for the host, so that the host's
//! unit tests check the very code that runs in the kernel.
#![cfg_attr(not(test), no_std)]

pub mod abi;
pub mod class;
pub mod pace;
pub mod packet;
