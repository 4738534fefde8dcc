//! Short connections, made and served by processes of their own: these are what nbw takes the owners of sockets from.
//!
//! Both work through a batch at a time, so that neither wakes the other for every connection.

use std::{
    io::{Read, Write, stdout},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};

use crate::bench::clock;

/// Connections that are open at once.
const BATCH: u64 = 32;
/// Addresses of the loopback interface that are connected to in turn: each has all of the client's ports.
const ADDRESSES: u64 = 64;
/// What is asked for, and what is answered.
const REQUEST: [u8; 100] = [1; 100];
const ANSWER: [u8; 200] = [2; 200];
/// Nothing on the loopback interface takes longer, unless it is lost.
const PATIENCE: Duration = Duration::from_secs(10);

/// How the connections are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Protocol {
    /// A TCP connection: connected, asked, answered, closed by the server first.
    Tcp,
    /// A connected UDP socket, whose server is one socket for all: asked, answered, closed.
    Udp,
}

/// One of the two processes.
#[derive(Debug, Subcommand)]
pub enum Side {
    /// Serves until it is killed; prints a line when it can be connected to
    Server(Target),
    /// Connects, and prints what it has done
    Client(Client),
}

/// Where to.
#[derive(Debug, Args)]
pub struct Target {
    /// The protocol
    #[arg(long)]
    protocol: Protocol,
    /// The server's port
    #[arg(long)]
    port: u16,
}

/// How much.
#[derive(Debug, Args)]
pub struct Client {
    #[command(flatten)]
    target: Target,
    /// Connections a second; without: as many as there can be
    #[arg(long)]
    rate: Option<f64>,
    /// For how long
    #[arg(long)]
    seconds: f64,
}

/// What a client has done.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Done {
    /// Connections that were made, answered and closed.
    pub connections: u64,
    /// The time that it took.
    pub seconds: f64,
    /// CPU time of the client in seconds.
    pub cpu: f64,
}

/// Is one of the two processes.
///
/// # Errors
/// When a connection fails.
pub fn run(side: &Side) -> Result<()> {
    match side {
        Side::Server(target) => serve(target),
        Side::Client(client) => println_done(client.run()?),
    }
}

fn println_done(done: Done) -> Result<()> {
    println!("{}", serde_json::to_string(&done)?);
    Ok(())
}

fn serve(target: &Target) -> Result<()> {
    let at = (Ipv4Addr::UNSPECIFIED, target.port);
    match target.protocol {
        Protocol::Tcp => {
            let listener = TcpListener::bind(at)?;
            ready()?;
            loop {
                answer(&mut listener.accept()?.0)?;
            }
        }
        Protocol::Udp => {
            let socket = UdpSocket::bind(at)?;
            ready()?;
            let mut request = REQUEST;
            loop {
                let (_, from) = socket.recv_from(&mut request)?;
                // One that is gone already is the client's failure, which it tells.
                let _ = socket.send_to(&ANSWER, from);
            }
        }
    }
}

fn ready() -> Result<()> {
    println!("ready");
    Ok(stdout().flush()?)
}

fn answer(client: &mut TcpStream) -> Result<()> {
    client.read_exact(&mut REQUEST.clone())?;
    Ok(client.write_all(&ANSWER)?)
}

impl Client {
    fn run(&self) -> Result<Done> {
        let (begun, cpu) = (Instant::now(), clock::own()?);
        let limit = Duration::from_secs_f64(self.seconds);
        let mut connections = 0;
        while begun.elapsed() < limit {
            self.batch(connections)?;
            connections += BATCH;
            self.pace(begun, connections);
        }
        let seconds = begun.elapsed().as_secs_f64();
        Ok(Done { connections, seconds, cpu: (clock::own()? - cpu).as_secs_f64() })
    }

    fn batch(&self, first: u64) -> Result<()> {
        let to = (first..first + BATCH).map(|number| self.address(number));
        match self.target.protocol {
            Protocol::Tcp => streams(to),
            Protocol::Udp => datagrams(to),
        }
    }

    fn address(&self, number: u64) -> SocketAddr {
        let last = 1 + (number / BATCH % ADDRESSES) as u8;
        (Ipv4Addr::new(127, 0, 0, last), self.target.port).into()
    }

    fn pace(&self, begun: Instant, connections: u64) {
        let Some(rate) = self.rate else { return };
        let due = begun + Duration::from_secs_f64(connections as f64 / rate);
        thread::sleep(due.saturating_duration_since(Instant::now()));
    }
}

fn streams(to: impl Iterator<Item = SocketAddr>) -> Result<()> {
    let mut streams = to.map(TcpStream::connect).collect::<Result<Vec<_>, _>>().context("connect")?;
    for stream in &mut streams {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(&REQUEST)?;
    }
    let mut got = Vec::with_capacity(2 * ANSWER.len());
    for mut stream in streams {
        got.clear();
        stream.read_to_end(&mut got).context("an answer")?;
        ensure!(got.len() == ANSWER.len(), "{} bytes were answered", got.len());
    }
    Ok(())
}

fn datagrams(to: impl Iterator<Item = SocketAddr>) -> Result<()> {
    let mut sockets = Vec::with_capacity(BATCH as usize);
    for to in to {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        // The server answers from this address, whichever it was asked at.
        socket.connect((Ipv4Addr::LOCALHOST, to.port()))?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.send(&REQUEST)?;
        sockets.push(socket);
    }
    let mut got = ANSWER;
    for socket in sockets {
        let length = socket.recv(&mut got).context("an answer")?;
        ensure!(length == ANSWER.len(), "{length} bytes were answered");
    }
    Ok(())
}
