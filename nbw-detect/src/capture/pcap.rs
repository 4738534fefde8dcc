//! The classic format.

use std::ops::Range;

use pcap_parser::nom::{Err, IResult, Needed};
use pcap_parser::{LegacyPcapBlock, PcapError, PcapHeader, parse_pcap_header, pcap};

use super::{
    Fault, LinkType,
    reader::{Found, MOST_CAPTURED},
    source::Source,
};
use crate::{Direction, Time};

const HEADER: usize = 24;
const SECOND: u64 = 1_000_000_000;

type Parser = for<'a> fn(&'a [u8]) -> IResult<&'a [u8], LegacyPcapBlock<'a>, PcapError<&'a [u8]>>;

/// What a file's header says of its packets.
pub(super) struct Pcap {
    parse: Parser,
    link_type: LinkType,
    /// Nanoseconds in a unit of a time's fraction.
    unit: u64,
}

impl Pcap {
    /// Reads the header, of which the magic number is known.
    pub(super) fn begin(source: &mut Source) -> Result<Self, Fault> {
        if !source.fill(HEADER).map_err(Fault::Io)? {
            return Err(Fault::CutOff("its header"));
        }
        let Ok((_, header)) = parse_pcap_header(source.available()) else { return Err(Fault::NotACapture) };
        let link_type = LinkType::of_header(header.network.0 as u32);
        if !link_type.is_known() {
            return Err(Fault::LinkType(link_type));
        }
        source.consume(HEADER);
        let unit = if header.is_nanosecond_precision() { 1 } else { 1_000 };
        Ok(Self { parse: parser(&header), link_type, unit })
    }

    /// The next packet; none at the end.
    #[inline]
    pub(super) fn next(&self, source: &mut Source) -> Result<Option<Found>, Fault> {
        loop {
            let available = source.available();
            match (self.parse)(available) {
                Ok((rest, block)) => {
                    let (length, captured) = (available.len() - rest.len(), block.data.len());
                    let (time, original_length) = (self.time(&block), block.origlen);
                    let end = source.consume(length) + length;
                    return Ok(Some(self.found(time, original_length, end - captured..end)));
                }
                Err(Err::Incomplete(needed)) => {
                    if !more(source, needed)? {
                        return Ok(None);
                    }
                }
                Err(_) => return Err(Fault::Broken("a packet's header cannot be read".into())),
            }
        }
    }

    #[inline]
    fn time(&self, block: &LegacyPcapBlock<'_>) -> Time {
        Time(u64::from(block.ts_sec) * SECOND + u64::from(block.ts_usec) * self.unit)
    }

    #[inline]
    fn found(&self, time: Time, original_length: u32, bytes: Range<usize>) -> Found {
        Found { time, link_type: self.link_type, original_length, link: 0, direction: Direction::Unknown, bytes }
    }
}

/// Reads what is missing of a packet; false where there is no packet any more.
#[cold]
fn more(source: &mut Source, needed: Needed) -> Result<bool, Fault> {
    let there = source.available().len();
    if source.fill(there + missing(needed)?).map_err(Fault::Io)? {
        return Ok(true);
    }
    if source.available().is_empty() { Ok(false) } else { Err(Fault::CutOff("a packet")) }
}

fn parser(header: &PcapHeader) -> Parser {
    if header.is_bigendian() {
        pcap::parse_pcap_frame_be
    } else if header.is_modified_format() {
        pcap::parse_pcap_frame_modified
    } else {
        pcap::parse_pcap_frame
    }
}

/// How many bytes have to be read, if there can be so many.
fn missing(needed: Needed) -> Result<usize, Fault> {
    let Needed::Size(missing) = needed else { return Ok(1) };
    let most = MOST_CAPTURED as usize;
    if missing.get() > most {
        return Err(Fault::TooLong { what: "a packet", bytes: missing.get() as u64, most: MOST_CAPTURED });
    }
    Ok(missing.get())
}
