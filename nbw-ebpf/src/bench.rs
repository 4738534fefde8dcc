//! Programs that only the benches and tests load: empty ones, and the alternatives that nbw did not take.
#![no_std]
#![no_main]
#![feature(asm_experimental_arch)]
// The modules are nbw's own; the alternatives use only what they share with nbw.
#![allow(dead_code)]

mod add;
mod health;
mod maps;
mod object;
mod wire;

use aya_ebpf::{
    bindings::{TC_ACT_OK, TC_ACT_UNSPEC},
    helpers::{bpf_get_smp_processor_id, generated::bpf_skb_cgroup_id},
    macros::{cgroup_skb, classifier, map},
    maps::{Array, LruPerCpuHashMap, PerCpuHashMap},
    programs::{SkBuffContext, TcContext},
};
use nbw_common::{
    abi::{Counters, GROUP_SLOTS, packed},
    packet::Start,
};

/// The verdict that lets the programs behind have the packet too.
const NEXT: i32 = TC_ACT_UNSPEC;

/// Does nothing: what the harness itself costs.
#[classifier]
pub fn empty_tc(_ctx: TcContext) -> i32 {
    NEXT
}

/// Does nothing: what the harness itself costs.
#[cgroup_skb(egress)]
pub fn empty_cgroup(_ctx: SkBuffContext) -> i32 {
    1
}

/// Key of the per-CPU hash and of the LRU with the same key.
#[repr(C)]
pub struct HashKey {
    cgroup: u64,
    ifindex: u32,
    direction: u32,
}

#[map]
static PER_CPU: PerCpuHashMap<HashKey, Counters> = PerCpuHashMap::with_max_entries(GROUP_SLOTS, 0);
#[map]
static LRU: LruPerCpuHashMap<HashKey, Counters> = LruPerCpuHashMap::with_max_entries(GROUP_SLOTS, 0);
#[map]
static LRU_FLOWS: LruPerCpuHashMap<FlowKey, Counters> = LruPerCpuHashMap::with_max_entries(GROUP_SLOTS, 0);

/// 5-tuple.
#[repr(C)]
pub struct FlowKey {
    source: [u8; 16],
    destination: [u8; 16],
    ports: u32,
    protocol: u32,
}

/// nbw's accounting at TC with a per-CPU hash, keyed by (interface, direction, cgroup), in place of slots.
#[classifier]
pub fn percpu_hash(ctx: TcContext) -> i32 {
    let key = hash_key(&ctx);
    match PER_CPU.get_ptr_mut(&key) {
        Some(counters) => add(counters, wire_of(&ctx)),
        None => drop(PER_CPU.insert(&key, &first(wire_of(&ctx)), 0)),
    }
    NEXT
}

/// The same with an LRU.
#[classifier]
pub fn lru_percpu_hash(ctx: TcContext) -> i32 {
    let key = hash_key(&ctx);
    match LRU.get_ptr_mut(&key) {
        Some(counters) => add(counters, wire_of(&ctx)),
        None => drop(LRU.insert(&key, &first(wire_of(&ctx)), 0)),
    }
    NEXT
}

/// TC with an LRU per-CPU hash keyed by 5-tuple, as flow monitors have it (IPv4 without options only).
#[classifier]
pub fn lru_5tuple_hash(ctx: TcContext) -> i32 {
    if let Some(key) = flow_key(&ctx) {
        match LRU_FLOWS.get_ptr_mut(&key) {
            Some(counters) => add(counters, wire_of(&ctx)),
            None => drop(LRU_FLOWS.insert(&key, &first(wire_of(&ctx)), 0)),
        }
    }
    NEXT
}

fn hash_key(ctx: &TcContext) -> HashKey {
    // SAFETY: the context of a running program.
    unsafe { HashKey { cgroup: bpf_skb_cgroup_id(ctx.skb.skb), ifindex: (*ctx.skb.skb).ifindex, direction: 1 } }
}

fn flow_key(ctx: &TcContext) -> Option<FlowKey> {
    let mut key = FlowKey { source: [0; 16], destination: [0; 16], ports: 0, protocol: 0 };
    key.source[..4].copy_from_slice(&ctx.load::<[u8; 4]>(26).ok()?);
    key.destination[..4].copy_from_slice(&ctx.load::<[u8; 4]>(30).ok()?);
    key.protocol = ctx.load::<u8>(23).ok()?.into();
    key.ports = ctx.load(34).ok()?;
    Some(key)
}

/// What nbw would count for the packet, packed.
#[inline(always)]
fn wire_of(ctx: &TcContext) -> u64 {
    // SAFETY: the context of a running program.
    match unsafe { (*ctx.skb.skb).gso_size | (*ctx.skb.skb).vlan_present } {
        0 => wire::single(ctx.len()),
        _ => wire::segmented(ctx.skb.skb, Start::Ethernet),
    }
}

fn first(amount: u64) -> Counters {
    Counters { tx_bytes: packed::bytes(amount), tx_packets: packed::packets(amount), rx_bytes: 0, rx_packets: 0 }
}

fn add(counters: *mut Counters, amount: u64) {
    // SAFETY: from a per-CPU look-up.
    unsafe {
        (*counters).tx_bytes += packed::bytes(amount);
        (*counters).tx_packets += packed::packets(amount);
    }
}

/// Packets and bytes that the tests' own TC program saw: somebody else's program beside nbw's.
#[map]
static OTHERS: Array<Counters> = Array::with_max_entries(1024, 0);

/// Counts on CPU stripes like any other monitor would, for the tests that nbw leaves others' programs alone.
#[classifier]
pub fn others_tc(ctx: TcContext) -> i32 {
    count_for_others(&ctx);
    NEXT
}

/// The same, but with a verdict that ends the chain: what is behind it sees nothing.
#[classifier]
pub fn others_tc_ok(ctx: TcContext) -> i32 {
    count_for_others(&ctx);
    TC_ACT_OK
}

fn count_for_others(ctx: &TcContext) {
    // SAFETY: always callable.
    if let Some(counters) = OTHERS.get_ptr_mut(unsafe { bpf_get_smp_processor_id() }) {
        add(counters, wire_of(ctx));
    }
}
