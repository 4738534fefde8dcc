//! TCP segments that had to be sent again.

use super::{Rule, drops, firewall_drops, percent, shaper, share};
use crate::insight::{Evidence, Finding, Severity, finding::Unit};

/// One lost segment of a hundred keeps a connection over 20 ms below 7.2 Mbit/s (Mathis et al. 1997, see `drops`).
const SHARE: f64 = 0.01;

/// From here on connections stand still for whole round trips: most losses are found by timeout then.
const BAD: f64 = 0.03;

/// Fewer are the end of a few connections.
const FEWEST: u64 = 50;

/// Of what others send, what is lost shows in the segments that came before an earlier one. Each loss makes as many as are on
/// their way meanwhile, so that this share is one loss in some hundreds; so many of them are no accident.
const OUT_OF_ORDER: f64 = 0.1;
const EARLY: u64 = 1_000;

/// Segments sent again against segments sent, and segments out of order against segments received. Silent where this host itself drops or delays them: other rules tell where.
pub(super) struct Retransmissions;

impl Rule for Retransmissions {
    fn id(&self) -> &'static str {
        "retransmissions"
    }

    fn find(&self, evidence: &Evidence) -> Vec<Finding> {
        if shaper::is_full(evidence) || firewall_drops::loses(evidence) || drops::loses(evidence) {
            return Vec::new();
        }
        [self.sent(evidence), self.received(evidence)].into_iter().flatten().collect()
    }
}

impl Retransmissions {
    fn sent(&self, evidence: &Evidence) -> Option<Finding> {
        let tcp = |what| evidence.counters.total("tcp", what);
        let (resent, sent, timeouts) = (tcp("retrans_segs"), tcp("out_segs"), tcp("timeouts"));
        let part = share(resent, sent);
        if resent < FEWEST || part < SHARE {
            return None;
        }
        let title = format!("TCP sends {} of its segments again", percent(part));
        let seen = format!(
            "{resent} of {sent} segments were sent again, {timeouts} times after a timeout. Nothing on this host that nbw can see \
             drops them: they are lost on the way, or by a firewall whose counters nbw cannot read."
        );
        let finding = Finding::new(self.id(), if part >= BAD { Severity::Warning } else { Severity::Hint }, "tcp", title)
            .seen(0.9, seen)
            .number("retransmitted", resent as f64, Unit::Packets)
            .number("sent", sent as f64, Unit::Packets)
            .number("retransmitted_share", part, Unit::Share)
            .number("timeouts", timeouts as f64, Unit::Count)
            .command("See which connections lose.", "ss -tin state established | grep -B1 retrans")
            .command("See where on the way.", "mtr --tcp --port 443 HOST")
            .command("On long ways BBR bears loss better.", "sysctl -w net.ipv4.tcp_congestion_control=bbr");
        Some(finding)
    }

    fn received(&self, evidence: &Evidence) -> Option<Finding> {
        let tcp = |what| evidence.counters.total("tcp", what);
        let (early, all) = (tcp("ofo_queue"), tcp("in_segs"));
        let part = share(early, all);
        if early < EARLY || part < OUT_OF_ORDER {
            return None;
        }
        let title = format!("TCP receives {} of its segments before earlier ones", percent(part));
        let seen = format!(
            "{early} of {all} segments had to wait for one that others had sent before: it was lost on the way here, or overtaken."
        );
        Some(
            Finding::new(self.id(), Severity::Hint, "tcp", title)
                .seen(0.6, seen)
                .number("out_of_order", early as f64, Unit::Packets)
                .number("received", all as f64, Unit::Packets)
                .number("out_of_order_share", part, Unit::Share)
                .command("See which connections (rcv_ooopack).", "ss -tin state established")
                .advise(
                    "Look for the loss at the other end or on the way (its own retransmissions say which), and for a firewall here \
                     whose counters nbw cannot read.",
                ),
        )
    }
}


#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::fixture::{live, named};

    fn resent(count: u64, sent: u64) -> Evidence {
        live().grew("tcp", "retrans_segs", count).grew("tcp", "out_segs", sent)
    }

    #[test]
    fn one_of_a_hundred_is_told() {
        assert_eq!(named(&Retransmissions, &resent(100, 10_000)), ["tcp"]);
        assert!(named(&Retransmissions, &resent(99, 10_000)).is_empty());
        assert!(named(&Retransmissions, &resent(49, 100)).is_empty());
        assert_eq!(Retransmissions.find(&resent(300, 10_000))[0].severity, Severity::Warning);
        assert_eq!(Retransmissions.find(&resent(299, 10_000))[0].severity, Severity::Hint);
    }

    #[test]
    fn a_tenth_out_of_order_is_told() {
        let early = |count: u64, all: u64| live().grew("tcp", "ofo_queue", count).grew("tcp", "in_segs", all);
        assert_eq!(named(&Retransmissions, &early(1_000, 10_000)), ["tcp"]);
        assert!(named(&Retransmissions, &early(999, 1_000)).is_empty());
        assert!(named(&Retransmissions, &early(1_000, 10_001)).is_empty());
    }

    #[test]
    fn where_the_host_itself_drops_others_tell() {
        let dropped = resent(1_000, 10_000).grew("eth0", "tx_dropped", 1_000).grew("eth0", "tx_packets", 10_000);
        assert!(named(&Retransmissions, &dropped).is_empty());
        let shaped = resent(1_000, 10_000).queue("tbf", Some(1e6)).grew_in("eth0 qdisc tbf 1:", "bytes", 30, 1_000_000);
        let shaped = shaped.grew_in("eth0 qdisc tbf 1:", "overlimits", 30, 5);
        assert!(named(&Retransmissions, &shaped).is_empty());
    }
}
