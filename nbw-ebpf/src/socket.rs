//! The life of a socket: made, used, closed.

use aya_ebpf::{
    helpers::{
        bpf_get_netns_cookie,
        generated::{bpf_get_socket_cookie, bpf_sk_storage_get},
    },
    programs::SockContext,
};
use nbw_common::abi::{SocketCache, Trouble};

use crate::{
    connection, fields, group, health,
    knob::{NBW_CONNECTIONS, NBW_NETNS_HELPER},
    maps::SOCKETS,
    owner::{self, Use},
    wire::Direction,
};

/// The beginning of the kernel's `struct socket`, as it has been since Linux 5.3. The verifier holds `sk` to be a pointer to a
/// socket, and refuses the program where it is something else.
#[repr(C)]
pub struct Socket {
    state: u32,
    kind: u16,
    flags: u64,
    file: *mut core::ffi::c_void,
    sk: *mut core::ffi::c_void,
}

/// A process makes a socket: remembers its network namespace, where packet hooks cannot ask for it, and its owner.
#[inline(always)]
pub fn created(ctx: &SockContext) {
    if !NBW_NETNS_HELPER.is_on() {
        remember_netns(ctx);
    }
    if NBW_CONNECTIONS.is_on() {
        owner::created(ctx);
    }
}

/// Accepted sockets inherit it.
#[inline(always)]
fn remember_netns(ctx: &SockContext) {
    let cache = group::storage(ctx.sock);
    if cache.is_null() {
        health::note(Trouble::NoStorage);
        return;
    }
    // SAFETY: not null, and from the storage look-up.
    unsafe { (*cache).netns = bpf_get_netns_cookie(ctx.sock.cast()) };
}

/// A process closes a socket. One of TCP may have much to send yet: see [`changed_state`].
#[inline(always)]
pub fn released(ctx: &SockContext) {
    if connection::is_tcp(fields::protocol(ctx.sock), fields::kind(ctx.sock)) {
        return;
    }
    // SAFETY: the context of a running program is a socket.
    unsafe { leave(ctx.sock.cast()) };
}

/// A socket of TCP (or of another protocol with its states) goes from one state to another.
///
/// # Safety
/// `socket` must be a socket, in the verifier's eyes too.
#[inline(always)]
pub unsafe fn changed_state(socket: *mut core::ffi::c_void, before: i32, state: i32) {
    let closed = connection::CLOSED as i32;
    // SAFETY: the caller's promise.
    unsafe {
        if state == closed {
            leave(socket);
        } else if before == closed {
            let cache = cache(socket);
            if !cache.is_null() {
                connection::come_back(cache);
            }
        }
    }
}

/// A process has sent or received `moved` bytes by a socket, or an error.
///
/// # Safety
/// `socket` must be a socket, in the verifier's eyes too.
#[inline(always)]
pub unsafe fn used(socket: *mut core::ffi::c_void, moved: i32, direction: Direction) {
    if moved > 0 {
        // SAFETY: the caller's promise.
        unsafe { owner::touched(socket, &Use { direction, bytes: moved as u64 }) };
    }
}

/// [`used`] for a `struct socket`.
///
/// # Safety
/// `socket` must be one, in the verifier's eyes too.
#[inline(always)]
pub unsafe fn used_whole(socket: *const Socket, moved: i32, direction: Direction) {
    // SAFETY: the caller's promise.
    unsafe { used((*socket).sk, moved, direction) };
}

/// # Safety
/// `socket` must be a socket, in the verifier's eyes too.
#[inline(always)]
unsafe fn leave(socket: *mut core::ffi::c_void) {
    // SAFETY: the caller's promise.
    unsafe {
        let cache = cache(socket);
        if !cache.is_null() {
            connection::leave(cache, bpf_get_socket_cookie(socket));
        }
    }
}

/// What the socket remembers, if it has moved anything.
///
/// # Safety
/// `socket` must be a socket, in the verifier's eyes too.
#[inline(always)]
unsafe fn cache(socket: *mut core::ffi::c_void) -> *mut SocketCache {
    // SAFETY: the caller's promise.
    unsafe { bpf_sk_storage_get(SOCKETS.as_ptr(), socket, core::ptr::null_mut(), 0) }.cast()
}
