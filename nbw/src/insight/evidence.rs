//! All that rules look at.

pub mod history;
pub mod live;

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::Arc,
};

use jiff::{Timestamp, tz::TimeZone};

use super::facts::{Facts, Interface};
use crate::history::{
    Kind,
    query::{Answer, Part, Point, Series, Whole},
};

/// What was seen in some time, and how the host is set up now.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// Whether it was watched, or remembered.
    pub live: bool,
    /// Whose hours of the day.
    pub zone: TimeZone,
    /// What was moved: in parts of a second or so where it was watched, of an hour where it was remembered.
    pub traffic: HashMap<Kind, Answer>,
    /// The same in days, also of the time before; only where it was remembered.
    pub days: HashMap<Kind, Answer>,
    /// By how much the kernel's counters grew.
    pub counters: Counters,
    /// How the host is set up.
    pub facts: Facts,
    /// Who talked to whom; only where it was watched.
    pub talks: Option<Vec<Talk>>,
}

/// One group's traffic with one port of a remote host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Talk {
    /// What people call the group.
    pub who: Arc<str>,
    /// Whether that is a container.
    pub container: bool,
    /// The remote host.
    pub remote: IpAddr,
    /// Its port.
    pub port: u16,
    /// `tcp`, `udp` ...
    pub protocol: Arc<str>,
    /// Bytes in both directions.
    pub bytes: u64,
    /// Packets sent.
    pub sent: u64,
}

/// By how much counters grew, in parts of time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Counters {
    /// Length of each part in seconds.
    pub seconds: Vec<f64>,
    /// The increase in each part, by the names that [`super::facts`] gives.
    pub grown: BTreeMap<Arc<str>, Vec<u64>>,
}

impl Counters {
    /// Between two readings, with this many seconds between them. What went back has not grown.
    pub fn between(before: &[(Arc<str>, u64)], after: &[(Arc<str>, u64)], seconds: f64) -> Self {
        let before: HashMap<&str, u64> = before.iter().map(|(name, value)| (&**name, *value)).collect();
        let grown = after.iter().filter_map(|(name, value)| {
            let grown = value.saturating_sub(*before.get(&**name)?);
            Some((Arc::clone(name), vec![grown]))
        });
        Self { seconds: vec![seconds], grown: grown.collect() }
    }

    /// How much `what` of `owner` grew in all; 0 where it is not known.
    pub fn total(&self, owner: &str, what: &str) -> u64 {
        self.known(owner, what).unwrap_or(0)
    }

    /// The same; none where it is not known.
    pub fn known(&self, owner: &str, what: &str) -> Option<u64> {
        Some(self.parts(owner, what)?.iter().sum())
    }

    /// Part by part.
    pub fn parts(&self, owner: &str, what: &str) -> Option<&[u64]> {
        self.grown.get(format!("{owner} {what}").as_str()).map(Vec::as_slice)
    }

    /// The time that they are of, in seconds.
    pub fn time(&self) -> f64 {
        self.seconds.iter().sum()
    }
}

/// A subject of an answer with all that is known of it.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// Part by part.
    pub series: &'a Series,
    /// All of it.
    pub whole: &'a Whole,
    /// The parts.
    pub parts: &'a [Part],
}

impl<'a> Row<'a> {
    /// Its name.
    pub fn name(&self) -> &'a str {
        &self.series.subject.name
    }

    /// Whether it is one group (its key is a path): not what nobody owns, nor all others.
    pub fn is_one(&self) -> bool {
        self.series.subject.key.starts_with('/')
    }

    /// Bytes in both directions.
    pub fn bytes(&self) -> u64 {
        self.whole.rx.bytes + self.whole.tx.bytes
    }

    /// Packets in both directions.
    pub fn packets(&self) -> u64 {
        self.whole.rx.packets + self.whole.tx.packets
    }

    /// The parts in which anything was recorded, with what was moved.
    pub fn recorded(&self) -> impl Iterator<Item = (&'a Part, &'a Point)> + use<'a> {
        self.parts.iter().zip(&self.series.points).filter(|(part, _)| part.recorded_seconds > 0)
    }
}

/// The subjects of an answer.
pub fn rows(answer: &Answer) -> impl Iterator<Item = Row<'_>> {
    let both = answer.series.iter().zip(&answer.whole);
    both.map(|(series, whole)| Row { series, whole, parts: &answer.parts })
}

/// Seconds in which anything was recorded.
pub fn recorded_seconds(answer: &Answer) -> f64 {
    answer.parts.iter().map(|part| f64::from(part.recorded_seconds)).sum()
}

impl Evidence {
    /// What the subjects of a kind have moved; nothing where that is not known.
    pub fn rows(&self, kind: Kind) -> impl Iterator<Item = Row<'_>> {
        self.traffic.get(&kind).into_iter().flat_map(rows)
    }

    /// Time in which traffic was recorded, in seconds.
    pub fn seconds(&self, kind: Kind) -> f64 {
        self.traffic.get(&kind).map_or(0.0, recorded_seconds)
    }

    /// The interfaces that were counted and are there now, without `lo`.
    pub fn interfaces(&self) -> impl Iterator<Item = (&Interface, Row<'_>)> {
        let rows = self.rows(Kind::Interface);
        rows.filter_map(|row| Some((self.facts.interface(row.name()).filter(|found| !found.loopback)?, row)))
    }

    /// What no group owned of an interface's traffic.
    pub fn unattributed(&self, interface: &str) -> Option<Row<'_>> {
        let key = unattributed_key(interface);
        self.rows(Kind::Group).find(|row| *row.series.subject.key == *key)
    }

    /// The name of a time for people: `Mon 14:00`.
    pub fn hour(&self, time: Timestamp) -> i8 {
        time.to_zoned(self.zone.clone()).hour()
    }
}

/// The key of what no group owns of an interface, as the history has it.
pub fn unattributed_key(interface: &str) -> String {
    format!("unattributed {interface}")
}
