//! Whether a counter counts what has happened.

use super::happening::Sight;
use crate::signature::{Counter, form::Range};

/// The happenings that a counter has, as bits.
pub(crate) fn mask(counter: &Counter) -> u64 {
    counter.on.iter().fold(0, |mask, what| mask | 1 << *what as u64)
}

/// Whether all that the counter asks for besides is so.
pub(crate) fn counts(counter: &Counter, sight: &Sight) -> bool {
    any(&counter.source_ports, sight.source_port)
        && any(&counter.target_ports, sight.target_port)
        && none(&counter.not_source_ports, sight.source_port)
        && none(&counter.not_target_ports, sight.target_port)
        && counter.same_port.is_none_or(|same| same == (sight.source_port == sight.target_port))
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
    ranges.is_empty() || holds(ranges, number.into())
}

fn none(ranges: &[Range], number: impl Into<u32>) -> bool {
    ranges.is_empty() || !holds(ranges, number.into())
}

fn holds(ranges: &[Range], number: u32) -> bool {
    ranges.iter().any(|range| range.contains(number))
}

fn within(range: Option<&Range>, number: u32) -> bool {
    range.is_none_or(|range| range.contains(number))
}
