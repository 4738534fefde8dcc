//! Names of remote hosts by reverse DNS.
//!
//! [`ReverseDns`] answers from what it knows and asks for the rest in the background. The monitor's own questions stay
//! within [`Limits`], whatever the number of hosts, and stop while no server answers.

use std::{
    net::IpAddr,
    num::NonZeroUsize,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use cache::Cache;
use files::Hosts;
use tokio::{
    sync::{
        mpsc::{self, UnboundedReceiver},
        watch,
    },
    task::AbortHandle,
};
use worker::Answer;

mod ask;
mod cache;
mod files;
mod host_name;
mod rest;
#[cfg(test)]
mod tests;
mod worker;

/// Where names come from, and how much may be asked for them.
#[derive(Debug, Clone)]
pub struct Options {
    /// Names the DNS servers; read again when it changes.
    pub resolv_conf: PathBuf,
    /// The names in it are believed before any server; read again when it changes.
    pub hosts: PathBuf,
    /// Port of the DNS servers.
    pub port: u16,
    /// How much may be asked and kept.
    pub limits: Limits,
}

impl Default for Options {
    /// The system's files, and port 53.
    fn default() -> Self {
        Self {
            resolv_conf: PathBuf::from("/etc/resolv.conf"),
            hosts: PathBuf::from("/etc/hosts"),
            port: 53,
            limits: Limits::default(),
        }
    }
}

/// Bounds on traffic, memory and time.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Look-ups under way at the same time.
    pub at_once: usize,
    /// Look-ups begun in a second. Each is one small datagram, up to six while a server does not answer, and a TCP connection
    /// where an answer is too long for a datagram.
    pub per_second: u32,
    /// After this long a look-up has failed.
    pub patience: Duration,
    /// Addresses that wait to be looked up; more are turned away, and may be asked for again later.
    pub queue: usize,
    /// Addresses whose names are kept; the one not asked for longest makes room.
    pub kept: NonZeroUsize,
    /// The least time that an answer is believed, whatever its TTL.
    pub shortest: Duration,
    /// The most.
    pub longest: Duration,
    /// An address whose look-up failed is not asked for again for this long, doubled with each failure in a row, up to
    /// `longest`.
    pub back_off: Duration,
    /// After so many look-ups in a row without any answer it is asked whether the servers are there at all.
    pub silences: u32,
    /// If not, they are left alone for this long, doubled each time up to sixteenfold.
    pub rest: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            at_once: 16,
            per_second: 50,
            patience: Duration::from_secs(5),
            queue: 512,
            kept: NonZeroUsize::new(8_192).unwrap_or(NonZeroUsize::MIN),
            shortest: Duration::from_secs(60),
            longest: Duration::from_secs(3_600),
            back_off: Duration::from_secs(30),
            silences: 8,
            rest: Duration::from_secs(20),
        }
    }
}

/// Names of addresses, found in the background.
#[derive(Debug)]
pub struct ReverseDns {
    hosts: watch::Receiver<Arc<Hosts>>,
    cache: Cache,
    queue: mpsc::Sender<IpAddr>,
    answers: UnboundedReceiver<Answer>,
    /// Addresses in the queue or being looked up.
    waiting: usize,
    localhost: Arc<str>,
    worker: AbortHandle,
}

impl ReverseDns {
    /// Begins to answer. Files are read in the background; without a usable resolv.conf there is one warning, and no names
    /// but those in the hosts file until there is one.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn start(options: Options) -> Self {
        let limits = options.limits;
        let (queue, addresses) = mpsc::channel(limits.queue.max(1));
        // Bounded by the queue: each address in it is answered once.
        let (teller, answers) = mpsc::unbounded_channel();
        let (hosts_teller, hosts) = watch::channel(Arc::default());
        let worker = tokio::spawn(worker::work(options, addresses, teller, hosts_teller)).abort_handle();
        let localhost = Arc::from("localhost");
        Self { hosts, cache: Cache::new(limits), queue, answers, waiting: 0, localhost, worker }
    }

    /// The address's name, as far as it is known by now. If it is not, or is due to be asked again, it is asked for.
    ///
    /// Never waits. Only ask for what is shown: there is room for [`Limits::kept`] names.
    pub fn name(&mut self, ip: IpAddr) -> Option<Arc<str>> {
        self.take_answers();
        let ip = ip.to_canonical();
        if ip.is_loopback() {
            return Some(Arc::clone(&self.localhost));
        }
        if let Some(name) = self.hosts.borrow().name(ip) {
            return Some(name);
        }
        if !is_asked_for(ip) {
            return None;
        }
        let now = Instant::now();
        if self.cache.is_due(ip, now) && self.queue.try_send(ip).is_ok() {
            self.cache.asked(ip, now);
            self.waiting += 1;
        }
        self.cache.name(ip)
    }

    /// Waits until everything asked for has been answered, but not longer than `at_most`: for who shows one picture only.
    pub async fn settle(&mut self, at_most: Duration) {
        let end = tokio::time::Instant::now() + at_most;
        while self.waiting > 0 {
            match tokio::time::timeout_at(end, self.answers.recv()).await {
                Ok(Some(answer)) => self.take_in(answer),
                Ok(None) | Err(_) => return,
            }
        }
    }

    fn take_answers(&mut self) {
        while let Ok(answer) = self.answers.try_recv() {
            self.take_in(answer);
        }
    }

    fn take_in(&mut self, (ip, found): Answer) {
        self.waiting = self.waiting.saturating_sub(1);
        self.cache.answered(ip, found, Instant::now());
    }
}

impl Drop for ReverseDns {
    fn drop(&mut self) {
        self.worker.abort();
    }
}

/// Whether a DNS server may know the address. Private ones are asked for: the own network's server may know them.
fn is_asked_for(ip: IpAddr) -> bool {
    let no_host = match ip {
        IpAddr::V4(ip) => ip.is_link_local() || ip.is_broadcast(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    !(no_host || ip.is_unspecified() || ip.is_multicast() || ip.is_loopback())
}
