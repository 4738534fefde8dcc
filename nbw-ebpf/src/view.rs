//! The class of a packet by looking at it in place: no helper is called. That answers for nearly all packets; of the others
//! (tags inside the frame, options, extension headers, packets whose headers are elsewhere) it says that it does not know.

use aya_ebpf::programs::TcContext;
use nbw_common::{
    class::{self, Class},
    packet::{ethertype, protocol},
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

/// Length of an Ethernet header.
const ETHERNET: usize = 14;
/// Lengths of IP headers without options or extensions.
const IPV4: usize = 20;
const IPV6: usize = 40;
/// Bytes of a TCP header up to its flags, and of the ports of UDP.
const TO_FLAGS: usize = 14;
const PORTS: usize = 4;

/// The class of a packet that begins at an Ethernet header, if that can be seen.
#[inline(always)]
pub fn ethernet(ctx: &TcContext) -> Option<Class> {
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
        ethertype::ARP => Some(Class::Arp),
        ethertype::VLAN | ethertype::QINQ | ethertype::QINQ_OLD => None,
        _ => Some(Class::Other),
    }
}

/// The class of a packet that begins at an IP header, if that can be seen.
#[inline(always)]
pub fn network(ctx: &TcContext) -> Option<Class> {
    let packet = View { at: ctx.data(), end: ctx.data_end() };
    if !packet.has(IPV4) {
        return None;
    }
    // SAFETY: asked.
    match unsafe { packet.u8(0) } >> 4 {
        4 => ipv4(&packet),
        6 => ipv6(&packet),
        _ => Some(Class::Other),
    }
}

#[inline(always)]
fn ipv4(packet: &View) -> Option<Class> {
    /// Version 4, and five words of header.
    const PLAIN: u8 = 0x45;
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
        return Some(Class::Fragment);
    }
    transport::<IPV4>(packet, number)
}

#[inline(always)]
fn ipv6(packet: &View) -> Option<Class> {
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
fn transport<const HEADER: usize>(packet: &View, number: u8) -> Option<Class> {
    match number {
        protocol::TCP if !packet.has(HEADER + TO_FLAGS) => None,
        // SAFETY: asked.
        protocol::TCP => Some(class::tcp(unsafe { packet.u8(HEADER + TO_FLAGS - 1) })),
        // SAFETY: asked by the caller.
        protocol::UDP => Some(unsafe { class::udp(packet.u16(HEADER), packet.u16(HEADER + 2)) }),
        // SAFETY: as above.
        protocol::ICMP if HEADER == IPV4 => Some(class::icmp(unsafe { packet.u8(HEADER) })),
        // SAFETY: as above.
        protocol::ICMPV6 if HEADER == IPV6 => Some(class::icmpv6(unsafe { packet.u8(HEADER) })),
        // Of IPv6 it may be an extension header.
        _ => (HEADER == IPV4).then_some(Class::Other),
    }
}
