//! Counts a socket's packets for its connection.
//!
//! A slot is one cache line for all CPUs: packets of one socket come by one or two of them. It is taken with the first
//! packet and belongs to the socket until that is closed, is connected anew or goes to another process.

use aya_ebpf::{
    bindings::{__sk_buff, bpf_sock},
    helpers::generated::{bpf_get_socket_cookie, bpf_ktime_get_boot_ns, bpf_sk_cgroup_id, bpf_sk_fullsock},
    maps::Array,
    programs::SkBuffContext,
};
use nbw_common::abi::{
    ConnectionIdent, OVERFLOW_SLOT, SocketCache, SocketOwner, Spill, Stripe, Trouble, kind, mapped, packed, slot_word,
};

use crate::{
    add,
    count::{self, Context, Table},
    end, fields, health, journal,
    knob::NBW_CONNECTION_SLOTS,
    maps::{
        CONNECTION_EPOCH, CONNECTION_FREE, CONNECTION_IDENTS, CONNECTION_NEXT, CONNECTION_SPILLS, CONNECTION_STRIPES,
        CONNECTION_TAKEN,
    },
    owner::{self, Use},
    pool::{Pool, Ring},
    slot,
    wire::Direction,
};

/// The free connection slots.
pub const POOL: Pool<Ring> =
    Pool { free: Ring { places: &CONNECTION_FREE, taken: &CONNECTION_TAKEN }, next: &CONNECTION_NEXT };

/// The first CPU's stripe, which all use.
const SHARED: u32 = 0;

/// Address family of IPv4.
const AF_INET: u32 = 2;

/// Number of TCP's protocol.
const TCP: u32 = 6;

/// `SOCK_STREAM` of `linux/net.h`.
const STREAM: u32 = 1;

/// More than the headers of a short message.
const HEADERS: u64 = 256;

/// `TCP_CLOSE` of `net/tcp_states.h`.
pub const CLOSED: u32 = 7;

/// UDP, and UDP-Lite.
const DATAGRAMS: [u32; 2] = [17, 136];

/// The table of connections.
struct Connections;

impl Table for Connections {
    #[inline(always)]
    fn slots() -> u32 {
        NBW_CONNECTION_SLOTS.get()
    }

    #[inline(always)]
    fn stripes() -> &'static Array<Stripe> {
        &CONNECTION_STRIPES
    }

    #[inline(always)]
    fn spills() -> &'static Array<Spill> {
        &CONNECTION_SPILLS
    }
}

/// Counts `amount` for the connection that the packet belongs to.
#[inline(always)]
pub fn count(ctx: &SkBuffContext, socket: *mut bpf_sock, cache: *mut SocketCache, direction: Direction, amount: u64) {
    let word = word_for(ctx, socket, cache);
    let slot = match word & slot_word::MANY {
        0 => slot_word::slot(word),
        _ => end::slot(ctx, slot_word::slot(word), direction),
    };
    count::add::<Connections>(SHARED, slot, direction, || amount, Context::Shared);
}

/// Whether a socket is one of TCP, whose states are told; not so raw ones, such as the kernel's own, which resets are sent by.
#[inline(always)]
pub fn is_tcp(protocol: u32, kind: u32) -> bool {
    protocol == TCP && kind == STREAM
}

/// The socket's word, if it still fits the remote end; else one with a new slot.
#[inline(always)]
fn word_for(ctx: &SkBuffContext, socket: *mut bpf_sock, cache: *mut SocketCache) -> u64 {
    let digest = digest(socket);
    if cache.is_null() {
        return open(ctx.skb.skb, socket, cache, digest);
    }
    // SAFETY: not null, and from the storage look-up.
    let word = unsafe { core::ptr::read_volatile(&raw const (*cache).connection) };
    if word != 0 && word >> slot_word::DIGEST == digest { word } else { open(ctx.skb.skb, socket, cache, digest) }
}

/// A digest of the socket's remote end, and of the epoch: with a new one no word fits any more.
#[inline(always)]
fn digest(socket: *const bpf_sock) -> u64 {
    let [a, b, c, d] = fields::remote_ip6(socket).map(u64::from);
    let rest = u64::from(fields::remote_ip4(socket)) << 16 | u64::from(fields::remote_port(socket));
    // SAFETY: values are one aligned word.
    let epoch = CONNECTION_EPOCH.get_ptr(0).map_or(0, |epoch| unsafe { core::ptr::read_volatile(epoch) });
    slot_word::digest(a << 32 | b, c << 32 | d, rest) ^ epoch & 0xffff
}

/// Takes a slot for the socket as it is now. The packet's word may be another CPU's that was faster.
#[inline(never)]
fn open(skb: *mut __sk_buff, socket: *mut bpf_sock, cache: *mut SocketCache, digest: u64) -> u64 {
    let ctx = &SkBuffContext::new(skb);
    // Without storage (another CPU is just making it, or the socket is about to go) nothing can be remembered.
    let before = match cache.is_null() {
        true => slot_word::LEFT,
        // SAFETY: not null, and from the storage look-up.
        false => unsafe { core::ptr::read_volatile(&raw const (*cache).connection) },
    };
    // SAFETY: the verifier holds `socket` to be a socket that is not null.
    let full = unsafe { bpf_sk_fullsock(socket) };
    if full.is_null() {
        return u64::from(OVERFLOW_SLOT);
    }
    let Some(slot) = POOL.take(NBW_CONNECTION_SLOTS.get()) else {
        health::note(Trouble::NoConnection);
        return u64::from(OVERFLOW_SLOT);
    };
    let Some(ident) = CONNECTION_IDENTS.get_ptr_mut(slot) else { return u64::from(OVERFLOW_SLOT) };
    // SAFETY: a pointer from an array look-up, to a slot that nobody else has; `full` is not null.
    let (many, cookie) = unsafe {
        let many = fields::remote_port(full) == 0 && DATAGRAMS.contains(&fields::protocol(full));
        let cookie = bpf_get_socket_cookie(ctx.skb.skb.cast());
        describe(ctx, full, cache, ident, cookie);
        (*ident).kind = if many { kind::MANY } else { kind::PLAIN };
        (many, cookie)
    };
    let word = slot_word::of(slot, many, digest);
    let over = is_tcp(fields::protocol(full), fields::kind(full)) && fields::state(full) == CLOSED;
    if before == slot_word::LEFT || over {
        return passing(slot, word);
    }
    // Before anybody can see the word, and close the slot again.
    journal::opened(slot);
    // SAFETY: as above.
    let found = unsafe { add::compare_exchange(&raw mut (*cache).connection, before, word) };
    if found != before {
        journal::closed(slot);
        // Left in this moment: the packet is counted in the slot all the same, which is read once more.
        return if found == slot_word::LEFT { word } else { found };
    }
    // A word that was inherited from a listener may name the same slot: the listener is gone, and it was free again.
    if slot_word::slot(before) != slot {
        close_if_own(before, cookie);
    }
    word
}

/// The slot of a packet after the end, such as a reset: nobody would close it later.
#[inline(always)]
fn passing(slot: u32, word: u64) -> u64 {
    journal::opened(slot);
    journal::closed(slot);
    word
}

/// # Safety
/// All pointers must be valid; `ident` is nobody else's.
#[inline(always)]
unsafe fn describe(
    ctx: &SkBuffContext,
    socket: *mut bpf_sock,
    cache: *const SocketCache,
    ident: *mut ConnectionIdent,
    cookie: u64,
) {
    // SAFETY: the caller's promise.
    unsafe {
        (*ident).cookie = cookie;
        (*ident).cgroup = bpf_sk_cgroup_id(socket.cast());
        (*ident).netns = slot::netns(ctx, cache);
        (*ident).since = bpf_ktime_get_boot_ns();
        (*ident).ifindex = (*ctx.skb.skb).ifindex;
        (*ident).protocol = fields::protocol(socket);
        (*ident).parent = 0;
        (*ident).ends = 0;
        (*ident).owner = owner::of(socket.cast());
        (*ident).local_port = fields::local_port(socket);
        (*ident).remote_port = fields::remote_port(socket);
        if fields::family(socket) == AF_INET {
            (*ident).local = mapped(fields::local_ip4(socket));
            (*ident).remote = mapped(fields::remote_ip4(socket));
        } else {
            (*ident).local = fields::local_ip6(socket);
            (*ident).remote = fields::remote_ip6(socket);
        }
    }
}

/// The socket goes to another process: it gets a new slot, with what was counted since the process before last used it.
/// Whether it did: not if there is no slot left, or another CPU was faster.
///
/// # Safety
/// `cache` and `owner` must be from storage look-ups.
#[inline(always)]
pub unsafe fn succeed(cache: *mut SocketCache, cookie: u64, owner: *const SocketOwner, used: &Use) -> bool {
    // SAFETY: the caller's promise; pointers from array look-ups are valid while the program runs.
    unsafe {
        let word = core::ptr::read_volatile(&raw const (*cache).connection);
        let before = slot_word::slot(word);
        let Some(old) = CONNECTION_IDENTS.get(before) else { return false };
        if word == 0 || old.cookie != cookie {
            // It has no slot to be succeeded in: its next one is the next owner's.
            return true;
        }
        let Some(slot) = POOL.take(NBW_CONNECTION_SLOTS.get()) else { return false };
        let Some(ident) = CONNECTION_IDENTS.get_ptr_mut(slot) else { return false };
        *ident = *old;
        (*ident).ends = 0;
        (*ident).owner = (*owner).owner;
        let next = word & !slot_word::SLOT | u64::from(slot);
        journal::opened(slot);
        if add::compare_exchange(&raw mut (*cache).connection, word, next) != word {
            journal::closed(slot);
            return false;
        }
        if (*owner).word == word {
            move_on(before, slot, &(*owner).used, used);
        }
        journal::closed(before);
        true
    }
}

/// Moves what another process has just `used` of what was counted in a slot since it held `before`.
#[inline(always)]
fn move_on(from: u32, to: u32, before: &Stripe, used: &Use) {
    let (Some(from), Some(to)) = (CONNECTION_STRIPES.get_ptr_mut(from), CONNECTION_STRIPES.get_ptr_mut(to)) else {
        return;
    };
    // SAFETY: pointers from array look-ups are valid while the program runs.
    unsafe {
        match used.direction {
            // All of it: the rest waits to be read.
            Direction::Rx => move_word(&raw mut (*from).rx, &raw mut (*to).rx, before.rx, u64::MAX),
            // No more than that can be on the wire: the rest was still to be sent when the process before was done.
            Direction::Tx => {
                let most = used.bytes + used.bytes / 8 + HEADERS;
                move_word(&raw mut (*from).tx, &raw mut (*to).tx, before.tx, most);
            }
        }
    }
}

/// Moves what a word holds beyond `before`, but at most about so many bytes.
///
/// # Safety
/// The pointers must be valid and aligned.
#[inline(always)]
unsafe fn move_word(from: *mut u64, to: *mut u64, before: u64, most: u64) {
    // SAFETY: the caller's promise.
    unsafe {
        let now = core::ptr::read_volatile(from);
        // Less than before only if it was spilled meanwhile: then half a terabyte decides, not the last message.
        if packed::bytes(now) >= packed::bytes(before) && packed::packets(now) >= packed::packets(before) {
            let share = at_most(now - before, most);
            add::add_shared(from, share.wrapping_neg());
            add::add_shared(to, share);
        }
    }
}

/// A part of a word with at most so many bytes, in packets that are as long as those of the whole are on average.
#[inline(always)]
fn at_most(word: u64, most: u64) -> u64 {
    let (bytes, packets) = (packed::bytes(word), packed::packets(word));
    // The products fit: packets have 23 bits here, and sends fewer than 33.
    if bytes <= most { word } else { packed::word(most, (packets * most).div_ceil(bytes)) }
}

/// Remembers what the socket's slot holds now that its owner has used it.
///
/// # Safety
/// `cache` and `owner` must be from storage look-ups.
#[inline(always)]
pub unsafe fn remember_use(cache: *const SocketCache, owner: *mut SocketOwner) {
    // SAFETY: the caller's promise, and a pointer from an array look-up.
    unsafe {
        let word = core::ptr::read_volatile(&raw const (*cache).connection);
        (*owner).word = word;
        if let Some(stripe) = CONNECTION_STRIPES.get_ptr_mut(slot_word::slot(word)) {
            (*owner).used.rx = core::ptr::read_volatile(&raw const (*stripe).rx);
            (*owner).used.tx = core::ptr::read_volatile(&raw const (*stripe).tx);
        }
    }
}

/// The socket is closed.
///
/// # Safety
/// `cache` must be from the storage look-up.
#[inline(always)]
pub unsafe fn leave(cache: *mut SocketCache, cookie: u64) {
    // SAFETY: the caller's promise.
    let word = unsafe { core::ptr::read_volatile(&raw const (*cache).connection) };
    // SAFETY: as above. Only one of those that try has it.
    if unsafe { add::compare_exchange(&raw mut (*cache).connection, word, slot_word::LEFT) } == word {
        close_if_own(word, cookie);
    }
}

/// The socket is used again after its end.
///
/// # Safety
/// `cache` must be from the storage look-up.
#[inline(always)]
pub unsafe fn come_back(cache: *mut SocketCache) {
    // SAFETY: the caller's promise.
    unsafe { add::compare_exchange(&raw mut (*cache).connection, slot_word::LEFT, 0) };
}

/// Closes a slot that the socket leaves, unless it is its listener's, whose word it has inherited.
#[inline(always)]
fn close_if_own(word: u64, cookie: u64) {
    let slot = slot_word::slot(word);
    let Some(ident) = CONNECTION_IDENTS.get(slot) else { return };
    if slot != OVERFLOW_SLOT && ident.cookie == cookie {
        journal::closed(slot);
    }
}
