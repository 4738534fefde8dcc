//! Whether a counter counts what has happened.

use std::{collections::HashMap, rc::Rc};

use super::happening::Sight;
use crate::signature::{Counter, form::Range};

/// Ports, a bit for each.
type Bits = [u64; 1_024];

/// A counter's conditions on ports, made so that a look is enough; and the others.
#[derive(Debug)]
pub(crate) struct Filter {
    /// What happens, as bits.
    pub(crate) mask: u64,
    source: Option<Rc<Bits>>,
    target: Option<Rc<Bits>>,
    /// It has others.
    picky: bool,
}

/// Sets of ports that were made: many counters have the same.
#[derive(Debug, Default)]
pub(crate) struct Sets(HashMap<(Vec<Range>, Vec<Range>), Rc<Bits>>);

impl Sets {
    /// Those that are in one list and not in the other; none where all are.
    fn of(&mut self, among: &[Range], none_of: &[Range]) -> Option<Rc<Bits>> {
        if among.is_empty() && none_of.is_empty() {
            return None;
        }
        let made = self.0.entry((among.to_vec(), none_of.to_vec()));
        Some(Rc::clone(made.or_insert_with_key(|(among, none_of)| Rc::new(bits(among, none_of)))))
    }
}

fn bits(among: &[Range], none_of: &[Range]) -> Bits {
    let mut bits = [if among.is_empty() { u64::MAX } else { 0 }; 1_024];
    for (ranges, value) in [(among, true), (none_of, false)] {
        for port in ranges.iter().flat_map(|range| *range.0.start()..=(*range.0.end()).min(u16::MAX.into())) {
            let (word, bit) = (&mut bits[port as usize / 64], 1 << (port % 64));
            *word = if value { *word | bit } else { *word & !bit };
        }
    }
    bits
}

impl Filter {
    pub(crate) fn new(counter: &Counter, sets: &mut Sets) -> Self {
        Self {
            mask: counter.on.iter().fold(0, |mask, what| mask | 1 << *what as u64),
            source: sets.of(&counter.source_ports, &counter.not_source_ports),
            target: sets.of(&counter.target_ports, &counter.not_target_ports),
            picky: is_picky(counter),
        }
    }

    /// Whether all that the counter asks for besides what happens is so.
    #[inline]
    pub(crate) fn counts(&self, counter: &Counter, sight: &Sight) -> bool {
        has(self.source.as_deref(), sight.source_port)
            && has(self.target.as_deref(), sight.target_port)
            && (!self.picky || counts(counter, sight))
    }
}

/// The ports of which a signature may count something that happens: most signatures are about few.
#[derive(Debug)]
pub(crate) struct Gate {
    source: Option<Rc<Bits>>,
    target: Option<Rc<Bits>>,
}

impl Gate {
    /// Of all filters together; none of none.
    pub(crate) fn of(filters: &[&Filter]) -> Option<Self> {
        let sources = filters.iter().map(|filter| filter.source.as_ref());
        let targets = filters.iter().map(|filter| filter.target.as_ref());
        (!filters.is_empty()).then(|| Self { source: union(sources), target: union(targets) })
    }

    #[inline]
    pub(crate) fn lets(&self, source_port: u16, target_port: u16) -> bool {
        has(self.source.as_deref(), source_port) && has(self.target.as_deref(), target_port)
    }
}

/// All ports of any; none where one has all of them.
fn union<'a>(all: impl Iterator<Item = Option<&'a Rc<Bits>>>) -> Option<Rc<Bits>> {
    let join = |a: Rc<Bits>, b: Rc<Bits>| {
        if Rc::ptr_eq(&a, &b) { a } else { Rc::new(std::array::from_fn(|word| a[word] | b[word])) }
    };
    all.map(Option::<&Rc<Bits>>::cloned).reduce(|a, b| Some(join(a?, b?))).flatten()
}

#[inline]
fn has(ports: Option<&Bits>, port: u16) -> bool {
    ports.is_none_or(|bits| bits[usize::from(port) / 64] >> (port % 64) & 1 == 1)
}

/// Whether there is anything but ports that a counter asks for.
fn is_picky(counter: &Counter) -> bool {
    let others = [&counter.payload, &counter.answer, &counter.lasted, &counter.turns];
    let flags = [counter.same_port, counter.server_first, counter.answered_before];
    others.iter().any(|range| range.is_some())
        || flags.iter().any(Option::is_some)
        || counter.flags.is_some()
        || [&counter.protocols, &counter.icmp_types].iter().any(|ranges| !ranges.is_empty())
        || [&counter.from, &counter.to].iter().any(|scopes| !scopes.is_empty())
}

/// What it asks for besides ports.
fn counts(counter: &Counter, sight: &Sight) -> bool {
    counter.same_port.is_none_or(|same| same == (sight.source_port == sight.target_port))
        && any(&counter.protocols, sight.protocol)
        && any(&counter.icmp_types, sight.icmp)
        && counter.flags.is_none_or(|flags| sight.flags & flags.of == flags.set)
        && within(counter.payload.as_ref(), sight.payload)
        && within(counter.answer.as_ref(), sight.answer)
        && within(counter.lasted.as_ref(), sight.lasted)
        && within(counter.turns.as_ref(), sight.turns.into())
        && counter.server_first.is_none_or(|first| first == sight.server_first)
        && counter.answered_before.is_none_or(|known| known == sight.known)
        && (counter.from.is_empty() || counter.from.contains(&sight.source.scope()))
        && (counter.to.is_empty() || counter.to.contains(&sight.target.scope()))
}

fn any(ranges: &[Range], number: impl Into<u32>) -> bool {
    let number = number.into();
    ranges.is_empty() || ranges.iter().any(|range| range.contains(number))
}

fn within(range: Option<&Range>, number: u32) -> bool {
    range.is_none_or(|range| range.contains(number))
}
