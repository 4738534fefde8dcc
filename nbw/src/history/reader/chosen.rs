//! Which subjects an answer is about.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use foldhash::fast::FixedState;
use rusqlite::{Connection, OptionalExtension, Row};

use super::{
    MOST_POINTS, Refusal,
    gather::{self, Gathered},
    layout::Layout,
    parts::Parts,
};
use crate::{
    history::{Kind, OTHER, Subject, code, query::Query},
    pattern::Pattern,
};

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

/// The subjects of a question, by number, with their names where those are few.
struct Wanted {
    ids: HashSet<i64, FixedState>,
    /// Of them what stands for the rest.
    rest: HashSet<i64, FixedState>,
    names: HashMap<i64, Subject, FixedState>,
}

/// So many names are read at most before it is known who is the busiest.
const NAMES_AT_ONCE: usize = 10_000;

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
        let mut wanted = Wanted::load(connection, query)?;
        if wanted.ids.len() * parts.len() <= AT_ONCE && wanted.has_names() {
            let ids: Vec<i64> = wanted.ids.iter().copied().collect();
            let all = Gathered::load(connection, layout, &Self::of(ids.iter().copied(), false, &wanted, query), parts)?;
            let moved = ids.iter().enumerate().filter_map(|(at, id)| Some((*id, all.total(at)?)));
            let chosen = Self::busiest(moved, &wanted, query).beside_all(connection, query)?;
            let gathered = all.regrouped(&ids, &chosen, parts);
            return Ok((chosen, gathered));
        }
        let moved = moved(connection, layout, &wanted, parts)?;
        let count = query.top.map_or(moved.len(), |top| top.saturating_add(1).min(moved.len()));
        if count.saturating_mul(parts.len()) > MOST_POINTS {
            return Err(Refusal::TooMany(count));
        }
        wanted.name(connection, query, &moved)?;
        let chosen = Self::busiest(moved.into_iter(), &wanted, query);
        let chosen = chosen.beside_all(connection, query)?;
        let gathered = Gathered::load(connection, layout, &chosen, parts)?;
        Ok((chosen, gathered))
    }

    fn busiest(moved: impl Iterator<Item = (i64, u64)>, wanted: &Wanted, query: &Query) -> Self {
        let (rest, mut named): (Vec<_>, Vec<_>) = moved.partition(|(id, _)| wanted.rest.contains(id));
        let name = |id: &i64| wanted.names.get(id).map(|subject| &subject.name);
        named.sort_unstable_by(|(one, busy), (other, less)| {
            less.cmp(busy).then_with(|| (name(one), one).cmp(&(name(other), other)))
        });
        let top = query.top.unwrap_or(usize::MAX).min(named.len());
        let has_rest = !rest.is_empty() || top < named.len();
        named.truncate(top);
        Self::of(named.into_iter().map(|(id, _)| id), has_rest, wanted, query)
    }

    fn of(named: impl Iterator<Item = i64>, has_rest: bool, wanted: &Wanted, query: &Query) -> Self {
        let subjects: Vec<(i64, Subject)> = named.filter_map(|id| Some((id, wanted.names.get(&id)?.clone()))).collect();
        let other = has_rest.then_some(subjects.len());
        // Also those that only other tiers have by name.
        let rest = wanted.ids.iter().filter_map(|id| Some((*id, other?)));
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

/// Bytes in both directions, by subject.
type Totals = HashMap<i64, u64, FixedState>;

/// What each of those that moved anything did, in both directions.
fn moved(connection: &Connection, layout: &Layout, wanted: &Wanted, parts: &Parts) -> rusqlite::Result<Totals> {
    let mut moved = Totals::default();
    gather::each_cell(connection, layout, parts, &mut |found| {
        if wanted.ids.contains(&found.subject) && !found.cell.is_nothing() {
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

impl Wanted {
    /// Where some are asked for by name, the rest is nobody's.
    fn load(connection: &Connection, query: &Query) -> rusqlite::Result<Self> {
        if !query.only.is_empty() {
            return Self::with_names(connection, query);
        }
        let mut subjects = connection.prepare_cached("SELECT id, key = '' FROM subject WHERE kind = ?1")?;
        let (mut ids, mut rest) = (HashSet::default(), HashSet::default());
        let mut found = subjects.query([code::of(query.kind)])?;
        while let Some(row) = found.next()? {
            let id = row.get(0)?;
            ids.insert(id);
            if row.get(1)? {
                rest.insert(id);
            }
        }
        if ids.len() <= NAMES_AT_ONCE {
            return Self::with_names(connection, query);
        }
        Ok(Self { ids, rest, names: HashMap::default() })
    }

    fn with_names(connection: &Connection, query: &Query) -> rusqlite::Result<Self> {
        let mut subjects = connection.prepare_cached("SELECT id, key, name FROM subject WHERE kind = ?1")?;
        let all = subjects.query_map([code::of(query.kind)], |row| subject(row, query.kind))?;
        let asked = |subject: &Subject| {
            let matches = |only: &Pattern| only.matches(&subject.name) || only.matches(&subject.key);
            query.only.is_empty() || query.only.iter().any(matches)
        };
        let names: HashMap<i64, Subject, FixedState> = all
            .filter(|found| found.as_ref().map_or(true, |(_, subject)| asked(subject)))
            .collect::<rusqlite::Result<_>>()?;
        let rest = names.iter().filter(|(_, subject)| subject.key.is_empty()).map(|(id, _)| *id).collect();
        Ok(Self { ids: names.keys().copied().collect(), rest, names })
    }

    fn has_names(&self) -> bool {
        self.names.len() == self.ids.len()
    }

    /// Looks up the names of those that may be among the busiest: of equal ones, names decide.
    fn name(&mut self, connection: &Connection, query: &Query, moved: &Totals) -> rusqlite::Result<()> {
        if self.has_names() {
            return Ok(());
        }
        let mut totals: Vec<u64> =
            moved.iter().filter(|(id, _)| !self.rest.contains(id)).map(|(_, total)| *total).collect();
        totals.sort_unstable_by(|one, other| other.cmp(one));
        let Some(last) = query.top.map_or(Some(0), |top| totals.get(top.checked_sub(1)?).copied().or(Some(0))) else {
            return Ok(());
        };
        let mut named = connection.prepare_cached("SELECT id, key, name FROM subject WHERE id = ?1")?;
        for (id, _) in moved.iter().filter(|(_, total)| **total >= last) {
            let (id, subject) = named.query_row([id], |row| subject(row, query.kind))?;
            self.names.insert(id, subject);
        }
        Ok(())
    }
}

fn subject(row: &Row<'_>, kind: Kind) -> rusqlite::Result<(i64, Subject)> {
    let text = |column| row.get::<_, String>(column).map(Arc::<str>::from);
    Ok((row.get(0)?, Subject { kind, key: text(1)?, name: text(2)? }))
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::history::{Bounds, Bucket, Cell, Database, Reader, Tier, Tiers, Way, query::Every};

    const BEGIN: i64 = 1_767_225_600;

    /// So many containers, two and two of the same traffic, and what is asked about the busiest three.
    fn crowd(dir: &std::path::Path, many: u64) -> Query {
        let hours = Tiers::new(vec![Tier { seconds: 3_600, keep: 1 << 40 }]).unwrap();
        let hours = hours.in_zone(TimeZone::UTC).bounded(Bounds { many: 50_000, few: 50_000 });
        let subject = |number| {
            let name: Arc<str> = format!("c{number}").into();
            Subject { kind: Kind::Container, key: Arc::clone(&name), name }
        };
        let cell = |number| Cell { rx: Way { bytes: 1 + number / 2, packets: 1, peak: 1 }, tx: Way::default() };
        let bucket = Bucket {
            start: BEGIN,
            seconds: 3_600,
            cells: (0..many).map(|number| (subject(number), cell(number))).collect(),
            counters: Vec::new(),
            covered: vec![(BEGIN * 1_000, (BEGIN + 3_600) * 1_000)],
        };
        Database::open(dir, &hours).unwrap().write(&[bucket]).unwrap();
        let [from, to] = [BEGIN, BEGIN + 86_400].map(crate::history::reader::second);
        let (only, every, zone) = (Vec::new(), Every::Seconds(3_600), TimeZone::UTC);
        Query { kind: Kind::Container, only, from, to, every, top: Some(3), zone, month_begins: 1 }
    }

    #[test]
    fn of_many_only_the_names_of_the_busiest_are_read() {
        let many = NAMES_AT_ONCE as u64 + 1_000;
        let dir = tempfile::tempdir().unwrap();
        let query = crowd(dir.path(), many);
        let reader = Reader::open(dir.path()).unwrap();
        let mut wanted = Wanted::load(&reader.connection, &query).unwrap();
        assert_eq!((wanted.ids.len() as u64, wanted.names.len()), (many, 0));
        let layout = Layout::load(&reader.connection).unwrap();
        let moved = moved(&reader.connection, &layout, &wanted, &Parts::of(&query)).unwrap();
        wanted.name(&reader.connection, &query, &moved).unwrap();
        // The third and the fourth have moved the same.
        assert_eq!(wanted.names.len(), 4);
    }

    #[test]
    fn many_are_answered_as_few_are() {
        for many in [1_000, NAMES_AT_ONCE as u64 + 1_000] {
            let dir = tempfile::tempdir().unwrap();
            let query = crowd(dir.path(), many);
            let answer = Reader::open(dir.path()).unwrap().ask(&query).unwrap();
            let names: Vec<String> = answer.series.iter().map(|series| series.subject.name.to_string()).collect();
            let named = [2, 1, 4].map(|below| format!("c{}", many - below));
            assert_eq!(names, [&named[..], &[OTHER.to_owned()]].concat());
            let sum: u64 = answer.whole.iter().map(|whole| whole.rx.bytes).sum();
            assert_eq!(sum, (0..many).map(|number| 1 + number / 2).sum::<u64>());
        }
    }
}
