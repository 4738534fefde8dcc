//! Counts an interface's packets at TC.

use aya_ebpf::{bindings::__sk_buff, maps::Array, programs::TcContext};
use nbw_common::{
    abi::{DIRECT_LINKS, LINK_SLOTS, OVERFLOW_SLOT, Spill, Stripe, Trouble, packed},
    packet::Start,
};

use crate::{
    count::{self, Context, Table},
    health,
    maps::{FAR_LINKS, LINK_IDENTS, LINK_SPILLS, LINK_STRIPES},
    wire::{self, Direction},
};

/// The table of interfaces.
struct Links;

impl Table for Links {
    #[inline(always)]
    fn slots() -> u32 {
        LINK_SLOTS
    }

    #[inline(always)]
    fn stripes() -> &'static Array<Stripe> {
        &LINK_STRIPES
    }

    #[inline(always)]
    fn spills() -> &'static Array<Spill> {
        &LINK_SPILLS
    }
}

/// Counts one packet of the interface that `ctx` belongs to. Returns what it is, if it is tagged or several, else 0.
#[inline(always)]
pub fn count(ctx: &TcContext, direction: Direction) -> u64 {
    let skb = ctx.skb.skb;
    if direction == Direction::Rx && wire::is_own_echo(skb) {
        return 0;
    }
    let cpu = count::cpu();
    // SAFETY: the context of a running program.
    let (ifindex, special) = unsafe { ((*skb).ifindex, (*skb).vlan_present | (*skb).gso_size) };
    if special != 0 || ifindex >= DIRECT_LINKS {
        return count_special(skb, direction);
    }
    count::add::<Links>(cpu, ifindex, direction, || wire::single(wire::length(skb)), Context::Alone);
    0
}

/// Counts a packet that is tagged, is several, or belongs to an interface on a host that has made very many. Out of line,
/// so that the others do not pay for its registers.
#[inline(never)]
fn count_special(skb: *mut __sk_buff, direction: Direction) -> u64 {
    // SAFETY: the context of a running program.
    let slot = slot(unsafe { (*skb).ifindex });
    if slot == OVERFLOW_SLOT {
        health::note(Trouble::NoLink);
    }
    let amount = match direction {
        Direction::Rx => received(skb, slot),
        Direction::Tx => sent(skb, slot),
    };
    count::add::<Links>(count::cpu(), slot, direction, || amount, Context::Alone);
    amount
}

/// The slot of an interface; that it has none is noted where it is counted, and not again.
#[inline(always)]
pub fn slot(ifindex: u32) -> u32 {
    if ifindex < DIRECT_LINKS { ifindex } else { far_slot(ifindex) }
}

/// A received packet that is tagged or is several.
#[inline(never)]
fn received(skb: *mut __sk_buff, slot: u32) -> u64 {
    // SAFETY: the context of a running program.
    let size = unsafe { (*skb).gso_size };
    let amount = if size == 0 { wire::single(wire::length(skb)) } else { wire::segmented(skb, start(slot)) };
    tagged(skb, amount)
}

/// The longest packet that is not "BIG TCP".
const LEGACY_MAX: u32 = 65_536;

/// A packet to be sent that is tagged or is several. Here the kernel has worked out `wire_len` itself, inner headers of
/// tunnels included, so nothing is parsed but the packets whose sender left the number of segments open, and those of
/// "BIG TCP": the kernel counts its jumbo header for each segment, and sends it with none.
#[inline(never)]
fn sent(skb: *mut __sk_buff, slot: u32) -> u64 {
    // SAFETY: the context of a running program.
    let (length, size, stated, bytes) = unsafe { ((*skb).len, (*skb).gso_size, (*skb).gso_segs, (*skb).wire_len) };
    if size == 0 || stated == 0 {
        return received(skb, slot);
    }
    let jumbo = if length > LEGACY_MAX { wire::jumbo(skb, start(slot)) } else { 0 };
    let bytes = u64::from(bytes).saturating_sub(u64::from(jumbo) * u64::from(stated));
    tagged(skb, packed::word(bytes, stated.into()))
}

/// Adds the 802.1Q tag of each frame, which the kernel keeps beside the packet while it handles it.
#[inline(always)]
fn tagged(skb: *mut __sk_buff, amount: u64) -> u64 {
    const TAG: u64 = 4;
    // SAFETY: the context of a running program.
    if unsafe { (*skb).vlan_present } == 0 { amount } else { amount + TAG * packed::packets(amount) }
}

/// The slot of an interface on a host that has made very many.
#[inline(never)]
fn far_slot(ifindex: u32) -> u32 {
    // SAFETY: the entry is written before the program is attached to its interface.
    unsafe { FAR_LINKS.get(&ifindex) }.copied().unwrap_or(OVERFLOW_SLOT)
}

/// Where the packets of the interface begin.
#[inline(always)]
fn start(slot: u32) -> Start {
    match LINK_IDENTS.get(slot) {
        Some(ident) if ident.link_header == 0 => Start::Network,
        Some(_) | None => Start::Ethernet,
    }
}
