//! Percentiles of samples: of each part of the answer from the finest tier of five minutes or more that still has it.
//!
//! A sample belongs to the part that it begins in; those without traffic count as zero where anything was recorded. A part
//! that is shorter than a sample is one sample.

mod values;

use rusqlite::Connection;

use self::values::Values;
use super::{chosen::Chosen, coverage::Coverage, gather::Gathered, layout::Layout, parts::Parts, percentile::p95};
use crate::history::query::{Point, Whole};

/// What carriers sample by, in seconds.
const CARRIERS: u32 = 300;

/// The percentiles of all series.
pub(super) struct Percentiles {
    /// Of each series and each part, received and sent.
    parts: Vec<Vec<[f64; 2]>>,
    whole: Vec<[f64; 2]>,
    /// Of each part how long its samples are.
    lengths: Vec<u32>,
    sample_seconds: u32,
}

impl Percentiles {
    pub(super) fn load(
        connection: &Connection,
        layout: &Layout,
        coverage: &Coverage,
        chosen: &Chosen,
        parts: &Parts,
    ) -> rusqlite::Result<Self> {
        let mut found = Self {
            parts: vec![vec![[0.0; 2]; parts.len()]; chosen.len()],
            whole: vec![[0.0; 2]; chosen.len()],
            lengths: Vec::new(),
            sample_seconds: 0,
        };
        let whole = level_for(layout, parts.from());
        found.sample_seconds = layout.levels.get(whole).map_or(CARRIERS, |level| level.seconds);
        if layout.levels.is_empty() || parts.len() == 0 {
            return Ok(found);
        }
        let mut values = Values::load(connection, layout, chosen, whole, parts.from(), parts.to())?;
        let all = coverage.parts(layout, whole, parts.from(), parts.to());
        for (at, percentile) in found.whole.iter_mut().enumerate() {
            *percentile = values.between(at, parts.from(), parts.to()).map(|mut rates| p95(&mut rates, all));
        }
        let mut level = whole;
        for (part, (from, to)) in parts.iter().enumerate() {
            let finest = level_for(layout, from);
            if finest != level {
                level = finest;
                values = Values::load(connection, layout, chosen, level, from, parts.to())?;
            }
            found.lengths.push(layout.levels[level].seconds);
            let samples = coverage.parts(layout, level, from, to);
            for (at, series) in found.parts.iter_mut().enumerate() {
                series[part] = values.between(at, from, to).map(|mut rates| p95(&mut rates, samples));
            }
        }
        Ok(found)
    }

    /// Length of the samples that those of the whole time are of.
    pub(super) fn sample_seconds(&self) -> u32 {
        self.sample_seconds
    }

    /// One series over the whole time; when its peaks were is not known yet.
    pub(super) fn whole(&self, gathered: &Gathered, series: usize) -> Whole {
        let [rx_p95, tx_p95] = self.whole[series];
        let mut whole = Whole { rx_p95, tx_p95, ..Whole::default() };
        for point in &gathered.points[series] {
            whole.rx.join(point.rx);
            whole.tx.join(point.tx);
        }
        whole
    }

    /// The parts of one series.
    pub(super) fn points(&self, gathered: &Gathered, series: usize, parts: &Parts) -> Vec<Point> {
        let samples = self.parts[series].iter().zip(&self.lengths);
        let points = gathered.points[series].iter().zip(samples).zip(parts.iter());
        let point = |((point, (percentiles, length)), (from, to)): ((&Point, (&[f64; 2], &u32)), (i64, i64))| {
            let mut point = *point;
            [point.rx_p95, point.tx_p95] = *percentiles;
            if to - from < i64::from(*length) {
                let rate = |bytes: u64| bytes as f64 / (to - from) as f64;
                [point.rx_p95, point.tx_p95] = [rate(point.rx.bytes), rate(point.tx.bytes)];
            }
            point
        };
        points.map(point).collect()
    }
}

/// The finest tier of samples that has all from there on.
fn level_for(layout: &Layout, from: i64) -> usize {
    let mut levels = layout.levels.iter().enumerate();
    let found = levels.find(|(level, tier)| tier.seconds >= CARRIERS && layout.reaches(*level, from));
    found.map_or(layout.levels.len().saturating_sub(1), |(level, _)| level)
}
