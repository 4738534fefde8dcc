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

/// Looks at a packet of the interface that `ctx` belongs to; `special` is what it was counted as, if it is not just its length.
#[inline(always)]
pub fn look(ctx: &TcContext, direction: Direction, special: u64) {
    let skb = ctx.skb.skb;
    // SAFETY: the context of a running program.
    let slot = link::slot(unsafe { (*skb).ifindex });
    let Some(ident) = LINK_IDENTS.get(slot) else { return };
    // It is received as well.
    if ident.loopback != 0 && direction == Direction::Tx {
        return;
    }
    let network = ident.link_header == 0;
    let seen = if network { view::network(ctx) } else { view::ethernet(ctx) };
    let Glance { class, conversation } = seen.unwrap_or_else(|| unclear(skb, network).into());
    if class != Class::Established || control(CONTROL_WATCHED) != 0 {
        suspect(skb, slot, what(direction, class, network), conversation, special);
    }
}

/// A word that userspace controls detection by.
#[inline(always)]
pub fn control(word: u32) -> u64 {
    // SAFETY: from an array look-up; an aligned word is read whole.
    DETECT_CONTROL.get_ptr(word).map_or(0, |word| unsafe { core::ptr::read_volatile(word) })
}

/// The class of a packet that cannot be seen at a glance.
#[inline(never)]
fn unclear(skb: *mut __sk_buff, network: bool) -> Class {
    let start = if network { Start::Network } else { Start::Ethernet };
    class::of(&Packet(&SkBuff::new(skb)), start)
}

/// What is known of a packet, in one word: functions in the kernel have five arguments.
#[derive(Clone, Copy)]
pub struct What(u32);

#[inline(always)]
fn what(direction: Direction, class: Class, network: bool) -> What {
    What(class as u32 | u32::from(direction == Direction::Tx) << 8 | u32::from(network) << 9)
}

impl What {
    /// Number of its class.
    #[inline(always)]
    pub fn class(self) -> u32 {
        self.0 & 0xff
    }

    /// Whether it is one of these classes.
    #[inline(always)]
    pub fn is(self, class: Class) -> bool {
        self.class() == class as u32
    }

    /// Whether it is sent.
    #[inline(always)]
    pub fn outgoing(self) -> bool {
        self.0 & 0x100 != 0
    }

    /// Whether it begins at the IP header.
    #[inline(always)]
    pub fn network(self) -> bool {
        self.0 & 0x200 != 0
    }
}

/// A packet that may be of interest: of a class that is, or established TCP while somebody is watched.
#[inline(never)]
fn suspect(skb: *mut __sk_buff, slot: u32, what: What, conversation: u64, special: u64) {
    if !what.outgoing() && wire::is_own_echo(skb) {
        return;
    }
    let conversation =
        if what.is(Class::Established) { watched::conversation(skb, what.network()) } else { conversation };
    if what.is(Class::Established) && conversation == 0 {
        return;
    }
    let weight = sample::of_link(slot, what, conversation);
    if weight > 0 {
        digest::hand_over(skb, what, weight, special);
    }
}
