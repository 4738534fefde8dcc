//! Packets that an interface or its queue has dropped.

use super::{Rule, percent, share};
use crate::insight::{Evidence, Finding, Severity, facts::Interface, finding::Unit};

/// One lost packet of a thousand keeps a TCP connection over 20 ms below 23 Mbit/s (Mathis et al., "The Macroscopic Behavior of
/// the TCP Congestion Avoidance Algorithm", 1997: MSS / RTT x 1.22 / sqrt(loss)).
const SHARE: f64 = 0.001;

/// Fewer are nothing to speak of: interfaces also count what no protocol wanted.
const FEWEST: u64 = 100;

/// Receive, send and queue drops against the packets that passed.
pub(super) struct Drops;

impl Rule for Drops {
    fn id(&self) -> &'static str {
        "drops"
    }

    fn find(&self, evidence: &Evidence) -> Vec<Finding> {
        let links = evidence.facts.interfaces.iter().filter(|link| !link.loopback);
        links.flat_map(|link| [self.received(evidence, link), self.sent(evidence, link)]).flatten().collect()
    }
}

/// Whether this host drops what it sends, which then is sent again.
pub(super) fn loses(evidence: &Evidence) -> bool {
    let links = evidence.facts.interfaces.iter().filter(|link| !link.loopback);
    links.map(|link| sent(evidence, link)).any(|(lost, part)| matters(lost, part))
}

fn matters(lost: u64, part: f64) -> bool {
    lost >= FEWEST && part >= SHARE
}

/// Packets lost on the way out, and their share. What a shaper drops is its own affair.
fn sent(evidence: &Evidence, link: &Interface) -> (u64, f64) {
    let counters = &evidence.counters;
    let queue = evidence.facts.root_queue(&link.name).filter(|queue| queue.rate.is_none());
    let at_queue = queue.map_or(0, |queue| counters.total(&queue.owner(), "drops"));
    let lost = counters.total(&link.name, "tx_dropped") + at_queue;
    (lost, share(lost, lost + counters.total(&link.name, "tx_packets")))
}

impl Drops {
    fn received(&self, evidence: &Evidence, link: &Interface) -> Option<Finding> {
        let (counters, name) = (&evidence.counters, &link.name);
        let missed = counters.total(name, "rx_missed_errors") + counters.total(name, "rx_fifo_errors");
        let lost = counters.total(name, "rx_dropped") + missed;
        let part = share(lost, lost + counters.total(name, "rx_packets"));
        if !matters(lost, part) {
            return None;
        }
        let title = format!("{name} drops {} of what it receives", percent(part));
        let (confidence, why) = if missed * 2 > lost {
            (0.95, "Most of them found no room in the card's ring: the CPU comes too late.")
        } else {
            (0.7, "The kernel dropped them behind the driver; that counts packets of unknown protocols, too.")
        };
        let mut finding = self.tell(name, title, confidence, format!("{lost} packets were dropped. {why}"));
        finding = finding
            .number("dropped", lost as f64, Unit::Packets)
            .number("missed", missed as f64, Unit::Packets)
            .number("drop_share", part, Unit::Share)
            .command("See which counter it is.", format!("ip -s -s link show dev {name}; ethtool -S {name}"));
        if let Some((ring, most)) = link.ring.filter(|(ring, most)| ring < most) {
            finding = finding.command(format!("The ring has {ring} places."), format!("ethtool -G {name} rx {most}"));
        }
        Some(finding.command("Have more taken at once.", "sysctl -w net.core.netdev_budget=600 net.core.netdev_max_backlog=5000"))
    }

    fn sent(&self, evidence: &Evidence, link: &Interface) -> Option<Finding> {
        let (lost, part) = sent(evidence, link);
        if !matters(lost, part) {
            return None;
        }
        let name = &link.name;
        let title = format!("{name} drops {} of what it should send", percent(part));
        let seen = format!("{lost} packets were dropped on the way out: more comes than the interface takes.");
        Some(
            self.tell(name, title, 0.9, seen)
                .number("dropped", lost as f64, Unit::Packets)
                .number("drop_share", part, Unit::Share)
                .command("See where.", format!("tc -s qdisc show dev {name}; ip -s link show dev {name}"))
                .command("Let flows share the queue fairly.", format!("tc qdisc replace dev {name} root fq_codel")),
        )
    }

    fn tell(&self, name: &str, title: String, confidence: f64, seen: String) -> Finding {
        Finding::new(self.id(), Severity::Warning, name, title).seen(confidence, seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::fixture::{live, named};

    #[test]
    fn one_of_a_thousand_is_told() {
        let received = |lost: u64| live().grew("eth0", "rx_dropped", lost).grew("eth0", "rx_packets", 1_000_000 - lost);
        assert_eq!(named(&Drops, &received(1_000)), ["eth0"]);
        assert!(named(&Drops, &received(999)).is_empty());
        let sent = |lost: u64| live().grew("eth0", "tx_dropped", lost).grew("eth0", "tx_packets", 1_000);
        assert_eq!(named(&Drops, &sent(100)), ["eth0"]);
        assert!(named(&Drops, &sent(99)).is_empty());
        assert!(loses(&sent(100)) && !loses(&sent(99)) && !loses(&received(1_000)));
    }

    #[test]
    fn a_short_ring_is_named_and_what_misses_it_makes_it_sure() {
        let evidence = live().grew("eth0", "rx_missed_errors", 500).grew("eth0", "rx_packets", 1_000);
        let finding = Drops.find(&evidence.eth0(|eth0| eth0.ring = Some((256, 4_096)))).remove(0);
        assert!(finding.advice.iter().any(|advice| advice.command.as_deref() == Some("ethtool -G eth0 rx 4096")));
        assert_eq!(finding.confidence, 0.95);
    }

    #[test]
    fn a_shaper_s_drops_are_its_own_affair() {
        let queue = |rate| live().queue("pfifo", rate).grew("eth0 qdisc pfifo 1:", "drops", 500);
        assert_eq!(named(&Drops, &queue(None)), ["eth0"]);
        assert!(named(&Drops, &queue(Some(1e6))).is_empty());
    }
}
