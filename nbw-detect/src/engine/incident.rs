//! Attacks that go on: one for each, whichever signatures have told of it.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, HashMap, VecDeque},
    hash::BuildHasher as _,
};

use foldhash::fast::FixedState;

use super::{
    arp::Arp,
    happening::{Sight, Trace},
    tally::Tally,
    values::Values,
    who::Who,
};
use crate::{
    Event, Kind, Time,
    event::{MOST_NAMED, SCHEMA},
    signature::{Field, Group, Scope, Signature},
};

/// After so long without anything that counts, an attack is over.
const QUIET: u64 = 300_000_000_000;

/// Attacks at a time; beyond, those that were longest not heard of are over.
const MOST: usize = 4_096;

/// Whom an incident is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct About {
    kind: Kind,
    group: Group,
    source: Who,
    target: Who,
}

/// An attack, as far as it is known.
#[derive(Debug)]
struct Incident {
    number: u64,
    /// What events call it, for as long as it lasts.
    id: String,
    about: About,
    signature: Signature,
    /// The signature's place, and the last thing that it was judged by.
    origin: (usize, Sight),
    first: u64,
    last: u64,
    sources: Tally,
    targets: Tally,
    /// Packets and bytes, by the signature that has counted them: several may see the same.
    counts: BTreeMap<usize, (u64, u64)>,
    evidence: BTreeMap<String, f64>,
    margin: f64,
    changed: bool,
    /// Somebody concerned is not of a private network.
    outside: bool,
    /// When it was told last.
    told: Option<u64>,
    /// What was said of it when it ended.
    ended: Option<Event>,
}

/// All incidents, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Incidents {
    list: Vec<Incident>,
    /// Those that go on.
    open: HashMap<About, u64, FixedState>,
    /// By when they were last heard of, some time ago, and their numbers: who is to go first.
    oldest: BinaryHeap<Reverse<(u64, u64)>>,
    next: u64,
    /// How many were over because there was no room for more.
    pub(crate) crowded: u64,
}

/// What an observation says of an incident.
pub(crate) struct Report<'a> {
    pub(crate) signature: &'a Signature,
    /// Where that is.
    pub(crate) board: usize,
    pub(crate) sight: &'a Sight,
    pub(crate) first: u64,
    /// What has counted before, as far as it is remembered.
    pub(crate) recent: VecDeque<Trace>,
    /// How often that was, this one included, and who of those whom the signature's key does not name was in it.
    pub(crate) untold: u64,
    pub(crate) others: Option<(Field, &'a Values)>,
    pub(crate) evidence: Vec<(String, f64)>,
    pub(crate) margin: f64,
}

impl Incidents {
    /// The incident that a report is about, by its number.
    pub(crate) fn report(&mut self, report: Report<'_>, arp: &Arp) -> u64 {
        let about = about(report.signature, report.sight);
        let known = self.open.get(&about).and_then(|number| self.place(*number));
        let at = known.unwrap_or_else(|| self.begin(about, &report, arp));
        self.list[at].take(report);
        self.list[at].number
    }

    fn begin(&mut self, about: About, report: &Report<'_>, arp: &Arp) -> usize {
        if self.open.len() >= MOST
            && let Some(at) = self.longest_quiet()
        {
            self.open.remove(&self.list[at].about);
            self.crowded += 1;
            self.list[at].end(arp);
        }
        self.next += 1;
        self.oldest.push(Reverse((report.first, self.next)));
        self.open.insert(about, self.next);
        self.list.push(Incident {
            number: self.next,
            id: id(about, report.first, self.next),
            about,
            signature: report.signature.clone(),
            origin: (report.board, *report.sight),
            first: report.first,
            last: report.first,
            sources: Tally::default(),
            targets: Tally::default(),
            counts: BTreeMap::new(),
            evidence: BTreeMap::new(),
            margin: 1.0,
            changed: true,
            outside: false,
            told: None,
            ended: None,
        });
        self.list.len() - 1
    }

    /// The one that goes on and was longest not heard of.
    fn longest_quiet(&mut self) -> Option<usize> {
        while let Some(Reverse((last, number))) = self.oldest.pop() {
            let Some(at) = self.place(number).filter(|at| self.list[*at].ended.is_none()) else { continue };
            if self.list[at].last <= last {
                return Some(at);
            }
            self.oldest.push(Reverse((self.list[at].last, number)));
        }
        None
    }

    fn place(&self, number: u64) -> Option<usize> {
        self.list.binary_search_by_key(&number, |it| it.number).ok()
    }

    /// One more of what the incident consists of. Whether it still goes on.
    pub(crate) fn goes(&mut self, number: u64, board: usize, sight: &Sight) -> bool {
        let Some(at) = self.place(number) else { return false };
        let incident = &mut self.list[at];
        if incident.ended.is_none() {
            incident.add(&Trace::of(sight), board);
        }
        incident.ended.is_none()
    }

    /// Asks for the counts of those that go on and are to be told.
    pub(crate) fn refresh(
        &mut self,
        now: u64,
        every: u64,
        evidence: impl Fn(usize, &Sight) -> (Vec<(String, f64)>, f64),
    ) {
        for incident in self.list.iter_mut().filter(|it| it.ended.is_none() && it.is_news(now, every)) {
            let (board, sight) = incident.origin;
            let (values, margin) = evidence(board, &sight);
            incident.weigh(values, margin);
        }
    }

    /// What was not heard of for long is over.
    pub(crate) fn advance(&mut self, now: u64, arp: &Arp) {
        for incident in self.list.iter_mut().filter(|it| it.ended.is_none()) {
            let quiet = QUIET.max(incident.signature.window.saturating_mul(1_000_000_000));
            if now.saturating_sub(incident.last) > quiet {
                self.open.remove(&incident.about);
                incident.end(arp);
            }
        }
    }

    /// All are over.
    pub(crate) fn end(&mut self, arp: &Arp) {
        self.open.clear();
        self.list.iter_mut().filter(|it| it.ended.is_none()).for_each(|it| it.end(arp));
    }

    /// Those that are new or have ended, and those that have changed and were not told for so long; those that have ended are forgotten.
    pub(crate) fn take(&mut self, now: u64, every: u64, arp: &Arp) -> Vec<Event> {
        let news = self.list.iter_mut().filter(|it| it.is_news(now, every));
        let events = news.map(|it| it.tell(now, arp)).collect();
        self.list.retain(|it| it.ended.is_none());
        events
    }

    /// Those that have ended, which are forgotten.
    pub(crate) fn take_ended(&mut self) -> Vec<Event> {
        let events = self.list.iter().filter_map(|it| it.ended.clone()).collect();
        self.list.retain(|it| it.ended.is_none());
        events
    }

    /// All that there are, ended, by the time they were first seen.
    pub(crate) fn finish(mut self, arp: &Arp) -> Vec<Event> {
        self.list.sort_by_key(|it| (it.first, it.number));
        self.end(arp);
        self.take_ended()
    }
}

fn about(signature: &Signature, sight: &Sight) -> About {
    let (source, target) = match signature.event {
        Group::Source => (sight.source, Who::default()),
        Group::Target => (Who::default(), sight.target),
        Group::Pair => (sight.source, sight.target),
    };
    About { kind: signature.kind, group: signature.event, source, target }
}

/// The same attack of the same capture has the same one. Made once: its first packet may turn out to be an earlier one.
fn id(about: About, first: u64, number: u64) -> String {
    let hash = FixedState::default().hash_one((about, first, number));
    format!("{hash:016x}")
}

impl Incident {
    fn take(&mut self, report: Report<'_>) {
        self.first = self.first.min(report.first);
        // Of several signatures that see the same, the one that is surest has the word.
        let weight = |signature: &Signature| (signature.severity, (signature.confidence * 1000.0) as u32);
        if weight(report.signature) > weight(&self.signature) {
            self.signature = report.signature.clone();
            self.origin = (report.board, *report.sight);
            (self.margin, self.evidence) = (1.0, BTreeMap::new());
            // It is something else than was told: that is news at once.
            self.told = None;
        }
        let counted: u64 = report.recent.iter().map(|sight| sight.count).sum();
        for trace in &report.recent {
            self.add(trace, report.board);
        }
        self.add(&Trace::of(report.sight), report.board);
        let forgotten = report.untold.saturating_sub(counted + report.sight.count);
        self.remember(report.board, forgotten, report.others);
        if report.board != self.origin.0 {
            return;
        }
        if report.margin >= self.margin {
            self.origin.1 = *report.sight;
        }
        self.weigh(report.evidence, report.margin);
    }

    /// What has counted before it was an attack, and who was in it.
    fn remember(&mut self, board: usize, forgotten: u64, others: Option<(Field, &Values)>) {
        if forgotten == 0 {
            return;
        }
        self.counts.entry(board).or_default().0 += forgotten;
        match others {
            Some((Field::Source, values)) => self.sources.merge(values),
            Some((_, values)) => self.targets.merge(values),
            None => {}
        }
    }

    /// The counts at their worst are what is told.
    fn weigh(&mut self, values: Vec<(String, f64)>, margin: f64) {
        if margin >= self.margin {
            self.margin = margin.min(1e9);
            self.evidence.extend(values);
        }
    }

    /// What other signatures see of the same names those concerned, and is counted apart.
    fn add(&mut self, sight: &Trace, board: usize) {
        self.changed = true;
        self.last = self.last.max(sight.seen);
        if !self.outside && self.signature.inside.is_some() {
            self.outside = [sight.source, sight.target].iter().any(|who| who.scope() == Scope::Global);
        }
        let counts = self.counts.entry(board).or_default();
        counts.0 += sight.count;
        counts.1 += sight.bytes;
        let count = if board == self.origin.0 { sight.count } else { 0 };
        self.sources.add(sight.source, 0, count);
        self.targets.add(sight.target, sight.target_port, count);
    }

    fn is_news(&self, now: u64, every: u64) -> bool {
        let due = self.told.is_none_or(|told| now.saturating_sub(told) >= every);
        self.changed && (due || self.ended.is_some())
    }

    fn tell(&mut self, now: u64, arp: &Arp) -> Event {
        (self.changed, self.told) = (false, Some(now));
        self.ended.clone().unwrap_or_else(|| self.event(arp))
    }

    fn end(&mut self, arp: &Arp) {
        self.changed = true;
        self.ended = Some(Event { ongoing: false, ..self.event(arp) });
        (self.sources, self.targets) = (Tally::default(), Tally::default());
    }

    fn event(&self, arp: &Arp) -> Event {
        let signature = &self.signature;
        Event {
            schema: SCHEMA,
            id: self.id.clone(),
            kind: signature.kind,
            signature: signature.name.clone(),
            first_seen: Time(self.first).timestamp(),
            last_seen: Time(self.last).timestamp(),
            sources: self.named(&self.sources, arp),
            source_count: self.how_many(&self.sources),
            targets: self.named(&self.targets, arp),
            target_count: self.how_many(&self.targets),
            severity: signature.inside.filter(|_| !self.outside).unwrap_or(signature.severity),
            confidence: self.confidence(),
            technique: signature.technique.clone(),
            evidence: self.all_evidence(),
            advice: signature.advice.trim().to_owned(),
            concerned: Vec::new(),
            ongoing: true,
        }
    }

    /// An estimate that is a little more than what was counted is too high; one that is far more is of signatures that count different things.
    fn how_many(&self, tally: &Tally) -> u64 {
        let (many, counted) = (tally.len(), self.counted());
        if many <= counted + counted / 8 { many.min(counted) } else { many }
    }

    /// How often it was seen, by the signature that has seen most of it: others may have seen the same.
    fn counted(&self) -> u64 {
        self.counts.values().map(|(count, _)| *count).max().unwrap_or(0)
    }

    fn named(&self, tally: &Tally, arp: &Arp) -> Vec<String> {
        let link = self.origin.1.link;
        let name = |(who, port): (Who, Option<u16>)| match (who.address(), port) {
            (Some(address), Some(port)) => std::net::SocketAddr::new(address, port).to_string(),
            (None, _) => match arp.own(link, who) {
                Some(own) => format!("{} {}", own.text(), who.text()),
                None => who.text(),
            },
            _ => who.text(),
        };
        tally.busiest(MOST_NAMED).into_iter().map(name).collect()
    }

    /// As sure as the signature says, and surer the further the least of its counts is beyond its bound.
    fn confidence(&self) -> f64 {
        let base = self.signature.confidence;
        let sure = base + (1.0 - base) * (1.0 - 1.0 / self.margin.max(1.0));
        (sure.min(0.99) * 100.0).round() / 100.0
    }

    fn all_evidence(&self) -> BTreeMap<String, f64> {
        let mut evidence = self.evidence.clone();
        let bytes = self.counts.values().map(|(_, bytes)| *bytes).max().unwrap_or(0);
        let seconds = self.last.saturating_sub(self.first) as f64 / 1e9;
        evidence.insert("counted".to_owned(), self.counted() as f64);
        evidence.insert("seconds".to_owned(), (seconds * 1000.0).round() / 1000.0);
        if bytes > 0 {
            evidence.insert("bytes".to_owned(), bytes as f64);
        }
        for value in evidence.values_mut() {
            *value = (*value * 1000.0).round() / 1000.0;
        }
        evidence
    }
}
