//! Endpoints of which every packet is looked at for a while.

use std::{collections::BTreeMap, net::IpAddr};

use super::who::Who;

/// The endpoints, and since when and until when.
#[derive(Debug)]
pub(crate) struct Watch {
    most: usize,
    /// Nanoseconds from asking to getting.
    delay: u64,
    until: BTreeMap<(Who, u16), (u64, u64)>,
    list: Vec<(IpAddr, u16)>,
    pub(crate) generation: u64,
}

impl Watch {
    pub(crate) fn new(most: usize, delay: u64) -> Self {
        Self { most, delay, until: BTreeMap::new(), list: Vec::new(), generation: 0 }
    }

    pub(crate) fn list(&self) -> &[(IpAddr, u16)] {
        &self.list
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.until.is_empty()
    }

    /// Whether all packets of the endpoint are known to come by now.
    pub(crate) fn has(&self, who: Who, port: u16, now: u64) -> bool {
        self.until.get(&(who, port)).is_some_and(|(since, _)| *since <= now)
    }

    /// Whether they may come.
    pub(crate) fn takes(&self, who: Who, port: u16) -> bool {
        self.until.contains_key(&(who, port))
    }

    /// Asks for an endpoint, for so long from now on. Where there are too many, later ones wait.
    pub(crate) fn ask(&mut self, who: Who, port: u16, now: u64, length: u64) {
        let until = now.saturating_add(length);
        if let Some((_, known)) = self.until.get_mut(&(who, port)) {
            *known = until.max(*known);
        } else if self.until.len() < self.most && who.address().is_some() {
            self.until.insert((who, port), (now.saturating_add(self.delay), until));
            self.changed();
        }
    }

    /// Lets go of those whose time is over.
    pub(crate) fn advance(&mut self, now: u64) {
        let before = self.until.len();
        self.until.retain(|_, (_, until)| *until >= now);
        if self.until.len() != before {
            self.changed();
        }
    }

    fn changed(&mut self) {
        self.generation += 1;
        self.list = self.until.keys().filter_map(|(who, port)| Some((who.address()?, *port))).collect();
    }
}
