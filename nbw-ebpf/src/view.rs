//! The class of a packet by looking at it in place: no helper is called. That answers for nearly all packets; of the others
//! (tags inside the frame, options, extension headers, packets whose headers are elsewhere) it says that it does not know.

use aya_ebpf::programs::TcContext;
use nbw_common::{
    abi::{Endpoint, mapped},
    class::{self, Class, Seen},
    packet::{Extension, ethertype, protocol},
};

/// A packet's bytes that are in place, from the IP header on.
struct View {
    at: usize,
    end: usize,
}

impl View {
    /// Whether there are so many bytes. The verifier has to see this before each read.
    #[inline(always)]
    fn has(&self, bytes: usize) -> bool {
        self.at + bytes <= self.end
    }

    /// # Safety
    /// [`Self::has`] was asked for `offset + 1`.
    #[inline(always)]
    unsafe fn u8(&self, offset: usize) -> u8 {
        // SAFETY: the caller's promise; the verifier checks it.
        unsafe { core::ptr::read_volatile((self.at + offset) as *const u8) }
    }

    /// # Safety
    /// [`Self::has`] was asked for `offset + 2`.
    #[inline(always)]
    unsafe fn u16(&self, offset: usize) -> u16 {
        // SAFETY: as above. Headers begin at even addresses wherever the kernel cares.
        u16::from_be(unsafe { core::ptr::read_volatile((self.at + offset) as *const u16) })
    }
}

impl View {
    /// In the packet's own order.
    ///
    /// # Safety
    /// [`Self::has`] was asked for `offset + 4`.
    #[inline(always)]
    unsafe fn u32(&self, offset: usize) -> u32 {
        // SAFETY: as for the others.
        unsafe { core::ptr::read_volatile((self.at + offset) as *const u32) }
    }
}

/// Length of an Ethernet header.
const ETHERNET: usize = 14;
/// Lengths of IP headers without options or extensions.
const IPV4: usize = 20;
const IPV6: usize = 40;
/// What an IPv4 header without options begins with: version 4, five words.
const PLAIN: u8 = 0x45;
/// Bytes of a TCP header up to its flags, and of the ports of UDP.
const TO_FLAGS: usize = 14;
const PORTS: usize = 4;

/// What a packet that begins at an Ethernet header is, if that can be seen.
#[inline(always)]
pub fn ethernet(ctx: &TcContext) -> Option<Seen> {
    let frame = View { at: ctx.data(), end: ctx.data_end() };
    if !frame.has(ETHERNET + IPV4) {
        return None;
    }
    // SAFETY: asked.
    let kind = unsafe { frame.u16(ETHERNET - 2) };
    let packet = View { at: frame.at + ETHERNET, end: frame.end };
    match kind {
        ethertype::IPV4 => ipv4(&packet),
        ethertype::IPV6 => ipv6(&packet),
        ethertype::ARP => Some(Class::Arp.into()),
        ethertype::VLAN | ethertype::QINQ | ethertype::QINQ_OLD => None,
        _ => Some(Class::Other.into()),
    }
}

/// What a packet that begins at an IP header is, if that can be seen.
#[inline(always)]
pub fn network(ctx: &TcContext) -> Option<Seen> {
    let packet = View { at: ctx.data(), end: ctx.data_end() };
    if !packet.has(IPV4) {
        return None;
    }
    // SAFETY: asked.
    match unsafe { packet.u8(0) } >> 4 {
        4 => ipv4(&packet),
        6 => ipv6(&packet),
        _ => Some(Class::Other.into()),
    }
}

#[inline(always)]
fn ipv4(packet: &View) -> Option<Seen> {
    /// More fragments, and the fragment's offset.
    const FRAGMENT: u16 = 0x3fff;
    if !packet.has(IPV4 + PORTS) {
        return None;
    }
    // SAFETY: asked.
    let (first, fragment, number) = unsafe { (packet.u8(0), packet.u16(6), packet.u8(9)) };
    if first != PLAIN {
        return None;
    }
    if fragment & FRAGMENT != 0 {
        return Some(Class::Fragment.into());
    }
    transport::<IPV4>(packet, number)
}

#[inline(always)]
fn ipv6(packet: &View) -> Option<Seen> {
    if !packet.has(IPV6 + PORTS) {
        return None;
    }
    // SAFETY: asked.
    let (first, number) = unsafe { (packet.u8(0), packet.u8(6)) };
    if first >> 4 != 6 {
        return None;
    }
    transport::<IPV6>(packet, number)
}

/// What is behind a header of `HEADER` bytes, of which the first [`PORTS`] are known to be there.
#[inline(always)]
fn transport<const HEADER: usize>(packet: &View, number: u8) -> Option<Seen> {
    let class = match number {
        protocol::TCP if !packet.has(HEADER + TO_FLAGS) => return None,
        // SAFETY: asked.
        protocol::TCP => class::tcp(unsafe { packet.u8(HEADER + TO_FLAGS - 1) }),
        // SAFETY: asked by the caller.
        protocol::UDP => unsafe { class::udp(packet.u16(HEADER), packet.u16(HEADER + 2)) },
        // SAFETY: as above.
        protocol::ICMP if HEADER == IPV4 => class::icmp(unsafe { packet.u8(HEADER) }),
        // SAFETY: as above.
        protocol::ICMPV6 if HEADER == IPV6 => class::icmpv6(unsafe { packet.u8(HEADER) }),
        _ if HEADER == IPV6 && Extension::of(number).is_some() => return None,
        _ => Class::Other,
    };
    // SAFETY: asked by the caller.
    let conversation = if class::has_conversation(class) { unsafe { conversation::<HEADER>(packet) } } else { 0 };
    Some(Seen { class, conversation })
}

/// The number of the conversation that the packet belongs to.
///
/// # Safety
/// [`View::has`] was asked for `HEADER` and the ports behind it.
#[inline(always)]
unsafe fn conversation<const HEADER: usize>(packet: &View) -> u64 {
    // SAFETY: the caller's promise.
    let word = |offset| unsafe { packet.u32(offset) };
    let four = |offset| [word(offset), word(offset + 4), word(offset + 8), word(offset + 12)];
    // SAFETY: as above.
    let ports = unsafe { [packet.u16(HEADER), packet.u16(HEADER + 2)] };
    if HEADER == IPV4 {
        class::conversation4(word(12), word(16), ports)
    } else {
        class::conversation6(four(8), four(24), ports)
    }
}

/// The ends of a TCP packet, source first, if they can be seen.
#[inline(always)]
pub fn ends(ctx: &TcContext, network: bool) -> Option<[Endpoint; 2]> {
    let packet = View { at: ctx.data() + if network { 0 } else { ETHERNET }, end: ctx.data_end() };
    if !packet.has(IPV4 + PORTS) || !network && has_tags(ctx) {
        return None;
    }
    // SAFETY: asked.
    let first = unsafe { packet.u8(0) };
    if first == PLAIN {
        // SAFETY: asked.
        return Some(unsafe { ends4(&packet) });
    }
    // SAFETY: the header's own bytes, asked for.
    if first >> 4 != 6 || !packet.has(IPV6 + PORTS) || unsafe { packet.u8(6) } != protocol::TCP {
        return None;
    }
    // SAFETY: asked.
    Some(unsafe { ends6(&packet) })
}

/// Whether something else than IP is behind the addresses of an Ethernet header.
#[inline(always)]
fn has_tags(ctx: &TcContext) -> bool {
    let frame = View { at: ctx.data(), end: ctx.data_end() };
    // SAFETY: asked.
    !frame.has(ETHERNET) || !matches!(unsafe { frame.u16(ETHERNET - 2) }, ethertype::IPV4 | ethertype::IPV6)
}

/// # Safety
/// [`View::has`] was asked for the header and the ports behind it.
#[inline(always)]
unsafe fn ends4(packet: &View) -> [Endpoint; 2] {
    // SAFETY: the caller's promise.
    let end = |address, port| unsafe {
        Endpoint { address: mapped(packet.u32(address)), port: packet.u16(IPV4 + port).into() }
    };
    [end(12, 0), end(16, 2)]
}

/// # Safety
/// As for [`ends4`].
#[inline(always)]
unsafe fn ends6(packet: &View) -> [Endpoint; 2] {
    // SAFETY: the caller's promise.
    let word = |offset| unsafe { packet.u32(offset) };
    // SAFETY: as above.
    let end = |at, port| unsafe {
        let address = [word(at), word(at + 4), word(at + 8), word(at + 12)];
        Endpoint { address, port: packet.u16(IPV6 + port).into() }
    };
    [end(8, 0), end(24, 2)]
}
