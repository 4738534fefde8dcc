//! What was taken and is not written yet.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Instant,
};

use foldhash::fast::FixedState;
use jiff::Timestamp;

use super::{
    carried::Carried,
    held::Held,
    moved::{Amounts, Key, Tick},
};
use crate::history::{
    Bounds, Bucket, Subject, Tiers,
    cell::{Cell, Way},
    days,
};

/// A tick that is longer than so many parts is spread over longer ones.
const MOST_PARTS: i64 = 60;
/// A clock that is farther from where it should be has jumped; in milliseconds.
const JUMP: i64 = 10_000;

/// What was moved is written when it is so old, in seconds, also where its part of time is longer and goes on.
const LATEST: u32 = 10;
/// Not much more than so many cells are handed out at once: what is in the writer's hands cannot be shrunk any more.
const AT_ONCE: usize = 50_000;

/// So many counters that were not read lately are remembered at most, besides as many as were.
const GONE_COUNTERS: usize = 1_000;

/// A part of time: its begin and its length, in seconds.
pub(super) type Part = (i64, u32);

/// Parts of time, and what was moved in them.
pub(super) type Gathered = BTreeMap<Part, Gathering>;

/// What was moved in one part of time.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    pub(super) cells: HashMap<Key, (Arc<str>, Cell), FixedState>,
    pub(super) counters: HashMap<Arc<str>, u64>,
    covered: Vec<(i64, i64)>,
}

/// How much there is in some parts of time.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Amount {
    pub(super) parts: usize,
    pub(super) cells: usize,
    /// Begin of the oldest part, in seconds of Unix time.
    pub(super) since: Option<i64>,
}

/// All that is pending.
pub(super) struct Pending {
    pub(super) finishing: bool,
    /// Lengths of the tiers' parts, from fine to coarse.
    pub(super) lengths: Vec<u32>,
    pub(super) bounds: Bounds,
    pub(super) gathered: Gathered,
    /// What the writer has got, and has not written yet.
    pub(super) in_hand: Amount,
    carried: Carried,
    pub(super) counters: HashMap<Arc<str>, u64>,
    /// What was moved while the clock could not be right.
    held: Held,
    /// How long the last two ticks were, in milliseconds.
    lengths_before: [i64; 2],
    /// When the last tick ended, in milliseconds of Unix time.
    last: Option<i64>,
    /// From when on what is in unfinished parts is waiting.
    waiting_since: Option<i64>,
    /// Since when the clock goes on steadily.
    pub(super) steady_since: Instant,
    /// Bytes that were given up because there was no room to keep them.
    pub(super) lost: u64,
}

impl Pending {
    pub(super) fn new(tiers: &Tiers) -> Self {
        Self {
            finishing: false,
            lengths: tiers.fixed().iter().map(|tier| tier.seconds).collect(),
            bounds: tiers.bounds(),
            gathered: BTreeMap::new(),
            in_hand: Amount::default(),
            carried: Carried::default(),
            counters: HashMap::new(),
            held: Held::default(),
            lengths_before: [0; 2],
            last: None,
            waiting_since: None,
            steady_since: Instant::now(),
            lost: 0,
        }
    }

    /// Spreads a tick over the parts of time that it covers. What was moved when in it nobody knows: evenly.
    pub(super) fn take(&mut self, tick: Tick) {
        if !days::is_plausible(tick.to.div_euclid(1_000)) {
            self.lost = self.lost.saturating_add(self.held.take(tick));
            self.steady_since = Instant::now();
            return;
        }
        let tick = self.held.before(tick);
        self.watch_the_clock(&tick);
        self.waiting_since.get_or_insert(tick.from);
        let milliseconds = tick.to - tick.from;
        let moved = self.settled(&tick);
        for (start, seconds) in self.parts(&tick) {
            let [begin, end] = [start, start + i64::from(seconds)].map(|at| (at * 1_000).clamp(tick.from, tick.to));
            let share = |cell: Cell| match milliseconds {
                0 => cell,
                _ => cell.share((begin - tick.from) as u64, (end - tick.from) as u64, milliseconds as u64),
            };
            let gathering = self.gathered.entry((start, seconds)).or_default();
            gathering.cover(begin, end);
            for (key, name, cell) in &moved {
                gathering.add(key, name, share(*cell));
            }
        }
        self.shrink();
    }

    /// What the tick has moved, with what was carried taken off it.
    fn settled(&mut self, tick: &Tick) -> Vec<(Key, Arc<str>, Cell)> {
        self.carried.go_on(tick.to - tick.from);
        let seconds = self.weighed(tick.to - tick.from) as f64 / 1e3;
        let peak = |bytes: u64| if seconds > 0.0 { (bytes as f64 / seconds).round() as u64 } else { 0 };
        let way = |bytes: u64, packets: u64| Way { bytes, packets, peak: peak(bytes) };
        let settle = |(key, (name, amounts)): (&Key, &(Arc<str>, Amounts))| {
            let [rx_bytes, rx_packets, tx_bytes, tx_packets] = self.carried.less(key, *amounts);
            let cell = Cell { rx: way(rx_bytes, rx_packets), tx: way(tx_bytes, tx_packets) };
            (key.clone(), Arc::clone(name), cell)
        };
        tick.moved.iter().map(settle).filter(|(_, _, cell)| !cell.is_nothing()).collect()
    }

    /// The time that a peak is of, in milliseconds. A reading that is much shorter than others, as the last one of an agent is,
    /// would find a burst of its few milliseconds, above what the link can do: it counts as one of theirs.
    fn weighed(&mut self, milliseconds: i64) -> i64 {
        let [before, last] = self.lengths_before;
        self.lengths_before = [last, milliseconds];
        // One that was long alone, as of a suspended host, says nothing.
        let usual = before.min(last);
        if milliseconds < usual / 2 { usual } else { milliseconds }
    }

    /// The parts that a tick is spread over; one at least.
    fn parts(&self, tick: &Tick) -> impl Iterator<Item = (i64, u32)> + use<> {
        let (from, to) = (tick.from.div_euclid(1_000), tick.to);
        let fits = |seconds: &&u32| tick.to - tick.from <= i64::from(**seconds) * 1_000 * MOST_PARTS;
        let seconds = self.lengths.iter().find(fits).or(self.lengths.last()).copied().unwrap_or(10);
        let length = i64::from(seconds);
        let first = from.div_euclid(length) * length;
        (0..)
            .map(move |part| first + part * length)
            .take_while(move |start| *start == first || start * 1_000 < to)
            .map(move |start| (start, seconds))
    }

    fn watch_the_clock(&mut self, tick: &Tick) {
        if self.last.is_some_and(|last| (tick.from - last).abs() > JUMP) {
            self.steady_since = Instant::now();
            self.waiting_since = None;
        }
        self.last = Some(tick.to);
    }

    /// Notes by how much counters went up.
    pub(super) fn note_counters(&mut self, counters: &[(Arc<str>, u64)]) {
        let now = self.last.unwrap_or_else(|| Timestamp::now().as_millisecond()).div_euclid(1_000);
        self.note_counters_at(now, counters);
    }

    pub(super) fn note_counters_at(&mut self, now: i64, counters: &[(Arc<str>, u64)]) {
        if !days::is_plausible(now) {
            // By how much they went up since then is known when the clock is right.
            counters.iter().for_each(|(name, value)| {
                self.counters.entry(Arc::clone(name)).or_insert(*value);
            });
            return;
        }
        let length = self.lengths.first().copied().unwrap_or(10);
        let start = now.div_euclid(i64::from(length)) * i64::from(length);
        for (name, value) in counters {
            let before = self.counters.insert(Arc::clone(name), *value);
            let Some(increase) = before.and_then(|before| value.checked_sub(before)).filter(|more| *more > 0) else {
                continue;
            };
            let sum = self.gathered.entry((start, length)).or_default().counters.entry(Arc::clone(name)).or_default();
            *sum = sum.saturating_add(increase);
        }
        // Those of interfaces that are gone never end; one reading may lack some that come again.
        if self.counters.len() > 2 * counters.len() + GONE_COUNTERS {
            self.counters = counters.iter().cloned().collect();
        }
    }

    /// Whether there is anything to be written.
    pub(super) fn has_due(&self) -> bool {
        self.gathered.keys().any(|part| self.is_due(*part))
    }

    fn is_due(&self, part: Part) -> bool {
        self.finishing || self.is_complete(part) || (part.1 > LATEST && self.has_waited())
    }

    /// All but that in which the last tick ended: where the clock was set back, also what lies ahead.
    pub(super) fn is_complete(&self, (start, seconds): Part) -> bool {
        self.last.is_none_or(|last| !(start * 1_000..(start + i64::from(seconds)) * 1_000).contains(&last))
    }

    fn has_waited(&self) -> bool {
        let waited = self.last.zip(self.waiting_since).map(|(last, since)| last - since);
        waited.is_some_and(|waited| waited >= i64::from(LATEST) * 1_000)
    }

    /// Hands out what is to be written, the oldest first: what is complete, and of parts that take long what there is of them,
    /// for what comes to one later is added to it; at the end all. Where that is much, the rest comes next time.
    pub(super) fn due(&mut self) -> Gathered {
        let due: Vec<Part> = self.gathered.keys().copied().filter(|part| self.is_due(*part)).collect();
        let mut handed = Gathered::new();
        for part in due {
            if self.in_hand.cells >= AT_ONCE {
                break;
            }
            let Some(gathering) = self.gathered.remove(&part) else { continue };
            if !self.is_complete(part) {
                self.waiting_since = None;
            }
            self.in_hand.add(part, gathering.cells.len());
            handed.insert(part, gathering);
        }
        handed
    }

    /// What was handed out is written.
    pub(super) fn written(&mut self) {
        self.in_hand = Amount::default();
    }

    /// Whether nothing is pending.
    pub(super) fn is_empty(&self) -> bool {
        self.gathered.is_empty() && self.in_hand.parts == 0 && self.held.is_empty()
    }

    /// How much is not written.
    pub(super) fn left(&self) -> Amount {
        let mut left = self.in_hand;
        self.gathered.iter().for_each(|(part, gathering)| left.add(*part, gathering.cells.len()));
        left
    }

    pub(super) fn cells(&self) -> usize {
        self.gathered.values().map(|gathering| gathering.cells.len()).sum()
    }
}

impl Amount {
    fn add(&mut self, (start, _): Part, cells: usize) {
        self.parts += 1;
        self.cells += cells;
        self.since = Some(self.since.map_or(start, |since| since.min(start)));
    }
}

impl Gathering {
    pub(super) fn add(&mut self, key: &Key, name: &Arc<str>, cell: Cell) {
        if let Some((called, sum)) = self.cells.get_mut(key) {
            *sum += cell;
            if called != name {
                *called = Arc::clone(name);
            }
        } else {
            self.cells.insert(key.clone(), (Arc::clone(name), cell));
        }
    }

    fn cover(&mut self, from: i64, to: i64) {
        match self.covered.last_mut() {
            Some(last) if (last.0..=last.1 + 1).contains(&from) => last.1 = last.1.max(to),
            _ => self.covered.push((from, to)),
        }
    }

    /// Takes in another one, of the same part of time or one inside.
    pub(super) fn join(&mut self, other: Self) {
        for (key, (name, cell)) in other.cells {
            self.add(&key, &name, cell);
        }
        for (name, increase) in other.counters {
            let sum = self.counters.entry(name).or_default();
            *sum = sum.saturating_add(increase);
        }
        self.covered.extend(other.covered);
        self.covered.sort_unstable();
        for (from, to) in std::mem::take(&mut self.covered) {
            self.cover(from, to);
        }
    }

    /// As the database takes it.
    pub(super) fn bucket(&self, (start, seconds): Part) -> Bucket {
        let subject =
            |key: &Key, name: &Arc<str>| Subject { kind: key.kind, key: Arc::clone(&key.key), name: Arc::clone(name) };
        let mut cells: Vec<(Subject, Cell)> =
            self.cells.iter().map(|(key, (name, cell))| (subject(key, name), *cell)).collect();
        cells.sort_unstable_by(|(one, _), (other, _)| (one.kind, &one.key).cmp(&(other.kind, &other.key)));
        Bucket {
            start,
            seconds,
            cells,
            counters: self.counters.iter().map(|(name, increase)| (Arc::clone(name), *increase)).collect(),
            covered: self.covered.clone(),
        }
    }
}
