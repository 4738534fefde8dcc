//! The fields of a socket that nbw reads.
//!
//! The verifier translates each load by its constant offset. The compiler would merge two of them into one at an offset that
//! it computes, which is refused; so each is one instruction of ours.

use core::{arch::asm, mem::offset_of};

use aya_ebpf::bindings::bpf_sock;

/// Loads the 32 bits at a constant offset.
macro_rules! load {
    ($socket:expr, $offset:expr) => {{
        let value: u64;
        // SAFETY: the verifier holds the pointer to be a socket that is not null.
        unsafe {
            asm!(
                "{0} = *(u32 *)({1} + {2})",
                out(reg) value, in(reg) $socket, const $offset, options(nostack, readonly, preserves_flags)
            );
        }
        value as u32
    }};
}

/// Loads the four words of an address.
macro_rules! load_ip6 {
    ($socket:expr, $offset:expr) => {
        [
            load!($socket, $offset),
            load!($socket, $offset + 4),
            load!($socket, $offset + 8),
            load!($socket, $offset + 12),
        ]
    };
}

/// Address family.
#[inline(always)]
pub fn family(socket: *const bpf_sock) -> u32 {
    load!(socket, offset_of!(bpf_sock, family))
}

/// Number of the protocol; only of full sockets.
#[inline(always)]
pub fn protocol(socket: *const bpf_sock) -> u32 {
    load!(socket, offset_of!(bpf_sock, protocol))
}

/// Type (`SOCK_STREAM` ...); only of full sockets.
#[inline(always)]
pub fn kind(socket: *const bpf_sock) -> u32 {
    load!(socket, offset_of!(bpf_sock, type_))
}

/// State, of TCP and protocols with its states.
#[inline(always)]
pub fn state(socket: *const bpf_sock) -> u32 {
    load!(socket, offset_of!(bpf_sock, state))
}

/// Own address of IPv4, in network order.
#[inline(always)]
pub fn local_ip4(socket: *const bpf_sock) -> u32 {
    load!(socket, offset_of!(bpf_sock, src_ip4))
}

/// Own address of IPv6.
#[inline(always)]
pub fn local_ip6(socket: *const bpf_sock) -> [u32; 4] {
    load_ip6!(socket, offset_of!(bpf_sock, src_ip6))
}

/// Own port; 0 if there is none.
#[inline(always)]
pub fn local_port(socket: *const bpf_sock) -> u16 {
    load!(socket, offset_of!(bpf_sock, src_port)) as u16
}

/// The other end's address of IPv4, in network order.
#[inline(always)]
pub fn remote_ip4(socket: *const bpf_sock) -> u32 {
    load!(socket, offset_of!(bpf_sock, dst_ip4))
}

/// The other end's address of IPv6.
#[inline(always)]
pub fn remote_ip6(socket: *const bpf_sock) -> [u32; 4] {
    load_ip6!(socket, offset_of!(bpf_sock, dst_ip6))
}

/// The other end's port; 0 if the socket is not connected.
#[inline(always)]
pub fn remote_port(socket: *const bpf_sock) -> u16 {
    let value: u64;
    // SAFETY: as for the others. This one is 16 bits long, in network order.
    unsafe {
        asm!(
            "{0} = *(u16 *)({1} + {2})",
            out(reg) value, in(reg) socket, const offset_of!(bpf_sock, dst_port),
            options(nostack, readonly, preserves_flags)
        );
    }
    u16::from_be(value as u16)
}
