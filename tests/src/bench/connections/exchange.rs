//! What sending and receiving costs, in CPU time of one thread that does both: nothing is waited for and nobody is woken.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket},
    time::Duration,
};

use anyhow::Result;

use crate::bench::clock;
use crate::lab::Netns;

/// Bytes of a message.
const MESSAGE: [u8; 64] = [3; 64];
/// Messages between two looks at the clock.
const BURST: u32 = 500;

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Exchange {
    /// A message over a TCP connection.
    Stream,
    /// A datagram from a connected UDP socket to another.
    Connected,
    /// A datagram from an unconnected UDP socket to another, and so for each of this many peers in turn.
    Unconnected(usize),
}

impl Exchange {
    /// All that are measured.
    pub(super) const ALL: [Self; 4] = [Self::Stream, Self::Connected, Self::Unconnected(1), Self::Unconnected(100)];

    /// Its part of a row's name.
    pub(super) fn name(self) -> String {
        match self {
            Self::Stream => "tcp-message".into(),
            Self::Connected => "udp-connected".into(),
            Self::Unconnected(peers) => format!("udp-peers-{peers}"),
        }
    }

    /// Nanoseconds that one message takes to be sent and received: the best of many bursts within `limit` of CPU time.
    pub(super) fn measure(self, netns: &Netns, limit: Duration) -> Result<f64> {
        netns.enter(|| {
            let mut work = self.work()?;
            let (begun, mut best) = (clock::thread()?, f64::INFINITY);
            while clock::thread()? - begun < limit {
                let before = clock::thread()?;
                work()?;
                best = best.min((clock::thread()? - before).as_nanos() as f64 / f64::from(BURST));
            }
            Ok(best)
        })
    }

    /// What sends and receives a burst.
    fn work(self) -> Result<Box<dyn FnMut() -> Result<()>>> {
        match self {
            Self::Stream => stream(),
            Self::Connected => connected(),
            Self::Unconnected(peers) => unconnected(peers),
        }
    }
}

fn stream() -> Result<Box<dyn FnMut() -> Result<()>>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let mut client = TcpStream::connect(listener.local_addr()?)?;
    client.set_nodelay(true)?;
    let (mut server, _) = listener.accept()?;
    Ok(Box::new(move || {
        for _ in 0..BURST {
            client.write_all(&MESSAGE)?;
            server.read_exact(&mut MESSAGE.clone())?;
        }
        Ok(())
    }))
}

fn socket() -> std::io::Result<UdpSocket> {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))
}

fn connected() -> Result<Box<dyn FnMut() -> Result<()>>> {
    let (client, server) = (socket()?, socket()?);
    client.connect(server.local_addr()?)?;
    server.connect(client.local_addr()?)?;
    Ok(Box::new(move || {
        for _ in 0..BURST {
            client.send(&MESSAGE)?;
            server.recv(&mut MESSAGE.clone())?;
        }
        Ok(())
    }))
}

/// The peers are unconnected too: what is measured is the same at both ends.
fn unconnected(peers: usize) -> Result<Box<dyn FnMut() -> Result<()>>> {
    let server = socket()?;
    let to = server.local_addr()?;
    let peers = (0..peers).map(|_| socket()).collect::<Result<Vec<_>, _>>()?;
    let mut next = (0..peers.len()).cycle();
    Ok(Box::new(move || {
        for peer in next.by_ref().take(BURST as usize) {
            peers[peer].send_to(&MESSAGE, to)?;
            server.recv_from(&mut MESSAGE.clone())?;
        }
        Ok(())
    }))
}
