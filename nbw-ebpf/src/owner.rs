//! Whose a socket is: the process that made it, and after that whoever sends or receives by it.
//!
//! An accepted socket inherits its listener's owner. The first process that uses a socket has what was moved by then. A
//! socket that goes on to another process (a descriptor that was passed, a child that took over) gets a new slot: what was
//! counted up to the last use by the process before stays with that.
//!
//! The kernel tells of uses after the fact: what was received before it was read is the reader's, and what a process has sent
//! last is counted already. What was left to send of what another had sent before stays that one's.

use aya_ebpf::{
    bindings::BPF_SK_STORAGE_GET_F_CREATE,
    helpers::{
        bpf_get_current_pid_tgid, bpf_get_current_uid_gid,
        generated::{
            bpf_get_current_ancestor_cgroup_id, bpf_get_current_comm, bpf_get_socket_cookie, bpf_ktime_get_ns,
            bpf_sk_storage_get,
        },
    },
    programs::SockContext,
};
use nbw_common::abi::{ConnectionIdent, Owner, SocketCache, SocketOwner, Trouble, slot_word};

use crate::{
    add, connection, health,
    maps::{CONNECTION_IDENTS, OWNERS, SOCKETS},
    wire::Direction,
};

/// Handovers that are followed at once. A socket that two processes use in turns changes hands all the time: then one a
/// [`REST`] is enough.
const AT_ONCE: u32 = 8;

/// Nanoseconds that a socket that changed hands often stays where it is.
const REST: u64 = 1_000_000_000;

/// Bytes of a process's name.
const COMM: usize = size_of::<[u64; 2]>();

/// What a process has just done by a socket.
pub struct Use {
    /// Received or sent.
    pub direction: Direction,
    /// So many bytes of payload.
    pub bytes: u64,
}

/// A process makes a socket.
#[inline(always)]
pub fn created(ctx: &SockContext) {
    // SAFETY: the context of a running program is a socket.
    let (owner, cookie) = unsafe { (storage(ctx.sock.cast(), true), bpf_get_socket_cookie(ctx.sock.cast())) };
    if owner.is_null() {
        health::note(Trouble::NoStorage);
        return;
    }
    // SAFETY: not null, and from the storage look-up.
    unsafe { take_over(owner, cookie) };
}

/// The process that is running has sent or received by a socket. Sockets without an owner are the kernel's own.
///
/// # Safety
/// `socket` must be a socket, in the verifier's eyes too.
#[inline(always)]
pub unsafe fn touched(socket: *mut core::ffi::c_void, used: &Use) {
    // SAFETY: the caller's promise; pointers from storage look-ups are valid while the program runs.
    unsafe {
        // None: a socket that has sent and received nothing yet, or none of IP.
        let cache: *mut SocketCache = bpf_sk_storage_get(SOCKETS.as_ptr(), socket, core::ptr::null_mut(), 0).cast();
        if cache.is_null() {
            return;
        }
        // Some sockets of processes are made by the kernel (MPTCP's). Its own threads are in the root cgroup, and what they
        // use stays without an owner.
        let owner = storage(socket, bpf_get_current_ancestor_cgroup_id(1) != 0);
        if owner.is_null() {
            return;
        }
        if (*owner).owner.tgid != tgid() {
            hand_over(socket, owner, cache, used);
        }
        connection::remember_use(cache, owner);
    }
}

/// Who has the socket; all zero if nobody is known.
///
/// # Safety
/// `socket` must be a socket, in the verifier's eyes too.
#[inline(always)]
pub unsafe fn of(socket: *mut core::ffi::c_void) -> Owner {
    // SAFETY: the caller's promise.
    let owner = unsafe { storage(socket, false) };
    if owner.is_null() {
        return Owner::default();
    }
    // SAFETY: not null, and from the storage look-up.
    unsafe { (*owner).owner }
}

/// # Safety
/// As for [`touched`]; the others must be the socket's storages.
#[inline(always)]
unsafe fn hand_over(socket: *mut core::ffi::c_void, owner: *mut SocketOwner, cache: *mut SocketCache, used: &Use) {
    // SAFETY: the caller's promise.
    unsafe {
        let cookie = bpf_get_socket_cookie(socket);
        // The owner has made the socket, or its listener, and no process has used it yet.
        let unused = (*owner).word == 0;
        if !unused && (*owner).handovers >= AT_ONCE && bpf_ktime_get_ns() - (*owner).since < REST {
            return;
        }
        let before = (*owner).owner;
        take_over(owner, cookie);
        if unused {
            rename(cache, cookie, &raw const (*owner).owner);
        } else if !connection::succeed(cache, cookie, owner, used) {
            // Tried again at the next use.
            (*owner).owner = before;
        }
    }
}

/// Makes the running process the owner.
///
/// # Safety
/// `owner` must be a socket's storage.
#[inline(always)]
unsafe fn take_over(owner: *mut SocketOwner, cookie: u64) {
    // SAFETY: the caller's promise.
    unsafe {
        bpf_get_current_comm((&raw mut (*owner).owner.comm).cast(), COMM as u32);
        (*owner).owner.uid = bpf_get_current_uid_gid() as u32;
        (*owner).owner.tgid = tgid();
        (*owner).handovers = if (*owner).cookie == cookie { (*owner).handovers + 1 } else { 0 };
        (*owner).cookie = cookie;
        (*owner).since = bpf_ktime_get_ns();
    }
}

/// The socket's slot was its owner's from the beginning.
///
/// # Safety
/// Both pointers must be from storage look-ups.
#[inline(always)]
unsafe fn rename(cache: *const SocketCache, cookie: u64, owner: *const Owner) {
    // SAFETY: the caller's promise, and a pointer from an array look-up.
    unsafe {
        let word = core::ptr::read_volatile(&raw const (*cache).connection);
        let Some(ident) = CONNECTION_IDENTS.get_ptr_mut(slot_word::slot(word)) else { return };
        if (*ident).cookie == cookie {
            write(ident, owner);
        }
    }
}

/// # Safety
/// Both pointers must be valid.
#[inline(always)]
unsafe fn write(ident: *mut ConnectionIdent, owner: *const Owner) {
    // SAFETY: the caller's promise; `tgid` and `uid` are an aligned word.
    unsafe {
        (*ident).owner.comm = (*owner).comm;
        let who = core::ptr::read((&raw const (*owner).tgid).cast::<u64>());
        add::publish((&raw mut (*ident).owner.tgid).cast::<u64>(), who);
    }
}

/// # Safety
/// As for [`touched`].
#[inline(always)]
unsafe fn storage(socket: *mut core::ffi::c_void, create: bool) -> *mut SocketOwner {
    let flags = if create { u64::from(BPF_SK_STORAGE_GET_F_CREATE) } else { 0 };
    // SAFETY: the caller's promise.
    unsafe { bpf_sk_storage_get(OWNERS.as_ptr(), socket, core::ptr::null_mut(), flags) }.cast()
}

/// Pid of the running process in the initial pid namespace.
#[inline(always)]
fn tgid() -> u32 {
    (bpf_get_current_pid_tgid() >> 32) as u32
}
