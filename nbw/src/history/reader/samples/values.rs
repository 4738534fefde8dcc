//! The bytes of each sample of each series.

use rusqlite::{Connection, params};

use crate::history::{
    packed::{self, PARTS},
    reader::{chosen::Chosen, layout::Layout},
    rows,
    tiers::DAY,
};

/// One sample: when it begins, how long it is, and the bytes in it.
#[derive(Debug, Clone, Copy)]
struct Sample {
    start: i64,
    bytes: [u64; 2],
}

/// The samples of all series, of one tier.
pub(super) struct Values<'a> {
    layout: &'a Layout,
    level: usize,
    samples: Vec<Vec<Sample>>,
}

impl<'a> Values<'a> {
    pub(super) fn load(
        connection: &Connection,
        layout: &'a Layout,
        chosen: &Chosen,
        level: usize,
        from: i64,
        to: i64,
    ) -> rusqlite::Result<Self> {
        let mut values = Self { layout, level, samples: vec![Vec::new(); chosen.len()] };
        let seconds = layout.levels[level].seconds;
        let mut other = Rest::new(seconds, from, to);
        let mut each = |start, subject, bytes| match chosen.series(subject) {
            Some(series) if chosen.other == Some(series) => other.add(start, bytes),
            Some(series) => add(&mut values.samples[series], Sample { start, bytes }),
            None => {}
        };
        if seconds != DAY {
            packed_samples(connection, chosen, seconds, (from, to), &mut each)?;
        }
        recent_samples(connection, seconds, (from, to), &mut each)?;
        if let Some(series) = chosen.other {
            values.samples[series] = other.samples();
        }
        Ok(values)
    }

    /// The rates of the samples that begin between two moments, received and sent.
    pub(super) fn between(&self, series: usize, from: i64, to: i64) -> [Vec<f64>; 2] {
        let samples = &self.samples[series];
        let first = samples.partition_point(|sample| sample.start < from);
        let last = first + samples[first..].partition_point(|sample| sample.start < to);
        [0, 1].map(|way| samples[first..last].iter().map(|sample| self.rate(sample, way)).collect())
    }

    fn rate(&self, sample: &Sample, way: usize) -> f64 {
        let seconds = match self.layout.levels[self.level].seconds {
            DAY => {
                let (begin, end) = self.layout.part_of_row(self.level, sample.start);
                (end - begin) as f64
            }
            seconds => f64::from(seconds),
        };
        sample.bytes[way] as f64 / seconds
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
    last: i64,
    places: Vec<Option<(i64, [u64; 2])>>,
}

impl Rest {
    fn new(seconds: u32, from: i64, to: i64) -> Self {
        Self { seconds: i64::from(seconds), first: from, last: to, places: Vec::new() }
    }

    fn add(&mut self, start: i64, bytes: [u64; 2]) {
        debug_assert!((self.first..self.last).contains(&start));
        // Days are of different lengths, but no two begin in the same 22 hours.
        let length = if self.seconds == i64::from(DAY) { self.seconds - 7_200 } else { self.seconds };
        let place = ((start - self.first) / length) as usize;
        if place >= self.places.len() {
            self.places.resize(place + 1, None);
        }
        let (_, sum) = self.places[place].get_or_insert((start, [0; 2]));
        join(sum, bytes);
    }

    fn samples(self) -> Vec<Sample> {
        self.places.into_iter().flatten().map(|(start, bytes)| Sample { start, bytes }).collect()
    }
}

fn recent_samples(
    connection: &Connection,
    seconds: u32,
    (from, to): (i64, i64),
    each: &mut impl FnMut(i64, i64, [u64; 2]),
) -> rusqlite::Result<()> {
    let mut recent = connection.prepare_cached(
        "SELECT start, subject, rx_bytes, tx_bytes FROM recent WHERE tier = ?1 AND start >= ?2 AND start < ?3",
    )?;
    let mut found = recent.query(params![seconds, from, to])?;
    while let Some(row) = found.next()? {
        let bytes = [2, 3].map(|column| row.get::<_, i64>(column).map(|bytes| bytes.max(0) as u64));
        let [rx, tx] = bytes;
        each(row.get(0)?, row.get(1)?, [rx?, tx?]);
    }
    Ok(())
}

fn packed_samples(
    connection: &Connection,
    chosen: &Chosen,
    seconds: u32,
    (from, to): (i64, i64),
    each: &mut impl FnMut(i64, i64, [u64; 2]),
) -> rusqlite::Result<()> {
    let stretch = i64::from(seconds) * i64::from(PARTS);
    let first = from.div_euclid(stretch) * stretch;
    // The index alone says whose a row is: what nobody asked for is not read.
    let mut index = connection
        .prepare_cached("SELECT start, subject, rowid FROM packed WHERE tier = ?1 AND start >= ?2 AND start < ?3")?;
    let mut content = connection.prepare_cached("SELECT bytes FROM packed WHERE rowid = ?1")?;
    let mut found = index.query(params![seconds, first, to])?;
    while let Some(row) = found.next()? {
        let (start, subject, id): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if chosen.series(subject).is_none() {
            continue;
        }
        let mut rows = content.query([id])?;
        let Some(row) = rows.next()? else { continue };
        packed::unpack_bytes(row.get_ref(0)?.as_blob()?, |number, rx, tx| {
            let start = start + i64::from(number) * i64::from(seconds);
            if (from..to).contains(&start) {
                each(start, subject, [rx, tx]);
            }
        })
        .map_err(|_| rows::damaged())?;
    }
    Ok(())
}
