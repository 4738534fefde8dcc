//! The average over several readings.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{Measured, MeasuredSubject};
use crate::{
    alert::{Subject, Unit, measure},
    rule::Rule,
    snapshot::Snapshot,
};

/// What a rule looks at, summed up.
#[derive(Debug)]
pub struct Average {
    rule: Rule,
    time: Duration,
    /// By the key of the subject: its name, and what else there is to say of it, may come while it is measured.
    sums: BTreeMap<Arc<str>, Sum>,
}

#[derive(Debug)]
struct Sum {
    /// As it was called last.
    subject: Subject,
    amount: u64,
    link: Option<u64>,
}

impl Sum {
    fn new(subject: &Subject) -> Self {
        Self { subject: subject.clone(), amount: 0, link: None }
    }
}

impl Average {
    /// Of nothing so far.
    pub fn new(rule: Rule) -> Self {
        Self { rule, time: Duration::ZERO, sums: BTreeMap::new() }
    }

    /// Takes a reading in. What is there in some readings only has moved nothing in the others.
    pub fn add(&mut self, snapshot: &Snapshot) {
        self.time += snapshot.elapsed;
        let packets = self.rule.target.metric.is_packets();
        for measure in measure::measures(snapshot, &self.rule.target) {
            let sum = self.sums.entry(Arc::clone(&measure.subject.key)).or_insert_with(|| Sum::new(&measure.subject));
            sum.subject = measure.subject;
            sum.amount += if packets { measure.packets } else { measure.bytes };
            sum.link = measure.link.or(sum.link);
        }
    }

    /// How long it has gone on.
    pub fn time(&self) -> Duration {
        self.time
    }

    /// The rule.
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// The average rates. None is known of no time at all.
    pub fn measured(&mut self) -> Measured {
        let seconds = self.time.as_secs_f64();
        let rate = |amount: u64| if seconds > 0.0 { amount as f64 / seconds } else { 0.0 };
        let packets = self.rule.target.metric.is_packets();
        let subject = |sum: Sum| MeasuredSubject {
            subject: sum.subject,
            value: rate(sum.amount),
            threshold: None,
            link: sum.link,
        };
        Measured {
            rule: self.rule.text.to_string(),
            unit: if packets { Unit::PacketsPerSecond } else { Unit::BytesPerSecond },
            seconds,
            subjects: std::mem::take(&mut self.sums).into_values().map(subject).collect(),
        }
    }
}
