//! Which event a packet is of, without asking each.

use std::{collections::HashMap, net::IpAddr};

use nbw_detect::{Body, Event, Facts};

use super::{Names, Wanted, is_arp};

/// Events, by the addresses that they name.
pub(super) struct Index<'a> {
    events: Vec<Wanted<'a>>,
    /// Those of IP that name addresses on one side at least: each is found by those of one side.
    named: HashMap<IpAddr, Vec<usize>, foldhash::fast::RandomState>,
    /// Those of IP that name nobody.
    unnamed: Vec<usize>,
    arp: Vec<usize>,
    /// How many are wanted packets of.
    left: usize,
}

impl<'a> Index<'a> {
    /// At most so many packets of each.
    pub(super) fn new(events: &'a [Event], most: u32) -> Self {
        let events: Vec<Wanted<'a>> = events.iter().map(|event| Wanted::new(event, most)).collect();
        let mut index =
            Self { left: events.len(), events, named: HashMap::default(), unnamed: Vec::new(), arp: Vec::new() };
        for number in 0..index.events.len() {
            index.enter(number);
        }
        index
    }

    fn enter(&mut self, number: usize) {
        let wanted = &self.events[number];
        if is_arp(wanted.event.kind) {
            return self.arp.push(number);
        }
        match wanted.sources.as_ref().or(wanted.targets.as_ref()) {
            Some(Names { ips, .. }) => ips.iter().for_each(|ip| self.named.entry(*ip).or_default().push(number)),
            None => self.unnamed.push(number),
        }
    }

    /// Whether no packets are wanted any more.
    pub(super) fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// The first event that the packet is of, of those of which packets are wanted.
    pub(super) fn find(&self, facts: &Facts) -> Option<usize> {
        let has = |number: &usize| self.events[*number].left > 0 && self.events[*number].has(facts);
        match &facts.body {
            Body::Ip(ip) => {
                let of = |ip: &IpAddr| self.named.get(ip).into_iter().flatten();
                of(&ip.source).chain(of(&ip.destination)).chain(&self.unnamed).copied().filter(has).min()
            }
            Body::Arp(_) => self.arp.iter().copied().find(has),
            _ => None,
        }
    }

    /// One packet of it less is wanted.
    pub(super) fn take(&mut self, number: usize) {
        let wanted = &mut self.events[number];
        wanted.left -= 1;
        self.left -= usize::from(wanted.left == 0);
    }
}
