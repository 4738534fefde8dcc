//! The programs that nbw attaches. Entry points only: each names its direction and its verdict; the work is in
//! the modules. Every program lets every packet pass.
#![no_std]
#![no_main]
#![feature(asm_experimental_arch)]

mod add;
mod connection;
mod count;
mod detect;
mod digest;
mod end;
mod fields;
mod group;
mod handover;
mod health;
mod journal;
mod knob;
mod link;
mod maps;
mod object;
mod owner;
mod pool;
mod sample;
mod slot;
mod socket;
mod view;
mod watched;
mod wire;

use aya_ebpf::{
    bindings::TC_ACT_UNSPEC,
    macros::{btf_tracepoint, cgroup_skb, cgroup_sock, classifier, fexit},
    programs::{BtfTracePointContext, FExitContext, SkBuffContext, SockContext, TcContext},
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

/// As [`nbw_tc_ingress`], where attacks are looked for too.
#[classifier]
pub fn nbw_detect_ingress(ctx: TcContext) -> i32 {
    let special = link::count(&ctx, Direction::Rx);
    detect::look(&ctx, Direction::Rx, special);
    TC_ACT_UNSPEC
}

/// As [`nbw_tc_egress`], where attacks are looked for too.
#[classifier]
pub fn nbw_detect_egress(ctx: TcContext) -> i32 {
    let special = link::count(&ctx, Direction::Tx);
    detect::look(&ctx, Direction::Tx, special);
    TC_ACT_UNSPEC
}

/// What sockets of every cgroup and network namespace receive.
#[cgroup_skb(ingress)]
pub fn nbw_cg_ingress(ctx: SkBuffContext) -> i32 {
    group::count::<false>(&ctx, Direction::Rx);
    PASS
}

/// What sockets of every cgroup and network namespace send.
#[cgroup_skb(egress)]
pub fn nbw_cg_egress(ctx: SkBuffContext) -> i32 {
    group::count::<false>(&ctx, Direction::Tx);
    PASS
}

/// As [`nbw_cg_ingress`], where connections are counted too.
#[cgroup_skb(ingress)]
pub fn nbw_sk_ingress(ctx: SkBuffContext) -> i32 {
    group::count::<true>(&ctx, Direction::Rx);
    PASS
}

/// As [`nbw_cg_egress`], where connections are counted too.
#[cgroup_skb(egress)]
pub fn nbw_sk_egress(ctx: SkBuffContext) -> i32 {
    group::count::<true>(&ctx, Direction::Tx);
    PASS
}

/// A process makes a socket.
#[cgroup_sock(sock_create)]
pub fn nbw_sock_create(ctx: SockContext) -> i32 {
    socket::created(&ctx);
    PASS
}

/// A process closes a socket.
#[cgroup_sock(sock_release)]
pub fn nbw_sock_release(ctx: SockContext) -> i32 {
    socket::released(&ctx);
    PASS
}

/// A TCP socket changes its state.
#[btf_tracepoint(function = "inet_sock_set_state")]
pub fn nbw_socket_state(ctx: BtfTracePointContext) -> i32 {
    // SAFETY: the tracepoint's arguments are the socket, and the states before and after.
    unsafe { socket::changed_state(ctx.arg(0), ctx.arg(1), ctx.arg(2)) };
    0
}

/// A process has sent by a socket.
#[btf_tracepoint(function = "sock_send_length")]
pub fn nbw_socket_sent(ctx: BtfTracePointContext) -> i32 {
    // SAFETY: the tracepoint's arguments are the socket, and the number of bytes or an error.
    unsafe { socket::used(ctx.arg(0), ctx.arg(1), Direction::Tx) };
    0
}

/// A process has received by a socket.
#[btf_tracepoint(function = "sock_recv_length")]
pub fn nbw_socket_received(ctx: BtfTracePointContext) -> i32 {
    // SAFETY: as above.
    unsafe { socket::used(ctx.arg(0), ctx.arg(1), Direction::Rx) };
    0
}

/// A process has sent by a socket of IPv4, on kernels without the tracepoints.
#[fexit(function = "inet_sendmsg")]
pub fn nbw_inet_sendmsg(ctx: FExitContext) -> i32 {
    // SAFETY: the function's arguments are a `struct socket`, message and size; what it returns is behind them.
    unsafe { socket::used_whole(ctx.arg(0), ctx.arg(3), Direction::Tx) };
    0
}

/// A process has received by a socket of IPv4, on kernels without the tracepoints.
#[fexit(function = "inet_recvmsg")]
pub fn nbw_inet_recvmsg(ctx: FExitContext) -> i32 {
    // SAFETY: the function's arguments are a `struct socket`, message, size and flags; what it returns is behind them.
    unsafe { socket::used_whole(ctx.arg(0), ctx.arg(4), Direction::Rx) };
    0
}

/// A process has sent by a socket of IPv6, on kernels without the tracepoints.
#[fexit(function = "inet6_sendmsg")]
pub fn nbw_inet6_sendmsg(ctx: FExitContext) -> i32 {
    // SAFETY: the function's arguments are a `struct socket`, message and size; what it returns is behind them.
    unsafe { socket::used_whole(ctx.arg(0), ctx.arg(3), Direction::Tx) };
    0
}

/// A process has received by a socket of IPv6, on kernels without the tracepoints.
#[fexit(function = "inet6_recvmsg")]
pub fn nbw_inet6_recvmsg(ctx: FExitContext) -> i32 {
    // SAFETY: the function's arguments are a `struct socket`, message, size and flags; what it returns is behind them.
    unsafe { socket::used_whole(ctx.arg(0), ctx.arg(4), Direction::Rx) };
    0
}
