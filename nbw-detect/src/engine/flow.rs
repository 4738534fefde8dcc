//! What two ends have between them, whoever speaks; and what has to come within a time.

use std::collections::VecDeque;

use schnellru::{ByLength, LruMap};

use super::{
    happening::{Happening, Sight},
    packet::Packet,
    who::Who,
};

/// A table that forgets what was longest not looked at.
pub(crate) type Lru<K, V> = LruMap<K, V, ByLength, foldhash::fast::RandomState>;

pub(crate) fn lru<K, V>(most: u32) -> Lru<K, V>
where
    K: std::hash::Hash + Eq,
{
    LruMap::with_hasher(ByLength::new(most), foldhash::fast::RandomState::default())
}

/// The two ends, the lesser first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Flow {
    ports: [u16; 2],
    ends: [Who; 2],
}

impl Flow {
    /// And whether the packet's source is the lesser end.
    pub(crate) fn of(packet: &Packet) -> (Self, bool) {
        let source = (packet.source, packet.source_port);
        let target = (packet.target, packet.target_port);
        let in_order = source <= target;
        let (a, b) = if in_order { (source, target) } else { (target, source) };
        (Self { ports: [a.1, b.1], ends: [a.0, b.0] }, in_order)
    }

    /// Of no ports, the source first.
    pub(crate) fn between(source: Who, target: Who) -> Self {
        Self { ports: [0; 2], ends: [source, target] }
    }

    /// Something that happens between the two; the source is the one who has begun.
    pub(crate) fn sight(&self, what: Happening, time: u64, lesser_began: bool) -> Sight {
        let (source, target) = if lesser_began { (0, 1) } else { (1, 0) };
        Sight {
            what,
            time,
            seen: time,
            link: 0,
            source: self.ends[source],
            target: self.ends[target],
            source_port: self.ports[source],
            target_port: self.ports[target],
            count: 1,
            bytes: 0,
            usual: 0,
            payload: 0,
            answer: 0,
            lasted: 0,
            turns: 0,
            server_first: false,
            known: false,
            protocol: 0,
            flags: 0,
            icmp: 0,
        }
    }
}

impl Sight {
    /// A packet, as it is.
    pub(crate) fn of(packet: &Packet, what: Happening, time: u64) -> Self {
        let mut sight = Self {
            what,
            time,
            seen: time,
            link: packet.link,
            source: packet.source,
            target: packet.target,
            source_port: packet.source_port,
            target_port: packet.target_port,
            count: 0,
            bytes: 0,
            usual: 0,
            payload: packet.payload,
            answer: 0,
            lasted: 0,
            turns: 0,
            server_first: false,
            known: false,
            protocol: packet.protocol,
            flags: packet.flags,
            icmp: packet.flags,
        };
        sight.size(packet);
        sight
    }

    /// As many, and as large, as a packet.
    pub(crate) fn size(&mut self, packet: &Packet) {
        self.count = packet.count();
        self.bytes = packet.all_bytes();
        self.protocol = packet.protocol;
    }

    /// The same seen from the other side.
    pub(crate) fn turned(mut self) -> Self {
        std::mem::swap(&mut self.source, &mut self.target);
        std::mem::swap(&mut self.source_port, &mut self.target_port);
        self
    }
}

/// What is due in the order in which it is: each has the same time.
#[derive(Debug)]
pub(crate) struct Timers<T> {
    waits: u64,
    most: usize,
    queue: VecDeque<(u64, T)>,
}

/// Something whose time has come.
#[derive(Debug)]
pub(crate) struct Due<T> {
    /// Since when it is due.
    pub(crate) time: u64,
    /// When it was begun.
    pub(crate) begun: u64,
    pub(crate) what: T,
}

impl<T> Timers<T> {
    pub(crate) fn new(waits: u64, most: usize) -> Self {
        Self { waits, most, queue: VecDeque::new() }
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.queue.len() >= self.most
    }

    pub(crate) fn start(&mut self, now: u64, what: T) {
        self.queue.push_back((now, what));
    }

    /// The next one that is due; without room, the oldest is so early.
    pub(crate) fn due(&mut self, now: u64) -> Option<Due<T>> {
        let (begun, _) = self.queue.front()?;
        if begun.saturating_add(self.waits) > now && self.queue.len() <= self.most {
            return None;
        }
        let (begun, what) = self.queue.pop_front()?;
        Some(Due { time: begun.saturating_add(self.waits).min(now), begun, what })
    }
}
