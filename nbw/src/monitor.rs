//! The live monitor: follows the interfaces, samples the kernel and keeps the ledger. One [`Monitor::tick`] gives one
//! [`Snapshot`].

use std::{
    collections::HashSet,
    rc::Rc,
    time::{Duration, Instant},
};

use nbw_common::abi::{GroupIdent, LINK_HEADER_UNKNOWN};

use crate::{
    bpf::{Kernel, LoadOptions},
    cgroup_root::CgroupRoot,
    failure::Failure,
    filter::Filter,
    interfaces::Interfaces,
    ledger::{self, Ledger, Place},
    links::{self, Link},
    rate::Totals,
    recycle::Recycler,
    resolve::{cgroups::CgroupNames, netns::NetnsTable, runtimes::Runtimes},
    sample,
    snapshot::Snapshot,
    view::{Scene, View, ViewOptions},
};

/// How long a start may take for attaching interfaces before the first picture.
const AT_ONCE: Duration = Duration::from_millis(200);

/// The live monitor.
pub struct Monitor {
    kernel: Kernel,
    root: Rc<CgroupRoot>,
    netlink: rtnetlink::Handle,
    filter: Filter,
    interfaces: Interfaces,
    cgroups: CgroupNames,
    netns: NetnsTable,
    runtimes: Runtimes,
    ledger: Ledger,
    recycler: Recycler,
    view: View,
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
        root: CgroupRoot,
    ) -> Result<Self, Failure> {
        let (connection, netlink, _) = rtnetlink::new_connection()?;
        tokio::spawn(connection);
        let links = list(&netlink).await?;
        check_names(&filter, &links)?;
        let root = Rc::new(root);
        let mut monitor = Self {
            kernel: Kernel::load(load)?,
            cgroups: CgroupNames::new(Rc::clone(&root)),
            root,
            netlink,
            interfaces: Interfaces::default(),
            netns: NetnsTable::default(),
            runtimes: Runtimes::start()?,
            ledger: Ledger::default(),
            recycler: Recycler::default(),
            view: View::new(view, &filter),
            filter,
            last: Instant::now(),
        };
        monitor.follow(links, &HashSet::new())?;
        monitor.attach_at_once()?;
        monitor.kernel.attach_groups(&monitor.root)?;
        monitor.begin_together();
        monitor.last = Instant::now();
        Ok(monitor)
    }

    /// The kernel side, for its log.
    pub fn kernel_mut(&mut self) -> &mut Kernel {
        &mut self.kernel
    }

    /// Whether no interface is counted, nor about to be.
    pub fn counts_nothing(&self) -> bool {
        self.interfaces.none_matches()
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
        self.interfaces.follow(&mut self.kernel, &self.filter, links, deleted)?;
        self.view.links_changed(self.interfaces.all());
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
        for index in self.interfaces.monitored() {
            if let Some(counters) = self.kernel.links.counters(index) {
                self.view.groups_from_now(index, &counters);
            }
        }
    }

    /// Whether there are interfaces that wait to be attached.
    pub fn has_pending(&self) -> bool {
        self.interfaces.has_pending()
    }

    /// Attaches the next interface that waits for it.
    ///
    /// # Errors
    /// When it is refused and no other is counted either.
    pub fn attach_next(&mut self) -> Result<(), Failure> {
        if let Some(ifindex) = self.interfaces.attach_next(&mut self.kernel)? {
            let place = Place { netns: self.kernel.links.netns(), ifindex };
            let earlier = self.groups_at(place);
            self.view.counted_from_now(ifindex, earlier);
        }
        Ok(())
    }

    /// What groups have moved through an interface up to this moment, the ended ones included.
    fn groups_at(&mut self, place: Place) -> Totals {
        self.notice();
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

    /// Learns the names of groups that are new. Called more often than [`Self::tick`], for groups that do not live long.
    pub fn notice(&mut self) {
        for slot in self.kernel.groups.ever_used() {
            let Some(ident) = self.kernel.groups.ident(slot) else { continue };
            if !self.ledger.knows(slot) {
                let cgroup = self.cgroups.get(ident.cgroup);
                let place = self.place(&ident, &cgroup.path);
                self.ledger.enter(slot, place, &cgroup);
                self.runtimes.want(&cgroup.identity);
            }
            if ident.link_header == LINK_HEADER_UNKNOWN
                && let Some(bytes) = self.link_header(slot, &ident)
            {
                self.kernel.groups.set_link_header(slot, bytes);
            }
        }
        self.netns.search();
    }

    /// Where the slot's owner is. Where the kernel could not tell the network namespace (on kernels whose packet hooks do
    /// not know it: sockets older than nbw, and the kernel's own) it is the one that the cgroup's processes are in. Of the
    /// root cgroup that would say nothing: its place stays unknown, and is no interface of `host`.
    fn place(&mut self, ident: &GroupIdent, path: &str) -> Place {
        let netns = match ident.netns {
            0 if !matches!(path, "" | "/") => self.netns.of_processes(&self.root.processes(path)).unwrap_or(0),
            told => told,
        };
        Place { netns, ifindex: ident.ifindex }
    }

    fn link_header(&mut self, slot: u32, ident: &GroupIdent) -> Option<u32> {
        let place = self.ledger.place(slot)?;
        if place.netns == self.kernel.links.netns() {
            return self.interfaces.get(place.ifindex).map(|link| link.header);
        }
        if place.netns == 0 {
            return None;
        }
        let path = &self.cgroups.get(ident.cgroup).path;
        let pids = || self.root.processes(path);
        self.netns.link(place.netns, place.ifindex, pids).map(|link| link.header)
    }

    /// Waits a little for names that are being looked for.
    pub async fn settle(&mut self) {
        self.notice();
        self.netns.settle().await;
    }

    /// Samples the kernel.
    ///
    /// # Errors
    /// When the kernel refuses to take slots back.
    pub fn tick(&mut self) -> Result<Snapshot, Failure> {
        // Again: groups may have come while names were waited for.
        self.notice();
        let finished = self.recycler.finished();
        let sample = sample::read(&self.kernel, self.interfaces.monitored());
        let elapsed = sample.at - self.last;
        self.last = sample.at;
        let mut idle = self.ledger.take(&sample);
        // These are given back below: nobody's, or somebody else's already, when the idle ones are looked at.
        idle.retain(|slot| finished.binary_search(slot).is_err());
        let host = self.kernel.links.netns();
        let (ledger, netns, runtimes, filter) = (&self.ledger, &self.netns, &self.runtimes, &self.filter);
        let snapshot = self.view.snapshot(&Scene { sample: &sample, elapsed, ledger, netns, runtimes, host, filter });
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
        for index in self.interfaces.take_left() {
            // Its programs went with it, and this sample came after: nothing can add to it any more.
            self.kernel.links.release(index)?;
            self.view.forget(index);
        }
        let host = self.kernel.links.netns();
        let interfaces = &self.interfaces;
        self.ledger.keep_ended(|place| place.netns == host && interfaces.get(place.ifindex).is_some());
        Ok(())
    }

    fn retire(&mut self, sample: &sample::Sample, idle: &[u32]) -> Result<(), Failure> {
        let host = self.kernel.links.netns();
        let (root, interfaces, netns, ledger) = (&self.root, &self.interfaces, &self.netns, &self.ledger);
        let link_is_gone = |place: Place| {
            if place.netns == host {
                interfaces.get(place.ifindex).is_none()
            } else {
                netns.is_gone(place.netns, place.ifindex)
            }
        };
        let is_gone =
            |slot: u32, ident: &GroupIdent| ledger.place(slot).is_some_and(link_is_gone) || !root.has(ident.cgroup);
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
