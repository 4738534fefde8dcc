//! What the kernel itself counts and how it is set up: interfaces, queues, protocols, firewall.
//!
//! Counters are named `OWNER what`, such as `eth0 rx_dropped` or `tcp retrans_segs`; they only grow, and are told apart by
//! their names in the history too.

mod ethtool;
mod firewall;
mod links;
mod proc;
mod queues;

use std::{io, sync::Arc, thread};

pub use self::{
    firewall::{Hook, Verdict},
    links::{Duplex, Interface},
    proc::Conntrack,
    queues::Queue,
};
use crate::netlink;

/// A counter: its name, and how far it has come.
pub type Counter = (Arc<str>, u64);

/// A rule of the firewall that has met fewer packets can be no finding's cause, and is not remembered.
const LEAST_REMEMBERED: u64 = 50;

/// All of it at one moment. What the kernel would not tell is not there.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// What is counted.
    pub counters: Vec<Counter>,
    /// The interfaces of this network namespace.
    pub interfaces: Vec<Interface>,
    /// Their queueing disciplines and classes.
    pub queues: Vec<Queue>,
    /// Connection tracking, where it is on.
    pub conntrack: Option<Conntrack>,
    /// The firewall's rules and policies that drop.
    pub firewall: Vec<Verdict>,
}

impl Facts {
    /// The interface of that name.
    pub fn interface(&self, name: &str) -> Option<&Interface> {
        self.interfaces.iter().find(|interface| &*interface.name == name)
    }

    /// The queue of an interface that others are in.
    pub fn root_queue(&self, interface: &str) -> Option<&Queue> {
        self.queues.iter().find(|queue| &*queue.interface == interface && queue.root)
    }
}

/// Reads all of it, of the network namespace that the calling thread is in.
///
/// # Errors
/// When no netlink socket can be made.
pub async fn read() -> io::Result<Facts> {
    let mut facts = counted(0).await?;
    ethtool::enrich(&mut facts.interfaces).await;
    facts.conntrack = proc::conntrack();
    Ok(facts)
}

/// What counts, and how far it has come; of the firewall's rules those that have met `least` packets.
async fn counted(least: u64) -> io::Result<Facts> {
    let mut facts = Facts::default();
    netlink::with(async |handle| {
        (facts.interfaces, facts.counters) = links::read(&handle).await;
        let (queues, counters) = queues::read(&handle, &facts.interfaces).await;
        facts.queues = queues;
        facts.counters.extend(counters);
    })
    .await?;
    facts.counters.extend(proc::counters());
    let (firewall, counters) = firewall::read(least).await;
    facts.firewall = firewall;
    facts.counters.extend(counters);
    Ok(facts)
}

/// [`read`] for who is not asynchronous, or must not wait for others: in a thread of its own.
///
/// # Errors
/// When no netlink socket or thread can be made.
pub fn read_blocking() -> io::Result<Facts> {
    let work = || tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(read());
    let reading = thread::Builder::new().name("facts".into()).spawn(work)?;
    reading.join().unwrap_or_else(|_| Err(io::Error::other("the thread that asks the kernel has ended by itself")))
}

/// The counters alone, to be remembered: the same names as in [`Facts::counters`]. For once in a minute or so: where there is a
/// firewall its own tools are asked for what it has counted.
///
/// # Errors
/// When no netlink socket can be made.
pub async fn counters() -> io::Result<Vec<Counter>> {
    counted(LEAST_REMEMBERED).await.map(|facts| facts.counters)
}

fn counter(owner: &str, what: &str, value: u64) -> Counter {
    (format!("{owner} {what}").into(), value)
}
