//! The only wiring: from the command line to the monitor to the sink.

mod import;
mod insight;
mod live;
mod top;

use std::{future, time::Duration};

use tokio::{
    signal::unix::{SignalKind, signal},
    time::{Instant, Interval, MissedTickBehavior, interval_at},
};

use self::live::Live;
pub use self::{import::import, insight::insight, top::top};
use crate::{cli::WatchArgs, failure::Failure, outlet::Outlet, sink::Format, view::ViewOptions};

/// The first picture on a screen comes after this, however long the interval is.
const FIRST_PICTURE: Duration = Duration::from_millis(250);

/// `nbw watch`.
///
/// # Errors
/// [`Failure`] says what to tell the user, and the exit code.
pub async fn watch(args: WatchArgs) -> Result<(), Failure> {
    let mut ended = Ended::listen()?;
    let view = ViewOptions { by: vec![args.by], sort: args.live.sort, top: args.top.map(|top| top as usize) };
    let mut live = Live::start(&args.live, view).await?;
    let format = args.format.unwrap_or_else(Format::for_stdout);
    let mut outlet = Outlet::start(format.to_stdout(args.live.units, args.live.interval, args.by))?;
    let watching = Watching { live: &mut live, outlet: &mut outlet, args: &args, format };
    let result = tokio::select! {
        result = watching.run() => result,
        () = ended.wait() => Ok(()),
    };
    // The terminal first: detaching many interfaces takes the kernel a while.
    let finished = outlet.finish().await;
    drop(live);
    result.and(finished)
}

/// The loop of `watch`, borrowed so that a signal can end it at any await.
struct Watching<'a> {
    live: &'a mut Live,
    outlet: &'a mut Outlet,
    args: &'a WatchArgs,
    format: Format,
}

impl Watching<'_> {
    async fn run(self) -> Result<(), Failure> {
        let mut ticks = ticks(self.args.live.interval, self.format == Format::Bars);
        let mut left = self.args.count.unwrap_or(u64::MAX);
        while left > 0 {
            tokio::select! {
                _ = ticks.tick() => {
                    let snapshot = self.live.tick().await?;
                    self.outlet.send(snapshot).await?;
                    left -= 1;
                }
                ended = self.outlet.ended() => return ended,
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
