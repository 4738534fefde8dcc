//! A link that is slower than it could be.

use super::{Rule, quoted};
use crate::{
    insight::{
        Evidence, Finding, Severity,
        facts::{Duplex, Interface},
        finding::Unit,
    },
    units,
};

/// Half duplex, or slower than the fastest mode that the interface offers to the other end.
pub(super) struct LinkSpeed;

impl Rule for LinkSpeed {
    fn id(&self) -> &'static str {
        "link-speed"
    }

    fn find(&self, evidence: &Evidence) -> Vec<Finding> {
        let links = evidence.facts.interfaces.iter().filter(|link| link.hardware && link.carrier);
        links.filter_map(|link| self.judge(link)).collect()
    }
}

impl LinkSpeed {
    fn judge(&self, link: &Interface) -> Option<Finding> {
        let (speed, name) = (link.speed?, &link.name);
        let fastest = link.fastest.unwrap_or(speed).max(speed);
        let half = link.duplex == Some(Duplex::Half);
        let (title, confidence) = match (half, speed < fastest) {
            (true, _) => (format!("{name} runs at half duplex"), 0.95),
            (false, true) => (format!("{name} runs slower than it could: {}", units::link_speed(speed)), 0.8),
            (false, false) => return None,
        };
        let seen = format!(
            "Both ends agreed on {}, {} duplex; the interface offers up to {}.",
            units::link_speed(speed),
            if half { "half" } else { "full" },
            units::link_speed(fastest)
        );
        Some(
            Finding::new(self.id(), if half { Severity::Warning } else { Severity::Hint }, name, title)
                .seen(confidence, seen)
                .number("link_speed", speed as f64, Unit::BitsPerSecond)
                .number("fastest_offered", fastest as f64, Unit::BitsPerSecond)
                .command("See what each end offers.", format!("ethtool {}", quoted(name)))
                .command(
                    "Let both ends agree anew; the link is down for some seconds.",
                    format!("ethtool -s {} autoneg on", quoted(name)),
                )
                .advise("Look at the cable (four pairs for 1 Gbit/s), the switch's port, and its fixed settings."),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::fixture::{live, named};

    #[test]
    fn half_duplex_and_slower_modes_are_told() {
        for change in [
            |eth0: &mut Interface| eth0.duplex = Some(Duplex::Half),
            |eth0: &mut Interface| eth0.fastest = Some(2_500_000_000),
        ] {
            assert_eq!(named(&LinkSpeed, &live().eth0(change)), ["eth0"]);
        }
    }

    #[test]
    fn the_fastest_mode_and_what_has_no_link_are_not() {
        for change in [
            |eth0: &mut Interface| eth0.fastest = Some(1_000_000_000),
            |eth0: &mut Interface| (eth0.fastest, eth0.carrier) = (Some(2_500_000_000), false),
            |eth0: &mut Interface| (eth0.duplex, eth0.speed) = (Some(Duplex::Half), None),
        ] {
            assert!(named(&LinkSpeed, &live().eth0(change)).is_empty());
        }
    }
}
