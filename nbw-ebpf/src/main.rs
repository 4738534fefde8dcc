//! The programs that nbw attaches. Entry points only: each names its direction and its verdict; the work is in
//! the modules. Every program lets every packet pass.
#![no_std]
#![no_main]
#![feature(asm_experimental_arch)]

mod add;
mod count;
mod group;
mod health;
mod knob;
mod link;
mod maps;
mod object;
mod slot;
mod wire;

use aya_ebpf::{
    bindings::TC_ACT_UNSPEC,
    macros::{cgroup_skb, cgroup_sock, classifier},
    programs::{SkBuffContext, SockContext, TcContext},
};

use crate::wire::Direction;

/// Verdict of a cgroup hook that lets the packet pass.
const PASS: i32 = 1;

/// Receiving side of an interface. `TC_ACT_UNSPEC` (equal to `TCX_NEXT`) hands the packet to the program behind.
#[classifier]
pub fn nbw_tc_ingress(ctx: TcContext) -> i32 {
    link::count(&ctx, Direction::Rx);
    TC_ACT_UNSPEC
}

/// Sending side of an interface.
#[classifier]
pub fn nbw_tc_egress(ctx: TcContext) -> i32 {
    link::count(&ctx, Direction::Tx);
    TC_ACT_UNSPEC
}

/// What sockets of every cgroup and network namespace receive.
#[cgroup_skb(ingress)]
pub fn nbw_cg_ingress(ctx: SkBuffContext) -> i32 {
    group::count(&ctx, Direction::Rx);
    PASS
}

/// What sockets of every cgroup and network namespace send.
#[cgroup_skb(egress)]
pub fn nbw_cg_egress(ctx: SkBuffContext) -> i32 {
    group::count(&ctx, Direction::Tx);
    PASS
}

/// Remembers a new socket's network namespace, for kernels whose packet hooks cannot ask for it.
#[cgroup_sock(sock_create)]
pub fn nbw_sock_create(ctx: SockContext) -> i32 {
    group::remember_netns(&ctx);
    PASS
}
