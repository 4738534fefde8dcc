//! Bursts that fill a link which is mostly empty.

use super::{Rule, is_plain, percent, quoted, rate};
use crate::{
    history::Kind,
    insight::{Evidence, Finding, Severity, evidence::Row, facts::Interface, finding::Unit},
};

/// A burst reaches this share of what the link, or its shaper, lets pass.
const FULL: f64 = 0.9;

/// But for bursts it is at most this full for 95 % of the time ...
const MOSTLY: f64 = 0.5;

/// ... and the mean is at most a tenth of the peak. Leland et al., "On the Self-Similar Nature of Ethernet Traffic" (1994): such
/// traffic fills buffers at any mean load.
const PEAK_TO_MEAN: f64 = 10.0;

/// So many parts of the time had such a burst.
const FEWEST: usize = 3;

/// What is sent in bursts at the speed of the link, of a mean that is far below.
pub(super) struct Bursts;

impl Rule for Bursts {
    fn id(&self) -> &'static str {
        "bursts"
    }

    fn find(&self, evidence: &Evidence) -> Vec<Finding> {
        evidence.interfaces().filter_map(|(link, row)| self.judge(evidence, link, row)).collect()
    }
}

impl Bursts {
    fn judge(&self, evidence: &Evidence, link: &Interface, row: Row<'_>) -> Option<Finding> {
        let shaped = evidence.facts.root_queue(&link.name).and_then(|queue| queue.rate);
        let limit = shaped.or_else(|| link.limit())?;
        let (peak, p95) = (row.whole.tx.peak, row.whole.tx_p95);
        let mean = row.whole.tx.bytes as f64 / evidence.seconds(Kind::Interface).max(1.0);
        let bursts = row.recorded().filter(|(_, point)| point.tx.peak >= FULL * limit).count();
        if bursts < FEWEST || p95 > MOSTLY * limit || mean * PEAK_TO_MEAN > peak {
            return None;
        }
        let dropped = dropped(evidence, &link.name);
        let title = format!("{} sends in bursts: {} at the peak, {} on the average", link.name, rate(peak), rate(mean));
        let lost = if dropped > 0 {
            format!(" Meanwhile {dropped} packets were dropped on the way out.")
        } else {
            String::new()
        };
        let seen = format!(
            "{bursts} times it filled what there is ({}), while for 95 % of the time it took {} of it or less.{lost}",
            rate(limit),
            percent(p95 / limit)
        );
        let kbit = (limit * 8.0 * 0.5 / 1e3) as u64;
        let finding = Finding::new(self.id(), Severity::Hint, &link.name, title)
            .seen(if dropped > 0 { 0.85 } else { 0.6 }, seen)
            .number("peak", peak, Unit::BytesPerSecond)
            .number("p95", p95, Unit::BytesPerSecond)
            .number("mean", mean, Unit::BytesPerSecond)
            .number("peak_to_mean", peak / mean.max(1.0), Unit::Times)
            .number("limit", limit, Unit::BytesPerSecond)
            .number("bursts", bursts as f64, Unit::Count)
            .number("drops", dropped as f64, Unit::Packets)
            .advise("Have the program pace what it sends (SO_MAX_PACING_RATE, rsync --bwlimit).");
        Some(if is_plain(evidence, &link.name) {
            let command = format!("tc qdisc replace dev {} root fq maxrate {kbit}kbit", quoted(&link.name));
            finding.command("Or have each flow paced.", command)
        } else {
            finding.advise("Or have each flow paced by fq (maxrate) inside the queues that are there.")
        })
    }
}

/// Packets that were dropped on the way out.
fn dropped(evidence: &Evidence, interface: &str) -> u64 {
    let queues = evidence.facts.queues.iter().filter(|queue| &*queue.interface == interface && queue.root);
    let at_queues: u64 = queues.map(|queue| evidence.counters.total(&queue.owner(), "drops")).sum();
    evidence.counters.total(interface, "tx_dropped") + at_queues
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::fixture::{LINK, named, week};

    fn bursts(count: usize, height: f64) -> Evidence {
        let rates = move |hour: usize| (0.0, if hour < count { height * LINK } else { 0.01 * LINK });
        week().with(Kind::Interface, "eth0", rates)
    }

    #[test]
    fn three_bursts_to_90_percent_are_told() {
        assert_eq!(named(&Bursts, &bursts(3, 0.91)), ["eth0"]);
        assert!(named(&Bursts, &bursts(2, 0.91)).is_empty());
        assert!(named(&Bursts, &bursts(3, 0.89)).is_empty());
    }

    #[test]
    fn no_command_replaces_a_shaper_or_the_queues_of_a_card() {
        let replaces = |kind: &str, rate| {
            let evidence = bursts(3, 0.91).queue(kind, rate);
            let advice = Bursts.find(&evidence).remove(0).advice;
            advice.iter().any(|advice| advice.command.as_deref().is_some_and(|command| command.contains("replace")))
        };
        assert!(replaces("pfifo_fast", None));
        assert!(!replaces("htb", None) && !replaces("mq", None) && !replaces("tbf", Some(LINK)));
    }

    #[test]
    fn what_is_busy_for_long_is_no_burst() {
        assert!(named(&Bursts, &bursts(20, 0.95)).is_empty());
    }

    #[test]
    fn a_shaper_is_a_limit_too_and_drops_make_it_surer() {
        let slow = bursts(3, 0.095).queue("tbf", Some(0.1 * LINK)).grew("eth0", "tx_dropped", 9);
        assert!(named(&Bursts, &slow).is_empty(), "the rest is at a tenth of the peak");
        let rates = |hour: usize| (0.0, if hour < 3 { 0.095 * LINK } else { 0.001 * LINK });
        let slow = week().with(Kind::Interface, "eth0", rates).queue("tbf", Some(0.1 * LINK));
        assert_eq!(Bursts.find(&slow)[0].confidence, 0.6);
        assert_eq!(Bursts.find(&slow.grew("eth0", "tx_dropped", 9))[0].confidence, 0.85);
    }
}
