//! `nbw detect` on live traffic.

use std::{collections::VecDeque, future, time::Duration};

use nbw_detect::{Event, Signatures};
use tokio::time::{Instant, sleep_until};

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
    outlet::{Outlet, Passed},
    snapshot::Health,
    view::{Sort, ViewOptions},
};

/// How often counters are read: exact counting goes on, and what could not be looked at is told.
const COUNT: Duration = Duration::from_secs(1);

/// So many events wait for a reader that does not read; of more, the oldest are not shown.
const MOST_WAITING: usize = 4_096;

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
    /// What the outlet has not taken yet.
    waiting: VecDeque<Event>,
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
        let runtimes = live.monitor().runtimes();
        Ok(Self {
            live,
            feed: Feed::new(signatures),
            concerns: Concerns::start(runtimes)?,
            outlet: Outlet::of(show::writer(args.format))?,
            waiting: VecDeque::new(),
            health: Health::default(),
        })
    }

    /// Looks, and tells, until the time is over or nobody reads any more. Who does not read for a while holds up nothing else.
    async fn watch(&mut self, time: Option<Duration>) -> Result<(), Failure> {
        let (mut looks, mut counts) = (ticks(POLL, false), ticks(COUNT, false));
        let end = time.map(|time| Instant::now() + time);
        loop {
            tokio::select! {
                _ = looks.tick() => self.look(),
                _ = counts.tick() => self.count().await?,
                passed = self.outlet.pass(&mut self.waiting) => if passed? == Passed::Ended { return Ok(()) },
                due = self.live.due() => self.live.serve(due).await?,
                () = moment(end) => return Ok(()),
            }
        }
    }

    fn look(&mut self) {
        let events = self.feed.poll(self.live.kernel_mut());
        for event in self.concerns.add(events) {
            wait(&mut self.waiting, event);
        }
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

    /// All that is left, as ended. The kernel side is let go of before anybody is waited for.
    async fn finish(mut self) -> Result<(), Failure> {
        let events = self.feed.finish(self.live.kernel_mut());
        drop(self.live);
        for event in self.concerns.add(events).into_iter().chain(self.concerns.finish()) {
            wait(&mut self.waiting, event);
        }
        self.outlet.finish(self.waiting).await
    }
}

/// Waits for the end, if there is to be one.
async fn moment(end: Option<Instant>) {
    match end {
        Some(end) => sleep_until(end).await,
        None => future::pending().await,
    }
}

/// Puts an event behind those that wait, or in the place of what was known of it before.
fn wait(waiting: &mut VecDeque<Event>, event: Event) {
    if let Some(before) = waiting.iter_mut().find(|before| before.id == event.id) {
        *before = event;
        return;
    }
    if waiting.len() >= MOST_WAITING {
        waiting.pop_front();
        tracing::warn!("nobody reads what is found: the oldest of {MOST_WAITING} events that wait is not shown");
    }
    waiting.push_back(event);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detection::fixture::{flood, over, scan};

    #[test]
    fn what_nobody_reads_waits_once_and_is_bounded() {
        let mut waiting = VecDeque::new();
        for event in [scan(), flood(), over(scan())] {
            wait(&mut waiting, event);
        }
        assert_eq!(waiting, [over(scan()), flood()]);
        for number in 0..MOST_WAITING {
            wait(&mut waiting, Event { id: number.to_string(), ..scan() });
        }
        assert_eq!((waiting.len(), &*waiting[0].id), (MOST_WAITING, "0"));
    }
}
