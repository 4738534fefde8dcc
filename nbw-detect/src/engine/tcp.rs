//! TCP connections, from the few packets that begin and end them; of watched endpoints, from all.

use super::{
    flow::{Due, Flow, Lru, Timers, lru},
    happening::{Happening, Sight},
    packet::{ACK, FIN, Packet, RST, SYN},
    retry::Retry,
    servers::Servers,
    thin::{Chosen, Thin},
    watch::Watch,
};

/// The time after which a client sends its SYN again (RFC 6298, 2.1).
pub(super) const ANSWER_WITHIN: u64 = 1_000_000_000;

/// A server that has said nothing for so long waits for the client.
const SILENT_AFTER: u64 = 5_000_000_000;

/// A server that gives up on a client says so after this, and closes (Apache's mod_reqtimeout): later words are an answer only if
/// the client goes on.
const GIVES_UP: u64 = 20_000_000_000;

/// The same SYN so soon again is one that was seen twice: a mirror has each packet as it comes and as it goes.
const DOUBLE: u64 = 1_000_000;

/// So long after a SYN-ACK that nobody has asked for it is looked at what else its sender has to say.
const CURIOUS: u64 = 5_000_000_000;

const NANOS_PER_MILLI: u64 = 1_000_000;

/// An answer that comes may take so long: round the world, or by a slow link.
pub(super) const SLOWEST: u64 = 300_000_000;

/// Where nobody was answered at all, answers are waited for so long: what comes by thousands and is answered by nobody for this long needs no round trip.
const QUICKEST: u64 = 20_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Asked,
    Answered,
    Open,
    /// Answered, and not asked for.
    Unasked,
    Closed,
}

#[derive(Debug, Clone, Copy)]
struct Connection {
    client_is_lesser: bool,
    stage: Stage,
    /// How many it stands for as one of which every packet comes; 0: ordinary ones do not.
    watched: u32,
    /// Who has sent a FIN: 1 the client, 2 the server.
    fins: u8,
    /// Who spoke last: 1 the client, 2 the server.
    speaker: u8,
    server_first: bool,
    /// The server's first words came later than those who give up on a client would say so.
    late: bool,
    turns: u16,
    weight: u32,
    begun: u64,
    retry: Retry,
    sent: u32,
    answered: u32,
    chosen: Chosen,
}

/// All connections that are remembered.
#[derive(Debug)]
pub(crate) struct Tcp {
    connections: Lru<Flow, Connection>,
    unanswered: Timers<Flow>,
    silent: Timers<(Flow, u64)>,
    /// When something came that nobody has asked for.
    stray: u64,
    /// The longest that anybody has waited for an answer.
    slowest: u64,
    servers: Servers,
    thin: Thin,
}

impl Tcp {
    pub(crate) fn new(most: u32) -> Self {
        let timers = most as usize / 2;
        Self {
            connections: lru(most),
            unanswered: Timers::new(ANSWER_WITHIN, timers),
            silent: Timers::new(SILENT_AFTER, timers),
            stray: 0,
            slowest: 0,
            servers: Servers::new(most / 4),
            thin: Thin::new(1),
        }
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> (usize, usize) {
        (self.connections.len(), self.unanswered.len() + self.silent.len())
    }

    /// A packet of which the others of its connection do not come.
    pub(crate) fn leave_out(&mut self, packet: &Packet, now: u64) {
        self.thin.note(packet, now);
    }

    pub(crate) fn see(&mut self, packet: &Packet, now: u64, watch: &Watch, out: &mut Vec<Sight>) {
        self.thin.note(packet, now);
        let flags = packet.flags & (SYN | ACK | FIN | RST);
        if flags != ACK && packet.followed == 0 {
            self.lose(packet);
        }
        match flags {
            SYN => self.asked(packet, now, watch, out),
            _ if flags == SYN | ACK => self.answered(packet, now, out),
            _ if flags & SYN != 0 && flags & (FIN | RST) != 0 => out.push(Sight::of(packet, Happening::TcpOdd, now)),
            _ if flags & RST != 0 => self.reset(packet, now, out),
            ACK => self.spoken(packet, now, out),
            _ if flags == FIN | ACK => {
                self.spoken(packet, now, out);
                self.finished(packet, now, out);
            }
            _ => out.push(Sight::of(packet, Happening::TcpOdd, now)),
        }
    }

    fn asked(&mut self, packet: &Packet, now: u64, watch: &Watch, out: &mut Vec<Sight>) {
        let (flow, in_order) = Flow::of(packet);
        let known = self.connections.get(&flow).filter(|known| known.client_is_lesser == in_order);
        let mut connection = Connection::new(packet, in_order, Stage::Asked, now);
        if watch.has(packet.target, packet.target_port, now) {
            connection.watched = packet.followed;
        }
        match known {
            Some(known) if known.stage < Stage::Open && known.is_double(now) => return,
            Some(known) if known.stage < Stage::Open => {
                let again = known.retry.again(now);
                out.push(Sight::of(packet, if again { Happening::TcpSynAgain } else { Happening::TcpSyn }, now));
                if again {
                    return;
                }
                // What comes faster than any socket asks belongs to the attempt that is waited for.
                if now.saturating_sub(known.begun) < ANSWER_WITHIN {
                    known.weight = known.weight.saturating_add(packet.weight);
                    known.watched = if known.watched > 0 { known.watched.saturating_add(packet.followed) } else { 0 };
                    return;
                }
                connection.retry = known.retry;
            }
            // The answer was handed over first.
            Some(known) if known.stage == Stage::Unasked && now.saturating_sub(known.begun) < ANSWER_WITHIN => {
                connection.stage = Stage::Answered;
                out.push(Sight::of(packet, Happening::TcpSyn, now));
                let answered = connection.sight(&flow, Happening::TcpAnswered, now);
                self.servers.answered(&answered);
                out.push(answered);
            }
            _ => out.push(Sight::of(packet, Happening::TcpSyn, now)),
        }
        self.connections.insert(flow, connection);
        self.unanswered.start(now, flow);
    }

    /// Its ordinary packets do not come any more: that something was not seen says nothing.
    fn lose(&mut self, packet: &Packet) {
        if let Some(known) = self.connections.get(&Flow::of(packet).0) {
            known.watched = 0;
        }
    }

    /// Whether there are connections of which ordinary packets, which nobody watches for, may show that they are seen from one side only.
    pub(crate) fn curious(&self, now: u64) -> bool {
        !self.unanswered.is_empty() || now.saturating_sub(self.stray) <= CURIOUS
    }

    /// Whether the packet is of such a connection.
    pub(crate) fn expects(&self, packet: &Packet) -> bool {
        let (flow, in_order) = Flow::of(packet);
        self.connections.peek(&flow).is_some_and(|known| known.is_one_sided(known.client_is_lesser == in_order))
    }

    fn answered(&mut self, packet: &Packet, now: u64, out: &mut Vec<Sight>) {
        let (flow, in_order) = Flow::of(packet);
        match self.connections.get(&flow) {
            Some(known) if known.client_is_lesser != in_order => {
                if known.stage == Stage::Asked {
                    known.stage = Stage::Answered;
                    self.slowest = self.slowest.max(now.saturating_sub(known.begun));
                    let answered = known.sight(&flow, Happening::TcpAnswered, now);
                    self.servers.answered(&answered);
                    out.push(answered);
                } else if known.stage == Stage::Unasked {
                    out.push(Sight::of(packet, Happening::TcpStraySynAck, now));
                }
            }
            Some(_) => out.push(Sight::of(packet, Happening::TcpStraySynAck, now)),
            None => {
                self.stray = now;
                self.connections.insert(flow, Connection::new(packet, !in_order, Stage::Unasked, now));
                out.push(Sight::of(packet, Happening::TcpStraySynAck, now));
            }
        }
    }

    fn reset(&mut self, packet: &Packet, now: u64, out: &mut Vec<Sight>) {
        let (flow, in_order) = Flow::of(packet);
        let Some(known) = self.connections.get(&flow).filter(|known| known.stage != Stage::Unasked) else {
            out.push(Sight::of(packet, Happening::TcpStrayReset, now));
            return;
        };
        let by_client = known.client_is_lesser == in_order;
        let stage = std::mem::replace(&mut known.stage, Stage::Closed);
        match (stage, by_client) {
            (Stage::Closed, _) => {}
            (Stage::Asked, false) => {
                let sight = known.sight(&flow, Happening::TcpRefused, now);
                out.push(Sight { known: self.servers.know(&sight), ..sight });
            }
            (Stage::Asked, true) if self.thin.hides(known.chosen, known.begun) => {}
            (Stage::Asked, true) => {
                let sight = known.sight(&flow, Happening::TcpUnanswered, now);
                out.push(Sight { known: self.servers.know(&sight), ..sight });
            }
            (Stage::Answered, true) if known.watched > 0 => out.push(known.sight(&flow, Happening::TcpAbandoned, now)),
            (Stage::Answered, _) if known.watched == 0 && known.fins == 0 => {
                out.push(known.sight(&flow, Happening::TcpDropped, now));
            }
            _ => known.close(&flow, now, out),
        }
    }

    /// A packet with ACK and without SYN and RST.
    fn spoken(&mut self, packet: &Packet, now: u64, out: &mut Vec<Sight>) {
        let (flow, in_order) = Flow::of(packet);
        let Some(known) = self.connections.get(&flow) else { return };
        let by_client = known.client_is_lesser == in_order;
        if known.is_one_sided(by_client) {
            // Nothing is known of the other side: there is nothing to judge.
            (known.stage, known.watched) = (Stage::Open, 0);
            let seen = known.sight(&flow, Happening::TcpOneSided, now);
            out.push(if by_client { seen } else { seen.turned() });
        }
        if known.watched == 0 {
            return;
        }
        if known.stage == Stage::Answered && (by_client || packet.payload > 0) {
            known.stage = Stage::Open;
            out.push(known.sight(&flow, Happening::TcpOpened, now));
            // Silence that is not waited for would be none.
            if !self.silent.is_full() {
                self.silent.start(now, (flow, known.begun));
            }
        }
        if packet.payload > 0 {
            known.speaks(&flow, by_client, packet.payload, now, out);
        }
    }

    fn finished(&mut self, packet: &Packet, now: u64, out: &mut Vec<Sight>) {
        let (flow, in_order) = Flow::of(packet);
        let Some(known) = self.connections.get(&flow) else {
            out.push(Sight::of(packet, Happening::TcpStrayFin, now));
            return;
        };
        known.fins |= if known.client_is_lesser == in_order { 1 } else { 2 };
        if known.fins == 3 && known.stage != Stage::Closed {
            known.stage = Stage::Closed;
            known.close(&flow, now, out);
        }
    }

    /// Nothing comes any more: what was asked for longer ago than answers take here was not answered.
    pub(crate) fn end(&mut self, now: u64, out: &mut Vec<Sight>) {
        let patience = self.slowest.saturating_mul(2).clamp(QUICKEST, SLOWEST);
        self.advance(now.saturating_add(ANSWER_WITHIN - patience), out);
    }

    /// What should have come by now.
    pub(crate) fn advance(&mut self, now: u64, out: &mut Vec<Sight>) {
        while let Some(Due { time, begun, what: flow }) = self.unanswered.due(now) {
            let Some(known) = self.connections.peek(&flow).filter(|known| known.begun == begun) else { continue };
            let what = match known.stage {
                Stage::Asked => Happening::TcpUnanswered,
                Stage::Answered if known.watched > 0 => Happening::TcpHalfOpen,
                _ => continue,
            };
            if self.thin.hides(known.chosen, begun) {
                continue;
            }
            let sight = known.sight(&flow, what, time);
            out.push(Sight { seen: begun, known: self.servers.know(&sight), ..sight });
        }
        while let Some(Due { time, begun: opened, what: (flow, begun) }) = self.silent.due(now) {
            let known = self.connections.peek(&flow).filter(|known| known.begun == begun && known.answered == 0);
            if let Some(known) = known.filter(|known| known.stage == Stage::Open && known.watched > 0) {
                out.push(Sight { seen: opened, ..known.sight(&flow, Happening::TcpSilent, time) });
            }
        }
    }
}

impl Connection {
    fn new(packet: &Packet, client_is_lesser: bool, stage: Stage, now: u64) -> Self {
        Self {
            client_is_lesser,
            stage,
            watched: 0,
            fins: 0,
            speaker: 0,
            server_first: false,
            late: false,
            turns: 0,
            weight: packet.weight,
            begun: now,
            retry: Retry::new(now),
            sent: 0,
            answered: 0,
            chosen: Chosen::of(packet),
        }
    }

    /// Whether another SYN now is the first one, seen twice.
    fn is_double(&self, now: u64) -> bool {
        self.stage == Stage::Asked && now.saturating_sub(self.begun) < DOUBLE
    }

    /// Whether a packet that is no SYN shows that what it goes by, the other side's, was not seen.
    fn is_one_sided(&self, by_client: bool) -> bool {
        self.stage == if by_client { Stage::Asked } else { Stage::Unasked }
    }

    fn sight(&self, flow: &Flow, what: Happening, now: u64) -> Sight {
        let of_watched = matches!(
            what,
            Happening::TcpHalfOpen
                | Happening::TcpAbandoned
                | Happening::TcpOpened
                | Happening::TcpSilent
                | Happening::TcpSpoken
                | Happening::TcpSpokenLate
                | Happening::TcpEnded
        );
        Sight {
            count: if of_watched { self.watched } else { self.weight }.into(),
            payload: self.sent,
            answer: self.answered,
            lasted: u32::try_from(now.saturating_sub(self.begun) / NANOS_PER_MILLI).unwrap_or(u32::MAX),
            turns: self.turns,
            server_first: self.server_first,
            protocol: 6,
            ..flow.sight(what, now, self.client_is_lesser)
        }
    }

    fn speaks(&mut self, flow: &Flow, by_client: bool, payload: u32, now: u64, out: &mut Vec<Sight>) {
        let speaker = if by_client { 1 } else { 2 };
        if self.speaker == 0 {
            self.server_first = !by_client;
        }
        if self.speaker != speaker {
            self.turns = self.turns.saturating_add(1);
            self.speaker = speaker;
        }
        let said = if by_client { &mut self.sent } else { &mut self.answered };
        let first = *said == 0;
        *said = said.saturating_add(payload);
        if first && !by_client {
            out.push(self.sight(flow, Happening::TcpSpoken, now));
        }
        if self.is_late(by_client, first, now) {
            out.push(self.sight(flow, Happening::TcpSpokenLate, now));
        }
    }

    /// Whether what is said shows that the server answers, late as it is.
    fn is_late(&mut self, by_client: bool, first: bool, now: u64) -> bool {
        if by_client {
            return std::mem::take(&mut self.late);
        }
        let after = now.saturating_sub(self.begun);
        self.late = first && after >= GIVES_UP;
        first && (SILENT_AFTER..GIVES_UP).contains(&after)
    }

    fn close(&self, flow: &Flow, now: u64, out: &mut Vec<Sight>) {
        out.push(self.sight(flow, Happening::TcpClosed, now));
        if self.watched > 0 {
            out.push(self.sight(flow, Happening::TcpEnded, now));
        }
    }
}
