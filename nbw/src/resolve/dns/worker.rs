//! The task that looks addresses up, at a pace and some at a time.

use std::{net::IpAddr, sync::Arc, time::Duration};

use tokio::{
    sync::{
        mpsc::{Receiver, UnboundedSender},
        watch,
    },
    task::{JoinSet, spawn_blocking},
    time::{Instant, Interval, MissedTickBehavior, interval, sleep_until},
};

use super::{
    Limits, Options,
    ask::{Outcome, Servers},
    cache::Found,
    files::{Files, Hosts, Paths},
    rest::Rest,
};
use crate::failure::with_causes;

/// The least time between two looks at whether the files have changed.
const A_LOOK: Duration = Duration::from_secs(1);

/// More look-ups a second than this are no bound.
const MOST_PER_SECOND: u32 = 1_000_000;

/// What came of looking an address up. There is one for each address in the queue.
pub(super) type Answer = (IpAddr, Found);

/// Takes addresses from `queue` and tells what it finds, until nobody asks any more.
pub(super) async fn work(
    options: Options,
    queue: Receiver<IpAddr>,
    teller: UnboundedSender<Answer>,
    hosts: watch::Sender<Arc<Hosts>>,
) {
    let paths = Arc::new(Paths { resolv_conf: options.resolv_conf, hosts: options.hosts });
    let limits = options.limits;
    let mut worker = Worker {
        files: read(&paths).await,
        paths,
        port: options.port,
        limits,
        queue,
        teller,
        hosts,
        looked: Instant::now(),
        servers: None,
        warned: false,
        running: JoinSet::new(),
        pace: pace(limits.per_second),
        rest: Rest::new(limits.rest, limits.silences),
    };
    worker.use_files();
    worker.run().await;
}

struct Worker {
    paths: Arc<Paths>,
    port: u16,
    limits: Limits,
    queue: Receiver<IpAddr>,
    teller: UnboundedSender<Answer>,
    hosts: watch::Sender<Arc<Hosts>>,
    files: Files,
    /// When the files were last looked at.
    looked: Instant,
    servers: Option<Servers>,
    warned: bool,
    /// Look-ups under way; each ends with whether a server has answered.
    running: JoinSet<bool>,
    pace: Interval,
    rest: Rest,
}

impl Worker {
    async fn run(&mut self) {
        while let Some(ip) = self.next_address().await {
            self.follow_files().await;
            if let Some(name) = self.files.hosts.name(ip) {
                tell(&self.teller, (ip, Found::Name(Some(name), Duration::ZERO)));
                continue;
            }
            self.pace.tick().await;
            let servers = self.servers().await;
            self.running.spawn(look_up(servers, ip, self.teller.clone()));
        }
    }

    /// The next address in the queue, once there is room for another look-up.
    async fn next_address(&mut self) -> Option<IpAddr> {
        loop {
            if self.rest.is_suspicious() {
                self.wait_for_servers().await;
            }
            let room = self.running.len() < self.limits.at_once.max(1);
            tokio::select! {
                Some(ended) = self.running.join_next() => self.rest.note(ended.unwrap_or(false)),
                ip = self.queue.recv(), if room => return ip,
            }
        }
    }

    /// The servers, as soon as there are any.
    async fn servers(&mut self) -> Servers {
        loop {
            match &self.servers {
                Some(servers) => return servers.clone(),
                None => self.wait_for_servers().await,
            }
        }
    }

    /// Returns when a server answers, whatever it says.
    async fn wait_for_servers(&mut self) {
        for length in self.rest.lengths() {
            if let Some(servers) = &self.servers
                && servers.answer().await
            {
                break;
            }
            tracing::debug!("no DNS server answers; names of hosts are not asked for during {length:?}");
            self.sleep(length).await;
            self.read_files().await;
        }
        self.rest.note(true);
    }

    /// Sleeps, but not much longer than until there may be other servers.
    async fn sleep(&self, length: Duration) {
        let end = Instant::now() + length;
        loop {
            // First, so that files that change all the time are not read all the time.
            sleep_until(end.min(Instant::now() + A_LOOK)).await;
            if Instant::now() >= end || self.files.are_outdated(&self.paths) {
                return;
            }
        }
    }

    /// Reads the files again if they have changed: after a change of networks the old servers must not be told any more
    /// about whom the host talks to.
    async fn follow_files(&mut self) {
        if self.looked.elapsed() < A_LOOK {
            return;
        }
        self.looked = Instant::now();
        if self.files.are_outdated(&self.paths) {
            self.read_files().await;
        }
    }

    async fn read_files(&mut self) {
        self.files = read(&self.paths).await;
        self.use_files();
    }

    fn use_files(&mut self) {
        self.hosts.send_replace(Arc::clone(&self.files.hosts));
        let servers = match &self.files.resolv_conf {
            Ok(bytes) => Servers::of(bytes, self.port, self.limits.patience).map_err(|error| with_causes(&error)),
            Err(error) => Err(error.to_string()),
        };
        if let Err(why) = &servers
            && !std::mem::replace(&mut self.warned, true)
        {
            let path = self.paths.resolv_conf.display();
            tracing::warn!("no names of remote hosts, as {path} cannot be used: {why}; --no-dns does without them");
        }
        self.servers = servers.ok();
    }
}

/// Looks the address up, and says whether a server has answered.
async fn look_up(servers: Servers, ip: IpAddr, teller: UnboundedSender<Answer>) -> bool {
    let (found, heard) = match servers.name_of(ip).await {
        Outcome::Heard(found) => (found, true),
        Outcome::Silence => (Found::Nothing, false),
    };
    tell(&teller, (ip, found));
    heard
}

/// If nobody listens any more, the queue is closed too, and the worker about to end.
fn tell(teller: &UnboundedSender<Answer>, answer: Answer) {
    let _ = teller.send(answer);
}

/// Reads the files in a thread for it: a hosts file may be large, a disk slow.
async fn read(paths: &Arc<Paths>) -> Files {
    let paths = Arc::clone(paths);
    spawn_blocking(move || Files::read(&paths)).await.unwrap_or_else(|_| Files::none())
}

fn pace(per_second: u32) -> Interval {
    let mut pace = interval(Duration::from_secs(1) / per_second.clamp(1, MOST_PER_SECOND));
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pace
}
