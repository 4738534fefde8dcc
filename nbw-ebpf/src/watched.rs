//! Whether a packet of established TCP is from or to an endpoint that userspace wants to see more of.

use aya_ebpf::{bindings::__sk_buff, programs::sk_buff::SkBuff};
use nbw_common::{
    abi::{Endpoint, mapped},
    packet::{self, Start},
};

use crate::{maps::WATCHED, wire::Packet};

/// Whether one of the ends of this TCP packet is watched.
#[inline(never)]
pub fn is_watched(skb: *mut __sk_buff, start: Start) -> bool {
    ends(skb, start).is_some_and(|ends| ends.iter().any(|end| is_known(end)))
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
