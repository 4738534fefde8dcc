//! One packet may be seen on several links (a veth, its bridge, the physical one; sent and received on `lo`), and one conversation may
//! have each direction on a link of its own (a tap, routes that differ). Of each direction of a conversation the packets of one link count.

use super::{
    flow::{Lru, lru},
    packet::Packet,
    who::Who,
};

/// What was not seen for so long on its link may have gone over to another.
const GONE_OVER: u64 = 1_000_000_000;

/// One direction of a conversation.
type Way = (Who, Who, [u16; 2], u8);

/// A link, and which way it was passed.
type Link = (u32, u8);

/// Where packets are counted.
#[derive(Debug)]
pub(crate) struct Routes {
    /// The last packet, while there was only one link.
    only: Option<(Way, Link, u64)>,
    several: bool,
    links: Lru<Way, (Link, u64)>,
}

impl Routes {
    pub(crate) fn new(most: u32) -> Self {
        Self { only: None, several: false, links: lru(most) }
    }

    /// Whether the packet counts: it is not seen for the second time.
    pub(crate) fn takes(&mut self, packet: &Packet, now: u64) -> bool {
        let way = (packet.source, packet.target, [packet.source_port, packet.target_port], packet.protocol);
        let link = (packet.link, packet.way);
        if !self.several {
            match self.only {
                Some((first, known, then)) if known != link => {
                    self.several = true;
                    self.links.insert(first, (known, then));
                }
                _ => {
                    self.only = Some((way, link, now));
                    return true;
                }
            }
        }
        if let Some((known, last)) = self.links.get(&way) {
            let other = *known != link;
            if other && now.saturating_sub(*last) < GONE_OVER {
                return false;
            }
            (*known, *last) = (link, now);
            return true;
        }
        self.links.insert(way, (link, now));
        true
    }
}
