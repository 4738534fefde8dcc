//! What the kernel leaves out when packets are too many: an answer that was left out is not missing.

use super::{
    flow::{Lru, lru},
    packet::Packet,
};

/// After a packet that was chosen by chance, the ones before may have been the first of their era (100 ms), which are all seen.
const ERA: u64 = 100_000_000;

const SECOND: u64 = 1_000_000_000;

/// Links of which the pace is remembered.
const LINKS: u32 = 256;

/// How a packet was chosen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chosen {
    by_chance: bool,
    weight: u32,
    link: u32,
}

impl Chosen {
    pub(crate) fn of(packet: &Packet) -> Self {
        Self { by_chance: packet.by_chance, weight: packet.weight, link: packet.link }
    }
}

/// How thinly packets of a protocol are sampled.
#[derive(Debug)]
pub(crate) struct Thin {
    /// How much weights of one pace differ, as a factor of two.
    slack: u32,
    /// The last packet that was chosen by chance, each for itself, and stands for others.
    chance: u64,
    /// Of conversations, by link: the highest weights in this second and in the one before.
    paces: Lru<u32, [(u64, u32); 2]>,
}

impl Thin {
    pub(crate) fn new(slack: u32) -> Self {
        Self { slack, chance: 0, paces: lru(LINKS) }
    }

    /// A packet, for what it says of those that did not come.
    pub(crate) fn note(&mut self, packet: &Packet, now: u64) {
        if packet.weight <= 1 {
            return;
        }
        if packet.by_chance {
            self.chance = now;
            return;
        }
        let (second, weight) = (now / SECOND, packet.weight.checked_next_power_of_two().unwrap_or(u32::MAX));
        let Some(pace) = self.paces.get_or_insert(packet.link, Default::default) else { return };
        if pace[0].0 < second {
            *pace = [(second, 0), pace[0]];
        }
        pace[0].1 = pace[0].1.max(weight);
    }

    /// Whether the answer to a question of then may have been left out, though the question was not.
    pub(crate) fn hides(&self, question: Chosen, then: u64) -> bool {
        if question.by_chance {
            return self.chance > 0 && self.chance.saturating_add(ERA) >= then;
        }
        let Some(pace) = self.paces.peek(&question.link) else { return false };
        let highest = pace.iter().filter(|(second, _)| *second >= then / SECOND).map(|(_, weight)| *weight).max();
        highest.is_some_and(|highest| highest > question.weight.max(1).saturating_mul(self.slack).next_power_of_two())
    }
}
