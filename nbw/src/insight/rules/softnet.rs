//! CPUs that do not keep up with what arrives.

use super::{Rule, percent, share};
use crate::insight::{Evidence, Finding, Severity, finding::Unit};

/// As for `drops`.
const SHARE: f64 = 0.001;
const FEWEST: u64 = 100;

/// Packets dropped because a CPU's backlog was full.
pub(super) struct Softnet;

impl Rule for Softnet {
    fn id(&self) -> &'static str {
        "softnet"
    }

    fn find(&self, evidence: &Evidence) -> Vec<Finding> {
        let total = |what| evidence.counters.total("softnet", what);
        let (dropped, squeezed) = (total("dropped"), total("time_squeeze"));
        let part = share(dropped, dropped + total("processed"));
        if dropped < FEWEST || part < SHARE {
            return Vec::new();
        }
        let title = format!("The CPUs drop {} of what arrives", percent(part));
        let seen = format!(
            "{dropped} packets found a CPU's backlog full; {squeezed} times a CPU stopped receiving although there was more."
        );
        let finding = Finding::new(self.id(), Severity::Warning, "softnet", title)
            .seen(0.9, seen)
            .number("dropped", dropped as f64, Unit::Packets)
            .number("drop_share", part, Unit::Share)
            .number("time_squeeze", squeezed as f64, Unit::Count)
            .command("See which CPU it is (second column, hexadecimal).", "cat /proc/net/softnet_stat")
            .command("Give it more room, if it has less now.", "sysctl -w net.core.netdev_max_backlog=5000")
            .command(
                "Spread packets over all CPUs (receive packet steering; f is the first four).",
                "echo f > /sys/class/net/NAME/queues/rx-0/rps_cpus",
            );
        vec![finding]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::fixture::{live, named};

    #[test]
    fn one_of_a_thousand_is_told() {
        let dropped =
            |count: u64| live().grew("softnet", "dropped", count).grew("softnet", "processed", 100_000 - count);
        assert_eq!(named(&Softnet, &dropped(100)), ["softnet"]);
        assert!(named(&Softnet, &dropped(99)).is_empty());
        let many = live().grew("softnet", "dropped", 100).grew("softnet", "processed", 1_000_000);
        assert!(named(&Softnet, &many).is_empty());
    }
}
