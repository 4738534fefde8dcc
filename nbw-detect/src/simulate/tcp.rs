//! TCP: whole connections, and single segments as scanners send them.

use std::time::Duration;

use etherparse::{TcpHeader, TcpOptionElement};

use super::{exchange::Exchange, host::Host};

/// Microseconds from one side to the other and back, unless a scenario says otherwise.
const ROUND_TRIP: u64 = 20_000;

/// Bytes of payload of one segment.
const SEGMENT: usize = 1_448;

/// An address and a port.
#[derive(Debug, Clone, Copy)]
pub(super) struct End {
    pub(super) host: Host,
    pub(super) port: u16,
}

/// A segment of a connection that keeps no numbers: all flags off, a random sequence number.
pub(super) fn bare(x: &mut Exchange<'_>, source: u16, destination: u16) -> TcpHeader {
    TcpHeader::new(source, destination, x.rng.u32(..), 1_024)
}

/// A SYN with the one option that scanners and flooders send.
pub(super) fn syn(x: &mut Exchange<'_>, source: u16, destination: u16) -> TcpHeader {
    let mut header = TcpHeader { syn: true, ..bare(x, source, destination) };
    header.set_options(&[TcpOptionElement::MaximumSegmentSize(1_460)]).expect("four bytes");
    header
}

/// What a listener answers to a SYN.
pub(super) fn syn_ack(x: &mut Exchange<'_>, to: &TcpHeader) -> TcpHeader {
    let mut header = syn(x, to.destination_port, to.source_port);
    (header.ack, header.acknowledgment_number) = (true, to.sequence_number.wrapping_add(1));
    header.window_size = 65_160;
    header
}

/// What a closed port answers: to a segment with ACK, a RST of its number; to others, a RST with ACK (RFC 9293, 3.5.2).
pub(super) fn reset(to: &TcpHeader) -> TcpHeader {
    let mut header = TcpHeader::new(to.destination_port, to.source_port, 0, 0);
    header.rst = true;
    if to.ack {
        header.sequence_number = to.acknowledgment_number;
    } else {
        let length = u32::from(to.syn) + u32::from(to.fin);
        (header.ack, header.acknowledgment_number) = (true, to.sequence_number.wrapping_add(length));
    }
    header
}

/// Who of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Client,
    Server,
}

/// A connection between two well-behaved stacks.
pub(super) struct Connection {
    client: End,
    server: End,
    client_next: u32,
    server_next: u32,
    /// Microseconds.
    round_trip: u64,
}

impl Connection {
    /// Opens one: SYN, SYN-ACK, ACK.
    pub(super) fn open(x: &mut Exchange<'_>, client: End, server: End) -> Self {
        let mut connection = Self::new(x, client, server);
        connection.shake_hands(x);
        connection
    }

    /// The same between neighbours, where a packet takes no time to speak of.
    pub(super) fn open_near(x: &mut Exchange<'_>, client: End, server: End) -> Self {
        let mut connection = Self { round_trip: 400, ..Self::new(x, client, server) };
        connection.shake_hands(x);
        connection
    }

    fn new(x: &mut Exchange<'_>, client: End, server: End) -> Self {
        let (client_next, server_next) = (x.rng.u32(..), x.rng.u32(..));
        Self { client, server, client_next, server_next, round_trip: ROUND_TRIP }
    }

    /// A client that is refused: SYN, RST.
    pub(super) fn refused(x: &mut Exchange<'_>, client: End, server: End) {
        let mut connection = Self::new(x, client, server);
        let syn = connection.beginning(Who::Client);
        x.tcp(client.host, server.host, syn.clone(), &[]);
        connection.half_way(x);
        x.tcp(server.host, client.host, reset(&syn), &[]);
    }

    /// A client that nobody answers: SYN, and again after one and three seconds, as exactly as a kernel's timer is.
    pub(super) fn unanswered(x: &mut Exchange<'_>, client: End, server: End) {
        let mut connection = Self::new(x, client, server);
        let syn = connection.beginning(Who::Client);
        for wait in [0, 1_000, 2_000] {
            x.now += Duration::from_millis(wait);
            x.wait_about(wait);
            x.tcp(client.host, server.host, syn.clone(), &[]);
        }
    }

    fn shake_hands(&mut self, x: &mut Exchange<'_>) {
        let syn = self.beginning(Who::Client);
        x.tcp(self.client.host, self.server.host, syn, &[]);
        self.half_way(x);
        let answer = TcpHeader { ack: true, acknowledgment_number: self.client_next, ..self.beginning(Who::Server) };
        x.tcp(self.server.host, self.client.host, answer, &[]);
        self.half_way(x);
        self.acknowledge(x, Who::Client);
    }

    /// The SYN of a side, with the options that Linux sends.
    fn beginning(&mut self, who: Who) -> TcpHeader {
        let (from, to) = self.ends(who);
        let mut header = TcpHeader::new(from.port, to.port, self.next_of(who), 64_240);
        header.syn = true;
        let options = [
            TcpOptionElement::MaximumSegmentSize(1_460),
            TcpOptionElement::SelectiveAcknowledgementPermitted,
            TcpOptionElement::Noop,
            TcpOptionElement::WindowScale(7),
        ];
        header.set_options(&options).expect("less than forty bytes");
        self.advance(who, 1);
        header
    }

    /// Sends data, in as many segments as it needs, each second one acknowledged; and the last.
    pub(super) fn say(&mut self, x: &mut Exchange<'_>, who: Who, data: &[u8]) {
        let last = data.len().div_ceil(SEGMENT);
        for (n, piece) in data.chunks(SEGMENT).enumerate() {
            let push = n + 1 == last;
            self.segment(x, who, |header| header.psh = push, piece);
            self.advance(who, piece.len());
            if n % 2 == 1 && !push {
                self.acknowledge(x, who.other());
            }
        }
        self.half_way(x);
        self.acknowledge(x, who.other());
    }

    /// A bare ACK.
    pub(super) fn acknowledge(&self, x: &mut Exchange<'_>, who: Who) {
        self.segment(x, who, |_| (), &[]);
    }

    /// Ends it, both sides with a FIN.
    pub(super) fn close(&mut self, x: &mut Exchange<'_>, who: Who) {
        for side in [who, who.other()] {
            self.segment(x, side, |header| header.fin = true, &[]);
            self.advance(side, 1);
            self.half_way(x);
        }
        self.acknowledge(x, who);
    }

    /// Ends it at once.
    pub(super) fn reset(&self, x: &mut Exchange<'_>, who: Who) {
        self.segment(x, who, |header| header.rst = true, &[]);
    }

    fn segment(&self, x: &mut Exchange<'_>, who: Who, flags: impl FnOnce(&mut TcpHeader), payload: &[u8]) {
        let (from, to) = self.ends(who);
        let mut header = TcpHeader::new(from.port, to.port, self.next_of(who), 501);
        (header.ack, header.acknowledgment_number) = (true, self.next_of(who.other()));
        flags(&mut header);
        x.tcp(from.host, to.host, header, payload);
    }

    fn ends(&self, who: Who) -> (End, End) {
        match who {
            Who::Client => (self.client, self.server),
            Who::Server => (self.server, self.client),
        }
    }

    fn next_of(&self, who: Who) -> u32 {
        match who {
            Who::Client => self.client_next,
            Who::Server => self.server_next,
        }
    }

    fn advance(&mut self, who: Who, bytes: usize) {
        let next = match who {
            Who::Client => &mut self.client_next,
            Who::Server => &mut self.server_next,
        };
        *next = next.wrapping_add(bytes as u32);
    }

    fn half_way(&self, x: &mut Exchange<'_>) {
        x.wait_about(self.round_trip / 2);
    }
}

impl Who {
    fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}
