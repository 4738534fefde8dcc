//! A firewall rule that drops packets of connections, or very many of what arrives.

use super::{Rule, percent, share};
use crate::insight::{
    Evidence, Finding, Severity,
    facts::{Hook, Verdict},
    finding::Unit,
};

/// Fewer packets are what any host on the Internet drops in passing.
const FEWEST: u64 = 50;

/// Nor is it by less than this share of what passes that connections suffer.
const LEAST: f64 = 0.001;

/// What is dropped in OUTPUT is what this host's own programs want to send: from this share on they notice. (TCP is told at once
/// and waits; nothing is sent again. Programs that use UDP get EPERM.)
const REFUSED: f64 = 0.01;

/// In other chains, what goes out was part of connections if at least this share of TCP's segments was sent again; see
/// `retransmissions`.
const RESENT: f64 = 0.01;

/// What comes in was, if at least this share arrived before an earlier segment. It is less because segments are counted as they
/// were on the wire, and those out of order as GRO has put them together, up to 45 in one.
const OUT_OF_ORDER: f64 = 0.002;

/// Without such an effect, what is dropped was not wanted; from this share on it is worth dropping it earlier.
const MUCH: f64 = 0.05;
const MANY: u64 = 10_000;

/// Drops by the firewall, with the segments that TCP lost at the same time.
pub(super) struct FirewallDrops;

impl Rule for FirewallDrops {
    fn id(&self) -> &'static str {
        "firewall-drops"
    }

    fn find(&self, evidence: &Evidence) -> Vec<Finding> {
        evidence.facts.firewall.iter().filter_map(|verdict| self.judge(evidence, verdict)).collect()
    }
}

/// Whether the firewall drops what TCP then sends again.
pub(super) fn loses(evidence: &Evidence) -> bool {
    evidence.facts.firewall.iter().filter_map(|verdict| Dropped::of(evidence, verdict)).any(|dropped| dropped.hurts())
}

/// What one rule has dropped.
struct Dropped {
    packets: u64,
    /// Of the packets that came its way.
    part: f64,
    /// Of the segments sent, those sent again.
    resent: f64,
    /// Of the segments received, those before an earlier one.
    out_of_order: f64,
    hook: Hook,
}

impl Dropped {
    fn of(evidence: &Evidence, verdict: &Verdict) -> Option<Self> {
        let packets = evidence.counters.known(&verdict.owner(), "packets").filter(|packets| *packets >= FEWEST)?;
        let tcp = |what| evidence.counters.total("tcp", what);
        let links = evidence.facts.interfaces.iter().filter(|link| !link.loopback);
        let side = if verdict.hook == Hook::Output { "tx_packets" } else { "rx_packets" };
        let passed: u64 = links.map(|link| evidence.counters.total(&link.name, side)).sum();
        // What goes out is dropped before the interface counts it, what comes in after.
        let all = if verdict.hook == Hook::Output { passed + packets } else { passed.max(packets) };
        Some(Self {
            packets,
            part: share(packets, all),
            resent: share(tcp("retrans_segs"), tcp("out_segs")),
            out_of_order: share(tcp("ofo_queue"), tcp("in_segs")),
            hook: verdict.hook,
        })
    }

    /// Whether connections suffer by it. What comes in is sent again by others, and what came behind it waits.
    fn hurts(&self) -> bool {
        let (out, into) = (self.resent >= RESENT, self.out_of_order >= OUT_OF_ORDER);
        self.part >= LEAST && match self.hook {
            Hook::Output => self.part >= REFUSED,
            Hook::Input => into,
            Hook::Forward => false,
            Hook::Other => out || into,
        }
    }
}

impl FirewallDrops {
    fn judge(&self, evidence: &Evidence, verdict: &Verdict) -> Option<Finding> {
        let dropped = Dropped::of(evidence, verdict)?;
        let hurts = dropped.hurts();
        if !hurts && (dropped.part < MUCH || dropped.packets < MANY) {
            return None;
        }
        let number = verdict.number.map_or_else(|| "policy".to_owned(), |number| format!("rule {number}"));
        let place = format!("{} {}, {number}", verdict.tool, verdict.chain);
        let title = format!("The firewall drops {} of the packets: {place}", percent(dropped.part));
        let effect = match (hurts, verdict.hook) {
            (true, Hook::Output) => "It is what this host's own programs want to send: TCP waits and tries again, UDP fails.",
            (true, _) => "TCP loses packets of connections that are established at the same time.",
            (false, _) => "No connection suffers, so it is what nobody wants; but each of them costs what any packet costs.",
        };
        let seen = format!("`{}` dropped {} packets. {effect}", verdict.text, dropped.packets);
        let finding = Finding::new(self.id(), if hurts { Severity::Warning } else { Severity::Hint }, &verdict.chain, title)
            .seen(if hurts { 0.85 } else { 0.75 }, seen)
            .number("dropped", dropped.packets as f64, Unit::Packets)
            .number("drop_share", dropped.part, Unit::Share)
            .number("tcp_resent_share", dropped.resent, Unit::Share)
            .number("tcp_out_of_order_share", dropped.out_of_order, Unit::Share)
            .command("See the rule and its counters.", verdict.show());
        Some(if hurts {
            finding.advise("Let packets of established connections pass before it (-m conntrack --ctstate ESTABLISHED), or remove it.")
        } else {
            finding.advise("Drop it earlier, in raw PREROUTING or the ingress hook of nft's netdev family, or have who sends it stop.")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::fixture::{live, named};

    fn rule(hook: Hook, packets: u64) -> Evidence {
        let chain = "filter CHAIN".into();
        let verdict = Verdict { tool: "iptables", chain, number: Some(1), id: "0".into(), hook, text: "-A CHAIN -j DROP".into() };
        let mut evidence = live().grew(&verdict.owner(), "packets", packets).grew("eth0", "rx_packets", 100_000);
        evidence = evidence.grew("eth0", "tx_packets", 100_000).grew("tcp", "in_segs", 10_000).grew("tcp", "out_segs", 10_000);
        evidence.facts.firewall.push(verdict);
        evidence
    }

    #[test]
    fn what_comes_in_hurts_where_segments_are_missing() {
        let input = |packets, early| rule(Hook::Input, packets).grew("tcp", "ofo_queue", early);
        assert_eq!(named(&FirewallDrops, &input(101, 20)), ["filter CHAIN"]);
        assert!(loses(&input(101, 20)));
        assert!(named(&FirewallDrops, &input(99, 20)).is_empty());
        assert!(named(&FirewallDrops, &input(101, 19)).is_empty());
        assert!(named(&FirewallDrops, &input(101, 0).grew("tcp", "retrans_segs", 5_000)).is_empty());
    }

    #[test]
    fn what_goes_out_hurts_where_it_is_a_hundredth() {
        // Of 100,000 packets that were sent, and these.
        assert_eq!(named(&FirewallDrops, &rule(Hook::Output, 1_011)), ["filter CHAIN"]);
        assert!(named(&FirewallDrops, &rule(Hook::Output, 1_010)).is_empty());
    }

    #[test]
    fn chains_that_others_jump_to_hurt_by_either() {
        let other = |counter, count| rule(Hook::Other, 101).grew("tcp", counter, count);
        assert!(loses(&other("retrans_segs", 100)) && loses(&other("ofo_queue", 20)));
        assert!(!loses(&other("retrans_segs", 99)) && !loses(&other("ofo_queue", 19)));
        assert!(!loses(&rule(Hook::Forward, 101).grew("tcp", "retrans_segs", 1_000)));
    }

    #[test]
    fn much_that_nobody_wants_is_a_hint() {
        let finding = FirewallDrops.find(&rule(Hook::Input, 10_000)).remove(0);
        assert_eq!(finding.severity, Severity::Hint);
        assert!(named(&FirewallDrops, &rule(Hook::Input, 9_999)).is_empty());
        let busy = rule(Hook::Input, 10_000).grew("eth0", "rx_packets", 200_001);
        assert!(named(&FirewallDrops, &busy).is_empty());
    }
}
