//! From a packet's bytes to what its headers say; etherparse knows the headers.
//!
//! A packet may be cut off anywhere by the capture (snaplen), so what a header says of lengths is believed as far as the wire had
//! room for it, not as far as bytes were captured.

mod ether;
mod ip;
mod link;
mod transport;
mod tunnel;
mod view;

pub(super) use link::{Decoded, packet};

/// Headers of one packet around each other (VLAN tags, tunnels) that are followed; what is in more of them is not looked at.
const DEPTH: u8 = 16;

/// The short name of an IP protocol, as IANA has it (`TCP`, `IPv6-ICMP`); none of numbers that have none.
pub fn protocol_name(number: u8) -> Option<&'static str> {
    etherparse::IpNumber(number).keyword_str()
}
