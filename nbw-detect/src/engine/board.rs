//! One signature at work: a table of keys, each with what was counted of it, and what its conditions say.

use std::collections::VecDeque;

use super::{
    cell::Cell,
    condition::{Test, all},
    doorkeeper::Doorkeeper,
    filter::{Filter, Gate, Sets},
    flow::{Lru, lru},
    happening::{Happening, Sight, Trace},
    manner::Manners,
    others::Others,
    subject::{Subject, subject},
    values::Values,
    watch::Rank,
};
use crate::{
    Kind,
    signature::{Condition, Counter, Field, Signature},
};

/// What happened before it was clear that it is an attack: so much of it is remembered, to name those concerned.
const RECENT: usize = 16;

/// From so many seconds on a window is a long one.
const LONG: u64 = 3_600;

/// While it goes on, it is judged again no sooner than this.
const JUDGED_EVERY: u64 = 100_000_000;

/// What is known of one subject.
#[derive(Debug)]
pub(crate) struct Entry {
    half: u64,
    /// The first thing that counted, in this half and in the one before.
    first: [Option<u64>; 2],
    /// How often the attack itself was seen, likewise.
    seen: [u64; 2],
    /// How much of that belongs to an incident by now.
    told: [u64; 2],
    cells: Box<[Cell]>,
    recent: VecDeque<Trace>,
    /// The incident that it is, and when that is to be judged again.
    pub(crate) incident: Option<(u64, u64)>,
}

/// What an observation has led to.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// Nothing.
    Quiet,
    /// All conditions hold: now for the first time, or still.
    Attack,
    /// It is part of an incident that was judged a moment ago.
    Goes(u64),
}

/// Whether the target and its port are to be watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Nothing is said of it.
    Nothing,
    Watch(Rank),
    /// It was, and need not be.
    Leave,
}

/// A verdict, and what else an observation leads to.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) verdict: Verdict,
    pub(crate) wish: Wish,
    /// It belongs to an attack that is known, and needs no other explanation.
    pub(crate) explained: bool,
}

impl Seen {
    const NOTHING: Self = Self { verdict: Verdict::Quiet, wish: Wish::Nothing, explained: false };
}

/// A signature at work.
#[derive(Debug)]
pub(crate) struct Board {
    pub(crate) signature: Signature,
    /// Nanoseconds of half a window.
    half: u64,
    filters: Vec<Filter>,
    all: u64,
    when: Vec<Test>,
    exclude: Vec<Test>,
    watch: Vec<Test>,
    manners: Option<Manners>,
    table: Lru<Subject, Entry>,
    door: Doorkeeper,
    most: u32,
    /// Counters that begin an entry; others only add to one.
    founders: u32,
    /// Sources or targets that are not in the key, so that recent ones have to be remembered.
    others: Option<Others>,
    /// The most that any entry had of the attack itself, where there are no conditions to judge it by.
    pub(crate) peak: Option<f64>,
    /// It says nothing: what it goes by is not to be seen here.
    pub(crate) mute: bool,
}

impl Board {
    pub(crate) fn new(signature: &Signature, most: u32, sets: &mut Sets) -> Self {
        // What comes once in an hour must find its entry again, whatever has come between.
        let most = if signature.window >= LONG { most.saturating_mul(4) } else { most };
        let mut signature = signature.clone();
        let others = Others::of(&mut signature);
        let filters: Vec<Filter> = signature.count.iter().map(|counter| Filter::new(counter, sets)).collect();
        let tests =
            |conditions: &[Condition]| conditions.iter().filter_map(|it| Test::new(&signature.count, it)).collect();
        Self {
            half: signature.window.saturating_mul(500_000_000).max(1),
            all: filters.iter().fold(0, |all, filter| all | filter.mask),
            when: tests(&signature.when),
            exclude: tests(&signature.exclude),
            watch: tests(&signature.watch),
            manners: Manners::new(&signature),
            table: lru(most),
            door: Doorkeeper::default(),
            most,
            founders: founders(&signature),
            others,
            peak: None,
            mute: false,
            signature,
            filters,
        }
    }

    /// What it counts, as bits.
    pub(crate) fn mask(&self) -> u64 {
        self.all
    }

    /// How many entries there are.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }

    /// Of which ports it counts something that happens: as it is, and seen from the other side.
    pub(crate) fn gates(&self, what: usize) -> [Option<Gate>; 2] {
        [false, true].map(|turned| {
            let counters = self.signature.count.iter().zip(&self.filters);
            let those = counters.filter(|(counter, filter)| counter.turned == turned && filter.mask >> what & 1 == 1);
            Gate::of(&those.map(|(_, filter)| filter).collect::<Vec<_>>())
        })
    }

    /// Counts what has happened, and judges.
    pub(crate) fn see(&mut self, sight: &Sight, turned: bool) -> Seen {
        if sight.what == Happening::TcpEnded
            && let Some(manners) = &mut self.manners
        {
            manners.note(sight);
        }
        let hits = self.hits(sight, turned);
        if hits == 0 {
            return Seen::NOTHING;
        }
        let subject = subject(self.signature.key, sight);
        let half = sight.time / self.half;
        if hits & self.founders != 0 && !self.make_room(&subject, half) {
            return Seen::NOTHING;
        }
        let Some(entry) = self.table.get(&subject) else { return Seen::NOTHING };
        entry.turn(half);
        entry.add(&self.signature, sight, hits, self.others.is_some());
        // Only what the attack itself consists of can make it one.
        let main = hits & 1 != 0;
        if main && self.when.is_empty() {
            self.peak = entry.cells[0].value().into_iter().chain(self.peak).reduce(f64::max);
        }
        let explained = self.signature.explains && entry.incident.is_some();
        if let Some((incident, again)) = entry.incident
            && sight.time < again
        {
            if !main {
                return Seen { explained, ..Seen::NOTHING };
            }
            entry.told[0] = entry.told[0].saturating_add(sight.count);
            return Seen { verdict: Verdict::Goes(incident), wish: Wish::Nothing, explained };
        }
        let attack = all(&self.when, &entry.cells) && !all(&self.exclude, &entry.cells) && !self.mute;
        if !attack {
            entry.incident = None;
        }
        let watch = all(&self.watch, &entry.cells);
        let wish = if watch { self.wish(sight, attack) } else { Wish::Nothing };
        Seen { verdict: if attack && main { Verdict::Attack } else { Verdict::Quiet }, wish, explained }
    }

    /// What is wished where connections are to be looked at.
    fn wish(&self, sight: &Sight, attack: bool) -> Wish {
        match self.signature.kind {
            _ if attack => Wish::Watch(Rank::Attacked),
            Kind::SynFlood => Wish::Watch(Rank::Flood),
            _ if self.manners.as_ref().is_some_and(|manners| manners.leave(sight)) => Wish::Leave,
            _ => Wish::Watch(Rank::Session),
        }
    }

    /// Which counters count it, as bits by their places.
    fn hits(&self, sight: &Sight, turned: bool) -> u32 {
        let bit = 1 << sight.what as u64;
        let counters = self.signature.count.iter().zip(&self.filters).enumerate();
        counters
            .filter(|(_, (counter, filter))| {
                filter.mask & bit != 0 && counter.turned == turned && filter.counts(counter, sight)
            })
            .fold(0, |hits, (at, _)| hits | 1 << at)
    }

    /// Whether there is an entry for them. Where there is no room, the one that is longest not used makes place to whoever comes for the
    /// second time, and its memory is used again.
    fn make_room(&mut self, subject: &Subject, half: u64) -> bool {
        if self.table.peek(subject).is_some() {
            return true;
        }
        let full = self.table.len() >= self.most as usize;
        if full && !self.door.knows(subject) {
            return false;
        }
        let oldest = if full { self.table.pop_oldest() } else { None };
        let entry = match oldest {
            Some((_, mut entry)) => {
                entry.clear(&self.signature, half);
                entry
            }
            None => Entry::new(&self.signature, half),
        };
        self.table.insert(*subject, entry);
        true
    }

    /// What is known of those whom something that has happened concerns.
    pub(crate) fn entry(&mut self, sight: &Sight) -> Option<&mut Entry> {
        self.table.peek_mut(&subject(self.signature.key, sight))
    }

    /// Those whom the key does not name, in the entry of what has happened.
    pub(crate) fn others(&self, sight: &Sight) -> Option<(Field, &Values)> {
        let others = self.others?;
        let entry = self.table.peek(&subject(self.signature.key, sight))?;
        Some((others.field, entry.cells.get(others.at)?.values()?))
    }

    /// Whether what belongs to an attack of that kind is nothing to it: it is another flood's, or it waits for what is not explained.
    pub(crate) fn leaves(&self, kind: Kind) -> bool {
        self.signature.kind != kind || !self.signature.explains
    }

    /// Forgets all.
    pub(crate) fn clear(&mut self) {
        self.table.clear();
        self.door.clear();
    }

    /// The values of all conditions, by what events call them, and how far the worst of them is beyond its bound.
    pub(crate) fn evidence(&self, sight: &Sight) -> (Vec<(String, f64)>, f64) {
        let Some(entry) = self.table.peek(&subject(self.signature.key, sight)) else { return (Vec::new(), 1.0) };
        let value = |test: &Test| test.value(&entry.cells).filter(|value| value.is_finite());
        let named = |(test, condition): (&Test, &Condition)| Some((evidence_name(condition), value(test)?));
        let values = self.when.iter().zip(&self.signature.when).filter_map(named).collect();
        let margins = self.when.iter().filter_map(|test| test.margin(&entry.cells));
        (values, margins.fold(f64::INFINITY, f64::min))
    }
}

/// As bits: the attack's own, those that ask for watching or exclude, and those by which others are divided.
fn founders(signature: &Signature) -> u32 {
    let asks = signature.watch.iter().filter(|it| it.at_least.is_some()).map(|it| &it.value);
    // What excludes has often happened before.
    let excludes = signature.exclude.iter().filter(|it| it.at_least.is_some() && it.per.is_none()).map(|it| &it.value);
    let names: Vec<&String> =
        asks.chain(excludes).chain(signature.when.iter().filter_map(|it| it.per.as_ref())).collect();
    let founds = |(at, counter): &(usize, &Counter)| *at == 0 || names.contains(&&counter.name);
    signature.count.iter().enumerate().filter(founds).fold(0, |founders, (at, _)| founders | 1 << at)
}

fn evidence_name(condition: &Condition) -> String {
    match &condition.per {
        Some(per) => format!("{}_per_{per}", condition.value),
        None => condition.value.clone(),
    }
}

impl Entry {
    fn new(signature: &Signature, half: u64) -> Self {
        let cells = signature.count.iter().map(|counter| Cell::new(counter.measure)).collect();
        Self { half, first: [None; 2], seen: [0; 2], told: [0; 2], cells, recent: VecDeque::new(), incident: None }
    }

    fn clear(&mut self, signature: &Signature, half: u64) {
        for (cell, counter) in self.cells.iter_mut().zip(&signature.count) {
            *cell = Cell::new(counter.measure);
        }
        self.first = [None; 2];
        (self.seen, self.told) = ([0; 2], [0; 2]);
        self.recent.clear();
        self.incident = None;
        self.half = half;
    }

    /// Lets go of what is too long ago. What comes late counts as if it came now.
    fn turn(&mut self, half: u64) {
        let passed = half.saturating_sub(self.half);
        for _ in 0..passed.min(2) {
            self.cells.iter_mut().for_each(Cell::rotate);
            self.first = [None, self.first[0]];
            (self.seen, self.told) = ([0, self.seen[0]], [0, self.told[0]]);
        }
        if passed > 1 {
            self.recent.clear();
        }
        self.half = self.half.max(half);
    }

    fn add(&mut self, signature: &Signature, sight: &Sight, hits: u32, remembers: bool) {
        for (at, (cell, counter)) in self.cells.iter_mut().zip(&signature.count).enumerate() {
            if hits >> at & 1 == 1 {
                cell.add(sight, counter);
            }
        }
        if hits & 1 == 0 {
            return;
        }
        let first = self.first[0].get_or_insert(sight.seen);
        *first = sight.seen.min(*first);
        self.seen[0] = self.seen[0].saturating_add(sight.count);
        if self.incident.is_none() && (remembers || self.recent.is_empty()) {
            self.remember(sight);
        }
    }

    fn remember(&mut self, sight: &Sight) {
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        // Under a flood of forged sources there are very many entries, of one sight each: no room for four.
        if self.recent.len() == self.recent.capacity() {
            self.recent.reserve_exact(self.recent.len().max(1));
        }
        self.recent.push_back(Trace::of(sight));
    }

    /// The first time that something counted, of what still counts.
    pub(crate) fn first(&self) -> Option<u64> {
        self.first[1].or(self.first[0])
    }

    /// The last few things that counted before it was an attack; they are told once.
    pub(crate) fn take_recent(&mut self) -> VecDeque<Trace> {
        std::mem::take(&mut self.recent)
    }

    /// How often the attack itself was seen, but for what an incident has counted already.
    pub(crate) fn untold(&self) -> u64 {
        let sum = |halves: [u64; 2]| halves[0].saturating_add(halves[1]);
        sum(self.seen).saturating_sub(sum(self.told))
    }

    /// The incident is over: it has not counted that many.
    pub(crate) fn is_over(&mut self, untold: u64) {
        self.told[0] = self.told[0].saturating_sub(untold);
        self.incident = None;
    }

    /// It is an incident, which has counted all so far, and not judged again for a moment.
    pub(crate) fn is_incident(&mut self, incident: u64, now: u64) {
        self.told = self.seen;
        self.incident = Some((incident, now.saturating_add(JUDGED_EVERY)));
    }
}
