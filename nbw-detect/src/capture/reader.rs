//! Reads a capture, packet by packet.

use std::{
    io::{self, Read},
    ops::Range,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{
    Fault, LinkType, Packet, ReadError, Record,
    pcap::Pcap,
    pcapng::PcapNg,
    source::Source,
    unpack::{self, Counted, Unpacked},
};
use crate::{Direction, Facts, Time};

/// Bytes that are believed to be captured of a packet: twice what Linux makes of segments at most ("BIG TCP").
pub(super) const MOST_CAPTURED: u64 = 1 << 20;

const PCAPNG: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];
/// Of micro- and nanoseconds, in both byte orders, and of Kuznetzov's format with a longer packet header.
const PCAP: [[u8; 4]; 5] = [
    [0xd4, 0xc3, 0xb2, 0xa1],
    [0xa1, 0xb2, 0xc3, 0xd4],
    [0x4d, 0x3c, 0xb2, 0xa1],
    [0xa1, 0xb2, 0x3c, 0x4d],
    [0x34, 0xcd, 0xb2, 0xa1],
];

/// A packet, of which the bytes are somewhere in the buffer.
pub(super) struct Found {
    pub(super) time: Time,
    pub(super) link_type: LinkType,
    pub(super) original_length: u32,
    pub(super) link: u32,
    pub(super) direction: Direction,
    pub(super) bytes: Range<usize>,
}

enum Format {
    Pcap(Pcap),
    PcapNg(PcapNg),
}

/// Reads a capture: pcap or pcapng, packed by gzip or zstd or not, from a file or anything else that can be read.
///
/// Memory does not grow with what is read. After a fault there are no more packets.
pub struct Reader {
    name: String,
    source: Source,
    format: Format,
    packed: bool,
    read: Arc<AtomicU64>,
    size: Option<u64>,
    packets: u64,
    ended: bool,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("name", &self.name).field("packets", &self.packets).finish_non_exhaustive()
    }
}

impl Reader {
    /// Opens a file; `-` is standard input.
    ///
    /// # Errors
    /// When it cannot be read, or is no capture.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        if path.as_os_str() == "-" {
            return Self::from_read(io::stdin(), "standard input");
        }
        let name = clean(&path.display().to_string());
        match unpack::open(path) {
            Ok((file, size)) => Ok(Self { size, ..Self::from_read(file, &name)? }),
            Err(error) => Err(unopened(&name, false, Fault::Io(error))),
        }
    }

    /// Reads from anything; errors call it `name`.
    ///
    /// # Errors
    /// When it cannot be read, or is no capture.
    pub fn from_read(input: impl Read + Send + 'static, name: &str) -> Result<Self, ReadError> {
        let (counted, read) = Counted::new(input);
        let unpacked = unpack::unpack(counted).map_err(|error| unopened(name, false, Fault::Io(error)))?;
        let Unpacked { input, packed } = unpacked;
        let mut source = Source::new(input);
        let format = begin(&mut source).map_err(|fault| unopened(name, packed, fault))?;
        Ok(Self { name: name.to_owned(), source, format, packed, read, size: None, packets: 0, ended: false })
    }

    /// The next packet, which is there until the one after it is asked for; none at the end and after a fault.
    ///
    /// # Errors
    /// When there is a next packet and it cannot be read.
    #[inline]
    pub fn next_packet(&mut self) -> Result<Option<Packet<'_>>, ReadError> {
        if self.ended {
            return Ok(None);
        }
        let found = match &mut self.format {
            Format::Pcap(pcap) => pcap.next(&mut self.source),
            Format::PcapNg(pcapng) => pcapng.next(&mut self.source),
        };
        match found {
            Ok(Some(found)) => {
                self.packets += 1;
                Ok(Some(self.packet(found)))
            }
            Ok(None) => {
                self.ended = true;
                Ok(None)
            }
            Err(fault) => Err(self.fault(fault)),
        }
    }

    /// What is known of the next packet; none at the end and after a fault.
    #[inline]
    pub fn next_facts(&mut self) -> Option<Result<Facts, ReadError>> {
        self.next_packet().map(|packet| packet.map(|packet| packet.facts())).transpose()
    }

    #[inline]
    fn packet(&self, found: Found) -> Packet<'_> {
        let Found { time, link_type, original_length, link, direction, bytes } = found;
        let bytes = self.source.consumed(bytes);
        Packet { record: Record { time, link_type, original_length, bytes }, link, direction }
    }

    #[cold]
    fn fault(&mut self, fault: Fault) -> ReadError {
        self.ended = true;
        let fault = told(fault, self.packed);
        let packet = if matches!(fault, Fault::Skipped { .. }) { 0 } else { self.packets + 1 };
        let (file, offset) = (self.name.clone(), self.source.offset());
        ReadError { file, packet, offset, packed: self.packed, fault }
    }

    /// How many bytes of the file were read, to compare with [`Self::size`]; of what is packed, packed bytes.
    pub fn position(&self) -> u64 {
        if self.packed { self.read.load(Ordering::Relaxed) } else { self.source.offset() }
    }

    /// Bytes of the file, if that is known: not of standard input, nor of a pipe.
    pub fn size(&self) -> Option<u64> {
        self.size
    }

    /// How many packets were read.
    pub fn packets(&self) -> u64 {
        self.packets
    }

    /// The file's name, as it was given.
    pub fn name(&self) -> &str {
        &self.name
    }
}

fn begin(source: &mut Source) -> Result<Format, Fault> {
    source.fill(4).map_err(Fault::Io)?;
    let magic = source.available();
    if magic.is_empty() {
        return Err(Fault::Empty);
    }
    if magic.starts_with(&PCAPNG) {
        return Ok(Format::PcapNg(PcapNg::begin(source)?));
    }
    if PCAP.iter().any(|known| magic.starts_with(known)) {
        return Ok(Format::Pcap(Pcap::begin(source)?));
    }
    Err(Fault::NotACapture)
}

/// A file's name may be anything: what would move the cursor, or more, is no part of a sentence.
fn clean(name: &str) -> String {
    name.chars().map(|letter| if is_hostile(letter) { char::REPLACEMENT_CHARACTER } else { letter }).collect()
}

/// Controls, and what shows its neighbours in another order, or breaks a line (CVE-2021-42574).
fn is_hostile(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn unopened(name: &str, packed: bool, fault: Fault) -> ReadError {
    ReadError { file: name.to_owned(), packet: 0, offset: 0, packed, fault: told(fault, packed) }
}

/// What unpacking has to say is no error of the operating system.
fn told(fault: Fault, packed: bool) -> Fault {
    match fault {
        Fault::Io(error) if packed && error.raw_os_error().is_none() => Fault::Packed(error),
        other => other,
    }
}
