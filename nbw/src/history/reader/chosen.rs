//! Which subjects an answer is about.

use std::{collections::HashMap, sync::Arc};

use foldhash::fast::FixedState;
use rusqlite::{Connection, OptionalExtension};

use super::{
    MOST_POINTS, Refusal,
    gather::{self, Gathered},
    layout::Layout,
    parts::Parts,
};
use crate::history::{OTHER, Subject, code, query::Query};

/// The series of an answer, in their order, and whose rows they are made of.
pub(super) struct Chosen {
    subjects: Vec<Subject>,
    /// Index of the series that stands for the rest; it is of many subjects.
    pub(super) other: Option<usize>,
    series: HashMap<i64, usize, FixedState>,
    /// The sum of all, where `other` is that less the others.
    all: Option<i64>,
}

/// Whose samples a row has.
pub(super) enum Whose {
    /// Of a series of one subject.
    Named(usize),
    /// Of `other`, as one of many.
    Rest,
    /// Of all.
    All,
    /// Nobody asks for them.
    Nobodys,
}

/// The subjects of a question, by number.
type Wanted = HashMap<i64, Subject, FixedState>;

/// So many points at most are gathered of all subjects at once, before it is known who is the busiest; some 32 MiB.
const AT_ONCE: usize = 500_000;

impl Chosen {
    /// Those that moved anything, the busiest first, `other` last; with what they moved. Refused where that is too much.
    pub(super) fn gathered(
        connection: &Connection,
        layout: &Layout,
        query: &Query,
        parts: &Parts,
    ) -> Result<(Self, Gathered), Refusal> {
        let wanted = wanted(connection, query)?;
        if wanted.len() * parts.len() <= AT_ONCE {
            let ids: Vec<i64> = wanted.keys().copied().collect();
            let all = Gathered::load(connection, layout, &Self::of(ids.iter().copied(), false, &wanted, query), parts)?;
            let moved = ids.iter().enumerate().filter_map(|(at, id)| Some((*id, all.total(at)?)));
            let chosen = Self::busiest(moved, &wanted, query).beside_all(connection, query)?;
            let gathered = all.regrouped(&ids, &chosen, parts);
            return Ok((chosen, gathered));
        }
        let chosen = Self::busiest(moved(connection, layout, &wanted, parts)?.into_iter(), &wanted, query);
        if chosen.len().saturating_mul(parts.len()) > MOST_POINTS {
            return Err(Refusal::TooMany(chosen.len()));
        }
        let chosen = chosen.beside_all(connection, query)?;
        let gathered = Gathered::load(connection, layout, &chosen, parts)?;
        Ok((chosen, gathered))
    }

    fn busiest(moved: impl Iterator<Item = (i64, u64)>, wanted: &Wanted, query: &Query) -> Self {
        let is_rest = |id: &i64| wanted[id].key.is_empty();
        let (rest, mut named): (Vec<_>, Vec<_>) = moved.partition(|(id, _)| is_rest(id));
        named.sort_unstable_by(|(one, busy), (other, less)| {
            less.cmp(busy).then_with(|| (&wanted[one].name, one).cmp(&(&wanted[other].name, other)))
        });
        let top = query.top.unwrap_or(usize::MAX).min(named.len());
        let has_rest = !rest.is_empty() || top < named.len();
        named.truncate(top);
        Self::of(named.into_iter().map(|(id, _)| id), has_rest, wanted, query)
    }

    fn of(named: impl Iterator<Item = i64>, has_rest: bool, wanted: &Wanted, query: &Query) -> Self {
        let subjects: Vec<(i64, Subject)> = named.map(|id| (id, wanted[&id].clone())).collect();
        let other = has_rest.then_some(subjects.len());
        // Also those that only other tiers have by name.
        let rest = wanted.keys().filter_map(|id| Some((*id, other?)));
        let named = subjects.iter().enumerate().map(|(at, (id, _))| (*id, at));
        let series = rest.chain(named).collect();
        let last = other.map(|_| Subject { kind: query.kind, key: "".into(), name: OTHER.into() });
        let subjects = subjects.into_iter().map(|(_, subject)| subject).chain(last).collect();
        Self { subjects, other, series, all: None }
    }

    /// Finds the sum of all, which saves reading each of them. Where only some are asked for it is of no use.
    fn beside_all(mut self, connection: &Connection, query: &Query) -> rusqlite::Result<Self> {
        if self.other.is_some() && query.only.is_empty() {
            let mut all = connection.prepare_cached("SELECT id FROM subject WHERE kind = ?1")?;
            self.all = all.query_row([code::all_of(query.kind)], |row| row.get(0)).optional()?;
        }
        Ok(self)
    }

    /// Whose samples a subject's rows have.
    pub(super) fn whose(&self, subject: i64) -> Whose {
        match self.series(subject) {
            Some(series) if self.other != Some(series) => Whose::Named(series),
            Some(_) if self.all.is_none() => Whose::Rest,
            None if self.all == Some(subject) => Whose::All,
            _ => Whose::Nobodys,
        }
    }

    /// Whether `other` is the sum of all less the others.
    pub(super) fn has_all(&self) -> bool {
        self.all.is_some()
    }

    /// How many series there are.
    pub(super) fn len(&self) -> usize {
        self.subjects.len()
    }

    /// Whom they are about.
    pub(super) fn subjects(&self) -> impl Iterator<Item = Subject> + '_ {
        self.subjects.iter().cloned()
    }

    /// The series that a subject's rows belong to.
    pub(super) fn series(&self, subject: i64) -> Option<usize> {
        self.series.get(&subject).copied()
    }
}

/// What each of those that moved anything did, in both directions.
fn moved(
    connection: &Connection,
    layout: &Layout,
    wanted: &Wanted,
    parts: &Parts,
) -> rusqlite::Result<HashMap<i64, u64, FixedState>> {
    let mut moved: HashMap<i64, u64, FixedState> = HashMap::default();
    gather::each_cell(connection, layout, parts, &mut |found| {
        if wanted.contains_key(&found.subject) && !found.cell.is_nothing() {
            let total = moved.entry(found.subject).or_default();
            *total = total.saturating_add(found.cell.total());
        }
    })?;
    Ok(moved)
}

/// The names of the counters.
pub(super) fn counters(connection: &Connection) -> rusqlite::Result<HashMap<i64, Arc<str>, FixedState>> {
    let mut names = connection.prepare_cached("SELECT id, key FROM subject WHERE kind = ?1")?;
    let names = names.query_map([code::COUNTER], |row| Ok((row.get(0)?, row.get::<_, String>(1)?.into())))?;
    names.collect()
}

/// The subjects that are asked for. Where some are asked for by name, the rest is nobody's.
fn wanted(connection: &Connection, query: &Query) -> rusqlite::Result<Wanted> {
    let mut subjects = connection.prepare_cached("SELECT id, key, name FROM subject WHERE kind = ?1")?;
    let text = |text: String| -> Arc<str> { text.into() };
    let all = subjects.query_map([code::of(query.kind)], |row| {
        Ok((row.get(0)?, Subject { kind: query.kind, key: text(row.get(1)?), name: text(row.get(2)?) }))
    })?;
    let asked = |subject: &Subject| {
        query.only.is_empty() || query.only.iter().any(|only| only.matches(&subject.name) || only.matches(&subject.key))
    };
    all.filter(|found| found.as_ref().map_or(true, |(_, subject)| asked(subject))).collect()
}
