//! Many parts of one subject in one row of the database.
//!
//! Numbers are LEB128, seven bits to a byte. Bytes are apart from the rest, since percentiles need nothing else: of each part
//! how many empty parts come before it, rx bytes and tx bytes; and in the same order rx and tx packets, and by how much each
//! peak is above the average. Both end with a check sum, for SQLite has none.

use super::cell::{Cell, Way};

/// So many parts are in one row.
pub(super) const PARTS: u32 = 240;

/// A row that is not as it was written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Damaged;

/// Both columns of a row.
#[derive(Debug, Default)]
pub(super) struct Packed {
    pub(super) bytes: Vec<u8>,
    pub(super) rest: Vec<u8>,
}

/// Packs parts, given by number from the row's begin, in order.
pub(super) fn pack(parts: impl IntoIterator<Item = (u32, Cell)>, seconds: u32) -> Packed {
    let mut packing = Packing::new(seconds);
    parts.into_iter().for_each(|(number, cell)| packing.add(number, cell));
    packing.finish()
}

/// A row that is being packed: it takes the room of what is packed, and no more.
pub(super) struct Packing {
    seconds: u32,
    packed: Packed,
    next: u32,
    last: Option<(u32, Cell)>,
}

impl Packing {
    pub(super) fn new(seconds: u32) -> Self {
        Self { seconds, packed: Packed::default(), next: 0, last: None }
    }

    /// Adds a part, whose number is not smaller than the last one's.
    pub(super) fn add(&mut self, number: u32, cell: Cell) {
        match &mut self.last {
            Some((last, sum)) if *last == number => *sum += cell,
            _ => {
                self.put_last();
                self.last = Some((number, cell));
            }
        }
    }

    fn put_last(&mut self) {
        let Some((number, cell)) = self.last.take() else { return };
        put(&mut self.packed.bytes, &[u64::from(number.saturating_sub(self.next)), cell.rx.bytes, cell.tx.bytes]);
        self.next = number + 1;
        let above = |way: Way| zigzag(way.peak.wrapping_sub(way.bytes / u64::from(self.seconds)));
        put(&mut self.packed.rest, &[cell.rx.packets, cell.tx.packets, above(cell.rx), above(cell.tx)]);
    }

    /// The row.
    pub(super) fn finish(mut self) -> Packed {
        self.put_last();
        seal(&mut self.packed.bytes);
        seal(&mut self.packed.rest);
        self.packed
    }
}

/// Tells the bytes of each part, received and sent.
pub(super) fn unpack_bytes(bytes: &[u8], mut each: impl FnMut(u32, u64, u64)) -> Result<(), Damaged> {
    let mut column = opened(bytes)?;
    let mut next = 0_u64;
    while !column.is_empty() {
        let number = take(&mut column)?.checked_add(next).filter(|number| *number < u64::from(PARTS)).ok_or(Damaged)?;
        next = number + 1;
        each(number as u32, take(&mut column)?, take(&mut column)?);
    }
    Ok(())
}

/// Tells all of each part.
pub(super) fn unpack(bytes: &[u8], rest: &[u8], seconds: u32, mut each: impl FnMut(u32, Cell)) -> Result<(), Damaged> {
    let mut rest = opened(rest)?;
    let mut failed = false;
    unpack_bytes(bytes, |number, rx, tx| {
        let way = |bytes: u64, packets: u64, above: u64| {
            let peak = unzigzag(above).wrapping_add(bytes / u64::from(seconds.max(1)));
            Way { bytes, packets, peak }
        };
        let mut next = || take(&mut rest);
        match (next(), next(), next(), next()) {
            (Ok(rx_packets), Ok(tx_packets), Ok(rx_above), Ok(tx_above)) => {
                each(number, Cell { rx: way(rx, rx_packets, rx_above), tx: way(tx, tx_packets, tx_above) });
            }
            _ => failed = true,
        }
    })?;
    if failed || !rest.is_empty() { Err(Damaged) } else { Ok(()) }
}

fn put(column: &mut Vec<u8>, values: &[u64]) {
    for mut value in values.iter().copied() {
        while value >= 0x80 {
            column.push(value as u8 | 0x80);
            value >>= 7;
        }
        column.push(value as u8);
    }
}

fn take(column: &mut &[u8]) -> Result<u64, Damaged> {
    match take_short(column) {
        Some(value) => Ok(value),
        None => take_any(column),
    }
}

/// A number of up to eight bytes that has eight bytes before the end, without a branch for each of them: most are so, and
/// their lengths are nothing that a processor could guess.
fn take_short(column: &mut &[u8]) -> Option<u64> {
    let eight = u64::from_le_bytes(*column.first_chunk()?);
    let last = !eight & 0x8080_8080_8080_8080;
    let bits = (last != 0).then(|| last.trailing_zeros() + 1)?;
    *column = &column[bits as usize / 8..];
    let sevens = eight & (u64::MAX >> (64 - bits)) & 0x7f7f_7f7f_7f7f_7f7f;
    let fourteens = sevens & 0x007f_007f_007f_007f | (sevens & 0x7f00_7f00_7f00_7f00) >> 1;
    let double = fourteens & 0x0000_3fff_0000_3fff | (fourteens & 0x3fff_0000_3fff_0000) >> 2;
    Some(double & 0x0fff_ffff | (double & 0x0fff_ffff_0000_0000) >> 4)
}

fn take_any(column: &mut &[u8]) -> Result<u64, Damaged> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, after) = column.split_first().ok_or(Damaged)?;
        *column = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(Damaged)
}

/// Small numbers of either sign become small ones.
fn zigzag(value: u64) -> u64 {
    let value = value as i64;
    ((value << 1) ^ (value >> 63)) as u64
}

fn unzigzag(value: u64) -> u64 {
    (value >> 1) ^ (value & 1).wrapping_neg()
}

fn seal(column: &mut Vec<u8>) {
    let sum = checksum(column);
    column.extend_from_slice(&sum.to_le_bytes());
}

fn opened(column: &[u8]) -> Result<&[u8], Damaged> {
    let (content, sum) = column.split_last_chunk::<4>().ok_or(Damaged)?;
    if checksum(content) == u32::from_le_bytes(*sum) { Ok(content) } else { Err(Damaged) }
}

/// Eight bytes at a time. Each step can be undone, so what differs in one place does so in the end, but for one time in four
/// billion, as it is cut to 32 bits.
fn checksum(content: &[u8]) -> u32 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut sum = content.len() as u64;
    let mut chunks = content.chunks_exact(8);
    for chunk in &mut chunks {
        let word = chunk.try_into().map_or(0, u64::from_le_bytes);
        sum = (sum ^ word).wrapping_mul(ODD).rotate_left(29);
    }
    for &byte in chunks.remainder() {
        sum = (sum ^ u64::from(byte)).wrapping_mul(ODD).rotate_left(29);
    }
    (sum ^ (sum >> 32)) as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Of all lengths.
    fn number() -> impl Strategy<Value = u64> {
        (any::<u64>(), 0..64_u32).prop_map(|(number, bits)| number >> bits)
    }

    fn way() -> impl Strategy<Value = Way> {
        (number(), number(), number()).prop_map(|(bytes, packets, peak)| Way { bytes, packets, peak })
    }

    fn parts() -> impl Strategy<Value = Vec<(u32, Cell)>> {
        prop::collection::btree_map(0..PARTS, (way(), way()), 0..20)
            .prop_map(|map| map.into_iter().map(|(number, (rx, tx))| (number, Cell { rx, tx })).collect())
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_out_again(parts in parts(), seconds in 1..3_600_u32) {
            let packed = pack(parts.iter().copied(), seconds);
            let mut out = Vec::new();
            prop_assert_eq!(unpack(&packed.bytes, &packed.rest, seconds, |number, cell| out.push((number, cell))), Ok(()));
            prop_assert_eq!(&out, &parts);
            let mut bytes = Vec::new();
            prop_assert_eq!(unpack_bytes(&packed.bytes, |number, rx, tx| bytes.push((number, rx, tx))), Ok(()));
            let expected: Vec<_> = parts.iter().map(|&(number, cell)| (number, cell.rx.bytes, cell.tx.bytes)).collect();
            prop_assert_eq!(bytes, expected);
        }

        #[test]
        fn whatever_a_disk_makes_of_it_is_noticed(parts in parts(), at: prop::sample::Index, flip in 1..=255_u8) {
            let mut packed = pack(parts, 10);
            let at = at.index(packed.bytes.len());
            packed.bytes[at] ^= flip;
            prop_assert_eq!(unpack_bytes(&packed.bytes, |_, _, _| {}), Err(Damaged));
        }

        #[test]
        fn anything_at_all_is_read_without_a_panic(bytes: Vec<u8>, rest: Vec<u8>) {
            let sealed = |mut column: Vec<u8>| { seal(&mut column); column };
            let _ = unpack(&sealed(bytes.clone()), &sealed(rest.clone()), 0, |_, _| {});
            let _ = unpack(&bytes, &rest, 10, |_, _| {});
        }
    }
}
