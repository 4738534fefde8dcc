//! The only wiring: from the command line to the monitor to the sink.

mod agent;
mod alerts;
mod attacks;
mod check;
mod detect;
mod import;
mod insight;
mod live;
mod lookout;
mod report;
mod simulate;
mod status;
mod top;
mod work;

use std::{collections::VecDeque, future, io, time::Duration};

use tokio::{
    signal::unix::{SignalKind, signal},
    time::{Instant, Interval, MissedTickBehavior, interval_at},
};

pub use self::check::{check, check_failed};
pub use self::{
    agent::agent, detect::detect, import::import, insight::insight, report::report, simulate::simulate, status::status,
    top::top,
};
use self::{
    alerts::Alerts,
    attacks::Attacks,
    live::{Live, Options},
};
use crate::{
    cli::WatchArgs,
    failure::Failure,
    outlet::{Outlet, Passed},
    sink::{Format, Several, Sink, bell, events},
    view::ViewOptions,
};

/// The first picture on a screen comes after this, however long the interval is.
const FIRST_PICTURE: Duration = Duration::from_millis(250);

/// `nbw watch`.
///
/// # Errors
/// [`Failure`] says what to tell the user, and the exit code.
pub async fn watch(args: WatchArgs) -> Result<(), Failure> {
    let top = args.top.map(|top| top as usize);
    let mut alerts = Alerts::new(&args.alerts.alert, vec![args.by], top)?;
    let mut ended = Ended::listen()?;
    let view = ViewOptions { by: alerts.lists(), sort: args.live.sort, top };
    let mut live = Live::start(Options::of(&args.live, args.alerts.detect), view).await?;
    let mut attacks = Attacks::start(args.alerts.detect, &live)?;
    alerts.check(live.links())?;
    alerts.look_around(&args.live.filter);
    let format = args.format.unwrap_or_else(Format::for_stdout);
    let mut outlet = Outlet::start(sink(&args, format))?;
    let watching = Watching {
        live: &mut live,
        alerts: &mut alerts,
        attacks: &mut attacks,
        outlet: &mut outlet,
        args: &args,
        format,
    };
    let result = tokio::select! {
        result = watching.run() => result,
        () = ended.wait() => Ok(()),
    };
    // The terminal first: detaching many interfaces takes the kernel a while.
    let finished = outlet.finish(VecDeque::new()).await;
    drop(live);
    result.and(finished)
}

/// Who shows the snapshots, and tells of alerts where its own output does not.
fn sink(args: &WatchArgs, format: Format) -> Box<dyn Sink + Send> {
    let shown = format.to_stdout(args.live.units, args.live.interval, args.by);
    let mut all = Several::default().and(shown);
    if (!args.alerts.alert.is_empty() || args.alerts.detect) && !format.tells_of_alerts() {
        all = all.and(Box::new(events::Events::new(io::stderr())));
    }
    if let Some(terminal) = bell::terminal().filter(|_| args.alerts.bell) {
        all = all.and(Box::new(bell::Bell::new(terminal)));
    }
    Box::new(all)
}

/// The loop of `watch`, borrowed so that a signal can end it at any await.
struct Watching<'a> {
    live: &'a mut Live,
    alerts: &'a mut Alerts,
    attacks: &'a mut Attacks,
    outlet: &'a mut Outlet,
    args: &'a WatchArgs,
    format: Format,
}

impl Watching<'_> {
    /// One snapshot waits for a reader that does not read, and the next is not made before it is taken; attacks are looked for
    /// all the same.
    async fn run(self) -> Result<(), Failure> {
        let mut ticks = ticks(self.args.live.interval, self.format == Format::Bars);
        let mut left = self.args.count.unwrap_or(u64::MAX);
        let mut waiting = VecDeque::new();
        while left > 0 || !waiting.is_empty() {
            tokio::select! {
                _ = ticks.tick(), if left > 0 && waiting.is_empty() => {
                    let mut snapshot = self.live.tick().await?;
                    self.alerts.see(&mut snapshot);
                    self.attacks.see(&mut snapshot);
                    waiting.push_back(snapshot);
                    left -= 1;
                }
                passed = self.outlet.pass(&mut waiting) => if passed? == Passed::Ended { return Ok(()) },
                () = self.attacks.due() => self.attacks.look(self.live),
                due = self.live.due() => self.live.serve(due).await?,
            }
        }
        Ok(())
    }
}

/// Ticks at the interval. Who looks at a screen gets one more soon after the start.
fn ticks(interval: Duration, looked_at: bool) -> Interval {
    let first = if looked_at { FIRST_PICTURE.min(interval) } else { interval };
    let mut ticks = interval_at(Instant::now() + first, interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// The ways in which nbw is asked to end.
struct Ended {
    signals: [tokio::signal::unix::Signal; 3],
}

impl Ended {
    fn listen() -> Result<Self, Failure> {
        let listen = |kind| signal(kind).map_err(Failure::from);
        Ok(Self {
            signals: [
                listen(SignalKind::interrupt())?,
                listen(SignalKind::terminate())?,
                listen(SignalKind::hangup())?,
            ],
        })
    }

    async fn wait(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.signals;
        future::poll_fn(|context| {
            let asked = [interrupt.poll_recv(context), terminate.poll_recv(context), hangup.poll_recv(context)];
            if asked.iter().any(std::task::Poll::is_ready) {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        })
        .await;
    }
}
