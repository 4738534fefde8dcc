//! Connections that stay: most of them idle, some that are used now and then. What nbw's own work is then.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;

use super::watched::{Watched, Watcher};
use crate::lab::Netns;

/// Connections that nothing is sent over.
const IDLE: usize = 1_000;
/// Connections that something is sent over, every time.
const BUSY: usize = 100;
/// How often.
const EVERY: Duration = Duration::from_millis(10);

type Pair = (TcpStream, TcpStream);

/// Watches such connections for a while.
pub(super) fn watch(watcher: Watcher, limit: Duration) -> Result<Watched> {
    let netns = Netns::new();
    let mut watching = watcher.start(&netns);
    netns.enter(|| -> Result<()> {
        let mut pairs = connect(IDLE + BUSY)?;
        exchange(&mut pairs)?;
        // What comes with opening them is not what is asked here.
        thread::sleep(Duration::from_secs(2));
        watching.begin()?;
        let begun = Instant::now();
        while begun.elapsed() < limit {
            exchange(&mut pairs[..BUSY])?;
            thread::sleep(EVERY);
        }
        Ok(())
    })?;
    watching.end()
}

fn connect(count: usize) -> Result<Vec<Pair>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let at = listener.local_addr()?;
    (0..count).map(|_| Ok((TcpStream::connect(at)?, listener.accept()?.0))).collect()
}

fn exchange(pairs: &mut [Pair]) -> Result<()> {
    for (client, server) in pairs {
        client.write_all(&[1; 100])?;
        server.read_exact(&mut [0; 100])?;
    }
    Ok(())
}
