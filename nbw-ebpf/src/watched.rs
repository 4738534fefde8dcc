//! Whether a packet of established TCP is from or to an endpoint that userspace wants to see more of.

use aya_ebpf::{bindings::__sk_buff, programs::TcContext};
use nbw_common::{
    abi::{Endpoint, is_mapped, port_bit},
    class,
};

use crate::{detect::control, maps::WATCHED, view};

/// The number of the conversation that this TCP packet belongs to, if one of its ends is watched; else 0. Packets with tags
/// inside the frame, options of IPv4 or extension headers of IPv6 are not found to be anybody's: of their connections digests
/// [say so](nbw_common::abi::Flags::followed).
#[inline(always)]
pub fn conversation(skb: *mut __sk_buff, network: bool) -> u64 {
    let Some(ends) = view::ends(&TcContext::new(skb), network) else { return 0 };
    let [source, destination] = &ends;
    if !is_known(source) && !is_known(destination) {
        return 0;
    }
    let ports = [source.port as u16, destination.port as u16];
    if is_mapped(source.address) {
        class::conversation4(source.address[3], destination.address[3], ports)
    } else {
        class::conversation6(source.address, destination.address, ports)
    }
}

/// Whether it is watched. Of most ports nobody is, which costs less to see than that it is not in the table.
#[inline(always)]
fn is_known(end: &Endpoint) -> bool {
    let (word, bit) = port_bit(end.port as u16);
    // SAFETY: nobody writes to the values.
    control(word) >> bit & 1 != 0 && unsafe { WATCHED.get(end) }.is_some()
}
