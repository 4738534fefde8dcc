//! pcapng: sections of blocks, some of which describe interfaces, and some of which are packets.

use std::ops::Range;

use pcap_parser::{
    Block, EnhancedPacketBlock, OptionCode, PcapNGOption, SectionHeaderBlock, SimplePacketBlock, parse_block_be,
    parse_block_le, traits::PcapNGPacketBlock,
};

use super::{
    Fault, LinkType,
    block::{self, HEAD, Head, SECTION_HEAD},
    interface::Interface,
    reader::{Found, MOST_CAPTURED},
    source::Source,
};
use crate::{Direction, Time};

/// Of blocks that are read: a packet, and options of all sorts.
const MOST: u64 = MOST_CAPTURED + (1 << 20);
/// Of a section. Linux has seen hosts with some thousands.
const MOST_INTERFACES: usize = 1 << 16;
/// The only version that there is.
const VERSION: u16 = 1;
/// `epb_flags`, and `pack_flags`.
const FLAGS: OptionCode = OptionCode(2);
/// An obsolete packet block's fields behind its head.
const OBSOLETE: usize = 20;

/// Where in a pcapng file the reader is.
pub(super) struct PcapNg {
    is_big: bool,
    interfaces: Vec<Interface>,
    /// Interfaces of the sections before this one, whose numbers begin again.
    before: u32,
    /// Of the last packet that had one.
    time: Time,
    /// Packets of a kind of link that is not read, and the first such kind.
    skipped: Option<(u64, LinkType)>,
}

/// A packet block, whichever it is.
struct Raw {
    interface: u32,
    /// In the interface's units; none where the block has no time.
    units: Option<u64>,
    original_length: u32,
    direction: Direction,
    /// Where in the block the packet is.
    bytes: Range<usize>,
}

impl PcapNg {
    /// At the first section.
    pub(super) fn begin(source: &mut Source) -> Result<Self, Fault> {
        let mut begun = Self { is_big: false, interfaces: Vec::new(), before: 0, time: Time(0), skipped: None };
        begun.section(source)?;
        Ok(begun)
    }

    /// The next packet; none at the end.
    #[inline]
    pub(super) fn next(&mut self, source: &mut Source) -> Result<Option<Found>, Fault> {
        loop {
            if !source.fill(HEAD).map_err(Fault::Io)? {
                return if source.available().is_empty() { self.end() } else { Err(Fault::CutOff("a block")) };
            }
            let begin = source.available().first_chunk().ok_or(Fault::CutOff("a block"))?;
            // A section's type reads the same both ways; its length does not.
            if *begin.first_chunk::<4>().unwrap_or(&[0; 4]) == block::SECTION.to_be_bytes() {
                self.section(source)?;
                continue;
            }
            let head = Head::read(begin, self.is_big)?;
            if let Some(found) = self.block(source, head)? {
                return Ok(Some(found));
            }
        }
    }

    /// What was skipped is told when all others were read.
    #[cold]
    fn end(&mut self) -> Result<Option<Found>, Fault> {
        self.skipped.take().map_or(Ok(None), |(packets, link_type)| Err(Fault::Skipped { packets, link_type }))
    }

    /// One block: a packet, or something that was learnt or skipped.
    #[inline]
    fn block(&mut self, source: &mut Source, head: Head) -> Result<Option<Found>, Fault> {
        match head.kind {
            block::ENHANCED_PACKET | block::SIMPLE_PACKET | block::PACKET => self.packet(source, head),
            block::INTERFACE => self.interface(source, head).map(|()| None),
            _ if source.skip(head.length.into()).map_err(Fault::Io)? => Ok(None),
            _ => Err(Fault::CutOff("a block")),
        }
    }

    fn section(&mut self, source: &mut Source) -> Result<(), Fault> {
        if !source.fill(SECTION_HEAD).map_err(Fault::Io)? {
            return Err(Fault::CutOff("a section's header"));
        }
        let begin: &[u8; SECTION_HEAD] = source.available().first_chunk().ok_or(Fault::CutOff("a section's header"))?;
        self.is_big = block::is_big(begin)?;
        let head = Head::read(begin.first_chunk().ok_or(Fault::CutOff("a section's header"))?, self.is_big)?;
        match whole(source, head, self.is_big, "a section's header")? {
            Block::SectionHeader(SectionHeaderBlock { major_version: VERSION, .. }) => {}
            Block::SectionHeader(section) => return Err(Fault::Version(section.major_version, section.minor_version)),
            _ => return Err(unreadable(head)),
        }
        source.consume(head.length as usize);
        self.before = self.before.wrapping_add(self.interfaces.len() as u32);
        self.interfaces.clear();
        Ok(())
    }

    fn interface(&mut self, source: &mut Source, head: Head) -> Result<(), Fault> {
        let Block::InterfaceDescription(described) = whole(source, head, self.is_big, "a description of an interface")?
        else {
            return Err(unreadable(head));
        };
        if self.interfaces.len() >= MOST_INTERFACES {
            return Err(Fault::Broken(format!("it describes more than {MOST_INTERFACES} interfaces")));
        }
        self.interfaces.push(Interface::of(&described, self.is_big));
        source.consume(head.length as usize);
        Ok(())
    }

    #[inline]
    fn packet(&mut self, source: &mut Source, head: Head) -> Result<Option<Found>, Fault> {
        let (is_big, snaplen) = (self.is_big, self.interfaces.first().map_or(0, |first| first.snaplen));
        let raw = match whole(source, head, is_big, "a packet")? {
            Block::EnhancedPacket(packet) => enhanced(&packet, is_big),
            Block::SimplePacket(packet) => simple(&packet, snaplen),
            Block::Unknown(packet) => obsolete(packet.data, is_big).ok_or_else(|| unreadable(head))?,
            _ => return Err(unreadable(head)),
        };
        let (link, interface) = self.of(raw.interface)?;
        if !interface.link_type.is_known() {
            self.skipped.get_or_insert((0, interface.link_type)).0 += 1;
            source.consume(head.length as usize);
            return Ok(None);
        }
        self.time = raw.units.map_or(self.time, |units| interface.clock.time(units));
        let start = source.consume(head.length as usize);
        let Raw { original_length, direction, bytes, .. } = raw;
        let bytes = start + bytes.start..start + bytes.end;
        Ok(Some(Found { time: self.time, link_type: interface.link_type, original_length, link, direction, bytes }))
    }

    /// The interface of a packet, and its number in the file.
    #[inline]
    fn of(&self, number: u32) -> Result<(u32, Interface), Fault> {
        let interface = self.interfaces.get(number as usize).copied();
        let found = interface.map(|interface| (self.before.wrapping_add(number), interface));
        found.ok_or_else(|| {
            Fault::Broken(format!("a packet is of interface {number}, which is not described before it"))
        })
    }
}

/// The block, all of which is in the buffer.
fn whole<'a>(source: &'a mut Source, head: Head, is_big: bool, what: &'static str) -> Result<Block<'a>, Fault> {
    if u64::from(head.length) > MOST {
        return Err(Fault::TooLong { what, bytes: head.length.into(), most: MOST });
    }
    let length = head.length as usize;
    if !source.fill(length).map_err(Fault::Io)? {
        return Err(Fault::CutOff(what));
    }
    let block = &source.available()[..length];
    head.check_end(block, is_big)?;
    let parsed = if is_big { parse_block_be(block) } else { parse_block_le(block) };
    parsed.map(|(_, block)| block).map_err(|_| unreadable(head))
}

fn unreadable(head: Head) -> Fault {
    Fault::Broken(format!("a block of type {:#x} is shorter than what it says that it has", head.kind))
}

/// Where an enhanced packet block, and an obsolete one, has its packet.
const PACKET_AT: usize = 28;
/// Where a simple packet block has its packet.
const SIMPLE_AT: usize = 12;

fn enhanced(packet: &EnhancedPacketBlock<'_>, is_big: bool) -> Raw {
    Raw {
        interface: packet.if_id,
        units: Some(units(packet.ts_high, packet.ts_low)),
        original_length: packet.origlen,
        direction: direction(&packet.options, is_big),
        bytes: PACKET_AT..PACKET_AT + packet.packet_data().len(),
    }
}

/// It has neither time nor interface: it is of the first one, and as long as that captures.
fn simple(packet: &SimplePacketBlock<'_>, snaplen: u32) -> Raw {
    let snaplen = if snaplen == 0 { usize::MAX } else { snaplen as usize };
    let length = packet.packet_data().len().min(snaplen);
    Raw {
        interface: 0,
        units: None,
        original_length: packet.origlen,
        direction: Direction::Unknown,
        bytes: SIMPLE_AT..SIMPLE_AT + length,
    }
}

/// The block that there was before the enhanced one; its fields are the same but for the interface, which has 16 bits.
fn obsolete(data: &[u8], is_big: bool) -> Option<Raw> {
    let (fields, packet) = data.split_first_chunk::<OBSOLETE>()?;
    let field = |at: usize| fields[at..].first_chunk().map(|bytes| block::number(*bytes, is_big));
    let interface = if is_big { field(0)? >> 16 } else { field(0)? & 0xffff };
    let captured = usize::try_from(field(12)?).ok().filter(|captured| *captured <= packet.len())?;
    Some(Raw {
        interface,
        units: Some(units(field(4)?, field(8)?)),
        original_length: field(16)?,
        direction: Direction::Unknown,
        bytes: PACKET_AT..PACKET_AT + captured,
    })
}

fn units(high: u32, low: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

/// `epb_flags`: its lowest two bits.
fn direction(options: &[PcapNGOption<'_>], is_big: bool) -> Direction {
    let flags =
        options.iter().find(|option| option.code == FLAGS).and_then(|option| option.as_bytes().ok()?.first_chunk());
    match flags.map_or(0, |flags| block::number(*flags, is_big) & 3) {
        1 => Direction::In,
        2 => Direction::Out,
        _ => Direction::Unknown,
    }
}
