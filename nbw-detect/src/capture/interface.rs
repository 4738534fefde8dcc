//! An interface of a pcapng section: how its packets begin, and its clock.

use pcap_parser::{InterfaceDescriptionBlock, OptionCode, PcapNGOption};

use super::LinkType;
use crate::Time;

const SECOND: u128 = 1_000_000_000;

/// What an interface description block says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Interface {
    pub(super) link_type: LinkType,
    /// Bytes that are captured of a packet at most; 0 for no limit.
    pub(super) snaplen: u32,
    pub(super) clock: Clock,
}

/// How the times of an interface are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clock {
    /// Nanoseconds in a unit, if that is a whole number.
    factor: Option<u64>,
    per_second: u128,
    /// Nanoseconds to add.
    offset: i128,
}

impl Interface {
    pub(super) fn of(block: &InterfaceDescriptionBlock<'_>, is_big: bool) -> Self {
        let clock = Clock::new(resolution(&block.options), offset(&block.options, is_big));
        Self { link_type: LinkType(block.linktype.0 as u16), snaplen: block.snaplen, clock }
    }
}

/// `if_tsresol`: the negative exponent of 10, or of 2 where the highest bit is set. Microseconds without.
fn resolution(options: &[PcapNGOption<'_>]) -> u8 {
    value(options, OptionCode::IfTsresol).and_then(<[u8]>::first).copied().unwrap_or(6)
}

/// `if_tsoffset`, in seconds.
fn offset(options: &[PcapNGOption<'_>], is_big: bool) -> i64 {
    let bytes = value(options, OptionCode::IfTsoffset).and_then(<[u8]>::first_chunk);
    bytes.map_or(0, |bytes| if is_big { i64::from_be_bytes(*bytes) } else { i64::from_le_bytes(*bytes) })
}

fn value<'a>(options: &'a [PcapNGOption<'_>], code: OptionCode) -> Option<&'a [u8]> {
    options.iter().find(|option| option.code == code)?.as_bytes().ok()
}

impl Clock {
    fn new(resolution: u8, offset: i64) -> Self {
        let (base, exponent) = if resolution & 0x80 == 0 { (10u128, resolution) } else { (2, resolution & 0x7f) };
        let per_second = base.checked_pow(exponent.into()).unwrap_or(u128::MAX);
        let factor = (offset == 0 && SECOND.is_multiple_of(per_second)).then(|| (SECOND / per_second) as u64);
        Self { factor, per_second, offset: i128::from(offset) * SECOND as i128 }
    }

    /// So many units; what is before 1970 or beyond what [`Time`] can hold is the nearest that it can.
    #[inline]
    pub(super) fn time(&self, units: u64) -> Time {
        match self.factor {
            Some(factor) => Time(units.saturating_mul(factor)),
            None => self.slow(units),
        }
    }

    fn slow(&self, units: u64) -> Time {
        let nanoseconds = u128::from(units) * SECOND / self.per_second;
        let moved = i128::try_from(nanoseconds).unwrap_or(i128::MAX).saturating_add(self.offset);
        Time(u64::try_from(moved.max(0)).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_tick_in_powers_of_ten_and_of_two() {
        assert_eq!(Clock::new(6, 0).time(1_500_000), Time(1_500_000_000));
        assert_eq!(Clock::new(9, 0).time(1_500_000_001), Time(1_500_000_001));
        assert_eq!(Clock::new(0, 0).time(3), Time(3_000_000_000));
        assert_eq!(Clock::new(12, 0).time(1_500_000_001_999), Time(1_500_000_001));
        assert_eq!(Clock::new(0x80 | 10, 0).time(1536), Time(1_500_000_000));
        assert_eq!(Clock::new(0x80 | 127, 0).time(u64::MAX), Time(0));
        assert_eq!(Clock::new(127, 0).time(u64::MAX), Time(0));
    }

    #[test]
    fn offsets_move_both_ways_and_not_beyond_what_there_is() {
        assert_eq!(Clock::new(6, 7).time(1), Time(7_000_001_000));
        assert_eq!(Clock::new(6, -1).time(2_000_000), Time(1_000_000_000));
        assert_eq!(Clock::new(6, i64::MIN).time(1), Time(0));
        assert_eq!(Clock::new(0, i64::MAX).time(u64::MAX), Time(u64::MAX));
    }
}
