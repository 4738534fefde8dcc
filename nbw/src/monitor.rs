//! The live monitor: follows the interfaces, samples the kernel and keeps the ledger. One [`Monitor::tick`] gives one
//! [`Snapshot`].

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use nbw_common::abi::{GroupIdent, LINK_HEADER_UNKNOWN};

use crate::{
    bpf::{Kernel, LoadOptions},
    cgroup_root::CgroupRoot,
    connections::{Connections, Keep, Sent, World},
    failure::Failure,
    filter::Filter,
    groupings::Groupings,
    ledger::{self, Ledger, Place},
    links::{self, Link},
    rate::Totals,
    recycle::Recycler,
    resolve::runtimes::Runtimes,
    sample,
    snapshot::Snapshot,
    surroundings::Surroundings,
    view::{RemoteNames, Scene, View, ViewOptions},
};

/// How long a start may take for attaching interfaces before the first picture.
const AT_ONCE: Duration = Duration::from_millis(200);

/// The live monitor.
pub struct Monitor {
    kernel: Kernel,
    netlink: rtnetlink::Handle,
    filter: Filter,
    around: Surroundings,
    ledger: Ledger,
    /// Where rows are shown that sum groups up.
    groupings: Option<Groupings>,
    connections: Option<Connections>,
    recycler: Recycler,
    view: View,
    sent: Option<Sent>,
    last: Instant,
}

impl Monitor {
    /// Loads and attaches the kernel side.
    ///
    /// # Errors
    /// [`Failure`] says what is missing or wrong.
    pub async fn start(
        load: &LoadOptions,
        filter: Filter,
        view: ViewOptions,
        names: Option<RemoteNames>,
        root: CgroupRoot,
    ) -> Result<Self, Failure> {
        let (connection, netlink, _) = rtnetlink::new_connection()?;
        tokio::spawn(connection);
        let links = list(&netlink).await?;
        check_names(&filter, &links)?;
        let kernel = Kernel::load(load)?;
        let keep = Keep::for_rows(&view.by);
        let mut monitor = Self {
            around: Surroundings::new(root, kernel.links.netns())?,
            kernel,
            netlink,
            ledger: Ledger::default(),
            groupings: view.by.iter().any(|by| by.sums_groups()).then(Groupings::default),
            connections: None,
            recycler: Recycler::default(),
            view: View::new(view, &filter, names),
            sent: None,
            filter,
            last: Instant::now(),
        };
        monitor.follow(links, &HashSet::new())?;
        monitor.attach_at_once()?;
        monitor.kernel.attach_groups(&monitor.around.root)?;
        if let Some(slots) = load.connection_slots {
            monitor.connections = Some(Connections::start(monitor.kernel.take_owners()?, slots, keep));
        }
        monitor.begin_together();
        monitor.last = Instant::now();
        if monitor.filter.is_patient() {
            monitor.around.interfaces.be_patient();
        }
        Ok(monitor)
    }

    /// The kernel side, for whoever asks how it is.
    pub fn kernel(&self) -> &Kernel {
        &self.kernel
    }

    /// Who knows what containers are called.
    pub fn runtimes(&self) -> Arc<Runtimes> {
        Arc::clone(&self.around.runtimes)
    }

    /// From now on it is known who on this host sends how much to whom, where connections are counted: [`Self::sent`].
    pub fn notice_senders(&mut self) {
        if let Some(connections) = &mut self.connections {
            connections.keep_rows();
            self.sent.get_or_insert_default();
        }
    }

    /// Bytes that each address of this host has sent to whom between the last two readings; none where that is not noticed.
    pub fn sent(&self) -> Option<&Sent> {
        self.sent.as_ref()
    }

    /// The names of the interfaces that are counted.
    pub fn counted_interfaces(&self) -> Vec<Arc<str>> {
        let interfaces = &self.around.interfaces;
        interfaces.monitored().filter_map(|index| interfaces.get(index)).map(|link| Arc::clone(&link.name)).collect()
    }

    /// How many interfaces wait to be attached to.
    pub fn waiting(&self) -> usize {
        self.around.interfaces.waiting()
    }

    /// The kernel side, for its log.
    pub fn kernel_mut(&mut self) -> &mut Kernel {
        &mut self.kernel
    }

    /// The interfaces that there are, counted or not.
    pub fn links(&self) -> impl Iterator<Item = &Link> + Clone {
        self.around.interfaces.all()
    }

    /// Whether no interface is counted, nor about to be.
    pub fn counts_nothing(&self) -> bool {
        self.around.interfaces.none_matches()
    }

    /// Something has changed about the interfaces: lists them anew. Those that were `deleted` meanwhile are not what they
    /// were, even if there are others with their indices now.
    ///
    /// # Errors
    /// When netlink fails, or no interface can be attached to any more.
    pub async fn links_changed(&mut self, deleted: &HashSet<u32>) -> Result<(), Failure> {
        let links = list(&self.netlink).await?;
        self.follow(links, deleted)
    }

    fn follow(&mut self, links: Vec<Link>, deleted: &HashSet<u32>) -> Result<(), Failure> {
        self.around.interfaces.follow(&mut self.kernel, &self.filter, links, deleted)?;
        self.view.links_changed(self.around.interfaces.all());
        Ok(())
    }

    /// Attaches interfaces for as long as a user may be kept waiting; the others follow between the ticks.
    fn attach_at_once(&mut self) -> Result<(), Failure> {
        let begun = Instant::now();
        while self.has_pending() && begun.elapsed() < AT_ONCE {
            self.attach_next()?;
        }
        Ok(())
    }

    /// Attaching takes a while, during which interfaces were counted and groups were not: what is shown begins here.
    fn begin_together(&mut self) {
        for index in self.around.interfaces.monitored() {
            if let Some(counters) = self.kernel.links.counters(index) {
                self.view.groups_from_now(index, &counters);
            }
        }
    }

    /// Whether there are interfaces that wait to be attached.
    pub fn has_pending(&self) -> bool {
        self.around.interfaces.has_pending()
    }

    /// Attaches the next interface that waits for it.
    ///
    /// # Errors
    /// When it is refused and no other is counted either.
    pub fn attach_next(&mut self) -> Result<(), Failure> {
        if let Some(ifindex) = self.around.interfaces.attach_next(&mut self.kernel)? {
            let place = Place { netns: self.kernel.links.netns(), ifindex };
            let earlier = self.groups_at(place);
            self.view.counted_from_now(ifindex, earlier);
        }
        Ok(())
    }

    /// What groups have moved through an interface up to this moment, the ended ones included.
    fn groups_at(&mut self, place: Place) -> Totals {
        self.notice_groups();
        let mut sum = self.ledger.closed(place);
        for slot in self.kernel.groups.ever_used() {
            if self.ledger.place(slot) == Some(place)
                && let Some(ident) = self.kernel.groups.ident(slot)
                && let Some(counters) = self.kernel.groups.counters(slot)
            {
                sum += Totals::on_the_wire(&counters, ledger::header(&ident));
            }
        }
        sum
    }

    /// Learns the names of groups and processes that are new. Called more often than [`Self::tick`], for those that do not
    /// live long.
    ///
    /// # Errors
    /// When the kernel refuses to take slots of connections back.
    pub fn notice(&mut self) -> Result<(), Failure> {
        self.notice_groups();
        self.around.interfaces.retry();
        self.around.netns.search();
        match (&mut self.connections, &mut self.kernel.connections) {
            (Some(connections), Some(table)) => connections.notice(table, &mut self.around),
            _ => Ok(()),
        }
    }

    fn notice_groups(&mut self) {
        for slot in self.kernel.groups.ever_used() {
            let Some(ident) = self.kernel.groups.ident(slot) else { continue };
            if !self.ledger.knows(slot) {
                let cgroup = self.around.cgroup(ident.cgroup);
                let place = self.around.place(ident.netns, ident.ifindex, &cgroup.path);
                self.ledger.enter(slot, place, &cgroup);
                self.around.runtimes.want(&cgroup.identity);
            }
            if ident.link_header == LINK_HEADER_UNKNOWN
                && let Some(place) = self.ledger.place(slot)
            {
                let path = &self.around.cgroup(ident.cgroup).path;
                if let Some(bytes) = self.around.link_header(place, path) {
                    self.kernel.groups.set_link_header(slot, bytes);
                }
            }
        }
    }

    /// Waits a little for names that are being looked for.
    ///
    /// # Errors
    /// As for [`Self::notice`].
    pub async fn settle(&mut self) -> Result<(), Failure> {
        self.notice()?;
        self.around.netns.settle().await;
        Ok(())
    }

    /// Samples the kernel.
    ///
    /// # Errors
    /// When the kernel refuses to take slots back.
    pub fn tick(&mut self) -> Result<Snapshot, Failure> {
        // Again: groups may have come while names were waited for.
        self.notice_groups();
        if let (Some(connections), Some(table)) = (&mut self.connections, &mut self.kernel.connections) {
            connections.take(table, &mut self.around)?;
        }
        let finished = self.recycler.finished();
        let sample = sample::read(&self.kernel, self.around.interfaces.monitored());
        let elapsed = sample.at - self.last;
        self.last = sample.at;
        let mut idle = self.ledger.take(&sample);
        if let Some(groupings) = &mut self.groupings {
            groupings.take(&self.ledger);
        }
        // These are given back below: nobody's, or somebody else's already, when the idle ones are looked at.
        idle.retain(|slot| finished.binary_search(slot).is_err());
        let scene = Scene {
            sample: &sample,
            elapsed,
            ledger: &self.ledger,
            groupings: self.groupings.as_ref(),
            connections: self.connections.as_ref(),
            around: &self.around,
            filter: &self.filter,
        };
        let snapshot = self.view.snapshot(&scene);
        if let Some(groupings) = &mut self.groupings {
            groupings.shown(&self.ledger);
        }
        if let Some(connections) = &mut self.connections {
            if let Some(sent) = &mut self.sent {
                *sent = connections.sent();
            }
            connections.shown();
        }
        self.release(&finished)?;
        self.retire(&sample, &idle)?;
        Ok(snapshot)
    }

    /// Hands out again what was read for the last time.
    fn release(&mut self, slots: &[u32]) -> Result<(), Failure> {
        for &slot in slots {
            self.ledger.close(slot);
            self.kernel.groups.release(slot)?;
        }
        for index in self.around.interfaces.take_left() {
            // Its programs went with it, and this sample came after: nothing can add to it any more.
            self.kernel.links.release(index)?;
            self.view.forget(index);
        }
        let host = self.kernel.links.netns();
        let interfaces = &self.around.interfaces;
        self.ledger.keep_ended(|place| place.netns == host && interfaces.get(place.ifindex).is_some());
        Ok(())
    }

    fn retire(&mut self, sample: &sample::Sample, idle: &[u32]) -> Result<(), Failure> {
        let (around, ledger) = (&self.around, &self.ledger);
        let is_gone = |slot: u32, ident: &GroupIdent| {
            ledger.place(slot).is_some_and(|place| around.is_gone(place)) || !around.root.has(ident.cgroup)
        };
        self.recycler.retire(&mut self.kernel, sample, idle, is_gone)
    }
}

async fn list(netlink: &rtnetlink::Handle) -> Result<Vec<Link>, Failure> {
    links::list(netlink).await.map_err(|error| Failure::Running(format!("cannot list the network interfaces: {error}")))
}

fn check_names(filter: &Filter, links: &[Link]) -> Result<(), Failure> {
    let names: Vec<&str> = links.iter().map(|link| &*link.name).collect();
    match filter.unknown_interfaces(&names).first() {
        Some(unknown) => Err(Failure::Usage(unknown.to_string())),
        None => Ok(()),
    }
}
