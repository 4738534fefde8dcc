//! Looks for packets that may be part of an attack. Two stages: each packet is put into a [`Class`], which costs a few reads of
//! its headers, and established TCP is done with; of the other classes packets are counted, and so many of them handed to
//! userspace as userspace can look at.

use aya_ebpf::{
    bindings::__sk_buff,
    programs::{TcContext, sk_buff::SkBuff},
};
use nbw_common::{
    abi::CONTROL_WATCHED,
    class::{self, Class},
    packet::Start,
};

use crate::{
    digest, link,
    maps::{DETECT_CONTROL, LINK_IDENTS},
    sample,
    view::{self, Glance},
    watched,
    wire::{self, Direction, Packet},
};

/// Looks at a packet of the interface that `ctx` belongs to.
#[inline(always)]
pub fn look(ctx: &TcContext, direction: Direction) {
    let skb = ctx.skb.skb;
    // SAFETY: the context of a running program.
    let slot = link::slot(unsafe { (*skb).ifindex });
    let Some(ident) = LINK_IDENTS.get(slot) else { return };
    let seen = if ident.link_header == 0 { view::network(ctx) } else { view::ethernet(ctx) };
    match seen {
        Some(Glance { class: Class::Established, .. }) if control(CONTROL_WATCHED) == 0 => {}
        Some(Glance { class, conversation }) => suspect(skb, slot, direction, class, conversation),
        None => unclear(skb, slot, direction),
    }
}

/// A word that userspace controls detection by.
#[inline(always)]
pub fn control(word: u32) -> u64 {
    // SAFETY: from an array look-up; an aligned word is read whole.
    DETECT_CONTROL.get_ptr(word).map_or(0, |word| unsafe { core::ptr::read_volatile(word) })
}

/// Where packets of the interface with that slot begin.
#[inline(always)]
pub fn start(slot: u32) -> Start {
    match LINK_IDENTS.get(slot) {
        Some(ident) if ident.link_header == 0 => Start::Network,
        Some(_) | None => Start::Ethernet,
    }
}

/// A packet whose class cannot be seen at a glance.
#[inline(never)]
fn unclear(skb: *mut __sk_buff, slot: u32, direction: Direction) {
    let class = class::of(&Packet(&SkBuff::new(skb)), start(slot));
    if class != Class::Established || control(CONTROL_WATCHED) != 0 {
        suspect(skb, slot, direction, class, 0);
    }
}

/// A packet that may be of interest: of a class that is, or established TCP while somebody is watched.
#[inline(never)]
fn suspect(skb: *mut __sk_buff, slot: u32, direction: Direction, class: Class, conversation: u64) {
    if direction == Direction::Rx && wire::is_own_echo(skb) {
        return;
    }
    let conversation = match class {
        Class::Established => watched::conversation(skb, start(slot)),
        _ => conversation,
    };
    if class == Class::Established && conversation == 0 {
        return;
    }
    let weight = sample::of_link(slot, direction, class, conversation);
    if weight > 0 {
        digest::hand_over(skb, slot, direction, class, weight);
    }
}
