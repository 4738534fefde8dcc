//! Writes a capture, for Wireshark.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

use pcap_parser::{LegacyPcapBlock, Linktype, PcapHeader, ToVec};

use super::LinkType;
use crate::Time;

/// The magic number of nanoseconds.
const NANOSECONDS: u32 = 0xa1b2_3c4d;
const SECOND: u64 = 1_000_000_000;
/// The longest packet that libpcap reads (MAXIMUM_SNAPLEN).
const SNAPLEN: u32 = 262_144;

/// Writes packets of one link type as pcap with times in nanoseconds. Where to, and how much, is the caller's to say.
#[derive(Debug)]
pub struct Writer<W: Write = BufWriter<File>> {
    out: W,
}

impl Writer {
    /// Begins a file, in the place of one that is there.
    ///
    /// # Errors
    /// When nothing can be written there.
    pub fn create(path: &Path, link_type: LinkType) -> io::Result<Self> {
        Self::new(BufWriter::new(File::create(path)?), link_type)
    }
}

impl<W: Write> Writer<W> {
    /// Begins a capture of packets that begin as `link_type` says. Each is written by itself: `out` is for gathering them.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn new(out: W, link_type: LinkType) -> io::Result<Self> {
        let mut writer = Self { out };
        let network = Linktype(i32::from(link_type.0));
        let header = PcapHeader { magic_number: NANOSECONDS, snaplen: SNAPLEN, network, ..PcapHeader::new() };
        writer.put(header.to_vec_raw())?;
        Ok(writer)
    }

    /// Writes a packet that had `original_length` bytes on the wire. A time after February 2106 is written as the last that pcap has.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, time: Time, original_length: u32, bytes: &[u8]) -> io::Result<()> {
        let data = &bytes[..bytes.len().min(SNAPLEN as usize)];
        let block = LegacyPcapBlock {
            ts_sec: u32::try_from(time.0 / SECOND).unwrap_or(u32::MAX),
            ts_usec: (time.0 % SECOND) as u32,
            caplen: data.len() as u32,
            origlen: original_length,
            data,
        };
        self.put(block.to_vec_raw())
    }

    fn put(&mut self, bytes: Result<Vec<u8>, impl std::fmt::Debug>) -> io::Result<()> {
        let bytes = bytes.map_err(|error| io::Error::other(format!("{error:?}")))?;
        self.out.write_all(&bytes)
    }

    /// Ends it: all of it is written, to what is given back.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}
