//! UDP flows: who has begun, and whether the other side has ever answered.

use super::{
    flow::{Due, Flow, Lru, Timers, lru},
    happening::{Happening, Sight},
    packet::Packet,
    thin::{Chosen, Thin},
};

/// After this long without a packet it is another flow (Linux's conntrack: 120 s for UDP streams).
const IDLE: u64 = 120_000_000_000;

const ANSWER_WITHIN: u64 = 1_000_000_000;

#[derive(Debug, Clone, Copy)]
struct Exchange {
    lesser_began: bool,
    answered: bool,
    begun: u64,
    last: u64,
    weight: u32,
    /// Of the first packet.
    payload: u32,
    chosen: Chosen,
}

impl Exchange {
    fn new(packet: &Packet, lesser_began: bool, now: u64) -> Self {
        let (weight, payload, chosen) = (packet.weight, packet.payload, Chosen::of(packet));
        Self { lesser_began, answered: false, begun: now, last: now, weight, payload, chosen }
    }
}

/// All flows that are remembered.
#[derive(Debug)]
pub(crate) struct Udp {
    flows: Lru<Flow, Exchange>,
    unanswered: Timers<Flow>,
    thin: Thin,
}

/// Of conversations that are chosen whole, packets are chosen alone too, half of the weight: the others stand for half as many, or one more.
const SLACK: u32 = 2;

impl Udp {
    pub(crate) fn new(most: u32) -> Self {
        Self { flows: lru(most), unanswered: Timers::new(ANSWER_WITHIN, most as usize / 2), thin: Thin::new(SLACK) }
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> (usize, usize) {
        (self.flows.len(), self.unanswered.len())
    }

    pub(crate) fn see(&mut self, packet: &Packet, now: u64, out: &mut Vec<Sight>) {
        self.thin.note(packet, now);
        // Nobody answers from an address that stands for several: there is nothing to wait for.
        if packet.target.is_group() {
            out.push(Sight::of(packet, Happening::UdpOneWay, now));
            return;
        }
        let (flow, in_order) = Flow::of(packet);
        match self.flows.get(&flow) {
            Some(known) if now.saturating_sub(known.last) < IDLE => {
                known.last = now;
                let by_beginner = known.lesser_began == in_order;
                known.answered |= !by_beginner;
                out.push(match (by_beginner, known.answered) {
                    (true, false) => Sight::of(packet, Happening::UdpOneWay, now),
                    (true, true) => Sight::of(packet, Happening::UdpRequest, now),
                    (false, _) => Sight::of(packet, Happening::UdpAnswer, now).turned(),
                });
            }
            _ => {
                self.flows.insert(flow, Exchange::new(packet, in_order, now));
                if !packet.is_alone() {
                    self.unanswered.start(now, flow);
                }
                out.push(Sight::of(packet, Happening::UdpNew, now));
                out.push(Sight::of(packet, Happening::UdpOneWay, now));
            }
        }
    }

    pub(crate) fn advance(&mut self, now: u64, out: &mut Vec<Sight>) {
        while let Some(Due { time, begun, what: flow }) = self.unanswered.due(now) {
            let known = self.flows.peek(&flow).filter(|known| known.begun == begun && !known.answered);
            if let Some(known) = known.filter(|known| !self.thin.hides(known.chosen, begun)) {
                let sight = flow.sight(Happening::UdpUnanswered, time, known.lesser_began);
                out.push(Sight {
                    seen: begun,
                    count: known.weight.into(),
                    payload: known.payload,
                    protocol: 17,
                    ..sight
                });
            }
        }
    }
}
