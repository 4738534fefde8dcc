//! The engine: facts of packets in, events out. It has no clock and no thread of its own: the same packets give the same events.
//!
//! ```text
//! Facts -> packet (ordered) -> tcp, udp, icmp, arp (what happens) -> board of each signature (counts, verdict) -> incident -> Event
//! ```

mod arp;
mod board;
mod cell;
mod condition;
mod doorkeeper;
mod filter;
mod flow;
mod gauge;
mod happening;
mod icmp;
mod incident;
mod input;
mod manner;
mod others;
mod packet;
mod retry;
mod route;
mod servers;
mod sides;
mod subject;
mod tally;
mod tcp;
#[cfg(test)]
mod tests;
mod thin;
mod track;
mod udp;
mod values;
mod watch;
mod who;

use std::{net::IpAddr, time::Duration};

use self::{
    board::{Board, Verdict, Wish},
    filter::{Gate, Sets},
    happening::Sight,
    incident::{Incidents, Report},
    packet::Packet,
    sides::Sides,
    track::Trackers,
    watch::Watch,
};
pub use self::{
    happening::Happening,
    input::{Limits, Volume},
};
use crate::{Event, Facts, Signatures, Time, facts::Body, facts::Transport};

/// Packets of one timestamp that are put in order; of more, the order in which they come counts.
const MOST_AT_ONCE: usize = 4_096;

/// A clock that goes back further than this was wrong before, or is another one.
const BACK: u64 = 10_000_000_000;

/// A packet that is this much later than all before is believed when another says so too: it may be one with a wrong time.
const FORTH: u64 = 3_600_000_000_000;

/// How often it is looked for what is over.
const SWEEP_EVERY: u64 = 1_000_000_000;

/// A board that counts something that happens, of these ports: as it is, and seen from the other side.
type Reader = (usize, [Option<Gate>; 2]);

/// Recognises attacks.
#[derive(Debug)]
pub struct Engine {
    clock: u64,
    swept: u64,
    /// Packets of one timestamp, until another comes.
    batch: Vec<Packet>,
    batch_time: u64,
    /// Packets whose time is far from all before, until others say whether the clock has moved.
    held: Option<(u64, Vec<Packet>)>,
    trackers: Trackers,
    watch: Watch,
    live: bool,
    sides: Sides,
    boards: Vec<Board>,
    /// The boards that count what happens, by what it is.
    readers: Vec<Vec<Reader>>,
    incidents: Incidents,
    sights: Vec<Sight>,
}

impl Engine {
    /// An engine that goes by these signatures.
    #[must_use]
    pub fn new(signatures: &Signatures, limits: Limits) -> Self {
        let mut sets = Sets::default();
        let board = |signature| Board::new(signature, limits.keys.max(1), &mut sets);
        let boards: Vec<Board> = signatures.iter().map(board).collect();
        let reads = |what: usize| {
            let mut readers: Vec<usize> = (0..boards.len()).filter(|at| boards[*at].mask() >> what & 1 == 1).collect();
            readers.sort_by_key(|at| !boards[*at].signature.explains);
            readers.into_iter().map(|at| (at, boards[at].gates(what))).collect()
        };
        Self {
            clock: 0,
            swept: 0,
            batch: Vec::new(),
            batch_time: 0,
            held: None,
            trackers: Trackers::new(limits.connections.max(16)),
            watch: Watch::new(limits.watched, limits.live),
            live: limits.live,
            sides: Sides::default(),
            readers: (0..Happening::MANY).map(reads).collect(),
            boards,
            incidents: Incidents::default(),
            sights: Vec::new(),
        }
    }

    /// Takes a packet in. Ordinary TCP packets (ACK without SYN, FIN, RST) of endpoints that are not watched are ignored.
    pub fn observe(&mut self, facts: &Facts) {
        if facts.time.0 != self.batch_time || self.batch.len() >= MOST_AT_ONCE {
            self.flush();
            self.batch_time = facts.time.0;
        }
        let ordinary = Packet::is_ordinary(facts) && !self.is_watched(facts);
        if ordinary && (self.live || !self.trackers.curious(self.clock)) {
            return;
        }
        let Some(packet) = Packet::new(facts) else { return };
        if ordinary && !self.trackers.expects(&packet) {
            return;
        }
        self.batch.push(packet);
    }

    fn is_watched(&self, facts: &Facts) -> bool {
        if self.watch.is_empty() {
            return false;
        }
        let Body::Ip(ip) = &facts.body else { return false };
        let Transport::Tcp { source, destination, .. } = ip.transport else { return false };
        self.watch.takes(ip.destination.into(), destination) || self.watch.takes(ip.source.into(), source)
    }

    /// Looks at the packets that were waiting for one of another time.
    fn flush(&mut self) {
        if self.batch.is_empty() {
            return;
        }
        let (mut batch, time) = (std::mem::take(&mut self.batch), self.batch_time);
        if batch.len() > 1 {
            batch.sort_unstable();
        }
        let near =
            self.clock == 0 || (self.clock.saturating_sub(BACK)..=self.clock.saturating_add(FORTH)).contains(&time);
        if !near && self.held.as_ref().is_none_or(|(then, _)| time.saturating_add(BACK) < *then) {
            self.settle();
            self.held = Some((time, batch));
            return;
        }
        if !near && let Some((then, _)) = self.held {
            self.moved(then);
        }
        self.settle();
        self.tick(time);
        self.look(&batch);
        batch.clear();
        self.batch = batch;
    }

    /// Nothing says that the clock has moved: what was held was of now.
    fn settle(&mut self) {
        if let Some((_, held)) = self.held.take() {
            self.look(&held);
        }
    }

    fn look(&mut self, packets: &[Packet]) {
        for packet in packets {
            self.trackers.see(packet, self.clock, &self.watch, &mut self.sights);
            self.judge();
        }
    }

    /// It is that late now, or that early: what is remembered of another clock says nothing then.
    fn moved(&mut self, now: u64) {
        if now.saturating_add(BACK) >= self.clock {
            return self.tick(now);
        }
        self.refresh(0);
        self.incidents.end(self.trackers.arp());
        self.trackers.clear();
        self.boards.iter_mut().for_each(Board::clear);
        self.watch.clear();
        (self.clock, self.swept, self.sides) = (now, now, Sides::default());
    }

    /// Takes in what the host has counted.
    pub fn volume(&mut self, volume: &Volume) {
        self.advance(volume.time);
        self.sights.push(Sight::of_volume(volume, self.clock));
        self.judge();
    }

    /// It is that late now: what had to come by then has not come.
    pub fn advance(&mut self, now: Time) {
        self.flush();
        self.settle();
        self.moved(now.0);
    }

    fn tick(&mut self, now: u64) {
        if now <= self.clock {
            return;
        }
        self.clock = now;
        self.trackers.advance(now, &mut self.sights);
        self.judge();
        if now.abs_diff(self.swept) >= SWEEP_EVERY {
            self.swept = now;
            self.watch.advance(now);
            self.sides.advance(now);
            self.incidents.advance(now, self.trackers.arp());
        }
    }

    /// Shows what has happened to the signatures that count it.
    fn judge(&mut self) {
        let mut sights = std::mem::take(&mut self.sights);
        for sight in &sights {
            if self.sides.see(sight) {
                let mute = self.sides.are_one();
                self.boards.iter_mut().for_each(|board| board.mute = mute && board.signature.both_ways);
            }
            self.tell(sight);
        }
        sights.clear();
        self.sights = sights;
    }

    /// Shows one thing to those that count it, of those ports.
    fn tell(&mut self, sight: &Sight) {
        let (mut explained, what) = (None, sight.what as usize);
        let (source, target) = (sight.source_port, sight.target_port);
        for at in 0..self.readers[what].len() {
            let (board, [here, back]) = &self.readers[what][at];
            let here = here.as_ref().is_some_and(|gate| gate.lets(source, target));
            let back = back.as_ref().is_some_and(|gate| gate.lets(target, source));
            let board = *board;
            if !(here || back) || explained.is_some_and(|kind| self.boards[board].leaves(kind)) {
                continue;
            }
            if here && self.show(board, sight, false) {
                explained = Some(self.boards[board].signature.kind);
            }
            if back && explained.is_none() {
                self.show(board, &sight.turned(), true);
            }
        }
    }

    /// Whether that explains it.
    fn show(&mut self, at: usize, sight: &Sight, turned: bool) -> bool {
        let board = &mut self.boards[at];
        let seen = board.see(sight, turned);
        let endpoint = (sight.target, sight.target_port);
        match seen.wish {
            Wish::Nothing => {}
            Wish::Leave => self.watch.leave(endpoint, at),
            Wish::Watch(rank) => {
                let window = board.signature.window.saturating_mul(1_000_000_000);
                self.watch.ask(endpoint, at, self.clock, window, rank);
            }
        }
        match seen.verdict {
            Verdict::Quiet => {}
            Verdict::Goes(incident) => {
                if !self.incidents.goes(incident, at, sight)
                    && let Some(entry) = board.entry(sight)
                {
                    entry.is_over(sight.count);
                }
            }
            Verdict::Attack => self.attack(at, sight),
        }
        seen.explained
    }

    fn attack(&mut self, at: usize, sight: &Sight) {
        let board = &mut self.boards[at];
        let (evidence, margin) = board.evidence(sight);
        let Some(entry) = board.entry(sight) else { return };
        let (first, untold) = (entry.first().unwrap_or(sight.seen), entry.untold());
        let mut recent = entry.take_recent();
        // The last of them is the one at hand.
        recent.pop_back();
        let (signature, others) = (&board.signature, board.others(sight));
        let number = self.incidents.report(
            Report { signature, board: at, sight, first, recent, untold, others, evidence, margin },
            self.trackers.arp(),
        );
        if let Some(entry) = board.entry(sight) {
            entry.is_incident(number, self.clock);
        }
    }

    /// What was counted since incidents were judged last.
    fn refresh(&mut self, every: u64) {
        let boards = &self.boards;
        self.incidents.refresh(self.clock, every, |at, sight| boards[at].evidence(sight));
    }

    /// Endpoints (address and port of those who are connected to) whose ordinary TCP packets are wanted too.
    #[must_use]
    pub fn watched(&self) -> Vec<(IpAddr, u16)> {
        self.watch.list()
    }

    /// All packets of those that [`Self::watched`] names come from then on: connections that began before are not judged by what was said
    /// on them. Only for [`Limits::live`]; without it nothing counts as watched there.
    pub fn watches(&mut self, since: Time) {
        self.watch.confirm(since.0);
    }

    /// How often an endpoint was to be watched, and there was no place for it.
    #[must_use]
    pub fn not_watched(&self) -> u64 {
        self.watch.refused
    }

    /// Whether signatures that go by missing answers say nothing, since most connections are seen from one side only.
    #[must_use]
    pub fn sees_one_side(&self) -> bool {
        self.sides.are_one()
    }

    /// Another number each time that [`Self::watched`] has changed.
    #[must_use]
    pub fn watch_generation(&self) -> u64 {
        self.watch.generation
    }

    /// Events that are new or have changed since the last call.
    pub fn take_events(&mut self) -> Vec<Event> {
        self.take_news(Duration::ZERO)
    }

    /// Events that are new, have another signature or have ended, and those that have changed and were not told of for so long.
    pub fn take_news(&mut self, every: Duration) -> Vec<Event> {
        let every = u64::try_from(every.as_nanos()).unwrap_or(u64::MAX);
        self.flush();
        self.refresh(every);
        self.incidents.take(self.clock, every, self.trackers.arp())
    }

    /// How many attacks were said to be over only because there were too many at a time; they may be told of anew.
    #[must_use]
    pub fn ended_early(&self) -> u64 {
        self.incidents.crowded
    }

    /// Events that are over, once each, for whoever asks for nothing else.
    pub fn take_ended(&mut self) -> Vec<Event> {
        self.incidents.take_ended()
    }

    /// The end: all events that were not taken as ended, each once, final, by the time they were first seen.
    #[must_use]
    pub fn finish(mut self) -> Vec<Event> {
        self.close();
        self.refresh(0);
        self.incidents.finish(self.trackers.arp())
    }

    /// No more packets come: what was asked for in the last moment was perhaps answered in the next one; what is older was not. How long that
    /// is says the capture itself, for TCP.
    fn close(&mut self) {
        self.flush();
        self.settle();
        let end = self.clock;
        self.tick(end.saturating_add(LAST_WAIT));
        self.trackers.end(end, &mut self.sights);
        self.judge();
    }
}

/// How long the end waits for answers that did not come: of what trackers wait for, all but the longest that an ordinary answer takes.
const LAST_WAIT: u64 = tcp::ANSWER_WITHIN - tcp::SLOWEST;
