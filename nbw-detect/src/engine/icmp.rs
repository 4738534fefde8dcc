//! Echo requests and replies: which were answered, and which nobody has asked for.

use super::{
    flow::{Due, Flow, Lru, Timers, lru},
    happening::{Happening, Sight},
    packet::Packet,
    thin::{Chosen, Thin},
};

const ANSWER_WITHIN: u64 = 1_000_000_000;

/// A reply later than this answers nothing.
const FORGOTTEN_AFTER: u64 = 60_000_000_000;

/// Requests on a link, from the lesser of two ends to the other and the other way round.
#[derive(Debug, Clone, Copy, Default)]
struct Echoes {
    /// Requests without a reply so far, by who asks.
    open: [u32; 2],
    /// The last request of each.
    last: [u64; 2],
    /// How long that was.
    payload: [u32; 2],
    /// Whether any was ever answered.
    answered: [bool; 2],
}

/// All pairs that are remembered.
#[derive(Debug)]
pub(crate) struct Icmp {
    pairs: Lru<Flow, Echoes>,
    unanswered: Timers<(Flow, bool, Chosen)>,
    thin: Thin,
}

impl Icmp {
    pub(crate) fn new(most: u32) -> Self {
        Self { pairs: lru(most), unanswered: Timers::new(ANSWER_WITHIN, most as usize / 2), thin: Thin::new(1) }
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> (usize, usize) {
        (self.pairs.len(), self.unanswered.len())
    }

    pub(crate) fn see(&mut self, packet: &Packet, now: u64, out: &mut Vec<Sight>) {
        self.thin.note(packet, now);
        let what = match (packet.protocol, packet.flags) {
            (1, 8) | (58, 128) => return self.asked(packet, now, out),
            (1, 0) | (58, 129) => return self.replied(packet, now, out),
            (1, 3 | 4 | 5 | 11 | 12) | (58, 1..=4) => Happening::IcmpError,
            _ => Happening::IcmpOther,
        };
        out.push(Sight::of(packet, what, now));
    }

    fn asked(&mut self, packet: &Packet, now: u64, out: &mut Vec<Sight>) {
        out.push(Sight::of(packet, Happening::IcmpEcho, now));
        if packet.is_alone() {
            return;
        }
        let (flow, in_order) = Flow::of(packet);
        let Some(echoes) = self.pairs.get_or_insert(flow, Echoes::default) else { return };
        let side = usize::from(in_order);
        if echoes.last[side] == 0 || now.saturating_sub(echoes.last[side]) > FORGOTTEN_AFTER {
            echoes.open[side] = 0;
            echoes.answered[side] = false;
            self.unanswered.start(now, (flow, in_order, Chosen::of(packet)));
        }
        echoes.open[side] = echoes.open[side].saturating_add(packet.weight);
        (echoes.last[side], echoes.payload[side]) = (now, packet.payload);
    }

    fn replied(&mut self, packet: &Packet, now: u64, out: &mut Vec<Sight>) {
        let (flow, in_order) = Flow::of(packet);
        let side = usize::from(!in_order);
        let asked = self
            .pairs
            .get(&flow)
            .filter(|echoes| echoes.open[side] > 0 && now.saturating_sub(echoes.last[side]) <= FORGOTTEN_AFTER);
        let Some(echoes) = asked else {
            let hidden = self.thin.hides(Chosen::of(packet), now.saturating_sub(ANSWER_WITHIN));
            let stray = if hidden { Happening::IcmpOther } else { Happening::IcmpStrayReply };
            out.push(Sight::of(packet, stray, now));
            return;
        };
        echoes.open[side] = echoes.open[side].saturating_sub(packet.weight);
        echoes.answered[side] = true;
        if echoes.payload[side] != packet.payload {
            out.push(Sight::of(packet, Happening::IcmpEchoChanged, now).turned());
        }
        out.push(Sight::of(packet, Happening::IcmpEchoAnswered, now).turned());
    }

    pub(crate) fn advance(&mut self, now: u64, out: &mut Vec<Sight>) {
        while let Some(Due { time, begun, what: (flow, lesser_asks, chosen) }) = self.unanswered.due(now) {
            let answered = self.pairs.peek(&flow).is_none_or(|echoes| echoes.answered[usize::from(lesser_asks)]);
            if !answered && !self.thin.hides(chosen, begun) {
                let sight = flow.sight(Happening::IcmpEchoUnanswered, time, lesser_asks);
                out.push(Sight { seen: begun, ..sight });
            }
        }
    }
}
