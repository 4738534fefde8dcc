//! Captures: packets from a file, as [`Facts`](crate::Facts) and as they are, and back into a file.
//!
//! A [`Reader`] streams: it keeps one buffer, whatever the size of the file. What it reads is hostile: lengths are checked
//! against what is there, tunnels are followed only so deep, and a fault is an error that says where it is.

mod block;
mod decode;
mod error;
mod interface;
mod link;
mod packet;
mod pcap;
mod pcapng;
mod reader;
mod source;
#[cfg(test)]
mod tests;
mod unpack;
mod writer;

pub use decode::protocol_name;
pub use error::{Fault, ReadError};
pub use link::LinkType;
pub use packet::{Packet, Record};
pub use reader::Reader;
pub use writer::Writer;

use crate::Body;

/// What a packet is, of which `bytes` are there and `original_length` were on the wire: for packets that come from elsewhere
/// than a file.
#[inline]
#[must_use]
pub fn body(link_type: LinkType, bytes: &[u8], original_length: u32) -> Body {
    decode::packet(link_type, bytes, original_length).body
}
