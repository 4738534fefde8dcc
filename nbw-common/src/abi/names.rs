//! Names in the object: maps, load-time constants, programs.

/// Names of the maps, as the object has them.
pub mod maps {
    /// Array: [`super::super::Stripe`] of interfaces, `cpu * slots + slot`, mmapable.
    pub const LINK_STRIPES: &str = "LINK_STRIPES";
    /// Array: [`super::super::Spill`] of interfaces by slot, mmapable.
    pub const LINK_SPILLS: &str = "LINK_SPILLS";
    /// Array: [`super::super::LinkIdent`] by slot, mmapable.
    pub const LINK_IDENTS: &str = "LINK_IDENTS";
    /// Hash: slot by ifindex, for those of [`super::super::DIRECT_LINKS`] and above.
    pub const FAR_LINKS: &str = "FAR_LINKS";
    /// Array: [`super::super::Stripe`] of groups, `cpu * slots + slot`, mmapable.
    pub const GROUP_STRIPES: &str = "GROUP_STRIPES";
    /// Array: [`super::super::Spill`] of groups by slot, mmapable.
    pub const GROUP_SPILLS: &str = "GROUP_SPILLS";
    /// Array: [`super::super::GroupIdent`] by slot, mmapable.
    pub const GROUP_IDENTS: &str = "GROUP_IDENTS";
    /// Hash: slot (`u64`) by [`super::super::GroupKey`].
    pub const GROUP_INDEX: &str = "GROUP_INDEX";
    /// Queue: group slots that were taken back.
    pub const GROUP_FREE: &str = "GROUP_FREE";
    /// Array of one u64: the lowest group slot that was never used, mmapable.
    pub const GROUP_NEXT: &str = "GROUP_NEXT";
    /// Array: counters of [`super::super::Trouble`], `cpu * HEALTH_STRIDE + trouble`, mmapable.
    pub const HEALTH: &str = "HEALTH";
    /// The object's only zero-initialised global, a u64: raised by userspace each time it takes slots back, which makes
    /// every [`super::super::CachedSlot`] stale.
    pub const EPOCH: &str = ".bss";
    /// Socket-local storage: [`super::super::SocketCache`].
    pub const SOCKETS: &str = "SOCKETS";
    /// Socket-local storage: [`super::super::SocketOwner`].
    pub const OWNERS: &str = "OWNERS";
    /// Array: [`super::super::Stripe`] of connections by slot, not striped, mmapable.
    pub const CONNECTION_STRIPES: &str = "CONNECTION_STRIPES";
    /// Array: [`super::super::Spill`] of connections by slot, mmapable.
    pub const CONNECTION_SPILLS: &str = "CONNECTION_SPILLS";
    /// Array: [`super::super::ConnectionIdent`] by slot, mmapable.
    pub const CONNECTION_IDENTS: &str = "CONNECTION_IDENTS";
    /// Array of u64: connection slots that were taken back, round and round; 0 where there is none; mmapable. Userspace puts
    /// them in from the place on that the kernel side looks at next, and the kernel side takes one by exchange with 0.
    pub const CONNECTION_FREE: &str = "CONNECTION_FREE";
    /// Array of one u64: places of [`CONNECTION_FREE`] that the kernel side has looked at so far, mmapable.
    pub const CONNECTION_TAKEN: &str = "CONNECTION_TAKEN";
    /// Array of one u64: the lowest connection slot that was never used, mmapable.
    pub const CONNECTION_NEXT: &str = "CONNECTION_NEXT";
    /// Array of u64: connection slots as they are opened and [closed](super::JOURNAL_CLOSED), each plus 1, in the order of
    /// the events, round and round; mmapable. The reader sets what it has read to 0.
    pub const JOURNAL: &str = "JOURNAL";
    /// Array of one u64: events written to the journal so far, mmapable.
    pub const JOURNAL_HEAD: &str = "JOURNAL_HEAD";
    /// Array of one u64: raised by userspace to make every [`super::super::slot_word`] stale, mmapable.
    pub const CONNECTION_EPOCH: &str = "CONNECTION_EPOCH";
    /// Hash: slot (`u64`) by [`super::super::EndKey`].
    pub const END_INDEX: &str = "END_INDEX";
    /// Array: [`super::super::PaceCell`] by [`super::super::cell`]; the kernel side's own.
    pub const PACE_CELLS: &str = "PACE_CELLS";
    /// Ring of [`super::super::Digest`].
    pub const DIGESTS: &str = "DIGESTS";
    /// Array of u64, mmapable: [`super::super::CONTROL_ERA`], [`super::super::CONTROL_WATCHED`], [`super::super::CONTROL_SEED`],
    /// the bits of ports ([`super::super::port_bit`]), and the rates that the kernel side goes by ([`super::super::rate_word`]),
    /// which it alone writes.
    pub const DETECT_CONTROL: &str = "DETECT_CONTROL";
    /// Hash: [`super::super::Endpoint`]s that are watched; the values mean nothing.
    pub const WATCHED: &str = "WATCHED";
}

/// Names of the load-time constants, as the object has them. All are `u32`.
pub mod knobs {
    /// Number of group slots in a CPU's stripe.
    pub const GROUP_SLOTS: &str = "NBW_GROUP_SLOTS";
    /// 1: the packet hooks may ask for the netns cookie; 0: it was put into the socket's storage.
    pub const NETNS_HELPER: &str = "NBW_NETNS_HELPER";
    /// 1: sockets have owners, because connections are counted.
    pub const CONNECTIONS: &str = "NBW_CONNECTIONS";
    /// Number of connection slots.
    pub const CONNECTION_SLOTS: &str = "NBW_CONNECTION_SLOTS";
    /// Number of remote ends that are told apart of one unconnected socket.
    pub const ENDS_TOLD_APART: &str = "NBW_ENDS_TOLD_APART";
    /// Packets of one pace and interface that one CPU looks at before it begins to sample, as a power of two.
    pub const DETECT_BUDGET: &str = "NBW_DETECT_BUDGET";
    /// Number of rows of paces.
    pub const DETECT_ROWS: &str = "NBW_DETECT_ROWS";
    /// 1: the slow paths log through aya-log.
    pub const VERBOSE: &str = "NBW_VERBOSE";
}

/// Names of the programs, as the object has them.
pub mod programs {
    /// TC, receiving side.
    pub const TC_INGRESS: &str = "nbw_tc_ingress";
    /// TC, sending side.
    pub const TC_EGRESS: &str = "nbw_tc_egress";
    /// As [`TC_INGRESS`] and in place of it, where attacks are looked for.
    pub const DETECT_INGRESS: &str = "nbw_detect_ingress";
    /// As [`TC_EGRESS`] and in place of it, where attacks are looked for.
    pub const DETECT_EGRESS: &str = "nbw_detect_egress";
    /// cgroup_skb, receiving side.
    pub const CGROUP_INGRESS: &str = "nbw_cg_ingress";
    /// cgroup_skb, sending side.
    pub const CGROUP_EGRESS: &str = "nbw_cg_egress";
    /// As [`CGROUP_INGRESS`] and in place of it, where connections are counted.
    pub const SOCKET_INGRESS: &str = "nbw_sk_ingress";
    /// As [`CGROUP_EGRESS`] and in place of it, where connections are counted.
    pub const SOCKET_EGRESS: &str = "nbw_sk_egress";
    /// cgroup/sock_create; loaded only where [`super::super::knobs::NETNS_HELPER`] is 0 or connections are counted.
    pub const SOCK_CREATE: &str = "nbw_sock_create";
    /// cgroup/sock_release; this and all that follow are loaded only where connections are counted.
    pub const SOCK_RELEASE: &str = "nbw_sock_release";
    /// Tracepoint: a TCP socket goes from one state to another.
    pub const SOCKET_STATE: &str = "nbw_socket_state";
    /// A process has sent or received by a socket: the program, and the tracepoint (Linux 6.3 and later).
    pub const USES: [(&str, &str); 2] =
        [("nbw_socket_sent", "sock_send_length"), ("nbw_socket_received", "sock_recv_length")];
    /// The same on kernels without the tracepoints: the program, and the kernel's function that it is attached to.
    pub const USES_BY_FUNCTION: [(&str, &str); 4] = [
        ("nbw_inet_sendmsg", "inet_sendmsg"),
        ("nbw_inet_recvmsg", "inet_recvmsg"),
        ("nbw_inet6_sendmsg", "inet6_sendmsg"),
        ("nbw_inet6_recvmsg", "inet6_recvmsg"),
    ];
}
