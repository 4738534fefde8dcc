//! A ratio of sent to received that is not what it used to be.

use super::{Rule, percent, share};
use crate::{
    history::Kind,
    insight::{
        Evidence, Finding, Severity,
        evidence::{Row, rows},
        finding::Unit,
    },
};

/// So many days of before are needed to say what is usual.
const FEWEST_DAYS: usize = 7;

/// A day with less says nothing of a ratio, in bytes.
const LEAST: u64 = 100_000_000;

/// The share that is sent differs by this much from every day before: a step from one role to the next, such as from a balanced
/// exchange to 70:30 (C. Bullard, J. Gerth, "PCR: A New Flow Metric", FloCon 2014, where it is 0.4 on a scale from -1 to 1).
const CHANGED: f64 = 0.2;

/// The share that is sent, of interfaces and containers, against that of each day before.
pub(super) struct Asymmetry;

impl Rule for Asymmetry {
    fn id(&self) -> &'static str {
        "asymmetry"
    }

    fn find(&self, evidence: &Evidence) -> Vec<Finding> {
        let kinds = [Kind::Interface, Kind::Container];
        let days = kinds.iter().filter_map(|kind| evidence.days.get(kind)).flat_map(rows);
        days.filter_map(|row| self.judge(evidence, row)).collect()
    }
}

impl Asymmetry {
    fn judge(&self, evidence: &Evidence, row: Row<'_>) -> Option<Finding> {
        let (before, now): (Vec<_>, Vec<_>) = row.recorded().partition(|(part, _)| part.end <= evidence.from);
        let sum =
            |of: &dyn Fn(&crate::history::query::Point) -> u64| now.iter().map(|(_, point)| of(point)).sum::<u64>();
        let (received, sent) = (sum(&|point| point.rx.bytes), sum(&|point| point.tx.bytes));
        let usual: Vec<f64> = before
            .iter()
            .map(|(_, point)| (point.tx.bytes, point.rx.bytes + point.tx.bytes))
            .filter(|(_, all)| *all >= LEAST)
            .map(|(sent, all)| share(sent, all))
            .collect();
        if usual.len() < FEWEST_DAYS || received + sent < LEAST {
            return None;
        }
        let part = share(sent, received + sent);
        let (least, most) =
            usual.iter().fold((1.0, 0.0), |(least, most): (f64, f64), part| (least.min(*part), most.max(*part)));
        if part >= least - CHANGED && part <= most + CHANGED {
            return None;
        }
        Some(self.tell(row.name(), part, (least, most), usual.len()))
    }

    fn tell(&self, name: &str, part: f64, (least, most): (f64, f64), days: usize) -> Finding {
        let more = if part > most { "sends" } else { "receives" };
        let title = format!("{name} {more} more of its traffic than it used to");
        let seen = format!(
            "It sent {} of what it moved; on each of {days} days before it was between {} and {}.",
            percent(part),
            percent(least),
            percent(most)
        );
        let finding = Finding::new(self.id(), Severity::Hint, name, title)
            .seen(0.7, seen)
            .number("sent_share", part, Unit::Share)
            .number("sent_share_least_before", least, Unit::Share)
            .number("sent_share_most_before", most, Unit::Share)
            .number("days_before", days as f64, Unit::Count)
            .command("See with whom.", "nbw report days --by remote");
        finding
            .advise("More that is sent than ever: a new backup or mirror, or data that leaves the host without leave.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::fixture::{named, week};

    /// Days before the week send `before` of 10 GB, those of the week `now`.
    fn days(count: usize, before: f64, now: f64) -> Evidence {
        const RATE: f64 = 1e10 / 86_400.0;
        week().with_days(Kind::Container, "web", count + 7, move |day| {
            let part = if day < count { before } else { now };
            ((1.0 - part) * RATE, part * RATE)
        })
    }

    #[test]
    fn a_fifth_more_than_ever_is_told() {
        assert_eq!(named(&Asymmetry, &days(7, 0.3, 0.51)), ["web"]);
        assert_eq!(named(&Asymmetry, &days(7, 0.8, 0.59)), ["web"]);
        assert!(named(&Asymmetry, &days(7, 0.3, 0.49)).is_empty());
    }

    #[test]
    fn six_days_are_too_few() {
        assert!(named(&Asymmetry, &days(6, 0.3, 0.9)).is_empty());
    }
}
