//! What can be wrong with a capture, and where.

use std::io;

use super::LinkType;

/// A capture could not be read, or not to its end. All packets before the fault were delivered.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {file}{}: {fault}", place(*packet, *offset, *packed))]
pub struct ReadError {
    /// The file, as it was named.
    pub file: String,
    /// The packet at which it happened, from 1; 0 when it was before any packet could be, or is about none in particular.
    pub packet: u64,
    /// Where that packet or block begins, in bytes from the beginning of the capture (what is packed: of the unpacked one).
    pub offset: u64,
    /// Whether the file is packed, so that `offset` is none of the file's own.
    pub packed: bool,
    /// What is wrong.
    pub fault: Fault,
}

fn place(packet: u64, offset: u64, packed: bool) -> String {
    let of = if packed { " of what is packed in it" } else { "" };
    if packet == 0 { String::new() } else { format!(" from packet {packet} on, at byte {offset}{of}") }
}

/// What is wrong with a capture.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The operating system's.
    #[error("{0}")]
    Io(io::Error),
    /// gzip or zstd could not be unpacked.
    #[error("what is packed in it is broken ({0}): get the file again")]
    Packed(io::Error),
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
    /// Something else.
    #[error("it is no capture: give a pcap or pcapng file, packed by gzip or zstd or not")]
    NotACapture,
    /// The file ends too early.
    #[error("it ends in the middle of {0}: the capture was cut off")]
    CutOff(&'static str),
    /// More bytes than anything on a network has.
    #[error("{what} says that it has {bytes} bytes, more than the {most} that there can be: the file is broken")]
    TooLong {
        /// What says so.
        what: &'static str,
        /// How many.
        bytes: u64,
        /// How many are believed.
        most: u64,
    },
    /// What cannot be.
    #[error("{0}: the file is broken")]
    Broken(String),
    /// A kind of link that is not known here.
    #[error(
        "its link type is {0}, which nbw does not read: it reads Ethernet, Linux cooked, raw IP and loopback captures"
    )]
    LinkType(LinkType),
    /// Some packets were of a kind of link that is not known here. All others were delivered.
    #[error(
        "{packets} of its packets are of link type {link_type}, or another that nbw does not read, and were left out: it reads \
         Ethernet, Linux cooked, raw IP and loopback captures"
    )]
    Skipped {
        /// How many.
        packets: u64,
        /// The first such kind.
        link_type: LinkType,
    },
    /// A later version of pcapng.
    #[error("it is pcapng of version {0}.{1}, which is newer than this nbw")]
    Version(u16, u16),
}
