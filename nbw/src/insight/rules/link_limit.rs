//! A link that is near its limit.

use std::collections::BTreeMap;

use super::{Rule, is_plain, percent, quoted, rate};
use crate::{
    history::{Kind, query::Point},
    insight::{
        Evidence, Finding, Severity,
        evidence::{Row, recorded_seconds},
        facts::Interface,
        finding::Unit,
    },
};

/// From this share of its speed on, in the 95th percentile, it is time to plan for more
/// (<https://mailman.nanog.org/pipermail/nanog/2009-August/012980.html>): a packet that meets a queue at 80 % load waits four times as
/// long as it takes to send it (M/M/1: load / (1 - load); Kleinrock, Queueing Systems I, 3.2).
const NEAR: f64 = 0.8;

/// A percentile of fewer samples than this says little.
const FEWEST_SAMPLES: f64 = 20.0;

/// p95 at 80 % of the link's speed, and at which hours.
pub(super) struct LinkLimit;

impl Rule for LinkLimit {
    fn id(&self) -> &'static str {
        "link-limit"
    }

    fn find(&self, evidence: &Evidence) -> Vec<Finding> {
        links(evidence).filter_map(|(link, row, limit)| self.judge(evidence, link, row, limit)).collect()
    }
}

/// The links that have a limit and were watched for long enough.
fn links(evidence: &Evidence) -> impl Iterator<Item = (&Interface, Row<'_>, f64)> {
    let answer = evidence.traffic.get(&Kind::Interface);
    let samples = answer.map_or(0.0, |answer| recorded_seconds(answer) / f64::from(answer.sample_seconds.max(1)));
    let enough = samples >= FEWEST_SAMPLES;
    let links = evidence.interfaces().filter(move |_| enough);
    links.filter_map(|(link, row)| Some((link, row, link.limit()?)))
}

/// The link that is nearest to its limit, and how full it is, if that is near.
pub(super) fn nearest(evidence: &Evidence) -> Option<(&str, f64)> {
    let loads = links(evidence).map(|(link, row, limit)| (&*link.name, row.whole.rx_p95.max(row.whole.tx_p95) / limit));
    loads.filter(|(_, load)| *load >= NEAR).max_by(|a, b| a.1.total_cmp(&b.1))
}

impl LinkLimit {
    fn judge(&self, evidence: &Evidence, link: &Interface, row: Row<'_>, limit: f64) -> Option<Finding> {
        let (side, p95, of): (_, _, fn(&Point) -> f64) = if row.whole.rx_p95 >= row.whole.tx_p95 {
            ("receives", row.whole.rx_p95, |point| point.rx_p95)
        } else {
            ("sends", row.whole.tx_p95, |point| point.tx_p95)
        };
        let load = p95 / limit;
        if load < NEAR {
            return None;
        }
        let title = format!("{} is near its limit: it {side} at {} of its speed", link.name, percent(load));
        let seen = format!(
            "For a twentieth of the time {} {side} {} or more; the link has {}.{}",
            link.name,
            rate(p95),
            rate(limit),
            hours(evidence, row, NEAR * limit, of)
        );
        let finding = Finding::new(self.id(), Severity::Warning, &link.name, title)
            .seen(if evidence.live { 0.75 } else { 0.95 }, seen)
            .number("p95", p95, Unit::BytesPerSecond)
            .number("peak", row.whole.rx.peak.max(row.whole.tx.peak), Unit::BytesPerSecond)
            .number("link_speed", limit, Unit::BytesPerSecond)
            .number("p95_share", load, Unit::Share)
            .command("See who it is.", format!("nbw top -i {}", quoted(&link.name)));
        // A shaper is for what is sent; what is received has passed the link already.
        let shape = "Keep what is interactive ahead of what is bulk, by a shaper a little below the link's speed.";
        let finding = match (side, is_plain(evidence, &link.name)) {
            ("sends", true) => {
                let kbit = (limit * 8.0 * 0.95 / 1e3) as u64;
                finding.command(
                    shape,
                    format!("tc qdisc replace dev {} root cake bandwidth {kbit}kbit", quoted(&link.name)),
                )
            }
            ("sends", false) => finding.advise(shape),
            _ => finding,
        };
        Some(finding.advise("Move bulk work to other hours, or take a faster link or a second one (bonding)."))
    }
}

/// The hours of the day in which the limit was near.
fn hours(evidence: &Evidence, row: Row<'_>, near: f64, of: fn(&Point) -> f64) -> String {
    if evidence.live {
        return String::new();
    }
    let mut counts: BTreeMap<i8, u32> = BTreeMap::new();
    for (part, _) in row.recorded().filter(|(_, point)| of(point) >= near) {
        *counts.entry(evidence.hour(part.start)).or_default() += 1;
    }
    let mut hours: Vec<(i8, u32)> = counts.into_iter().collect();
    hours.sort_by_key(|(hour, count)| (std::cmp::Reverse(*count), *hour));
    hours.truncate(4);
    hours.sort_unstable();
    let times: Vec<String> = hours.iter().map(|(hour, _)| format!("{hour:02}:00")).collect();
    if times.is_empty() { String::new() } else { format!(" Mostly in the hours from {}.", times.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::fixture::{LINK, live, named, week};

    #[test]
    fn at_80_percent_it_is_near_and_below_it_is_not() {
        let at = |share: f64| live().with(Kind::Interface, "eth0", move |_| (0.0, share * LINK));
        assert_eq!(named(&LinkLimit, &at(0.81)), ["eth0"]);
        assert!(named(&LinkLimit, &at(0.79)).is_empty());
    }

    #[test]
    fn a_shaper_is_advised_where_it_helps_and_replaces_nothing() {
        let shapes = |kind: &str, rx: f64, tx: f64| {
            let evidence = live().with(Kind::Interface, "eth0", move |_| (rx * LINK, tx * LINK)).queue(kind, None);
            let advice = LinkLimit.find(&evidence).remove(0).advice;
            advice.iter().any(|advice| advice.command.as_deref().is_some_and(|command| command.contains("cake")))
        };
        assert!(shapes("fq_codel", 0.1, 0.9));
        assert!(!shapes("fq_codel", 0.9, 0.1) && !shapes("mq", 0.1, 0.9) && !shapes("htb", 0.1, 0.9));
    }

    #[test]
    fn a_twentieth_of_the_time_may_be_busier() {
        let busy = |hours: usize| {
            week().with(Kind::Interface, "eth0", move |hour| (if hour < hours { 0.9 * LINK } else { 0.0 }, 0.0))
        };
        assert!(named(&LinkLimit, &busy(8)).is_empty());
        assert_eq!(named(&LinkLimit, &busy(9)), ["eth0"]);
        let finding = LinkLimit.find(&busy(9)).remove(0);
        assert!(finding.seen.contains("from 00:00, 01:00, 02:00, 03:00"), "{}", finding.seen);
    }

    #[test]
    fn without_a_speed_it_is_silent() {
        let virtual_one = live().with(Kind::Interface, "veth1", |_| (0.0, LINK));
        let unknown = live().with(Kind::Interface, "eth0", |_| (0.0, LINK)).eth0(|eth0| eth0.speed = None);
        assert!(named(&LinkLimit, &virtual_one).is_empty() && named(&LinkLimit, &unknown).is_empty());
    }
}
