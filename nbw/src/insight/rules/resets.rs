//! TCP connections that end by a reset.

use super::{Rule, percent, share};
use crate::insight::{Evidence, Finding, Severity, finding::Unit};

/// More than is usual: 15 to 25 % of the connections of a campus had a reset in them, mostly because web clients end them so
/// (M. Arlitt, C. Williamson, "An Analysis of TCP Reset Behaviour on the Internet", 2005).
const SHARE: f64 = 0.25;

/// Fewer are nothing to speak of.
const FEWEST: u64 = 50;

/// Resets that this host sends to whom nothing listens for, a second: a client with a wrong address that tries again each
/// second makes one, so these are several, or a scan. How many are too many is nbw's own choice.
const REFUSED: f64 = 5.0;

/// Established connections reset against connections made; resets sent against time.
pub(super) struct Resets;

impl Rule for Resets {
    fn id(&self) -> &'static str {
        "resets"
    }

    fn find(&self, evidence: &Evidence) -> Vec<Finding> {
        [self.cut_off(evidence), self.refused(evidence)].into_iter().flatten().collect()
    }
}

impl Resets {
    fn cut_off(&self, evidence: &Evidence) -> Option<Finding> {
        let tcp = |what| evidence.counters.total("tcp", what);
        let (reset, made) = (tcp("estab_resets"), tcp("active_opens") + tcp("passive_opens"));
        let part = share(reset, made);
        if reset < FEWEST || part < SHARE {
            return None;
        }
        let title = format!("{} of the connections end by a reset", percent(part.min(1.0)));
        let seen = format!("{reset} established connections were reset, while {made} were made.");
        Some(
            Finding::new(self.id(), Severity::Hint, "tcp", title)
                .seen(0.7, seen)
                .number("established_reset", reset as f64, Unit::Count)
                .number("connections_made", made as f64, Unit::Count)
                .number("reset_share", part, Unit::Share)
                .command("See whose they are.", "tcpdump -ni any 'tcp[tcpflags] & tcp-rst != 0'")
                .advise(
                    "Usual causes: a proxy or NAT whose idle timeout is shorter than the program's keep-alive \
                     (net.ipv4.tcp_keepalive_time), or a program that closes with data unread.",
                ),
        )
    }

    fn refused(&self, evidence: &Evidence) -> Option<Finding> {
        let tcp = |what| evidence.counters.total("tcp", what);
        let refused = tcp("out_rsts").saturating_sub(tcp("estab_resets"));
        let rate = refused as f64 / evidence.counters.time().max(1.0);
        if refused < FEWEST || rate < REFUSED {
            return None;
        }
        let title = format!("{refused} connections were refused");
        let seen = format!("This host answered {rate:.0} times a second by a reset: nobody listens there, or the connection is gone.");
        Some(
            Finding::new(self.id(), Severity::Hint, "tcp", title)
                .seen(0.7, seen)
                .number("resets_sent", refused as f64, Unit::Packets)
                .number("resets_a_second", rate, Unit::PacketsPerSecond)
                .command("See who asks for which port.", "tcpdump -ni any 'src host OWN-ADDRESS and tcp[tcpflags] & tcp-rst != 0'")
                .advise("A client with a wrong address or port: mend it. A scan: drop it in the firewall."),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::fixture::{live, named};

    #[test]
    fn a_quarter_of_the_connections_is_told() {
        let reset = |count: u64, made: u64| live().grew("tcp", "estab_resets", count).grew("tcp", "passive_opens", made);
        assert_eq!(named(&Resets, &reset(50, 200)), ["tcp"]);
        assert!(named(&Resets, &reset(50, 201)).is_empty());
        assert!(named(&Resets, &reset(49, 100)).is_empty());
    }

    #[test]
    fn five_refusals_a_second_are_told() {
        assert_eq!(named(&Resets, &live().grew("tcp", "out_rsts", 150)), ["tcp"]);
        assert!(named(&Resets, &live().grew("tcp", "out_rsts", 149)).is_empty());
    }
}
