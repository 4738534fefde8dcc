//! Packets for tests.

use crate::{Arp, Body, Direction, Facts, Fragment, Ip, Time, Transport};

pub(super) const SYN: u8 = 2;
pub(super) const RST: u8 = 4;
pub(super) const ACK: u8 = 16;
const FIN: u8 = 1;

/// Packets, each a hundredth of a millisecond after the one before.
pub(super) struct Tape {
    pub(super) facts: Vec<Facts>,
    /// Nanoseconds.
    pub(super) now: u64,
}

impl Tape {
    pub(super) fn new() -> Self {
        Self { facts: Vec::new(), now: 1_700_000_000_000_000_000 }
    }

    /// So many milliseconds pass.
    pub(super) fn wait(&mut self, milliseconds: u64) -> &mut Self {
        self.now += milliseconds * 1_000_000;
        self
    }

    fn put(&mut self, bytes: u32, body: Body) -> &mut Self {
        self.now += 10_000;
        let time = Time(self.now);
        self.facts.push(Facts {
            time,
            link: 1,
            direction: Direction::Unknown,
            weight: 1,
            by_chance: false,
            followed: 1,
            frames: 1,
            bytes,
            body,
        });
        self
    }

    fn ip(&mut self, source: &str, target: &str, protocol: u8, payload: u32, transport: Transport) -> &mut Self {
        let (source, destination) = (source.parse().unwrap(), target.parse().unwrap());
        self.put(42 + payload, Body::Ip(Ip { source, destination, protocol, fragment: Fragment::None, transport }))
    }

    pub(super) fn tcp(
        &mut self,
        from: &str,
        source: u16,
        to: &str,
        destination: u16,
        flags: u8,
        payload: u32,
    ) -> &mut Self {
        self.ip(from, to, 6, payload, Transport::Tcp { source, destination, flags, payload })
    }

    pub(super) fn udp(&mut self, from: &str, source: u16, to: &str, destination: u16, payload: u32) -> &mut Self {
        self.ip(from, to, 17, payload, Transport::Udp { source, destination, payload })
    }

    pub(super) fn icmp(&mut self, from: &str, to: &str, kind: u8, payload: u32) -> &mut Self {
        self.ip(from, to, 1, payload, Transport::Icmp { kind, code: 0, payload })
    }

    pub(super) fn ip6(&mut self, from: &str, to: &str, kind: u8) -> &mut Self {
        self.ip(from, to, 58, 20, Transport::Icmp { kind, code: 0, payload: 20 })
    }

    pub(super) fn other(&mut self, from: &str, to: &str, protocol: u8) -> &mut Self {
        self.ip(from, to, protocol, 20, Transport::Other)
    }

    pub(super) fn fragment(&mut self, from: &str, to: &str, fragment: Fragment, bytes: u32) -> &mut Self {
        let (source, destination) = (from.parse().unwrap(), to.parse().unwrap());
        self.put(bytes, Body::Ip(Ip { source, destination, protocol: 17, fragment, transport: Transport::Other }))
    }

    /// Request 1 or reply 2; hardware addresses by their last byte, 255 is everybody's.
    pub(super) fn arp(&mut self, operation: u16, sender: (u8, &str), target: (u8, &str)) -> &mut Self {
        let mac = |last| if last == 255 { [255; 6] } else { [2, 0, 0, 0, 0, last] };
        self.put(
            42,
            Body::Arp(Arp {
                operation,
                sender_mac: mac(sender.0),
                sender_ip: sender.1.parse().unwrap(),
                target_mac: mac(target.0),
                target_ip: target.1.parse().unwrap(),
                net: 0,
            }),
        )
    }

    /// A connection that is refused.
    pub(super) fn refused(&mut self, from: &str, source: u16, to: &str, port: u16) -> &mut Self {
        self.tcp(from, source, to, port, SYN, 0).tcp(to, port, from, source, RST | ACK, 0)
    }

    /// A connection that is opened.
    pub(super) fn opened(&mut self, from: &str, source: u16, to: &str, port: u16) -> &mut Self {
        self.tcp(from, source, to, port, SYN, 0)
            .tcp(to, port, from, source, SYN | ACK, 0)
            .tcp(from, source, to, port, ACK, 0)
    }

    /// A session in which each answer takes half a second, as of a service that checks a password.
    pub(super) fn held(&mut self, from: &str, source: u16, to: &str, port: u16, said: &[(u32, u32)]) -> &mut Self {
        self.talk(from, source, to, port, said, 500)
    }

    /// A connection in which each says something in turn, the client first unless that is nothing.
    pub(super) fn session(&mut self, from: &str, source: u16, to: &str, port: u16, said: &[(u32, u32)]) -> &mut Self {
        self.talk(from, source, to, port, said, 0)
    }

    fn talk(&mut self, from: &str, source: u16, to: &str, port: u16, said: &[(u32, u32)], takes: u64) -> &mut Self {
        self.opened(from, source, to, port);
        for (question, answer) in said {
            if *question > 0 {
                self.tcp(from, source, to, port, ACK, *question);
            }
            self.wait(takes);
            self.tcp(to, port, from, source, ACK, *answer);
        }
        self.tcp(from, source, to, port, FIN | ACK, 0).tcp(to, port, from, source, FIN | ACK, 0)
    }
}
