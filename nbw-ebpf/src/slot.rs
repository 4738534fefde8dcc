//! The slow path: finds or takes the slot of a (cgroup, interface, network namespace).
//!
//! A slot is taken in this order, so that nobody ever sees a wrong identity: take a free slot; write all of its
//! identity but the cgroup; enter it in the index unless another CPU was faster; write the cgroup, which makes it
//! visible to userspace. Userspace gives slots back (`nbw::bpf::GroupSlots`).

use aya_ebpf::{
    EbpfContext,
    bindings::{BPF_NOEXIST, bpf_sock},
    helpers::{bpf_get_netns_cookie, generated::bpf_sk_cgroup_id},
    maps::Queue,
    programs::SkBuffContext,
};
use aya_log_ebpf::{debug, warn};
use nbw_common::abi::{GroupIdent, GroupKey, LINK_HEADER_UNKNOWN, OVERFLOW_SLOT, SocketCache, Trouble};

use crate::{
    add, group, health,
    knob::{self, NBW_GROUP_SLOTS, NBW_NETNS_HELPER, NBW_VERBOSE},
    maps::{GROUP_FREE, GROUP_IDENTS, GROUP_INDEX, GROUP_NEXT},
    pool::Pool,
    wire::Direction,
};

/// The free group slots.
const POOL: Pool<&Queue<u32>> = Pool { free: &GROUP_FREE, next: &GROUP_NEXT };

/// The slot of the socket's group on this interface, remembered in `cache`; the overflow slot if there is none.
#[inline(never)]
pub fn find(
    ctx: &SkBuffContext,
    socket: *mut bpf_sock,
    cache: *mut SocketCache,
    direction: Direction,
    ifindex: u32,
) -> u32 {
    // Another CPU may have been making it in that moment: then it is there now.
    let cache = if cache.is_null() { group::storage(socket) } else { cache };
    // SAFETY: the verifier holds `socket` to be a socket that is not null.
    let cgroup = unsafe { bpf_sk_cgroup_id(socket.cast()) };
    let key = GroupKey { cgroup, netns: netns(ctx, cache), ifindex, reserved: 0 };
    // Before the look-up: a slot that is taken back after it must not pass for one of the new epoch.
    let epoch = knob::epoch();
    let Some(slot) = lookup(&key).or_else(|| take(ctx, &key)) else {
        health::note(Trouble::NoSlot);
        return OVERFLOW_SLOT;
    };
    if cache.is_null() {
        health::note(Trouble::NoStorage);
    } else {
        group::remember(cache, direction, ifindex, slot, epoch);
    }
    slot
}

#[inline(always)]
pub fn netns(ctx: &SkBuffContext, cache: *const SocketCache) -> u64 {
    if NBW_NETNS_HELPER.is_on() {
        // SAFETY: the context of a running program.
        return unsafe { bpf_get_netns_cookie(ctx.as_ptr()) };
    }
    if cache.is_null() {
        return 0;
    }
    // SAFETY: not null, and from the storage look-up.
    unsafe { (*cache).netns }
}

#[inline(always)]
fn lookup(key: &GroupKey) -> Option<u32> {
    // SAFETY: values are one aligned word.
    let slot = unsafe { GROUP_INDEX.get(key) }.map(|slot| *slot as u32)?;
    // The entry may have been removed and used again for another group between the look-up and the load.
    let ident = GROUP_IDENTS.get(slot)?;
    let same = ident.netns == key.netns && ident.ifindex == key.ifindex;
    // 0: entered by another CPU that is about to publish it.
    (same && (ident.cgroup == key.cgroup || ident.cgroup == 0)).then_some(slot)
}

#[inline(always)]
fn take(ctx: &SkBuffContext, key: &GroupKey) -> Option<u32> {
    let Some(slot) = POOL.take(NBW_GROUP_SLOTS.get()) else {
        if NBW_VERBOSE.is_on() {
            warn!(ctx, "no slot left for cgroup {} on interface {}", key.cgroup, key.ifindex);
        }
        return None;
    };
    let ident = GROUP_IDENTS.get_ptr_mut(slot)?;
    prepare(ident, key);
    if GROUP_INDEX.insert(key, u64::from(slot), BPF_NOEXIST.into()).is_err() {
        POOL.give_back(slot);
        return lookup(key);
    }
    // SAFETY: a pointer from an array look-up is valid while the program runs.
    unsafe { add::publish(&raw mut (*ident).cgroup, key.cgroup) };
    if NBW_VERBOSE.is_on() {
        debug!(ctx, "slot {}: cgroup {} on interface {}", slot, key.cgroup, key.ifindex);
    }
    Some(slot)
}

/// Writes all of the identity but the cgroup.
#[inline(always)]
fn prepare(ident: *mut GroupIdent, key: &GroupKey) {
    // SAFETY: a pointer from an array look-up; the slot is nobody else's until it is in the index.
    unsafe {
        (*ident).netns = key.netns;
        (*ident).ifindex = key.ifindex;
        (*ident).link_header = LINK_HEADER_UNKNOWN;
    }
}
