//! What a counter has counted of one key, in this half of its window and in the one before.

use super::{
    happening::Sight,
    values::{Values, hash},
};
use crate::signature::{Counter, Field, Measure};

/// Common values that are told apart.
const MODES: usize = 8;

/// Counts of one counter.
#[derive(Debug)]
pub(crate) enum Cell {
    Sum([u64; 2]),
    /// Those of this half, and of both.
    Distinct([Values; 2]),
    Uniform(Box<[Modes; 2]>),
    Variation(Box<[Moments; 2]>),
    Irregularity(Box<Gaps>),
    Span([Span; 2]),
}

impl Cell {
    pub(crate) fn new(measure: Measure) -> Self {
        match measure {
            Measure::Count | Measure::Bytes | Measure::Payload | Measure::Usual | Measure::Lasted => Self::Sum([0; 2]),
            Measure::Distinct => Self::Distinct(<[Values; 2]>::default()),
            Measure::Uniform => Self::Uniform(Box::default()),
            Measure::Variation => Self::Variation(Box::default()),
            Measure::Irregularity => Self::Irregularity(Box::default()),
            Measure::Span => Self::Span([Span::default(); 2]),
        }
    }

    /// The half is over.
    pub(crate) fn rotate(&mut self) {
        match self {
            Self::Sum(sums) => *sums = [0, sums[0]],
            Self::Distinct(values) => values[1] = std::mem::take(&mut values[0]),
            Self::Uniform(modes) => {
                modes.swap(0, 1);
                modes[0] = Modes::default();
            }
            Self::Variation(moments) => **moments = [Moments::default(), moments[0]],
            Self::Irregularity(gaps) => gaps.moments = [Moments::default(), gaps.moments[0]],
            Self::Span(spans) => *spans = [Span::default(), spans[0]],
        }
    }

    pub(crate) fn add(&mut self, sight: &Sight, counter: &Counter) {
        match self {
            Self::Sum(sums) => sums[0] = sums[0].saturating_add(amount(sight, counter.measure)),
            Self::Distinct(values) => {
                let hash = hash(field(sight, counter.of));
                values.iter_mut().for_each(|values| values.add_hash(hash));
            }
            Self::Uniform(modes) => modes[0].add(field(sight, counter.of) as u32),
            Self::Variation(moments) => moments[0].add(field(sight, counter.of) as f64),
            Self::Irregularity(gaps) => gaps.add(sight.time),
            Self::Span(spans) => spans[0].add(sight.time),
        }
    }

    /// Whom or what a distinct one has seen, in both halves.
    pub(crate) fn values(&self) -> Option<&Values> {
        match self {
            Self::Distinct([_, both]) => Some(both),
            _ => None,
        }
    }

    /// The value over both halves; none where there is too little to say one.
    pub(crate) fn value(&self) -> Option<f64> {
        match self {
            Self::Sum([now, before]) => Some(now.saturating_add(*before) as f64),
            Self::Distinct([_, both]) => Some(both.len() as f64),
            Self::Uniform(modes) => Modes::share(modes),
            Self::Variation(moments) => Moments::variation(moments),
            Self::Irregularity(gaps) => Moments::variation(&gaps.moments),
            Self::Span([now, before]) => now.and(*before).seconds(),
        }
    }
}

fn amount(sight: &Sight, measure: Measure) -> u64 {
    match measure {
        Measure::Bytes => sight.bytes,
        Measure::Payload => u64::from(sight.payload) * sight.count.max(1),
        Measure::Usual => sight.usual,
        Measure::Lasted => sight.lasted.into(),
        _ => sight.count,
    }
}

fn field(sight: &Sight, field: Option<Field>) -> u128 {
    match field {
        Some(Field::Source) => sight.source.0,
        Some(Field::Target) | None => sight.target.0,
        Some(Field::SourcePort) => sight.source_port.into(),
        Some(Field::TargetPort) => sight.target_port.into(),
        Some(Field::Protocol) => sight.protocol.into(),
        Some(Field::Payload) => sight.payload.into(),
        Some(Field::Answer) => sight.answer.into(),
    }
}

/// The most common values, by space-saving (Metwally, Agrawal and El Abbadi, 2005).
#[derive(Debug, Clone, Default)]
pub(crate) struct Modes {
    counts: [(u32, u32); MODES],
    total: u32,
}

impl Modes {
    fn add(&mut self, value: u32) {
        self.total = self.total.saturating_add(1);
        let known = self.counts.iter_mut().find(|(known, count)| *known == value && *count > 0);
        match known {
            Some((_, count)) => *count += 1,
            None => {
                if let Some(least) = self.counts.iter_mut().min_by_key(|(_, count)| *count) {
                    *least = (value, least.1 + 1);
                }
            }
        }
    }

    fn count(&self, value: u32) -> u32 {
        self.counts.iter().filter(|(known, _)| *known == value).map(|(_, count)| *count).max().unwrap_or(0)
    }

    fn share([now, before]: &[Self; 2]) -> Option<f64> {
        let total = now.total.saturating_add(before.total);
        let candidates = now.counts.iter().chain(&before.counts);
        let most = candidates.map(|(value, _)| now.count(*value) + before.count(*value)).max()?;
        (total > 0).then(|| f64::from(most) / f64::from(total))
    }
}

/// How many values, their sum and the sum of their squares.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Moments {
    count: f64,
    sum: f64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        self.sum += value;
        self.squares += value * value;
    }

    /// The coefficient of variation; none of fewer than three.
    fn variation([now, before]: &[Self; 2]) -> Option<f64> {
        let (count, sum) = (now.count + before.count, now.sum + before.sum);
        if count < 3.0 || sum <= 0.0 {
            return None;
        }
        let mean = sum / count;
        let variance = (now.squares + before.squares) / count - mean * mean;
        Some(variance.max(0.0).sqrt() / mean)
    }
}

/// Gaps between one time and the next, in seconds.
#[derive(Debug, Default)]
pub(crate) struct Gaps {
    last: Option<u64>,
    moments: [Moments; 2],
}

impl Gaps {
    fn add(&mut self, time: u64) {
        if let Some(last) = self.last {
            self.moments[0].add(time.saturating_sub(last) as f64 / 1e9);
        }
        self.last = Some(time);
    }
}

/// The first and the last time, if there were any.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Span(Option<(u64, u64)>);

impl Span {
    fn add(&mut self, time: u64) {
        *self = self.and(Self(Some((time, time))));
    }

    fn and(self, other: Self) -> Self {
        match (self.0, other.0) {
            (Some(a), Some(b)) => Self(Some((a.0.min(b.0), a.1.max(b.1)))),
            (a, b) => Self(a.or(b)),
        }
    }

    fn seconds(self) -> Option<f64> {
        self.0.map(|(first, last)| (last - first) as f64 / 1e9)
    }
}
