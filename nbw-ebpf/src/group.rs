//! Counts a socket's packets for its (cgroup, interface, network namespace).
//!
//! In a steady flow a packet costs two look-ups: the socket's storage, which names the slot, and the slot's counters.

use aya_ebpf::{
    bindings::{BPF_SK_STORAGE_GET_F_CREATE, bpf_sock},
    helpers::generated::bpf_sk_storage_get,
    maps::Array,
    programs::SkBuffContext,
};
use nbw_common::{
    abi::{CachedSlot, SocketCache, Spill, Stripe, Trouble},
    packet::Start,
};

use crate::{
    connection,
    count::{self, Context, Table},
    health,
    knob::{self, NBW_GROUP_SLOTS},
    maps::{GROUP_SPILLS, GROUP_STRIPES, SOCKETS},
    slot,
    wire::{self, Direction},
};

/// The table of groups.
struct Groups;

impl Table for Groups {
    #[inline(always)]
    fn slots() -> u32 {
        NBW_GROUP_SLOTS.get()
    }

    #[inline(always)]
    fn stripes() -> &'static Array<Stripe> {
        &GROUP_STRIPES
    }

    #[inline(always)]
    fn spills() -> &'static Array<Spill> {
        &GROUP_SPILLS
    }
}

/// Counts one packet for the group of the socket that sends or receives it, and for its connection if `CONNECTIONS`: the
/// compiler's choice and not the loader's, so that those who do not ask for it do not even have its registers spilled.
#[inline(always)]
pub fn count<const CONNECTIONS: bool>(ctx: &SkBuffContext, direction: Direction) {
    // SAFETY: the context of a running program.
    let (socket, ifindex) = unsafe { ((*ctx.skb.skb).__bindgen_anon_2.sk, (*ctx.skb.skb).ifindex) };
    if socket.is_null() {
        health::note(Trouble::NoSocket);
        return;
    }
    if direction == Direction::Rx && wire::is_own_echo(ctx.skb.skb) {
        return;
    }
    let cache = storage(socket);
    let slot = match cached(cache, direction, ifindex) {
        Some(slot) => slot,
        None => slot::find(ctx, socket, cache, direction, ifindex),
    };
    // SAFETY: the context of a running program.
    let amount = if unsafe { (*ctx.skb.skb).gso_size } == 0 {
        wire::single(wire::length(ctx.skb.skb))
    } else {
        wire::segmented(ctx.skb.skb, Start::Network)
    };
    let context = match direction {
        Direction::Rx => Context::Alone,
        Direction::Tx => Context::Shared,
    };
    count::add::<Groups>(count::cpu(), slot, direction, || amount, context);
    if CONNECTIONS {
        connection::count(ctx, socket, cache, direction, amount);
    }
}

/// The socket's storage, made if there is none; null if it cannot be made.
#[inline(always)]
pub fn storage(socket: *mut bpf_sock) -> *mut SocketCache {
    let create = u64::from(BPF_SK_STORAGE_GET_F_CREATE);
    // SAFETY: the verifier holds `socket` to be a socket that is not null.
    unsafe { bpf_sk_storage_get(SOCKETS.as_ptr(), socket.cast(), core::ptr::null_mut(), create) }.cast()
}

/// The slot that the socket used last, if it is still the right one.
#[inline(always)]
fn cached(cache: *mut SocketCache, direction: Direction, ifindex: u32) -> Option<u32> {
    if cache.is_null() {
        return None;
    }
    // SAFETY: not null, and from the storage look-up. Aligned words: never half written.
    let (slot_and_link, epoch) = unsafe {
        let entry = entry(cache, direction);
        (
            core::ptr::read_volatile(&raw const (*entry).slot_and_link),
            core::ptr::read_volatile(&raw const (*entry).epoch),
        )
    };
    let fresh = (slot_and_link >> 32) as u32 == ifindex && epoch == knob::epoch();
    fresh.then_some(slot_and_link as u32)
}

/// Remembers the slot for the next packet.
#[inline(always)]
pub fn remember(cache: *mut SocketCache, direction: Direction, ifindex: u32, slot: u32, epoch: u64) {
    // SAFETY: from the storage look-up; aligned words.
    unsafe {
        let entry = entry(cache, direction);
        core::ptr::write_volatile(&raw mut (*entry).epoch, 0);
        core::ptr::write_volatile(&raw mut (*entry).slot_and_link, u64::from(ifindex) << 32 | u64::from(slot));
        core::ptr::write_volatile(&raw mut (*entry).epoch, epoch);
    }
}

/// Where the storage keeps the slot of a direction.
///
/// # Safety
/// `cache` must point to a socket's storage.
#[inline(always)]
unsafe fn entry(cache: *mut SocketCache, direction: Direction) -> *mut CachedSlot {
    // SAFETY: the caller's promise.
    unsafe {
        match direction {
            Direction::Rx => &raw mut (*cache).rx,
            Direction::Tx => &raw mut (*cache).tx,
        }
    }
}
