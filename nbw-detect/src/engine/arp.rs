//! Which hardware address has which IP address, by all that ARP says, and who says otherwise.

use super::{
    flow::{Lru, lru},
    happening::{Happening, Sight},
    packet::Packet,
    who::Who,
};

/// A reply later than this was not asked for.
const ASKED_WITHIN: u64 = 2_000_000_000;

/// A binding that nobody has spoken of for so long is forgotten: the address may be someone else's by now.
const BELIEVED: u64 = 600_000_000_000;

const REQUEST: u8 = 1;
const REPLY: u8 = 2;

/// All that is remembered of a link's ARP.
#[derive(Debug)]
pub(crate) struct Arp {
    /// By link and address.
    bindings: Lru<(u32, Who), (Who, u64)>,
    /// Who has asked for what, and when: link, asker, asked.
    asked: Lru<(u32, Who, Who), u64>,
    /// An address that a hardware address has of its own: the first that it was seen asking with, and that was nobody else's.
    own: Lru<(u32, Who), Who>,
}

impl Arp {
    pub(crate) fn new(most: u32) -> Self {
        Self { bindings: lru(most), asked: lru(most), own: lru(most) }
    }

    pub(crate) fn see(&mut self, packet: &Packet, now: u64, out: &mut Vec<Sight>) {
        // Of several networks of one link each is a link of its own.
        let mut packet = *packet;
        packet.link ^= packet.net.wrapping_mul(0x9e37_79b9);
        let packet = &packet;
        let sight = Sight { source: packet.macs[0], ..Sight::of(packet, Happening::ArpRequest, now) };
        match packet.flags {
            REQUEST => {
                // A probe (RFC 5227) has no address yet, an announcement asks for its own.
                let own = packet.source;
                if own.0 as u32 != 0 {
                    let before = self.believe(packet, own, packet.macs[0], now);
                    let place = (packet.link, packet.macs[0]);
                    if before.is_none_or(|before| before == packet.macs[0]) {
                        self.own.get_or_insert(place, || own);
                    } else if self.own.peek(&place) != Some(&own) {
                        // Whose address it was all along contradicts nobody but the one who took it.
                        out.push(Sight { what: Happening::ArpFlip, target: own, ..sight });
                    }
                }
                if packet.source != packet.target {
                    self.asked.insert((packet.link, packet.source, packet.target), now);
                    out.push(sight);
                }
            }
            REPLY => self.replied(packet, sight, now, out),
            _ => {}
        }
    }

    fn replied(&mut self, packet: &Packet, sight: Sight, now: u64, out: &mut Vec<Sight>) {
        let [sender, receiver] = packet.macs;
        let question = (packet.link, packet.target, packet.source);
        let asked = self.asked.peek(&question).is_some_and(|then| now.saturating_sub(*then) <= ASKED_WITHIN);
        // Whom the reply is for has an address too, and who forges replies has to name the right one.
        if !receiver.is_group() && receiver != sender && packet.target != packet.source && packet.target.0 as u32 != 0 {
            self.believe(packet, packet.target, receiver, now);
        }
        let before = self.believe(packet, packet.source, sender, now);
        if asked {
            out.push(Sight { what: Happening::ArpReply, ..sight });
        } else if !receiver.is_group() && packet.target != packet.source {
            out.push(Sight { what: Happening::ArpUnasked, ..sight });
        }
        if !asked && before.is_some_and(|before| before != sender) {
            out.push(Sight { what: Happening::ArpFlip, target: packet.source, ..sight });
        }
    }

    /// Who had the address until now.
    fn believe(&mut self, packet: &Packet, address: Who, mac: Who, now: u64) -> Option<Who> {
        let before = self.bindings.get(&(packet.link, address)).map(|known| std::mem::replace(known, (mac, now)));
        if before.is_none() {
            self.bindings.insert((packet.link, address), (mac, now));
        }
        before.filter(|(_, then)| now.saturating_sub(*then) < BELIEVED).map(|(mac, _)| mac)
    }

    /// The address that a hardware address asks with.
    pub(crate) fn own(&self, link: u32, mac: Who) -> Option<Who> {
        self.own.peek(&(link, mac)).copied()
    }
}
