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

#[cfg(test)]
mod tests {
    use nbw_detect::{Arp, Direction, Fragment, Ip, Kind, Time, Transport};

    use super::*;
    use crate::detection::fixture::{flood, scan};

    /// While the scan lasts.
    fn facts(body: Body) -> Facts {
        let time = Time(scan().first_seen.as_nanosecond() as u64 + 1);
        Facts {
            time,
            link: 0,
            direction: Direction::Unknown,
            weight: 1,
            by_chance: false,
            followed: 1,
            frames: 1,
            bytes: 60,
            body,
        }
    }

    fn udp(from: &str, to: &str) -> Facts {
        facts(Body::Ip(Ip {
            source: from.parse().unwrap(),
            destination: to.parse().unwrap(),
            protocol: 17,
            fragment: Fragment::None,
            transport: Transport::Udp { source: 1, destination: 2, payload: 0 },
        }))
    }

    /// The scan, a flood of the same host by many, one by and on nobody who is named, and one that asks all.
    fn events() -> [Event; 4] {
        let during = |event: Event| Event { first_seen: scan().first_seen, last_seen: scan().last_seen, ..event };
        let udp = || during(Event { kind: Kind::UdpFlood, ..flood() });
        let unnamed = Event { sources: Vec::new(), source_count: 0, target_count: 99, ..udp() };
        let arp = Event { kind: Kind::ArpScan, sources: vec!["10.0.0.1 02:00:00:00:00:01".into()], ..scan() };
        [scan(), udp(), unnamed, Event { target_count: 254, ..arp }]
    }

    #[test]
    fn packets_are_of_the_first_event_that_wants_them() {
        let events = events();
        let mut index = Index::new(&events, 2);
        let both = udp("10.0.0.1", "10.0.0.2");
        let mut found = Vec::new();
        while let Some(event) = index.find(&both) {
            found.push(event);
            index.take(event);
        }
        assert_eq!((found, index.is_empty()), (vec![0, 0, 1, 1, 2, 2], false));
    }

    #[test]
    fn either_side_may_be_the_named_one() {
        let events = events();
        let index = Index::new(&events, 1);
        let of = |from, to| index.find(&udp(from, to));
        // Of the scan, an answer; of the flood, both ways; of nobody who is named, all others.
        assert_eq!(of("10.0.0.2", "10.0.0.1"), Some(0));
        assert_eq!((of("203.0.113.1", "10.0.0.2"), of("10.0.0.2", "203.0.113.1")), (Some(1), Some(1)));
        assert_eq!(of("10.0.0.1", "10.0.0.9"), Some(2));
        let early = Facts { time: Time(1), ..udp("10.0.0.1", "10.0.0.2") };
        assert_eq!(index.find(&early), None);
    }

    #[test]
    fn arp_is_for_those_who_speak_of_it() {
        let events = events();
        let index = Index::new(&events, 1);
        let arp = |host: u8| {
            let (sender_ip, target_ip) = ([10, 0, 0, host].into(), [10, 0, 0, 9].into());
            facts(Body::Arp(Arp {
                operation: 1,
                sender_mac: [2, 0, 0, 0, 0, host],
                sender_ip,
                target_mac: [0; 6],
                target_ip,
                net: 0,
            }))
        };
        assert_eq!((index.find(&arp(1)), index.find(&arp(2))), (Some(3), None));
    }
}
