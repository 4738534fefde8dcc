//! The live monitor with all that it waits for between two ticks.

use std::time::Duration;

use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use crate::{
    bpf::{DetectOptions, Kernel, LoadOptions, forward_logs},
    cgroup_root::CgroupRoot,
    cli::{FilterArgs, KernelArgs, LiveArgs, NameArgs},
    failure::Failure,
    filter::Filter,
    links::{Link, LinkWatch},
    monitor::Monitor,
    privilege,
    snapshot::Snapshot,
    view::{RemoteNames, ViewOptions},
};

/// How often new groups are noticed between two ticks.
const NOTICE: Duration = Duration::from_millis(100);

/// Interfaces tend to change in bursts; they are listed once for all that happens in this time.
const SETTLE: Duration = Duration::from_millis(50);

/// What to start, whoever asks for it.
pub(super) struct Options<'a> {
    /// What to show.
    pub(super) filter: &'a FilterArgs,
    /// How names are found.
    pub(super) names: &'a NameArgs,
    /// How the kernel side is loaded.
    pub(super) kernel: &'a KernelArgs,
    /// Time between two readings.
    pub(super) interval: Duration,
    /// Whether to hear what the kernel side has to say.
    pub(super) verbose: bool,
    /// Whether an interface that is asked for by its name may come later.
    pub(super) patient: bool,
    /// Whether and how closely to look for attacks.
    pub(super) detect: Option<DetectOptions>,
}

impl<'a> Options<'a> {
    /// What the command line asks for; with attacks looked for, or without.
    pub(super) fn of(args: &'a LiveArgs, detect: bool) -> Self {
        Self { detect: detect.then(DetectOptions::default), ..Self::from(args) }
    }
}

impl<'a> From<&'a LiveArgs> for Options<'a> {
    fn from(args: &'a LiveArgs) -> Self {
        let LiveArgs { filter, names, kernel, interval, verbose, .. } = args;
        Self { filter, names, kernel, interval: *interval, verbose: *verbose, patient: false, detect: None }
    }
}

/// The monitor, and its interfaces watched.
pub(super) struct Live {
    monitor: Monitor,
    links: LinkWatch,
    notice: Interval,
    /// Whether there may be a filter that nothing has matched yet, and the user does not know.
    untold: bool,
}

/// What there is to do between two ticks.
pub(super) enum Due {
    Notice,
    Attach,
    Links,
}

impl Live {
    /// Starts what the options ask for.
    ///
    /// # Errors
    /// [`Failure`] says what is missing or wrong.
    pub(super) async fn start<'a>(args: impl Into<Options<'a>>, view: ViewOptions) -> Result<Self, Failure> {
        let args = args.into();
        privilege::check()?;
        let root = CgroupRoot::find()?;
        let filter = filter(args.filter, &root)?.waiting_for_interfaces(args.patient);
        let links = LinkWatch::start()?;
        let sockets = view.by.iter().any(|by| by.needs_sockets());
        let names = sockets.then(|| RemoteNames::start(args.names.no_dns, &args.names.mmdb)).transpose()?;
        let load = LoadOptions { detect: args.detect, ..load_options(args.kernel, args.verbose, sockets) };
        let mut monitor = Monitor::start(&load, filter, view, names, root).await?;
        if args.verbose {
            forward_logs(monitor.kernel_mut().object_mut())?;
        }
        if monitor.counts_nothing() {
            tracing::warn!("no interface matches yet; waiting for one");
        }
        let period = NOTICE.min(args.interval);
        let mut notice = interval_at(Instant::now() + period, period);
        notice.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self { monitor, links, notice, untold: args.filter.has_groups() })
    }

    /// The interfaces that there are.
    pub(super) fn links(&self) -> impl Iterator<Item = &Link> + Clone {
        self.monitor.links()
    }

    /// The monitor, for whoever asks how it is.
    pub(super) fn monitor(&self) -> &Monitor {
        &self.monitor
    }

    /// The monitor, for whoever wants more of it.
    pub(super) fn monitor_mut(&mut self) -> &mut Monitor {
        &mut self.monitor
    }

    /// The kernel side, for whoever reads more than counters.
    pub(super) fn kernel_mut(&mut self) -> &mut Kernel {
        self.monitor.kernel_mut()
    }

    /// Reads the counters.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub(super) async fn tick(&mut self) -> Result<Snapshot, Failure> {
        self.monitor.settle().await?;
        let snapshot = self.monitor.tick()?;
        if std::mem::take(&mut self.untold) && snapshot.groups.is_empty() {
            tracing::warn!("no group matches the filter yet; waiting for one");
        }
        Ok(snapshot)
    }

    /// Waits for something to do. Nothing is lost if this is dropped while it waits.
    pub(super) async fn due(&mut self) -> Due {
        tokio::select! {
            _ = self.notice.tick() => Due::Notice,
            () = tokio::task::yield_now(), if self.monitor.has_pending() => Due::Attach,
            () = self.links.changed() => Due::Links,
        }
    }

    /// Does it.
    ///
    /// # Errors
    /// When interfaces can be listed or attached to no more.
    pub(super) async fn serve(&mut self, due: Due) -> Result<(), Failure> {
        match due {
            Due::Notice => self.monitor.notice()?,
            Due::Attach => self.monitor.attach_next()?,
            Due::Links => {
                tokio::time::sleep(SETTLE).await;
                let deleted = self.links.drain();
                self.monitor.links_changed(&deleted).await?;
            }
        }
        Ok(())
    }
}

fn filter(args: &FilterArgs, root: &CgroupRoot) -> Result<Filter, Failure> {
    Filter::new(&args.interface, &args.cgroup, &args.container, &args.unit, root.mount_point())
        .map_err(|error| Failure::Usage(error.to_string()))
}

fn load_options(args: &KernelArgs, verbose: bool, sockets: bool) -> LoadOptions {
    LoadOptions {
        group_slots: args.slots,
        connection_slots: sockets.then_some(args.connection_slots),
        ends_told_apart: args.ends_told_apart,
        detect: None,
        verbose,
        hook: args.hook,
        netns_helper: args.netns_by_socket.then_some(false),
        object: args.bpf_object.clone(),
    }
}
