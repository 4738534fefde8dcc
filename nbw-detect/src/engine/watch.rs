//! Endpoints of which every packet is looked at for a while.

use std::{collections::BTreeMap, net::IpAddr};

use super::who::Who;

/// So long an endpoint is looked at before another that waits may have its place.
const TURN: u64 = 60_000_000_000;

/// How often a place is looked for, where there is none.
const TRIED_EVERY: u64 = 100_000_000;

/// Who goes before whom, where there is not room for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// Connections are looked at for what is said on them: it can wait.
    Session,
    /// Whether handshakes are completed: floods do not wait.
    Flood,
    /// It is being attacked.
    Attacked,
}

#[derive(Debug, Clone, Copy)]
struct Watched {
    /// Since when all its packets come; not yet known.
    since: Option<u64>,
    asked: u64,
    until: u64,
    rank: Rank,
    /// The signatures that have asked, as bits by their places.
    askers: u128,
}

/// The endpoints.
#[derive(Debug)]
pub(crate) struct Watch {
    most: usize,
    /// Somebody has to be asked for their packets, and says when they come.
    live: bool,
    endpoints: BTreeMap<(Who, u16), Watched>,
    tried: u64,
    /// How often there was no place for another.
    pub(crate) refused: u64,
    pub(crate) generation: u64,
}

impl Watch {
    pub(crate) fn new(most: usize, live: bool) -> Self {
        Self { most, live, endpoints: BTreeMap::new(), tried: 0, refused: 0, generation: 0 }
    }

    pub(crate) fn list(&self) -> Vec<(IpAddr, u16)> {
        self.endpoints.keys().filter_map(|(who, port)| Some((who.address()?, *port))).collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.endpoints.is_empty()
    }

    /// Whether all packets of the endpoint are known to come by now.
    pub(crate) fn has(&self, who: Who, port: u16, now: u64) -> bool {
        self.endpoints.get(&(who, port)).and_then(|known| known.since).is_some_and(|since| since <= now)
    }

    /// Whether they may come.
    pub(crate) fn takes(&self, who: Who, port: u16) -> bool {
        self.endpoints.contains_key(&(who, port))
    }

    /// The packets of all that were asked for come from then on.
    pub(crate) fn confirm(&mut self, since: u64) {
        self.endpoints.values_mut().for_each(|known| known.since = known.since.or(Some(since)));
    }

    /// Asks for an endpoint, for so long from now on. Where there are too many, those that matter less or had their turn go.
    pub(crate) fn ask(&mut self, (who, port): (Who, u16), asker: usize, now: u64, length: u64, rank: Rank) {
        let until = now.saturating_add(length);
        if let Some(known) = self.endpoints.get_mut(&(who, port)) {
            known.until = until.max(known.until);
            known.rank = rank.max(known.rank);
            known.askers |= bit(asker);
        } else if who.address().is_some() {
            if self.endpoints.len() >= self.most && !self.make_room(now, rank) {
                self.refused += 1;
                return;
            }
            let since = (!self.live).then_some(now);
            self.endpoints.insert((who, port), Watched { since, asked: now, until, rank, askers: bit(asker) });
            self.changed();
        }
    }

    /// Somebody has seen enough of an endpoint: without others who have asked for it, it is let go of.
    pub(crate) fn leave(&mut self, endpoint: (Who, u16), asker: usize) {
        let Some(known) = self.endpoints.get_mut(&endpoint).filter(|known| known.rank == Rank::Session) else { return };
        known.askers &= !bit(asker);
        if known.askers == 0 {
            self.endpoints.remove(&endpoint);
            self.changed();
        }
    }

    /// Whether somebody could be let go of.
    fn make_room(&mut self, now: u64, rank: Rank) -> bool {
        if now.saturating_sub(self.tried) < TRIED_EVERY {
            return false;
        }
        self.tried = now;
        let may_go = |known: &Watched| {
            known.rank < rank || known.rank == rank && now.saturating_sub(known.asked) >= TURN && rank < Rank::Attacked
        };
        let least = self.endpoints.iter().filter(|(_, it)| may_go(it)).min_by_key(|(_, it)| (it.rank, it.asked));
        let Some(place) = least.map(|(place, _)| *place) else { return false };
        self.endpoints.remove(&place).is_some()
    }

    /// Lets go of those whose time is over.
    pub(crate) fn advance(&mut self, now: u64) {
        let before = self.endpoints.len();
        self.endpoints.retain(|_, known| known.until >= now);
        if self.endpoints.len() != before {
            self.changed();
        }
    }

    /// Lets go of all.
    pub(crate) fn clear(&mut self) {
        self.endpoints.clear();
        self.tried = 0;
        self.changed();
    }

    fn changed(&mut self) {
        self.generation += 1;
    }
}

/// Of more signatures than that the last ones share a bit: nothing is let go of too early by it.
fn bit(asker: usize) -> u128 {
    1 << asker.min(127)
}
