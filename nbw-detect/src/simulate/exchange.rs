//! What one attempt of a scenario says: a script of packets to and fro, in time.

use std::time::Duration;

use etherparse::{ArpOperation, IcmpEchoHeader, Icmpv4Type, IpNumber, TcpHeader, icmpv4::DestUnreachableHeader};
use fastrand::Rng;

use super::{
    frame::{self, ETHERNET, Envelope},
    host::{Host, Side},
    traffic::Timed,
};

/// Bytes that an ICMP error quotes of the packet that it is about: its IP header and eight more (RFC 792).
const QUOTED: usize = 28;

const BROADCAST: [u8; 6] = [0xff; 6];

/// A script that is being written.
pub(super) struct Exchange<'a> {
    /// When the next packet is sent, from the traffic's beginning.
    pub(super) now: Duration,
    /// Chance, of the seed.
    pub(super) rng: &'a mut Rng,
    frames: &'a mut Vec<Timed>,
    last: Vec<u8>,
}

impl<'a> Exchange<'a> {
    pub(super) fn new(now: Duration, rng: &'a mut Rng, frames: &'a mut Vec<Timed>) -> Self {
        Self { now, rng, frames, last: Vec::new() }
    }

    /// Lets about that many microseconds go by: up to a quarter less or more.
    pub(super) fn wait_about(&mut self, microseconds: u64) {
        let quarter = microseconds / 4;
        self.now += Duration::from_micros(microseconds - quarter + self.rng.u64(..=2 * quarter));
    }

    /// One of the ports that clients use.
    pub(super) fn port(&mut self) -> u16 {
        self.rng.u16(32_768..=60_999)
    }

    /// That many random bytes.
    pub(super) fn noise(&mut self, length: usize) -> Vec<u8> {
        let mut noise = vec![0; length];
        self.rng.fill(&mut noise);
        noise
    }

    pub(super) fn tcp(&mut self, from: Host, to: Host, header: TcpHeader, payload: &[u8]) {
        let frame = self.envelope(from, to).tcp(header, payload);
        self.put(from.side, frame);
    }

    pub(super) fn udp(&mut self, from: Host, to: Host, ports: (u16, u16), payload: &[u8]) {
        for frame in self.envelope(from, to).udp(ports, payload) {
            self.put(from.side, frame);
        }
    }

    pub(super) fn icmp(&mut self, from: Host, to: Host, kind: Icmpv4Type, payload: &[u8]) {
        let frame = self.envelope(from, to).icmp(kind, payload);
        self.put(from.side, frame);
    }

    /// An echo request.
    pub(super) fn ping(&mut self, from: Host, to: Host, (id, seq): (u16, u16), payload: &[u8]) {
        self.icmp(from, to, Icmpv4Type::EchoRequest(IcmpEchoHeader { id, seq }), payload);
    }

    /// An echo reply.
    pub(super) fn pong(&mut self, from: Host, to: Host, (id, seq): (u16, u16), payload: &[u8]) {
        self.icmp(from, to, Icmpv4Type::EchoReply(IcmpEchoHeader { id, seq }), payload);
    }

    /// An answer to the last packet: it could not be delivered.
    pub(super) fn unreachable(&mut self, from: Host, to: Host, why: DestUnreachableHeader) {
        let packet = &self.last[ETHERNET.min(self.last.len())..];
        let quoted = packet[..QUOTED.min(packet.len())].to_vec();
        self.icmp(from, to, Icmpv4Type::DestinationUnreachable(why), &quoted);
    }

    /// The same, of a datagram that `to` has never sent.
    pub(super) fn unreachable_for(&mut self, from: Host, to: Host, ports: (u16, u16)) {
        let unsent = self.envelope(to, from).udp(ports, &[]);
        self.last = unsent.into_iter().next().unwrap_or_default();
        self.unreachable(from, to, DestUnreachableHeader::Port);
    }

    pub(super) fn raw(&mut self, from: Host, to: Host, protocol: u8, payload: &[u8]) {
        let frame = self.envelope(from, to).raw(IpNumber(protocol), payload);
        self.put(from.side, frame);
    }

    /// A fragment of a UDP datagram; those with the same `id` belong together.
    pub(super) fn fragment(&mut self, from: Host, to: Host, id: u16, place: (usize, bool), payload: &[u8]) {
        let envelope = Envelope { id, ..self.envelope(from, to) };
        let frame = envelope.fragment(place.0, place.1, IpNumber::UDP, payload);
        self.put(from.side, frame);
    }

    /// Asks everybody who has an address.
    pub(super) fn who_has(&mut self, asker: Host, wanted: Host) {
        let nobody = Host { mac: [0; 6], ..wanted };
        self.put(asker.side, frame::arp(ArpOperation::REQUEST, (asker.mac, BROADCAST), asker, nobody));
    }

    /// Tells `to` that `said` has its hardware address; `by` is who says so, which need not be `said`.
    pub(super) fn is_at(&mut self, by: Host, said: Host, to: Host) {
        self.put(by.side, frame::arp(ArpOperation::REPLY, (by.mac, to.mac), said, to));
    }

    fn envelope(&mut self, from: Host, to: Host) -> Envelope {
        // From the Internet a packet has come by some routers, always as many for the same host.
        let ttl = if from.side == Side::Outside { 64 - from.ip.octets()[3] % 20 } else { 64 };
        Envelope { from, to, id: self.rng.u16(..), ttl }
    }

    fn put(&mut self, side: Side, frame: Vec<u8>) {
        self.last.clone_from(&frame);
        self.frames.push(Timed { at: self.now, side, frame });
        // Two frames of one host never leave at the same moment.
        self.now += Duration::from_micros(1);
    }
}
