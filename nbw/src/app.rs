//! The only wiring: from the command line to the monitor to the sink.

use std::{future, time::Duration};

use tokio::{
    signal::unix::{SignalKind, signal},
    time::{Instant, Interval, MissedTickBehavior, interval_at},
};

use crate::{
    bpf::{LoadOptions, forward_logs},
    cgroup_root::CgroupRoot,
    cli::WatchArgs,
    failure::Failure,
    filter::Filter,
    links::LinkWatch,
    monitor::Monitor,
    outlet::Outlet,
    privilege,
    sink::Format,
    view::{RemoteNames, ViewOptions},
};

/// How often new groups are noticed between two ticks.
const NOTICE: Duration = Duration::from_millis(100);

/// The first picture of the bars comes after this, however long the interval is.
const FIRST_PICTURE: Duration = Duration::from_millis(250);

/// Interfaces tend to change in bursts; they are listed once for all that happens in this time.
const SETTLE: Duration = Duration::from_millis(50);

/// `nbw watch`.
///
/// # Errors
/// [`Failure`] says what to tell the user, and the exit code.
pub async fn watch(args: WatchArgs) -> Result<(), Failure> {
    let mut ended = Ended::listen()?;
    privilege::check()?;
    let root = CgroupRoot::find()?;
    let filter = filter(&args, &root)?;
    let mut links = LinkWatch::start()?;
    let names = args.by.needs_sockets().then(|| RemoteNames::start(args.no_dns, &args.mmdb)).transpose()?;
    let view = ViewOptions { by: vec![args.by], sort: args.sort, top: args.top.map(|top| top as usize) };
    let mut monitor = Monitor::start(&load_options(&args), filter, view, names, root).await?;
    if args.verbose {
        forward_logs(monitor.kernel_mut().object_mut())?;
    }
    let format = args.format.unwrap_or_else(Format::for_stdout);
    let mut outlet = Outlet::start(format.to_stdout(args.units, args.interval, args.by))?;
    let watching = Watching { monitor: &mut monitor, links: &mut links, outlet: &mut outlet, args: &args, format };
    let result = tokio::select! {
        result = watching.run() => result,
        () = ended.wait() => Ok(()),
    };
    // The terminal first: detaching many interfaces takes the kernel a while.
    let finished = outlet.finish().await;
    drop(monitor);
    result.and(finished)
}

/// The loop of `watch`, borrowed so that a signal can end it at any await.
struct Watching<'a> {
    monitor: &'a mut Monitor,
    links: &'a mut LinkWatch,
    outlet: &'a mut Outlet,
    args: &'a WatchArgs,
    format: Format,
}

impl Watching<'_> {
    async fn run(self) -> Result<(), Failure> {
        if self.monitor.counts_nothing() {
            tracing::warn!("no interface matches yet; waiting for one");
        }
        let mut told = !self.filters_groups();
        let mut ticks = ticks(self.args.interval, self.format);
        let mut notice = every(NOTICE.min(self.args.interval));
        let mut left = self.args.count.unwrap_or(u64::MAX);
        while left > 0 {
            tokio::select! {
                _ = ticks.tick() => {
                    self.monitor.settle().await?;
                    let snapshot = self.monitor.tick()?;
                    if !told {
                        told = true;
                        if snapshot.groups.is_empty() {
                            tracing::warn!("no group matches the filter yet; waiting for one");
                        }
                    }
                    self.outlet.send(snapshot).await?;
                    left -= 1;
                }
                ended = self.outlet.ended() => return ended,
                _ = notice.tick() => self.monitor.notice()?,
                () = tokio::task::yield_now(), if self.monitor.has_pending() => self.monitor.attach_next()?,
                () = self.links.changed() => {
                    tokio::time::sleep(SETTLE).await;
                    let deleted = self.links.drain();
                    self.monitor.links_changed(&deleted).await?;
                }
            }
        }
        Ok(())
    }

    fn filters_groups(&self) -> bool {
        !(self.args.cgroup.is_empty() && self.args.container.is_empty() && self.args.unit.is_empty())
    }
}

/// Ticks at the interval; bars have one more soon after the start, for something to look at.
fn ticks(interval: Duration, format: Format) -> Interval {
    let first = if format == Format::Bars { FIRST_PICTURE.min(interval) } else { interval };
    let mut ticks = interval_at(Instant::now() + first, interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

fn every(period: Duration) -> Interval {
    let mut ticks = interval_at(Instant::now() + period, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

fn filter(args: &WatchArgs, root: &CgroupRoot) -> Result<Filter, Failure> {
    Filter::new(&args.interface, &args.cgroup, &args.container, &args.unit, root.mount_point())
        .map_err(|error| Failure::Usage(error.to_string()))
}

fn load_options(args: &WatchArgs) -> LoadOptions {
    LoadOptions {
        group_slots: args.slots,
        connection_slots: args.by.needs_sockets().then_some(args.connection_slots),
        ends_told_apart: args.ends_told_apart,
        verbose: args.verbose,
        hook: args.hook,
        netns_helper: args.netns_by_socket.then_some(false),
        object: args.bpf_object.clone(),
    }
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
