//! Counts an interface's packets at TC.

use aya_ebpf::programs::TcContext;
use nbw_common::{
    abi::{DIRECT_LINKS, OVERFLOW_SLOT, Trouble},
    packet::Start,
};

use crate::{
    count::{Context, Table},
    health,
    knob::NBW_LINK_SLOTS,
    maps::{FAR_LINKS, LINK_IDENTS, LINK_SPILLS, LINK_STRIPES},
    wire::{self, Direction},
};

/// Length of the 802.1Q tag that the kernel keeps beside the frame while it handles it.
const VLAN_TAG: u64 = 4;

const LINKS: Table = Table { stripes: &LINK_STRIPES, spills: &LINK_SPILLS };

/// Counts one packet of the interface that `ctx` belongs to.
#[inline(always)]
pub fn count(ctx: &TcContext, direction: Direction) {
    let skb = ctx.skb.skb;
    // SAFETY: the context of a running program.
    let (ifindex, tagged) = unsafe { ((*skb).ifindex, (*skb).vlan_present) };
    let slot = if ifindex < DIRECT_LINKS { ifindex } else { far_slot(ifindex) };
    let mut wire = match direction {
        Direction::Rx => wire::of(skb, || start(slot)),
        Direction::Tx => wire::outgoing(skb, || start(slot)),
    };
    if tagged != 0 {
        wire.bytes += VLAN_TAG * wire.packets;
    }
    LINKS.add(NBW_LINK_SLOTS.get(), slot, direction, wire, Context::Alone);
}

/// The slot of an interface on a host that has made very many.
#[inline(never)]
fn far_slot(ifindex: u32) -> u32 {
    // SAFETY: the entry is written before the program is attached to its interface.
    let slot = unsafe { FAR_LINKS.get(&ifindex) }.copied().unwrap_or(OVERFLOW_SLOT);
    if slot == OVERFLOW_SLOT {
        health::note(Trouble::NoLink);
    }
    slot
}

/// Where the packets of the interface begin.
#[inline(always)]
fn start(slot: u32) -> Start {
    match LINK_IDENTS.get(slot) {
        Some(ident) if ident.link_header == 0 => Start::Network,
        Some(_) | None => Start::Ethernet,
    }
}
