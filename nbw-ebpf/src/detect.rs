//! Looks for packets that may be part of an attack. Two stages: each packet is put into a [`Class`], which costs a few reads of
//! its headers, and established TCP is done with; of the other classes so many packets are handed to userspace as userspace can
//! look at.

use aya_ebpf::{
    bindings::__sk_buff,
    programs::{TcContext, sk_buff::SkBuff},
};
use nbw_common::{
    abi::{CONTROL_WATCHED, LinkIdent},
    class::{self, CONVERSATION_BITS, Class, Seen},
    packet::Start,
};

use crate::{
    add, digest, link,
    maps::{DETECT_CONTROL, LINK_IDENTS},
    sample, view, watched,
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
    let network = match ident.link_header {
        14 => false,
        0 => true,
        // Neither Ethernet nor IP (IPoIB): nobody knows how to read it.
        _ => return,
    };
    // A slot that is nobody's.
    if ident.ifindex == 0 {
        return;
    }
    let glance = if network { view::network(ctx) } else { view::ethernet(ctx) };
    let (class, conversation) = match glance {
        Some(Seen { class, conversation }) => (class as u32, conversation),
        None => unclear(skb, network),
    };
    if class != Class::Established as u32 || control(CONTROL_WATCHED) != 0 {
        let what = What::new(class, ident, direction, glance.is_some());
        // Or the verifier would walk through all that comes behind it once for each class, each tunnel, and more.
        let any = wire::length(skb);
        suspect(skb, what.forgotten(any), add::forgotten64(conversation, any), add::forgotten64(special, any));
    }
}

/// A word that userspace controls detection by.
#[inline(always)]
pub fn control(word: u32) -> u64 {
    // SAFETY: from an array look-up; an aligned word is read whole.
    DETECT_CONTROL.get_ptr(word).map_or(0, |word| unsafe { core::ptr::read_volatile(word) })
}

/// What a packet is that cannot be seen at a glance: the number of its class, and its conversation.
#[inline(always)]
fn unclear(skb: *mut __sk_buff, network: bool) -> (u32, u64) {
    let both = follow(skb, network);
    ((both >> CONVERSATION_BITS) as u32, both & ((1 << CONVERSATION_BITS) - 1))
}

/// Its class, and its conversation below it: functions in the kernel return one word.
#[inline(never)]
fn follow(skb: *mut __sk_buff, network: bool) -> u64 {
    let start = if network { Start::Network } else { Start::Ethernet };
    let Seen { class, conversation } = class::of(&Packet(&SkBuff::new(skb)), start);
    (class as u64) << CONVERSATION_BITS | conversation
}

/// What is known of a packet, in one word: functions in the kernel have five arguments.
#[derive(Clone, Copy)]
pub struct What(u32);

impl What {
    const SENT: u32 = 1 << 4;
    const NETWORK: u32 = 1 << 5;
    const GLANCED: u32 = 1 << 6;
    const ROW_AT: u32 = 8;

    #[inline(always)]
    fn new(class: u32, ident: &LinkIdent, direction: Direction, glanced: bool) -> Self {
        let sent = if direction == Direction::Tx { Self::SENT } else { 0 };
        let network = if ident.link_header == 0 { Self::NETWORK } else { 0 };
        let glanced = if glanced { Self::GLANCED } else { 0 };
        Self(class | sent | network | glanced | ident.detect_row << Self::ROW_AT)
    }

    /// As what the verifier knows nothing about.
    #[inline(always)]
    fn forgotten(self, any: u32) -> Self {
        Self(add::forgotten(self.0, any))
    }

    /// Number of its class.
    #[inline(always)]
    pub fn class(self) -> u32 {
        self.0 & (Self::SENT - 1)
    }

    /// The row of paces of its interface.
    #[inline(always)]
    pub fn row(self) -> u32 {
        self.0 >> Self::ROW_AT
    }

    /// Whether it is one of these classes.
    #[inline(always)]
    pub fn is(self, class: Class) -> bool {
        self.class() == class as u32
    }

    /// Whether it is sent.
    #[inline(always)]
    pub fn outgoing(self) -> bool {
        self.0 & Self::SENT != 0
    }

    /// Whether it begins at the IP header.
    #[inline(always)]
    pub fn network(self) -> bool {
        self.0 & Self::NETWORK != 0
    }

    /// Whether it could be seen at a glance what it is: then packets of the same connection can be.
    #[inline(always)]
    pub fn is_glanced(self) -> bool {
        self.0 & Self::GLANCED != 0
    }
}

/// A packet that may be of interest: of a class that is, or established TCP while somebody is watched.
#[inline(never)]
fn suspect(skb: *mut __sk_buff, what: What, conversation: u64, special: u64) {
    if !what.outgoing() && wire::is_own_echo(skb) {
        return;
    }
    let conversation =
        if what.is(Class::Established) { watched::conversation(skb, what.network()) } else { conversation };
    if what.is(Class::Established) && conversation == 0 {
        return;
    }
    if let Some(chosen) = sample::choose(what, conversation) {
        digest::hand_over(skb, what, chosen, special);
    }
}
