//! The bytes of each sample of each series.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use crate::history::{
    packed::{self, PARTS},
    reader::{
        chosen::{Chosen, Whose},
        layout::Layout,
    },
    rows,
    tiers::DAY,
};

/// One sample: when it begins, and the bytes in it, received and sent. Those of a day that was longer or shorter are what a day
/// of 24 hours would have at that rate.
#[derive(Debug, Clone, Copy)]
struct Sample {
    start: i64,
    bytes: [u64; 2],
}

/// The samples of all series, of one tier.
pub(super) struct Values {
    seconds: u32,
    samples: Vec<Vec<Sample>>,
    other: Rest,
}

impl Values {
    /// Those that begin between `from` and `to`.
    pub(super) fn load(
        connection: &Connection,
        layout: &Layout,
        chosen: &Chosen,
        level: usize,
        from: i64,
        to: i64,
    ) -> rusqlite::Result<Self> {
        let seconds = layout.levels[level].seconds;
        let other = Rest::new(seconds, from, to);
        let mut values = Self { seconds, samples: vec![Vec::new(); chosen.len()], other };
        if seconds != DAY {
            values.packed(connection, chosen, from, to)?;
        }
        values.recent(connection, layout, chosen, level, (from, to))?;
        if let Some(series) = chosen.other {
            if chosen.has_all() {
                values.samples.iter().flatten().for_each(|sample| values.other.subtract(sample));
            }
            values.samples[series] = values.other.samples();
        }
        Ok(values)
    }

    /// The bytes of the samples that begin between two moments, received and sent.
    pub(super) fn between(&self, series: usize, from: i64, to: i64) -> [Vec<u64>; 2] {
        let samples = &self.samples[series];
        let first = samples.partition_point(|sample| sample.start < from);
        let last = first + samples[first..].partition_point(|sample| sample.start < to);
        [0, 1].map(|way| samples[first..last].iter().map(|sample| sample.bytes[way]).collect())
    }

    /// Bytes of a sample as a rate.
    pub(super) fn rate(&self, bytes: u64) -> f64 {
        bytes as f64 / f64::from(self.seconds)
    }

    fn recent(
        &mut self,
        connection: &Connection,
        layout: &Layout,
        chosen: &Chosen,
        level: usize,
        (from, to): (i64, i64),
    ) -> rusqlite::Result<()> {
        let mut recent = connection.prepare_cached(
            "SELECT start, subject, rx_bytes, tx_bytes FROM recent WHERE tier = ?1 AND start >= ?2 AND start < ?3",
        )?;
        let mut found = recent.query(params![self.seconds, from, to])?;
        while let Some(row) = found.next()? {
            let (start, whose) = (row.get(0)?, chosen.whose(row.get(1)?));
            let length =
                if self.seconds == DAY { layout.part_of_row(level, start) } else { (0, i64::from(self.seconds)) };
            let length = (length.1 - length.0).max(1) as u128;
            let normal = |bytes: i64| (bytes.max(0) as u128 * u128::from(self.seconds) / length) as u64;
            let sample = Sample { start, bytes: [normal(row.get(2)?), normal(row.get(3)?)] };
            match whose {
                Whose::Named(series) => add(&mut self.samples[series], sample),
                Whose::Rest | Whose::All => self.other.add(sample),
                Whose::Nobodys => {}
            }
        }
        Ok(())
    }

    fn packed(&mut self, connection: &Connection, chosen: &Chosen, from: i64, to: i64) -> rusqlite::Result<()> {
        let stretch = i64::from(self.seconds) * i64::from(PARTS);
        let first = from.div_euclid(stretch) * stretch;
        // The index alone says whose a row is: what nobody asked for is not read.
        let mut index = connection.prepare_cached(
            "SELECT start, subject, rowid FROM packed WHERE tier = ?1 AND start >= ?2 AND start < ?3",
        )?;
        let mut content = connection.prepare_cached("SELECT bytes FROM packed WHERE rowid = ?1")?;
        let mut found = index.query(params![self.seconds, first, to])?;
        while let Some(row) = found.next()? {
            let (start, whose) = (row.get(0)?, chosen.whose(row.get(1)?));
            if matches!(whose, Whose::Nobodys) {
                continue;
            }
            let mut rows = content.query([row.get::<_, i64>(2)?])?;
            let Some(row) = rows.next()? else { continue };
            let bytes = row.get_ref(0)?.as_blob()?;
            let unpacked = match whose {
                Whose::Named(series) => self.named(bytes, series, start, (from, to)),
                _ => self.other.unpack(bytes, start),
            };
            unpacked.map_err(|_| rows::damaged())?;
        }
        Ok(())
    }

    fn named(
        &mut self,
        bytes: &[u8],
        series: usize,
        start: i64,
        (from, to): (i64, i64),
    ) -> Result<(), packed::Damaged> {
        let (samples, seconds) = (&mut self.samples[series], i64::from(self.seconds));
        packed::unpack_bytes(bytes, |number, rx, tx| {
            let start = start + i64::from(number) * seconds;
            if (from..to).contains(&start) {
                add(samples, Sample { start, bytes: [rx, tx] });
            }
        })
    }
}

/// Adds a sample to those of one subject, which mostly come in order.
fn add(samples: &mut Vec<Sample>, sample: Sample) {
    if samples.last().is_none_or(|last| last.start < sample.start) {
        samples.push(sample);
        return;
    }
    match samples.binary_search_by_key(&sample.start, |sample| sample.start) {
        Ok(at) => join(&mut samples[at].bytes, sample.bytes),
        Err(at) => samples.insert(at, sample),
    }
}

fn join(bytes: &mut [u64; 2], more: [u64; 2]) {
    bytes.iter_mut().zip(more).for_each(|(bytes, more)| *bytes = bytes.saturating_add(more));
}

/// The series of many subjects: each sample has a place.
struct Rest {
    seconds: i64,
    first: i64,
    places: Vec<[u64; 2]>,
    /// Days, which are of different lengths.
    days: BTreeMap<i64, [u64; 2]>,
}

impl Rest {
    fn new(seconds: u32, from: i64, to: i64) -> Self {
        let seconds = i64::from(seconds);
        let first = from.div_euclid(seconds) + i64::from(from.rem_euclid(seconds) > 0);
        let places = (to.div_euclid(seconds) + 1 - first).clamp(0, 1 << 24) as usize;
        Self { seconds, first, places: vec![[0; 2]; places], days: BTreeMap::new() }
    }

    fn add(&mut self, sample: Sample) {
        if self.seconds == i64::from(DAY) {
            return join(self.days.entry(sample.start).or_default(), sample.bytes);
        }
        self.put(sample.start.div_euclid(self.seconds) - self.first, sample.bytes);
    }

    /// One before the first is in no place.
    fn put(&mut self, place: i64, bytes: [u64; 2]) {
        if let Some(sum) = usize::try_from(place).ok().and_then(|place| self.places.get_mut(place)) {
            join(sum, bytes);
        }
    }

    fn unpack(&mut self, bytes: &[u8], start: i64) -> Result<(), packed::Damaged> {
        let first = start.div_euclid(self.seconds) - self.first;
        packed::unpack_bytes(bytes, |number, rx, tx| self.put(first + i64::from(number), [rx, tx]))
    }

    /// Takes off what another series has.
    fn subtract(&mut self, sample: &Sample) {
        let place = sample.start.div_euclid(self.seconds) - self.first;
        let sum = if self.seconds == i64::from(DAY) {
            self.days.get_mut(&sample.start)
        } else {
            usize::try_from(place).ok().and_then(|place| self.places.get_mut(place))
        };
        let less = |(sum, less): (&mut u64, u64)| *sum = sum.saturating_sub(less);
        sum.into_iter().for_each(|sum| sum.iter_mut().zip(sample.bytes).for_each(less));
    }

    fn samples(&self) -> Vec<Sample> {
        let start = |place: usize| (self.first + place as i64) * self.seconds;
        let places = self.places.iter().enumerate().map(|(place, bytes)| (start(place), *bytes));
        let days = self.days.iter().map(|(start, bytes)| (*start, *bytes));
        let busy = places.chain(days).filter(|(_, bytes)| *bytes != [0; 2]);
        busy.map(|(start, bytes)| Sample { start, bytes }).collect()
    }
}
