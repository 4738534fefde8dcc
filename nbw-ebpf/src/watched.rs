//! Whether a packet of established TCP is from or to an endpoint that userspace wants to see more of.

use aya_ebpf::{bindings::__sk_buff, programs::sk_buff::SkBuff};
use nbw_common::{
    abi::{Endpoint, is_mapped, mapped},
    class,
    packet::{self, Start},
};

use crate::{maps::WATCHED, wire::Packet};

/// The number of the conversation that this TCP packet belongs to, if one of its ends is watched; else 0.
#[inline(never)]
pub fn conversation(skb: *mut __sk_buff, start: Start) -> u64 {
    let Some(ends @ [source, destination]) = ends(skb, start) else { return 0 };
    if !ends.iter().any(is_known) {
        return 0;
    }
    let ports = [source.port as u16, destination.port as u16];
    if is_mapped(source.address) {
        class::conversation4(source.address[3], destination.address[3], ports)
    } else {
        class::conversation6(source.address, destination.address, ports)
    }
}

#[inline(always)]
fn is_known(end: &Endpoint) -> bool {
    // SAFETY: nobody writes to the values.
    unsafe { WATCHED.get(end) }.is_some()
}

/// Where it comes from, and where it goes to.
#[inline(always)]
fn ends(skb: *mut __sk_buff, start: Start) -> Option<[Endpoint; 2]> {
    let packet = SkBuff::new(skb);
    let headers = packet::headers(&Packet(&packet), start).ok()?;
    let ip = headers.link as usize;
    let ports: [u16; 2] = packet.load(ip + headers.network as usize).ok()?;
    let [source, destination] = if packet.load::<u8>(ip).ok()? >> 4 == 4 {
        packet.load::<[u32; 2]>(ip + 12).ok()?.map(mapped)
    } else {
        packet.load::<[[u32; 4]; 2]>(ip + 8).ok()?
    };
    let end = |address, port| Endpoint { address, port: u16::from_be(port).into() };
    Some([end(source, ports[0]), end(destination, ports[1])])
}
