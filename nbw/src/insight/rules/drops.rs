//! Packets that an interface or its queue has dropped.

use super::{Rule, is_plain, percent, quoted, share};
use crate::insight::{Evidence, Finding, Severity, evidence::Counters, facts::Interface, finding::Unit};

/// One lost packet of a thousand keeps a TCP connection over 20 ms below 23 Mbit/s (Mathis et al., "The Macroscopic Behavior of
/// the TCP Congestion Avoidance Algorithm", 1997: MSS / RTT x 1.22 / sqrt(loss)).
const SHARE: f64 = 0.001;

/// Fewer are nothing to speak of: interfaces also count what no protocol wanted.
const FEWEST: u64 = 100;

/// What no protocol of this host wants is dropped behind the driver, too: a switch's BPDUs (IEEE 802.1D: one in 2 s) and LLDP
/// (802.1AB: one in 30 s), for ever. Where no more than so many were dropped a second it may be those.
const UNWANTED: f64 = 1.0;

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
    loser(evidence).is_some()
}

/// The interface that drops most of what it should send, and how many packets, if that matters.
pub(super) fn loser(evidence: &Evidence) -> Option<(&str, u64)> {
    let links = evidence.facts.interfaces.iter().filter(|link| !link.loopback);
    let lost = links.map(|link| (link, sent(evidence, link))).filter(|(_, (lost, part))| matters(*lost, *part));
    lost.map(|(link, (lost, _))| (&*link.name, lost)).max_by_key(|(_, lost)| *lost)
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

/// Packets that were dropped behind the driver in the parts of the time in which they were more than the [`UNWANTED`].
fn dropped(counters: &Counters, interface: &str) -> u64 {
    let parts = counters.parts(interface, "rx_dropped").unwrap_or_default().iter().zip(&counters.seconds);
    parts.filter(|(dropped, seconds)| **dropped as f64 > UNWANTED * **seconds).map(|(dropped, _)| dropped).sum()
}

impl Drops {
    fn received(&self, evidence: &Evidence, link: &Interface) -> Option<Finding> {
        let (counters, name, device) = (&evidence.counters, &link.name, quoted(&link.name));
        let missed = counters.total(name, "rx_missed_errors") + counters.total(name, "rx_fifo_errors");
        let lost = dropped(counters, name) + missed;
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
            .command("See which counter it is.", format!("ip -s -s link show dev {device}; ethtool -S {device}"));
        if let Some((ring, most)) = link.ring.filter(|(ring, most)| ring < most) {
            finding = finding.command(
                format!("The ring has {ring} places. (Many cards take the link down for a moment to make it longer.)"),
                format!("ethtool -G {device} rx {most}"),
            );
        }
        Some(finding.command(
            "Have more taken at once, where it is less now.",
            "sysctl -w net.core.netdev_budget=600 net.core.netdev_max_backlog=5000",
        ))
    }

    fn sent(&self, evidence: &Evidence, link: &Interface) -> Option<Finding> {
        let (lost, part) = sent(evidence, link);
        if !matters(lost, part) {
            return None;
        }
        let (name, device) = (&link.name, quoted(&link.name));
        let title = format!("{name} drops {} of what it should send", percent(part));
        let seen = format!("{lost} packets were dropped on the way out: more comes than the interface takes.");
        let finding = self
            .tell(name, title, 0.9, seen)
            .number("dropped", lost as f64, Unit::Packets)
            .number("drop_share", part, Unit::Share)
            .command("See where.", format!("tc -s qdisc show dev {device}; ip -s link show dev {device}"));
        Some(if is_plain(evidence, name) {
            finding.command("Let flows share the queue fairly.", format!("tc qdisc replace dev {device} root fq_codel"))
        } else {
            finding.advise("Let flows share it fairly: fq_codel inside the queues that are there, or in the program slower sending.")
        })
    }

    fn tell(&self, name: &str, title: String, confidence: f64, seen: String) -> Finding {
        Finding::new(self.id(), Severity::Warning, name, title).seen(confidence, seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::fixture::{live, named, week};

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
    fn what_no_protocol_wants_is_not_told() {
        // A BPDU every 2 s for half a minute would be 15; one a second is not more than what may be unwanted.
        let background = |each: u64| live().grew_in("eth0", "rx_dropped", 30, each).grew("eth0", "rx_packets", 100);
        assert!(named(&Drops, &background(1)).is_empty());
        assert!(
            named(&Drops, &week().grew_in("eth0", "rx_dropped", 168, 3_600).grew("eth0", "rx_packets", 1)).is_empty()
        );
        assert_eq!(named(&Drops, &background(4)), ["eth0"]);
        // Two busy hours of a week are enough.
        assert_eq!(named(&Drops, &week().grew_in("eth0", "rx_dropped", 2, 3_601)), ["eth0"]);
    }

    #[test]
    fn no_command_replaces_a_hierarchy() {
        let replaces = |kind: &str| {
            let evidence = live().queue(kind, None).grew("eth0", "tx_dropped", 500);
            let advice = Drops.find(&evidence).remove(0).advice;
            advice.iter().any(|advice| advice.command.as_deref().is_some_and(|command| command.contains("replace")))
        };
        assert!(replaces("pfifo_fast") && !replaces("htb") && !replaces("mq") && !replaces("prio"));
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
