//! What is there, whether or not it has moved anything: what is idle is measured too, as nothing.

mod lookout;

pub use self::lookout::Lookout;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    alert::Subject,
    cgroup_root::CgroupRoot,
    filter,
    pattern::Pattern,
    resolve::{
        identity::{self, Identity},
        runtimes::Runtimes,
    },
    rule::{Scope, Target},
    text, words,
};

/// Runtimes have this long to tell names.
const NAMES: Duration = Duration::from_secs(1);
/// More cgroups than this are not looked at: one walk is to stay short.
const MOST_CGROUPS: usize = 65_536;

/// What there is of a kind.
pub struct Existing {
    scope: Scope,
    /// Paths and identities of cgroups, where the kind is one of them.
    cgroups: Arc<Vec<(String, Identity)>>,
    /// Asked for names of containers and pods, where those are wanted.
    runtimes: Option<Arc<Runtimes>>,
    /// When it was looked at.
    at: Instant,
}

/// One thing, by all names that it can be asked for by.
struct Thing {
    key: Arc<str>,
    name: Arc<str>,
    others: Vec<String>,
    details: BTreeMap<Arc<str>, Arc<str>>,
}

impl Existing {
    /// Looks around. Runtimes are asked for names meanwhile.
    ///
    /// # Errors
    /// When the operating system refuses a thread.
    pub fn look(root: &CgroupRoot, scope: Scope) -> std::io::Result<Self> {
        let of_cgroups = matches!(scope, Scope::Cgroup | Scope::Unit | Scope::Container | Scope::Pod);
        let cgroups = if of_cgroups { walk(root) } else { Vec::new() };
        let runtimes = has_names(scope).then(Runtimes::start).transpose()?;
        Ok(Self::of(scope, Arc::new(cgroups), runtimes.map(Arc::new)))
    }

    fn of(scope: Scope, cgroups: Arc<Vec<(String, Identity)>>, runtimes: Option<Arc<Runtimes>>) -> Self {
        let runtimes = runtimes.filter(|_| has_names(scope));
        if let Some(runtimes) = &runtimes {
            cgroups.iter().for_each(|(_, identity)| runtimes.want(identity));
        }
        Self { scope, cgroups, runtimes, at: Instant::now() }
    }

    /// Until runtimes have had the time to tell the names of what is there, where it has any.
    pub async fn named(&self) {
        if self.runtimes.is_some() {
            tokio::time::sleep(NAMES.saturating_sub(self.at.elapsed())).await;
        }
    }

    /// Those that the target is about.
    pub fn matching(&self, target: &Target) -> Vec<Subject> {
        let things = self.things();
        let wanted =
            |thing: &&Thing| target.pattern.as_ref().is_none_or(|pattern| self.matches(pattern, thing, &things));
        let subject = |thing: &Thing| Subject {
            scope: self.scope,
            key: Arc::clone(&thing.key),
            name: Arc::clone(&thing.name),
            details: thing.details.clone(),
        };
        things.iter().filter(wanted).map(subject).collect()
    }

    /// What tells all of them apart.
    fn keys(&self) -> BTreeSet<Arc<str>> {
        self.things().into_iter().map(|thing| thing.key).collect()
    }

    /// The names of all.
    pub fn names(&self) -> Vec<String> {
        let names: BTreeSet<String> = self.things().into_iter().map(|thing| thing.name.to_string()).collect();
        names.into_iter().collect()
    }

    fn matches(&self, pattern: &Pattern, thing: &Thing, all: &[Thing]) -> bool {
        let is_name = |name: &str| all.iter().any(|thing| &*thing.name == name);
        let by_id = self.scope == Scope::Container && filter::begins_id(pattern, &thing.key, is_name);
        by_id || pattern.matches(&thing.name) || thing.others.iter().any(|name| pattern.matches(name))
    }

    fn things(&self) -> Vec<Thing> {
        let cgroups = || self.cgroups.iter();
        match self.scope {
            Scope::Cgroup => cgroups().map(|(path, _)| thing(path, path, &[])).collect(),
            Scope::Unit => cgroups().filter_map(|(path, identity)| unit(path, identity)).collect(),
            Scope::Container => cgroups().filter_map(|(path, identity)| self.container(path, identity)).collect(),
            Scope::Pod => self.pods(),
            Scope::Process => processes(),
            Scope::Interface | Scope::Host | Scope::Attack => Vec::new(),
        }
    }

    fn container(&self, path: &str, identity: &Identity) -> Option<Thing> {
        let container = identity.container.as_ref().filter(|container| text::clean(&container.path) == path)?;
        let told = self.runtimes.as_ref().and_then(|runtimes| runtimes.container(container));
        let name = told.as_ref().map_or_else(|| identity.name.as_str().into(), |told| Arc::clone(&told.name));
        let id = told.as_ref().map_or_else(|| container.id.as_str().into(), |told| Arc::clone(&told.id));
        let pod = told.as_ref().and_then(|told| told.pod.as_ref());
        let runtime = told.as_ref().and_then(|told| told.runtime).or(identity.runtime);
        let details = [
            ("runtime", runtime.map(|runtime| words::runtime(runtime).into())),
            ("image", told.as_ref().and_then(|told| told.image.clone())),
            ("pod", pod.map(|pod| Arc::clone(&pod.name))),
            ("namespace", pod.and_then(|pod| pod.namespace.clone())),
            ("id", Some(Arc::clone(&id))),
            ("path", Some(path.into())),
        ];
        Some(thing(&id, &name, &[&identity.name, &id]).with(details))
    }

    /// Each once, though all of its containers tell of it.
    fn pods(&self) -> Vec<Thing> {
        let mut pods = BTreeMap::new();
        for (_, identity) in self.cgroups.iter() {
            let Some(uid) = &identity.pod else { continue };
            let told = self.runtimes.as_ref().and_then(|runtimes| runtimes.pod(identity));
            let name = told.as_ref().map_or_else(|| uid.as_str().into(), |told| Arc::clone(&told.name));
            let namespace = told.and_then(|told| told.namespace.clone());
            let full = words::pod(namespace.as_deref(), &name);
            let details = [
                ("runtime", identity.runtime.map(|runtime| words::runtime(runtime).into())),
                ("namespace", namespace),
                ("pod", Some(Arc::clone(&name))),
                ("id", Some(uid.as_str().into())),
            ];
            pods.insert(uid, thing(uid, &full, &[&name, uid]).with(details));
        }
        pods.into_values().collect()
    }
}

/// Whether there are people's names for it besides those in paths.
fn has_names(scope: Scope) -> bool {
    matches!(scope, Scope::Container | Scope::Pod)
}

fn thing(key: &str, name: &str, others: &[&str]) -> Thing {
    let others = others.iter().map(|&name| name.to_owned()).collect();
    Thing { key: key.into(), name: name.into(), others, details: BTreeMap::new() }
}

impl Thing {
    fn with<const N: usize>(mut self, details: [(&str, Option<Arc<str>>); N]) -> Self {
        self.details.extend(details.into_iter().filter_map(|(name, value)| Some((name.into(), value?))));
        self
    }
}

/// A cgroup that is a unit's own.
fn unit(path: &str, identity: &Identity) -> Option<Thing> {
    let unit = identity::unit_of(path, identity).filter(|unit| unit.path == path)?;
    let plain = text::unescape_systemd(&unit.name).into_owned();
    Some(thing(&unit.path, &unit.name, &[&plain]).with([("path", Some(unit.path.as_str().into()))]))
}

/// One for each name; threads of the kernel have no sockets.
fn processes() -> Vec<Thing> {
    let all = procfs::process::all_processes().into_iter().flatten().flatten();
    let stats = all.filter_map(|process| process.stat().ok()).filter(|stat| stat.vsize > 0);
    let names: BTreeSet<String> = stats.map(|stat| text::clean(&stat.comm).into_owned()).collect();
    names.iter().map(|name| thing(name, name, &[])).collect()
}

/// All cgroups below the root.
fn walk(root: &CgroupRoot) -> Vec<(String, Identity)> {
    let mut found = Vec::new();
    let mut left = vec![String::new()];
    while let Some(path) = left.pop()
        && found.len() < MOST_CGROUPS
    {
        let entries = fs::read_dir(root.directory_of(&path)).into_iter().flatten().flatten();
        let directories = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        left.extend(directories.filter_map(|entry| Some(format!("{path}/{}", entry.file_name().to_str()?))));
        if !path.is_empty() {
            let identity = identity::identify(&path);
            found.push((text::clean(&path).into_owned(), identity));
        }
    }
    found
}
