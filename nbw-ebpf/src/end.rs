//! Tells the remote ends of an unconnected UDP socket apart: each has a slot of its own, up to a number.

use aya_ebpf::{bindings::BPF_NOEXIST, programs::SkBuffContext};
use nbw_common::abi::{Address, ConnectionIdent, EndKey, Trouble, kind, mapped};

use crate::{
    add,
    connection::POOL,
    health, journal,
    knob::{NBW_CONNECTION_SLOTS, NBW_ENDS_TOLD_APART},
    maps::{CONNECTION_IDENTS, END_INDEX},
    wire::Direction,
};

/// Both ends of a datagram, seen from this host.
struct Ends {
    local: Address,
    key: EndKey,
}

/// An IPv4 header without options and the ports behind it.
const IPV4: usize = 24;
/// An IPv6 header and the ports behind it.
const IPV6: usize = 44;
/// "Next header" of UDP and UDP-Lite.
const DATAGRAMS: [u8; 2] = [17, 136];

/// The slot of the packet's remote end; the socket's own, `parent`, where it is not told apart.
#[inline(never)]
pub fn slot(ctx: &SkBuffContext, parent: u32, direction: Direction) -> u32 {
    let Some(ends) = parse(ctx, parent, direction) else { return parent };
    lookup(&ends.key).or_else(|| open(&ends, ctx)).unwrap_or(parent)
}

#[inline(always)]
fn lookup(key: &EndKey) -> Option<u32> {
    // SAFETY: values are one aligned word.
    let slot = unsafe { END_INDEX.get(key) }.map(|slot| *slot as u32)?;
    // The entry may have been removed and used again for another end between the look-up and the load.
    let ident = CONNECTION_IDENTS.get(slot)?;
    let same = ident.parent == key.parent && ident.remote_port == key.port && ident.remote == key.remote;
    same.then_some(slot)
}

#[inline(always)]
fn open(ends: &Ends, ctx: &SkBuffContext) -> Option<u32> {
    let parent = CONNECTION_IDENTS.get_ptr_mut(ends.key.parent)?;
    // SAFETY: pointers from array look-ups are valid while the program runs; `ends` shares an aligned word with `parent`,
    // which is the lower half and 0 here.
    let count = unsafe { &raw mut (*parent).ends };
    // SAFETY: as above.
    if unsafe { core::ptr::read_volatile(count) } >= NBW_ENDS_TOLD_APART.get() {
        return None;
    }
    let Some(slot) = POOL.take(NBW_CONNECTION_SLOTS.get()) else {
        health::note(Trouble::NoConnection);
        return None;
    };
    let ident = CONNECTION_IDENTS.get_ptr_mut(slot)?;
    // SAFETY: as above; the slot is nobody else's until it is in the index.
    unsafe { describe(ends, ctx, parent, ident) };
    if END_INDEX.insert(&ends.key, u64::from(slot), BPF_NOEXIST.into()).is_err() {
        // Another CPU was faster. Nothing was counted in this one.
        journal::opened(slot);
        journal::closed(slot);
        return lookup(&ends.key);
    }
    // SAFETY: as above.
    unsafe { add::add_shared32(count, 1) };
    journal::opened(slot);
    Some(slot)
}

/// # Safety
/// The pointers must be valid; `ident` is nobody else's.
#[inline(always)]
unsafe fn describe(ends: &Ends, ctx: &SkBuffContext, parent: *const ConnectionIdent, ident: *mut ConnectionIdent) {
    // SAFETY: the caller's promise.
    unsafe {
        (*ident).cookie = (*parent).cookie;
        (*ident).cgroup = (*parent).cgroup;
        (*ident).netns = (*parent).netns;
        (*ident).since = aya_ebpf::helpers::generated::bpf_ktime_get_boot_ns();
        (*ident).ifindex = (*ctx.skb.skb).ifindex;
        (*ident).protocol = (*parent).protocol;
        (*ident).kind = kind::END;
        (*ident).parent = ends.key.parent;
        (*ident).ends = 0;
        (*ident).owner = (*parent).owner;
        (*ident).local = ends.local;
        (*ident).local_port = (*parent).local_port;
        (*ident).remote = ends.key.remote;
        (*ident).remote_port = ends.key.port;
    }
}

/// The ends of a datagram. Cgroup hooks see it whole: before it is fragmented, and after it was put together.
#[inline(always)]
fn parse(ctx: &SkBuffContext, parent: u32, direction: Direction) -> Option<Ends> {
    let first: [u8; IPV4] = ctx.load(0).ok()?;
    match first[0] {
        0x45 => Some(ipv4(&first, parent, direction, word(&first, 20))),
        // With options the ports are further back.
        options if options >> 4 == 4 => {
            let ports = ctx.load(usize::from(options & 0x0f) * 4).ok()?;
            Some(ipv4(&first, parent, direction, ports))
        }
        version if version >> 4 == 6 => ipv6(&ctx.load(0).ok()?, parent, direction),
        _ => None,
    }
}

#[inline(always)]
fn ipv4(header: &[u8; IPV4], parent: u32, direction: Direction, ports: u32) -> Ends {
    let (source, destination) = (mapped(word(header, 12)), mapped(word(header, 16)));
    ends((source, destination), ports, parent, direction)
}

/// With extension headers between, which datagrams hardly ever have, the end is not told apart.
#[inline(always)]
fn ipv6(header: &[u8; IPV6], parent: u32, direction: Direction) -> Option<Ends> {
    let address = |at: usize| [word(header, at), word(header, at + 4), word(header, at + 8), word(header, at + 12)];
    let (source, destination) = (address(8), address(24));
    DATAGRAMS.contains(&header[6]).then(|| ends((source, destination), word(header, 40), parent, direction))
}

/// `ports` as in the packet: source, then destination, each in network order.
#[inline(always)]
fn ends((source, destination): (Address, Address), ports: u32, parent: u32, direction: Direction) -> Ends {
    let ports = u32::from_be(ports);
    let (from, to) = ((ports >> 16) as u16, ports as u16);
    let (local, remote, port) = match direction {
        Direction::Rx => (destination, source, from),
        Direction::Tx => (source, destination, to),
    };
    Ends { local, key: EndKey { remote, parent, port, reserved: 0 } }
}

/// Four bytes as they are in the packet.
#[inline(always)]
fn word<const N: usize>(bytes: &[u8; N], at: usize) -> u32 {
    u32::from_ne_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
