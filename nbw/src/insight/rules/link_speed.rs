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

/// Where the other end does not say what it can do, a link of this speed or less is told ...
const OLD: u64 = 100_000_000;

/// ... of an interface that has this speed or more: all that was made in the last twenty years has it at the other end, too, and a
/// cable with a broken pair (1000BASE-T takes four, 100BASE-TX two) is why it is not used.
const USUAL: u64 = 1_000_000_000;

/// Half duplex, or slower than the fastest mode that both ends offer.
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
        let slow = format!("{name} runs slower than it could: {}", units::link_speed(speed));
        let (title, confidence) = match (half, link.fastest_of_both) {
            (true, _) => (format!("{name} runs at half duplex"), 0.95),
            (false, Some(both)) if speed < both => (slow, 0.9),
            (false, None) if speed <= OLD && fastest >= USUAL => (slow, 0.6),
            (false, _) => return None,
        };
        let both = match link.fastest_of_both {
            Some(both) => format!("both ends offer up to {}", units::link_speed(both.max(speed))),
            None => format!("this one offers up to {}, and the other does not say", units::link_speed(fastest)),
        };
        let duplex = if half { "half" } else { "full" };
        let seen = format!("The ends agreed on {}, {duplex} duplex; {both}.", units::link_speed(speed));
        Some(
            Finding::new(self.id(), if half { Severity::Warning } else { Severity::Hint }, name, title)
                .seen(confidence, seen)
                .number("link_speed", speed as f64, Unit::BitsPerSecond)
                .number("fastest_offered", fastest as f64, Unit::BitsPerSecond)
                .number("fastest_of_both", link.fastest_of_both.map_or(f64::NAN, |both| both as f64), Unit::BitsPerSecond)
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
            |eth0: &mut Interface| eth0.fastest_of_both = Some(2_500_000_000),
            // Nobody knows what the other end offers, but it is 100 Mbit/s.
            |eth0: &mut Interface| (eth0.speed, eth0.fastest) = (Some(100_000_000), Some(1_000_000_000)),
        ] {
            assert_eq!(named(&LinkSpeed, &live().eth0(change)), ["eth0"]);
        }
    }

    #[test]
    fn the_fastest_mode_and_what_has_no_link_are_not() {
        for change in [
            |eth0: &mut Interface| eth0.fastest = Some(1_000_000_000),
            // A card of 2.5 Gbit/s at a switch of 1 Gbit/s, whether the switch says so or not.
            |eth0: &mut Interface| {
                (eth0.fastest, eth0.fastest_of_both) = (Some(2_500_000_000), Some(1_000_000_000));
            },
            |eth0: &mut Interface| eth0.fastest = Some(2_500_000_000),
            |eth0: &mut Interface| (eth0.fastest_of_both, eth0.carrier) = (Some(2_500_000_000), false),
            |eth0: &mut Interface| (eth0.duplex, eth0.speed) = (Some(Duplex::Half), None),
        ] {
            assert!(named(&LinkSpeed, &live().eth0(change)).is_empty());
        }
    }
}
