//! Whether somebody has to wait. Where nobody does, nobody minds who takes most.

use super::{drops, link_limit, percent, share};
use crate::insight::{Evidence, facts::Queue, finding::Unit};

/// Of the packets that go through a shaper, one of so many that has to wait is felt: as `OFTEN` of the rule `shaper`, which is
/// about one that is full all the time.
const OFTEN: f64 = 0.05;

/// Fewer are nothing to speak of.
const FEWEST: u64 = 100;

/// That somebody waits, and the number that says so.
pub(super) struct Waiting {
    pub(super) says: String,
    pub(super) name: &'static str,
    pub(super) value: f64,
    pub(super) unit: Unit,
}

/// The first sign of it: a link near its limit, a shaper that holds packets back, or packets that are dropped on the way out.
pub(super) fn somebody(evidence: &Evidence) -> Option<Waiting> {
    at_link(evidence).or_else(|| at_shaper(evidence)).or_else(|| dropped(evidence))
}

fn at_link(evidence: &Evidence) -> Option<Waiting> {
    let (interface, load) = link_limit::nearest(evidence)?;
    let says = format!("Meanwhile {interface} is at {} of its speed.", percent(load));
    Some(Waiting { says, name: "link_load", value: load, unit: Unit::Share })
}

fn at_shaper(evidence: &Evidence) -> Option<Waiting> {
    let shapers = evidence.facts.queues.iter().filter(|queue| queue.rate.is_some());
    let held = shapers.filter_map(|queue| Some((queue, held_back(evidence, queue)?)));
    let (queue, part) = held.max_by(|a, b| a.1.total_cmp(&b.1))?;
    let Queue { kind, interface, .. } = queue;
    let says = format!("Meanwhile the shaper {kind} at {interface} held packets back, {} of them.", percent(part));
    Some(Waiting { says, name: "held_back", value: part, unit: Unit::Share })
}

/// The share of a shaper's packets that had to wait, if it is much.
fn held_back(evidence: &Evidence, queue: &Queue) -> Option<f64> {
    let total = |what| evidence.counters.total(&queue.owner(), what);
    let (waited, packets) = (total("overlimits"), total("packets"));
    // One packet can be held back more than once.
    let part = share(waited.min(packets), packets);
    (packets >= FEWEST && part >= OFTEN).then_some(part)
}

fn dropped(evidence: &Evidence) -> Option<Waiting> {
    let (interface, lost) = drops::loser(evidence)?;
    let says = format!("Meanwhile {interface} dropped {lost} packets on the way out.");
    Some(Waiting { says, name: "dropped", value: lost as f64, unit: Unit::Packets })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        history::Kind,
        insight::fixture::{LINK, live},
    };

    fn sign(evidence: &Evidence) -> Option<&'static str> {
        somebody(evidence).map(|waiting| waiting.name)
    }

    #[test]
    fn a_link_near_its_limit_is_a_sign() {
        let at = |load: f64| live().with(Kind::Interface, "eth0", move |_| (load * LINK, 0.0));
        assert_eq!((sign(&at(0.81)), sign(&at(0.79))), (Some("link_load"), None));
    }

    #[test]
    fn a_twentieth_held_back_is_a_sign() {
        let held = |count: u64| {
            let owner = "eth0 qdisc tbf 1:";
            live().queue("tbf", Some(1e6)).grew(owner, "packets", 1_000).grew(owner, "overlimits", count)
        };
        assert_eq!((sign(&held(50)), sign(&held(49))), (Some("held_back"), None));
        assert_eq!(somebody(&held(5_000)).map(|waiting| waiting.value), Some(1.0));
    }

    #[test]
    fn drops_on_the_way_out_are_a_sign() {
        let lost = |count: u64| live().grew("eth0", "tx_dropped", count).grew("eth0", "tx_packets", 1_000);
        assert_eq!((sign(&lost(100)), sign(&lost(99))), (Some("dropped"), None));
    }
}
