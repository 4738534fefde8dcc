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
            lengths: vec![CARRIERS; parts.len()],
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
            *percentile =
                values.between(at, parts.from(), parts.to()).map(|mut bytes| values.rate(p95(&mut bytes, all)));
        }
        let mut level = whole;
        for (part, (from, to)) in parts.iter().enumerate() {
            let finest = level_for(layout, from);
            if finest != level {
                level = finest;
                values = Values::load(connection, layout, chosen, level, from, parts.to())?;
            }
            found.lengths[part] = layout.levels[level].seconds;
            let samples = coverage.parts(layout, level, from, to);
            for (at, series) in found.parts.iter_mut().enumerate() {
                series[part] = values.between(at, from, to).map(|mut bytes| values.rate(p95(&mut bytes, samples)));
            }
        }
        Ok(found)
    }

    /// Length of the samples that those of the whole time are of.
    pub(super) fn sample_seconds(&self) -> u32 {
        self.sample_seconds
    }

    /// The same of each part.
    pub(super) fn lengths(&self) -> &[u32] {
        &self.lengths
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
        let mut points = gathered.points[series].clone();
        for (part, (from, to)) in parts.iter().enumerate() {
            let point = &mut points[part];
            [point.rx_p95, point.tx_p95] = if to - from < i64::from(self.lengths[part]) {
                [point.rx, point.tx].map(|moved| moved.bytes as f64 / (to - from) as f64)
            } else {
                self.parts[series][part]
            };
        }
        points
    }
}

/// The finest tier of samples that has all from there on.
fn level_for(layout: &Layout, from: i64) -> usize {
    let mut levels = layout.levels.iter().enumerate();
    let found = levels.find(|(level, tier)| tier.seconds >= CARRIERS && layout.reaches(*level, from));
    found.map_or(layout.levels.len().saturating_sub(1), |(level, _)| level)
}
