//! The smallest stretches of time of which vnStat knows what was moved; none of them counts what another one does.

use super::{
    calendar::{Calendar, Length},
    json::Interface,
};

/// What was moved in a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Atom {
    /// Its begin, in seconds of Unix time.
    pub start: i64,
    /// Its end.
    pub end: i64,
    /// Bytes received.
    pub rx: u64,
    /// Bytes sent.
    pub tx: u64,
}

/// What vnStat knows of an interface before `until`, in order.
pub(super) fn of(interface: &Interface, calendar: &Calendar, until: i64) -> Vec<Atom> {
    let updated = calendar.second(&interface.updated).unwrap_or(i64::MAX);
    let mut atoms: Vec<Atom> = Vec::new();
    for (entries, length) in interface.traffic.levels().into_iter().zip(Length::ALL) {
        let mut rest = Vec::new();
        for entry in entries {
            let Some((start, end)) = calendar.span(entry, length).filter(|(start, end)| start < end) else { continue };
            // A clock that was wrong: what is kept of it would keep the finer tiers from having anything until then.
            if start > updated {
                continue;
            }
            // What has not come yet is in no entry.
            let end = end.min(updated.max(start + 1));
            rest.extend(unexplained(&atoms, Atom { start, end, rx: entry.rx, tx: entry.tx }));
        }
        atoms.extend(rest);
        atoms.sort_unstable_by_key(|atom| (atom.start, atom.end));
    }
    atoms.iter().filter_map(|atom| before(*atom, until)).collect()
}

/// What finer entries do not have of a longer one: it was moved before they begin. Where they go back to its begin, some of
/// them are missing, and nobody knows when in it that was.
fn unexplained(finer: &[Atom], entry: Atom) -> Option<Atom> {
    // They are in order, and may be hundreds of thousands.
    let [first, last] = [entry.start, entry.end].map(|at| finer.partition_point(|atom| atom.start < at));
    let inside = &finer[first..last];
    let begin = inside.first().map(|atom| atom.start);
    let (rx, tx) =
        inside.iter().fold((0_u64, 0_u64), |sum, atom| (sum.0.saturating_add(atom.rx), sum.1.saturating_add(atom.tx)));
    let end = begin.filter(|begin| *begin > entry.start).unwrap_or(entry.end);
    let rest = Atom { end, rx: entry.rx.saturating_sub(rx), tx: entry.tx.saturating_sub(tx), ..entry };
    Some(rest).filter(|rest| rest.rx > 0 || rest.tx > 0)
}

/// What of it was before `until`; of one that was going on then, its share.
fn before(atom: Atom, until: i64) -> Option<Atom> {
    if atom.end <= until {
        return Some(atom);
    }
    let (passed, length) = (until - atom.start, atom.end - atom.start);
    let share = |whole: u64| (u128::from(whole) * passed.max(0) as u128 / length.max(1) as u128) as u64;
    let atom = (passed > 0).then(|| Atom { end: until, rx: share(atom.rx), tx: share(atom.tx), ..atom });
    atom.filter(|atom| atom.rx > 0 || atom.tx > 0)
}
