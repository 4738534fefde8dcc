//! Who moved how much and when, in bounded memory.

use std::collections::HashMap;

use nbw_detect::Time;

use super::{
    cells::Cells,
    parts::{self, Layout},
    subject::{self, By, Way, Who},
};
use crate::{
    failure::Failure,
    history::query::{Answer, Every, Part, Series, Whole},
};

const SECOND: u64 = 1_000_000_000;
/// The lengths of cells, in seconds: each is a multiple of the one before, and all clocks' midnights are multiples of the last.
const LENGTHS: [u64; 6] = [1, 2, 10, 60, 300, 900];
/// More cells than this of one subject are made fewer by longer ones, while there are longer ones.
const MOST_OF_TIME: u64 = 4_000;
/// What cannot be told from a broken clock: five years and more.
const MOST_OF_ALL_TIME: u64 = 200_000;
/// Of subjects that are told apart; beyond, the less busy half goes to the rest.
const MOST_SUBJECTS: usize = 65_536;
/// Of all subjects together: about 70 MB.
const MOST_CELLS: usize = 1_000_000;
/// Of a report, subjects times parts: about 80 MB.
const MOST_POINTS: usize = 1_000_000;

/// Addresses are chosen by attackers.
type Hasher = foldhash::fast::RandomState;

/// What was counted.
pub(super) struct Tally {
    subjects: HashMap<Who, Cells, Hasher>,
    /// Those that are not told apart any more.
    rest: Cells,
    /// Seconds of a cell, now and later.
    lengths: Vec<u64>,
    /// The seconds of the first and the last packet.
    span: Option<(u64, u64)>,
    cells: usize,
    every: Option<Every>,
}

impl Tally {
    /// Of a report in parts of this length.
    pub(super) fn new(every: Option<Every>) -> Self {
        // A part is of whole cells.
        let fits = |length: &u64| match every {
            Some(Every::Seconds(seconds)) => u64::from(seconds).is_multiple_of(*length),
            _ => true,
        };
        Self {
            subjects: HashMap::default(),
            rest: Cells::default(),
            lengths: LENGTHS.into_iter().filter(fits).collect(),
            span: None,
            cells: 0,
            every,
        }
    }

    /// Counts a packet of a time that was seen.
    pub(super) fn add(&mut self, who: Who, way: Way, time: Time, bytes: u32) {
        let number = time.0 / SECOND / self.lengths[0];
        self.cells += usize::from(self.subjects.entry(who).or_default().add(number, way, bytes));
        if self.subjects.len() > MOST_SUBJECTS || self.cells > MOST_CELLS {
            self.prune();
        }
    }

    /// Makes the span one that this time is in.
    ///
    /// # Errors
    /// When that is longer than can be counted, or told in parts as long as those that are asked for.
    pub(super) fn see(&mut self, time: Time) -> Result<(), Failure> {
        let second = time.0 / SECOND;
        let (first, last) = self.span.map_or((second, second), |(first, last)| (first.min(second), last.max(second)));
        if self.span == Some((first, last)) {
            return Ok(());
        }
        self.span = Some((first, last));
        while (last - first) / self.lengths[0] > MOST_OF_TIME && self.lengths.len() > 1 {
            self.coarsen();
        }
        if (last - first) / self.lengths[0] > MOST_OF_ALL_TIME {
            return Err(Failure::Running(
                "the packets of the capture are spread over more time than a report has room for, or one of them has a wrong time: \
                 give --from and --to"
                    .into(),
            ));
        }
        self.every.map_or(Ok(()), |every| parts::check(every, first, last))
    }

    fn coarsen(&mut self) {
        let factor = self.lengths[1] / self.lengths[0];
        self.lengths.remove(0);
        self.subjects.values_mut().for_each(|cells| cells.coarsen(factor));
        self.rest.coarsen(factor);
        self.cells = self.subjects.values().map(Cells::count).sum();
    }

    /// The less busy half is not told apart any more.
    fn prune(&mut self) {
        let mut subjects: Vec<(Who, Cells)> = self.subjects.drain().collect();
        subjects.sort_unstable_by_key(|(who, cells)| (std::cmp::Reverse(cells.bytes()), *who));
        for (_, cells) in subjects.drain(subjects.len() / 2..) {
            self.rest.merge(cells);
        }
        self.cells = subjects.iter().map(|(_, cells)| cells.count()).sum();
        self.subjects.extend(subjects);
    }

    /// The seconds of the first and of the last packet.
    pub(super) fn span(&self) -> Option<(u64, u64)> {
        self.span
    }

    /// The busiest `top`, the rest as `other`.
    pub(super) fn answer(mut self, layout: &Layout, by: By, top: Option<usize>) -> Answer {
        let length = self.lengths[0];
        let mut subjects: Vec<(Who, Cells)> = self.subjects.drain().collect();
        subjects.sort_unstable_by_key(|(who, cells)| (std::cmp::Reverse(cells.bytes()), *who));
        let room = (MOST_POINTS / layout.parts.len().max(1)).max(1);
        for (_, cells) in subjects.drain(top.unwrap_or(room).min(room).min(subjects.len())..) {
            self.rest.merge(cells);
        }
        let named = subjects.into_iter().map(|(who, cells)| (who.subject(by), cells));
        let rest = (self.rest.count() > 0).then(|| (subject::rest(by), self.rest));
        let answered = named.chain(rest).map(|(subject, cells)| {
            let (points, whole) = layout.points(&cells.into_cells(), length);
            (Series { subject, points }, whole)
        });
        let (series, whole): (Vec<Series>, Vec<Whole>) = answered.unzip();
        let sample_seconds = u32::try_from(length).unwrap_or(u32::MAX);
        let parts = layout.parts.iter().map(|part| Part { sample_seconds, ..*part }).collect();
        Answer { parts, series, whole, sample_seconds }
    }
}
