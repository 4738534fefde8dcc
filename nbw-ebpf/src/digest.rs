//! Hands a packet's beginning to userspace.

use aya_ebpf::{
    bindings::{__sk_buff, BPF_RB_NO_WAKEUP},
    helpers::{bpf_ktime_get_ns, bpf_skb_load_bytes},
};
use core::arch::asm;
use nbw_common::abi::{Digest, Flags, HEAD, Trouble, packed};

use crate::{detect::What, health, maps::DIGESTS, sample::Chosen, wire};

/// Hands over a packet that was chosen. Nobody is woken: the ring is read at short intervals, since a system call for each
/// packet is what a flood must not get.
#[inline(always)]
pub fn hand_over(skb: *mut __sk_buff, what: What, chosen: Chosen, special: u64) {
    let Chosen { weight, alone, followed } = chosen;
    let Some(mut entry) = DIGESTS.reserve::<Digest>(0) else {
        health::note_all(Trouble::RingFull, weight.into());
        return;
    };
    let digest = entry.as_mut_ptr();
    let length = wire::length(skb);
    let amount = if special == 0 { wire::single(length) } else { special };
    let captured = captured(length);
    // SAFETY: the reservation is as large as the digest, and the context that of a running program.
    let loaded = unsafe {
        (*digest).time = bpf_ktime_get_ns();
        (*digest).ifindex = (*skb).ifindex;
        (*digest).weight = weight;
        (*digest).bytes = packed::bytes(amount) as u32;
        (*digest).frames = packed::packets(amount) as u32;
        (*digest).length = length;
        (*digest).class = what.class() as u8;
        (*digest).outgoing = u8::from(what.outgoing());
        (*digest).flags = Flags { ethernet: !what.network(), alone, followed }.byte();
        (*digest).captured = captured as u8;
        bpf_skb_load_bytes(skb.cast(), 0, (&raw mut (*digest).head).cast(), captured as u32)
    };
    if loaded == 0 {
        entry.submit(BPF_RB_NO_WAKEUP.into());
    } else {
        entry.discard(BPF_RB_NO_WAKEUP.into());
        health::note_all(Trouble::ParseFailed, weight.into());
    }
}

/// How much of a packet of `length` bytes goes into a digest: 1 to [`HEAD`]. In instructions of our own, for the verifier has
/// to see the bounds in the very register that is given to the helper.
#[inline(always)]
fn captured(length: u32) -> u64 {
    let mut bytes = u64::from(length);
    // SAFETY: touches no memory.
    unsafe {
        asm!(
            "if {0} < {most} goto +1", "{0} = {most}", "if {0} > 0 goto +1", "{0} = 1",
            inout(reg) bytes, most = const HEAD, options(nomem, nostack)
        );
    }
    bytes
}
