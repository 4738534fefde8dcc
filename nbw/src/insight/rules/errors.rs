//! Frames that arrived broken or could not be sent.

use super::{Rule, quoted, share};
use crate::insight::{Evidence, Finding, Severity, facts::Interface, finding::Unit};

/// A link that is in order loses a frame of 1,500 bytes in 80 million (IEEE 802.3: one bit of 10^12 is wrong). A thousand times
/// that is a fault.
const SHARE: f64 = 1e-5;

/// Fewer may be from plugging in the cable.
const FEWEST: u64 = 10;

/// Receive and send errors against the packets that passed.
pub(super) struct Errors;

impl Rule for Errors {
    fn id(&self) -> &'static str {
        "errors"
    }

    fn find(&self, evidence: &Evidence) -> Vec<Finding> {
        let links = evidence.facts.interfaces.iter().filter(|link| !link.loopback);
        links.filter_map(|link| self.judge(evidence, link)).collect()
    }
}

impl Errors {
    fn judge(&self, evidence: &Evidence, link: &Interface) -> Option<Finding> {
        let name = &link.name;
        let total = |what| evidence.counters.total(name, what);
        // What the ring had no room for is counted as an error by some drivers, and is told as a drop.
        let missed = total("rx_missed_errors") + total("rx_fifo_errors");
        let (received, sent) = (total("rx_errors").saturating_sub(missed), total("tx_errors"));
        let (wrong, all) = (received + sent, total("rx_packets") + total("tx_packets"));
        if wrong < FEWEST || share(wrong, wrong + all) < SHARE {
            return None;
        }
        let (checksums, carrier, collisions) =
            (total("rx_crc_errors"), total("tx_carrier_errors"), total("collisions"));
        let title = format!("{name} has errors: {wrong} frames of {}", wrong + all);
        let seen = format!(
            "{received} frames arrived broken ({checksums} with a wrong checksum), {sent} could not be sent ({carrier} for lack of a \
             carrier)."
        );
        Some(
            Finding::new(self.id(), Severity::Warning, name, title)
                .seen(if link.hardware { 0.95 } else { 0.7 }, seen)
                .number("rx_errors", received as f64, Unit::Packets)
                .number("tx_errors", sent as f64, Unit::Packets)
                .number("crc_errors", checksums as f64, Unit::Packets)
                .number("collisions", collisions as f64, Unit::Count)
                .number("error_share", share(wrong, wrong + all), Unit::Share)
                .command("See which they are.", format!("ethtool -S {} | grep -i err", quoted(name)))
                .command("Look at the module's light, where it is optical.", format!("ethtool -m {}", quoted(name)))
                .advise("Wrong checksums: change the cable or the module, then the port. Of a tunnel: look at its route and MTU."),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::fixture::{live, named};

    #[test]
    fn ten_of_a_million_are_a_fault() {
        let wrong =
            |count: u64, all: u64| live().grew("eth0", "rx_errors", count).grew("eth0", "rx_packets", all - count);
        assert_eq!(named(&Errors, &wrong(10, 1_000_000)), ["eth0"]);
        assert!(named(&Errors, &wrong(9, 100)).is_empty());
        assert!(named(&Errors, &wrong(10, 1_000_001)).is_empty());
    }

    #[test]
    fn what_the_ring_had_no_room_for_is_no_error() {
        let missed = live().grew("eth0", "rx_errors", 100).grew("eth0", "rx_missed_errors", 100);
        assert!(named(&Errors, &missed).is_empty());
    }
}
