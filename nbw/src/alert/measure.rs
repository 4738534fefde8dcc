//! What a rule looks at: the rows of a snapshot that its pattern matches, one measurement for each subject.
//!
//! It sees what the snapshot has. A snapshot that was cut by `--top` or filtered lacks rows, and so do its measurements.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
};

use super::Subject;
use crate::{
    filter,
    pattern::Pattern,
    rule::{Metric, Rule, Scope, Target},
    snapshot::{By, Container, Flow, Interface, Pod, Runtime, Snapshot, Unit},
    text, totals, words,
};

/// One subject's traffic in a tick, the rule's metric already applied.
#[derive(Debug, Clone)]
pub struct Measure {
    /// Whose it is.
    pub subject: Subject,
    /// Bytes in this tick; of rows that are derived, never less than none.
    pub bytes: u64,
    /// Packets in this tick, likewise.
    pub packets: u64,
    /// Bytes a second; finite, never negative.
    pub bytes_per_second: f64,
    /// Packets a second, likewise.
    pub packets_per_second: f64,
    /// The link's speed in bytes a second: of interfaces that have one and know it.
    pub link: Option<u64>,
}

impl Measure {
    /// What a rule on this metric compares: packets or bytes a second.
    pub fn rate(&self, metric: Metric) -> f64 {
        if metric.is_packets() { self.packets_per_second } else { self.bytes_per_second }
    }

    fn add(&mut self, flow: &Flow) {
        let positive = |count: i64| u64::try_from(count).unwrap_or(0);
        let finite = |rate: f64| if rate.is_finite() { rate.max(0.0) } else { 0.0 };
        self.bytes = self.bytes.saturating_add(positive(flow.bytes));
        self.packets = self.packets.saturating_add(positive(flow.packets));
        self.bytes_per_second += finite(flow.bytes_per_second);
        self.packets_per_second += finite(flow.packets_per_second);
    }
}

/// The list that a snapshot has to have for this target; none where it always has what is needed.
pub fn needs(target: &Target) -> Option<By> {
    match target.scope {
        Scope::Interface | Scope::Cgroup | Scope::Host | Scope::Attack => None,
        Scope::Container => Some(By::Container),
        Scope::Pod => Some(By::Pod),
        Scope::Unit => Some(By::Unit),
        Scope::Process => Some(By::Process),
    }
}

/// Adds the lists that snapshots must have for these rules to those that there are.
pub fn add_needs<'a>(lists: &mut Vec<By>, rules: impl Iterator<Item = &'a Rule>) {
    By::add(lists, rules.filter_map(|rule| needs(&rule.target)));
}

/// One measurement for each subject that the target is about, in the order of their keys. Those that the snapshot does not
/// have (or whose list it lacks: [`needs`]) have none.
pub fn measures(snapshot: &Snapshot, target: &Target) -> Vec<Measure> {
    let mut sums = Sums { target, of: BTreeMap::new() };
    let rows = &snapshot.rows;
    match target.scope {
        Scope::Interface => snapshot.interfaces.iter().for_each(|row| sums.interface(row)),
        Scope::Cgroup => sums.cgroups(snapshot),
        Scope::Container => sums.containers(rows.containers.as_deref().unwrap_or_default()),
        Scope::Pod => rows.pods.iter().flatten().for_each(|row| sums.pod(row)),
        Scope::Unit => rows.units.iter().flatten().for_each(|row| sums.unit(row)),
        Scope::Process => sums.processes(snapshot),
        Scope::Host => sums.host(snapshot),
        Scope::Attack => {}
    }
    sums.of.into_values().collect()
}

/// Measurements by key.
struct Sums<'a> {
    target: &'a Target,
    of: BTreeMap<Arc<str>, Measure>,
}

impl Sums<'_> {
    fn wants(&self, name: &str) -> bool {
        self.target.pattern.as_ref().is_none_or(|pattern| pattern.matches(name))
    }

    fn add(
        &mut self,
        key: &Arc<str>,
        flows: (&Flow, &Flow),
        about: impl FnOnce() -> (Arc<str>, Details),
    ) -> &mut Measure {
        let scope = self.target.scope;
        let measure = match self.of.entry(Arc::clone(key)) {
            Entry::Occupied(old) => old.into_mut(),
            Entry::Vacant(new) => {
                let (name, Details(details)) = about();
                new.insert(nothing_of(Subject { scope, key: Arc::clone(key), name, details }))
            }
        };
        measured(self.target.metric, flows).into_iter().for_each(|flow| measure.add(flow));
        measure
    }

    fn interface(&mut self, row: &Interface) {
        if self.wants(&row.name) {
            let about = || (Arc::clone(&row.name), Details::default());
            let measure = self.add(&row.name, (&row.rx, &row.tx), about);
            measure.link = row.link_bits_per_second.map(|bits| bits / 8).filter(|&speed| speed > 0);
        }
    }

    /// A cgroup has all that is at or below it, on all interfaces, `lo` included. Rows that are no cgroup's have no path.
    fn cgroups(&mut self, snapshot: &Snapshot) {
        for row in snapshot.groups.iter().filter(|row| !row.path.is_empty()) {
            for path in filter::with_parents(&row.path) {
                if self.wants(path) {
                    let key = if path == &*row.path { Arc::clone(&row.path) } else { path.into() };
                    self.add(&key, (&row.rx, &row.tx), || (Arc::clone(&key), Details::default()));
                }
            }
        }
    }

    fn containers(&mut self, rows: &[Container]) {
        let is_name = |text: &str| rows.iter().any(|row| &*row.name == text);
        for row in rows {
            let by_id = |pattern: &Pattern| filter::begins_id(pattern, &row.id, is_name);
            let wanted = self.target.pattern.as_ref().is_none_or(by_id);
            if wanted || self.wants(&row.name) || self.wants(&row.id) {
                self.add(&row.id, (&row.rx, &row.tx), || (Arc::clone(&row.name), Details::of_container(row)));
            }
        }
    }

    /// By its name, alone or with its namespace (`shop/web-0`), or by its uid.
    fn pod(&mut self, row: &Pod) {
        let full = words::pod(row.namespace.as_deref(), &row.name);
        if self.wants(&row.name) || self.wants(&full) || self.wants(&row.uid) {
            self.add(&row.uid, (&row.rx, &row.tx), || (full.into(), Details::of_pod(row)));
        }
    }

    /// Escapes are undone, as they are in the pattern.
    fn unit(&mut self, row: &Unit) {
        if self.wants(&text::unescape_systemd(&row.name)) {
            let about = || (Arc::clone(&row.name), Details::default().with("path", Some(&row.path)));
            self.add(&row.path, (&row.rx, &row.tx), about);
        }
    }

    /// All of one name together. Rows that stand for what has none of its own are nobody's, and sockets that no process has
    /// are no process.
    fn processes(&mut self, snapshot: &Snapshot) {
        let rows = snapshot.rows.processes.iter().flatten();
        for row in rows.filter(|row| row.id.is_some() && row.pid != 0) {
            if self.wants(&row.name) {
                self.add(&row.name, (&row.rx, &row.tx), || (Arc::clone(&row.name), Details::default()));
            }
        }
    }

    fn host(&mut self, snapshot: &Snapshot) {
        let (rx, tx) = totals::host_total(snapshot);
        let host: Arc<str> = "host".into();
        self.add(&host, (&rx, &tx), || (Arc::clone(&host), Details::default()));
    }
}

/// [`Subject::details`].
#[derive(Default)]
struct Details(BTreeMap<Arc<str>, Arc<str>>);

impl Details {
    fn with(mut self, name: &str, value: Option<&Arc<str>>) -> Self {
        self.0.extend(value.map(|value| (name.into(), Arc::clone(value))));
        self
    }

    fn with_runtime(self, runtime: Option<Runtime>) -> Self {
        let word: Option<Arc<str>> = runtime.map(|runtime| words::runtime(runtime).into());
        self.with("runtime", word.as_ref())
    }

    fn of_container(row: &Container) -> Self {
        let details = Self::default().with_runtime(row.runtime).with("image", row.image.as_ref());
        let details = details.with("pod", row.pod.as_ref()).with("namespace", row.namespace.as_ref());
        details.with("id", Some(&row.id)).with("path", Some(&row.path))
    }

    fn of_pod(row: &Pod) -> Self {
        let details = Self::default().with_runtime(row.runtime).with("namespace", row.namespace.as_ref());
        details.with("pod", Some(&row.name)).with("id", Some(&row.uid))
    }
}

fn measured<'a>(metric: Metric, (rx, tx): (&'a Flow, &'a Flow)) -> Vec<&'a Flow> {
    match metric {
        Metric::Rx | Metric::RxPackets => vec![rx],
        Metric::Tx | Metric::TxPackets => vec![tx],
        Metric::Total => vec![rx, tx],
    }
}

/// That it has moved nothing.
pub(super) fn nothing_of(subject: Subject) -> Measure {
    Measure { subject, bytes: 0, packets: 0, bytes_per_second: 0.0, packets_per_second: 0.0, link: None }
}
