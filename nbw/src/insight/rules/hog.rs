//! One subject that takes more than its share.

use super::{Rule, percent, quoted, rate, waiting::{self, Waiting}};
use crate::{
    history::Kind,
    insight::{Evidence, Finding, Severity, evidence::Row, finding::Unit},
};

/// Who has this share of all traffic takes half as much again as all others together. nbw's own choice: of three with equal shares
/// it would be nearly twice what each has.
const MOST: f64 = 0.6;

/// There is no share without others that have one: so many subjects in all.
const FEWEST: usize = 3;

/// Others are those that move this part of what the greatest moves at least.
const OTHER: f64 = 0.001;

/// Nobody minds who has most of less than this, in bytes a second: 1 Mbit/s, a thousandth of a usual link.
const LITTLE: f64 = 125_000.0;

/// One of at least three that moves 60 % of all that is moved, while somebody waits.
pub(super) struct Hog;

impl Rule for Hog {
    fn id(&self) -> &'static str {
        "hog"
    }

    fn find(&self, evidence: &Evidence) -> Vec<Finding> {
        let Some(waiting) = waiting::somebody(evidence) else { return Vec::new() };
        let mut groups: Vec<Row<'_>> = evidence.rows(Kind::Group).filter(Row::is_one).collect();
        // The groups that the history does not tell by name, as one.
        let rest = evidence.rows(Kind::Group).find(|row| row.series.subject.key.is_empty());
        groups.sort_by_key(|row| std::cmp::Reverse(row.bytes()));
        let Some(first) = groups.first() else { return Vec::new() };
        let sum: u64 = groups.iter().chain(&rest).map(Row::bytes).sum();
        let others = groups.iter().filter(|row| row.bytes() as f64 > OTHER * first.bytes() as f64).count();
        let (share, mean) = (super::share(first.bytes(), sum), sum as f64 / evidence.seconds(Kind::Group).max(1.0));
        if share < MOST || others < FEWEST || mean < LITTLE {
            return Vec::new();
        }
        vec![self.tell(*first, share, mean, others, waiting)]
    }
}

impl Hog {
    fn tell(&self, row: Row<'_>, share: f64, mean: f64, others: usize, waiting: Waiting) -> Finding {
        let name = row.name();
        let title = format!("{name} takes {} of all groups' traffic, and others wait", percent(share));
        let seen = format!(
            "It moved {} of the {} that {others} groups moved; with equal shares each would have {}. {}",
            percent(share),
            rate(mean),
            percent(1.0 / others as f64),
            waiting.says
        );
        let finding = Finding::new(self.id(), Severity::Hint, name, title)
            .seen(0.8, seen)
            .number("share", share, Unit::Share)
            .number("equal_share", 1.0 / others as f64, Unit::Share)
            .number("bytes", row.bytes() as f64, Unit::Bytes)
            .number("all_groups", mean, Unit::BytesPerSecond)
            .number("groups", others as f64, Unit::Count)
            .number(waiting.name, waiting.value, waiting.unit);
        let path = quoted(&row.series.subject.key);
        let finding = finding.command("See what it does.", format!("nbw watch --by connection --cgroup {path}"));
        finding.advise(
            "If it should have less: slow it down itself (rsync --bwlimit, wget --limit-rate), let a shaper share fairly between \
             hosts and flows (tc … cake), or mark its packets by cgroup (nft: socket cgroupv2) and give them a class of htb.",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::fixture::{LINK, live, named};

    /// Where the link is nearly full.
    fn groups(first: f64, others: &[f64]) -> Evidence {
        at_load(0.9, first, others)
    }

    fn at_load(load: f64, first: f64, others: &[f64]) -> Evidence {
        let evidence = live().with(Kind::Interface, "eth0", move |_| (0.0, load * LINK));
        let mut evidence = evidence.with(Kind::Group, "/hog", move |_| (0.0, first));
        for (number, rate) in others.iter().copied().enumerate() {
            evidence = evidence.with(Kind::Group, &format!("/g{number}"), move |_| (rate, 0.0));
        }
        evidence
    }

    #[test]
    fn above_60_percent_of_three_it_is_a_hog() {
        assert_eq!(named(&Hog, &groups(6.1e6, &[2e6, 1.9e6])), ["/hog"]);
        assert!(named(&Hog, &groups(5.9e6, &[2e6, 2.1e6])).is_empty());
    }

    #[test]
    fn where_nobody_waits_nobody_minds() {
        assert!(named(&Hog, &at_load(0.5, 9e6, &[1e6, 1e6])).is_empty());
        let seen = &Hog.find(&groups(9e6, &[1e6, 1e6]))[0].seen;
        assert!(seen.contains("eth0") && seen.contains("90 %"), "{seen}");
    }

    #[test]
    fn alone_or_with_one_other_it_is_none() {
        assert!(named(&Hog, &groups(9e6, &[1e6])).is_empty());
        // The third one moves next to nothing.
        assert!(named(&Hog, &groups(9e6, &[1e6, 100.0])).is_empty());
        let nobody = groups(9e6, &[1e6]).with(Kind::Group, "unattributed eth0", |_| (1e6, 0.0));
        assert!(named(&Hog, &nobody).is_empty());
    }

    #[test]
    fn what_groups_move_that_are_not_told_by_name_counts() {
        let rest = |rate: f64| groups(6.1e6, &[1e6, 1e6]).with(Kind::Group, "", move |_| (rate, 0.0));
        assert_eq!(named(&Hog, &rest(1.9e6)), ["/hog"]);
        assert!(named(&Hog, &rest(2.1e6)).is_empty());
    }

    #[test]
    fn most_of_little_is_nothing() {
        assert_eq!(named(&Hog, &groups(100_000.0, &[15_000.0, 15_000.0])), ["/hog"]);
        assert!(named(&Hog, &groups(90_000.0, &[15_000.0, 15_000.0])).is_empty());
    }
}
