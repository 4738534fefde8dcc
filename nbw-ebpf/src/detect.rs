//! Looks for packets that may be part of an attack. Two stages: each packet is put into a [`Class`], which costs a few reads of
//! its headers, and established TCP is done with; of the other classes packets are counted, and so many of them handed to
//! userspace as userspace can look at.

use aya_ebpf::{
    bindings::__sk_buff,
    helpers::bpf_get_prandom_u32,
    programs::{TcContext, sk_buff::SkBuff},
};
use nbw_common::{
    abi::{CONTROL_ERA, CONTROL_WATCHED, cell, pace},
    class::{self, Class},
    packet::Start,
};

use crate::{
    add::add_alone,
    count, digest, knob, link,
    maps::{CLASS_CELLS, DETECT_CONTROL, LINK_IDENTS},
    view, watched,
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
        Some(Class::Established) if control(CONTROL_WATCHED) == 0 => {}
        Some(class) => suspect(skb, slot, direction, class),
        None => unclear(skb, slot, direction),
    }
}

/// A word that userspace controls detection by.
#[inline(always)]
fn control(word: u32) -> u64 {
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
        suspect(skb, slot, direction, class);
    }
}

/// A packet that may be of interest: of a class that is, or established TCP while somebody is watched.
#[inline(never)]
fn suspect(skb: *mut __sk_buff, slot: u32, direction: Direction, class: Class) {
    if direction == Direction::Rx && wire::is_own_echo(skb) {
        return;
    }
    if class == Class::Established && !watched::is_watched(skb, start(slot)) {
        return;
    }
    if let Some(weight) = sample(slot, direction, class) {
        digest::hand_over(skb, slot, direction, class, weight);
    }
}

/// Counts the packet. If it is to be looked at: for how many it stands.
#[inline(always)]
fn sample(slot: u32, direction: Direction, class: Class) -> Option<u32> {
    let row = LINK_IDENTS.get(slot)?.detect_row;
    let cell = CLASS_CELLS.get_ptr_mut(cell(count::cpu(), row, direction == Direction::Tx, class as u32))?;
    // SAFETY: a pointer from an array look-up is valid while the program runs, and TC runs with bottom halves off.
    let rate = unsafe {
        add_alone(&raw mut (*cell).count, 1);
        let (word, rate) = pace::next((*cell).pace, control(CONTROL_ERA) as u32, knob::NBW_DETECT_BUDGET.get());
        (*cell).pace = word;
        rate
    };
    let weight = 1 << rate;
    // SAFETY: always callable.
    let chosen = rate == 0 || unsafe { bpf_get_prandom_u32() } & (weight - 1) == 0;
    chosen.then_some(weight)
}
