//! A packet of a capture.

use super::{
    LinkType,
    decode::{self, Decoded},
};
use crate::{Direction, Facts, Time};

/// A packet as the capture has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// When it was captured, by the capture's clock; of packets without a time, that of the packet before.
    pub time: Time,
    /// How its bytes begin.
    pub link_type: LinkType,
    /// Its length on the wire.
    pub original_length: u32,
    /// What was captured of it.
    pub bytes: &'a [u8],
}

/// A packet, and what the capture says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    pub(super) record: Record<'a>,
    pub(super) link: u32,
    pub(super) direction: Direction,
}

impl<'a> Packet<'a> {
    /// The packet as the capture has it.
    pub fn record(&self) -> Record<'a> {
        self.record
    }

    /// What its headers say.
    #[inline]
    pub fn facts(&self) -> Facts {
        let Record { time, link_type, original_length, bytes } = self.record;
        let Decoded { body, direction, device } = decode::packet(link_type, bytes, original_length);
        Facts {
            time,
            link: device.unwrap_or(self.link),
            direction: if direction == Direction::Unknown { self.direction } else { direction },
            weight: 1,
            by_chance: false,
            followed: 1,
            frames: 1,
            bytes: original_length,
            body,
        }
    }
}
