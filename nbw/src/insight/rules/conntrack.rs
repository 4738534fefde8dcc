//! The table of tracked connections that is nearly full.

use super::{Rule, percent, share};
use crate::insight::{Evidence, Finding, Severity, finding::Unit};

/// From here on it fills up within moments when something happens; the kernel begins to drop entries when it is full
/// (`nf_conntrack: table full, dropping packet`).
const NEAR: f64 = 0.8;

/// Fewer drops are no sign of a table that was full: two packets of one new connection at the same moment (queries for A and AAAA
/// from one port) can make one, too.
const FEWEST: u64 = 10;

/// 80 % full, or dropping.
pub(super) struct Conntrack;

impl Rule for Conntrack {
    fn id(&self) -> &'static str {
        "conntrack"
    }

    fn find(&self, evidence: &Evidence) -> Vec<Finding> {
        let Some(table) = evidence.facts.conntrack else { return Vec::new() };
        let dropped = evidence.counters.total("conntrack", "drop") + evidence.counters.total("conntrack", "early_drop");
        let full = share(table.count, table.max);
        if full < NEAR && dropped < FEWEST {
            return Vec::new();
        }
        let title = if full >= NEAR {
            format!("The table of tracked connections is {} full", percent(full))
        } else {
            format!("Connection tracking has dropped {dropped} packets or entries")
        };
        let seen = format!("It has {} of {} entries; {dropped} were dropped meanwhile.", table.count, table.max);
        let finding = Finding::new(self.id(), Severity::Warning, "conntrack", title)
            .seen(if full >= NEAR { 0.95 } else { 0.7 }, seen)
            .number("entries", table.count as f64, Unit::Count)
            .number("most", table.max as f64, Unit::Count)
            .number("dropped", dropped as f64, Unit::Count)
            .command("See whether it was full.", "dmesg | grep 'nf_conntrack: table full'")
            .command(
                "If so, make it larger (300 bytes an entry).",
                format!("sysctl -w net.netfilter.nf_conntrack_max={}", table.max.saturating_mul(2)),
            )
            .command("See what fills it.", "conntrack -L | awk '{print $4, $5, $6}' | sort | uniq -c | sort -rn | head")
            .advise("Do not track what needs no tracking: notrack in the raw table.");
        vec![finding]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::{
        facts,
        fixture::{live, named},
    };

    fn table(count: u64) -> Evidence {
        let mut evidence = live();
        evidence.facts.conntrack = Some(facts::Conntrack { count, max: 1_000 });
        evidence
    }

    #[test]
    fn at_80_percent_or_with_drops_it_is_told() {
        assert_eq!(named(&Conntrack, &table(800)), ["conntrack"]);
        assert!(named(&Conntrack, &table(799)).is_empty());
        let dropped = |count| table(1).grew("conntrack", "drop", count);
        assert_eq!(named(&Conntrack, &dropped(10)), ["conntrack"]);
        assert!(named(&Conntrack, &dropped(9)).is_empty());
        assert!(!Conntrack.find(&dropped(10))[0].title.contains("full"));
        assert!(named(&Conntrack, &live().grew("conntrack", "drop", 10)).is_empty());
    }
}
