//! The bytes of each sample of each series.

use rusqlite::{Connection, params};

use crate::history::{
    packed::{self, PARTS},
    reader::{chosen::Chosen, layout::Layout},
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
        if let Some(series) = chosen.other.filter(|_| seconds != DAY) {
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
            let (start, Some(series)) = (row.get(0)?, chosen.series(row.get(1)?)) else { continue };
            let length =
                if self.seconds == DAY { layout.part_of_row(level, start) } else { (0, i64::from(self.seconds)) };
            let length = (length.1 - length.0).max(1) as u128;
            let normal = |bytes: i64| (bytes.max(0) as u128 * u128::from(self.seconds) / length) as u64;
            let sample = Sample { start, bytes: [normal(row.get(2)?), normal(row.get(3)?)] };
            if chosen.other == Some(series) && self.seconds != DAY {
                self.other.add(self.other.place(start), sample.bytes);
            } else {
                add(&mut self.samples[series], sample);
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
            let (start, Some(series)) = (row.get(0)?, chosen.series(row.get(1)?)) else { continue };
            let mut rows = content.query([row.get::<_, i64>(2)?])?;
            let Some(row) = rows.next()? else { continue };
            let bytes = row.get_ref(0)?.as_blob()?;
            let is_other = chosen.other == Some(series);
            let unpacked =
                if is_other { self.other.unpack(bytes, start) } else { self.named(bytes, series, start, (from, to)) };
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

/// The series of many subjects: each sample has a place. Not for days, which are of different lengths.
struct Rest {
    seconds: i64,
    first: i64,
    places: Vec<[u64; 2]>,
}

impl Rest {
    fn new(seconds: u32, from: i64, to: i64) -> Self {
        let seconds = i64::from(seconds);
        let first = from.div_euclid(seconds) + i64::from(from.rem_euclid(seconds) > 0);
        let places = (to.div_euclid(seconds) + 1 - first).clamp(0, 1 << 24) as usize;
        Self { seconds, first, places: vec![[0; 2]; places] }
    }

    /// The place of the sample that begins there; one before the first is in none.
    fn place(&self, start: i64) -> i64 {
        start.div_euclid(self.seconds) - self.first
    }

    fn add(&mut self, place: i64, bytes: [u64; 2]) {
        if let Some(sum) = usize::try_from(place).ok().and_then(|place| self.places.get_mut(place)) {
            join(sum, bytes);
        }
    }

    fn unpack(&mut self, bytes: &[u8], start: i64) -> Result<(), packed::Damaged> {
        let first = self.place(start);
        packed::unpack_bytes(bytes, |number, rx, tx| self.add(first + i64::from(number), [rx, tx]))
    }

    fn samples(&self) -> Vec<Sample> {
        let busy = self.places.iter().enumerate().filter(|(_, bytes)| **bytes != [0; 2]);
        busy.map(|(place, bytes)| Sample { start: (self.first + place as i64) * self.seconds, bytes: *bytes }).collect()
    }
}
