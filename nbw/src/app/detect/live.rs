//! `nbw detect` on live traffic.

use std::time::Duration;

use nbw_detect::{Event, Signatures};
use tokio::time::Instant;

use super::show;
use crate::{
    app::{
        Ended,
        live::{self, Live},
        ticks,
    },
    bpf::DetectOptions,
    cli::{DetectArgs, FilterArgs, NameArgs},
    detection::{Concerns, Feed, POLL},
    failure::Failure,
    outlet::Outlet,
    snapshot::Health,
    view::{Sort, ViewOptions},
};

/// How often counters are read: exact counting goes on, and what could not be looked at is told.
const COUNT: Duration = Duration::from_secs(1);

/// Watches until it is told to end.
///
/// # Errors
/// [`Failure`] as for other live commands.
pub(super) async fn run(args: &DetectArgs, signatures: &Signatures) -> Result<(), Failure> {
    let mut ended = Ended::listen()?;
    let mut detecting = Detecting::start(args, signatures).await?;
    let result = tokio::select! {
        result = detecting.watch(args.duration) => result,
        () = ended.wait() => Ok(()),
    };
    let finished = detecting.finish().await;
    result.and(finished)
}

/// The monitor, the engine, and who is told.
struct Detecting {
    live: Live,
    feed: Feed,
    concerns: Concerns,
    outlet: Outlet<Event>,
    health: Health,
}

impl Detecting {
    async fn start(args: &DetectArgs, signatures: &Signatures) -> Result<Self, Failure> {
        let filter = FilterArgs {
            interface: args.interface.clone(),
            cgroup: Vec::new(),
            container: Vec::new(),
            unit: Vec::new(),
        };
        let names = NameArgs { no_dns: true, mmdb: Vec::new() };
        let options = live::Options {
            filter: &filter,
            names: &names,
            kernel: &args.kernel,
            interval: COUNT,
            verbose: args.verbose,
            patient: false,
            detect: Some(DetectOptions::default()),
        };
        let view = ViewOptions { by: Vec::new(), sort: Sort::default(), top: None };
        let live = Live::start(options, view).await?;
        Ok(Self {
            live,
            feed: Feed::new(signatures),
            concerns: Concerns::start()?,
            outlet: Outlet::of(show::writer(args.format))?,
            health: Health::default(),
        })
    }

    /// Looks, and tells, until the time is over or nobody reads any more.
    async fn watch(&mut self, time: Option<Duration>) -> Result<(), Failure> {
        let (mut looks, mut counts) = (ticks(POLL, false), ticks(COUNT, false));
        let end = time.map(|time| Instant::now() + time);
        while end.is_none_or(|end| Instant::now() < end) {
            tokio::select! {
                _ = looks.tick() => self.look().await?,
                _ = counts.tick() => self.count().await?,
                ended = self.outlet.ended() => return ended,
                due = self.live.due() => self.live.serve(due).await?,
            }
        }
        Ok(())
    }

    async fn look(&mut self) -> Result<(), Failure> {
        let events = self.feed.poll(self.live.kernel_mut())?;
        for event in self.concerns.add(events) {
            self.outlet.send(event).await?;
        }
        Ok(())
    }

    /// Reads the counters, and tells what has gone wrong since they were read last.
    async fn count(&mut self) -> Result<(), Failure> {
        let health = self.live.tick().await?.health;
        for (name, count) in health.troubles() {
            let before = self.health.0.iter().find(|(known, _)| *known == name).map_or(0, |&(_, before)| before);
            if count > before {
                tracing::warn!(
                    "{name}: {} more, {count} since the start (docs/json.md says what that means)",
                    count - before
                );
            }
        }
        self.health = health;
        Ok(())
    }

    /// All that is left, as ended.
    async fn finish(mut self) -> Result<(), Failure> {
        let events = self.feed.finish(self.live.kernel_mut());
        let mut sent = Ok(());
        for event in self.concerns.add(events).into_iter().chain(self.concerns.finish()) {
            if sent.is_ok() {
                sent = self.outlet.send(event).await;
            }
        }
        let finished = self.outlet.finish().await;
        sent.and(finished)
    }
}
