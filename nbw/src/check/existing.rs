//! What is there, whether or not it has moved anything: what is idle is measured too, as nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::Arc,
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

/// More cgroups than this are not looked at: one walk is to stay short.
const MOST_CGROUPS: usize = 65_536;

/// What there is of a kind.
pub struct Existing {
    scope: Scope,
    /// Paths and identities of cgroups, where the kind is one of them.
    cgroups: Vec<(String, Identity)>,
    /// Asked for names of containers and pods, where those are wanted.
    runtimes: Option<Runtimes>,
}

/// One thing, by all names that it can be asked for by.
struct Thing {
    key: Arc<str>,
    name: Arc<str>,
    others: Vec<String>,
}

impl Existing {
    /// Looks around. Runtimes are asked for names meanwhile.
    ///
    /// # Errors
    /// When the operating system refuses a thread.
    pub fn look(root: &CgroupRoot, scope: Scope) -> std::io::Result<Self> {
        let of_cgroups = matches!(scope, Scope::Cgroup | Scope::Unit | Scope::Container | Scope::Pod);
        let cgroups = if of_cgroups { walk(root) } else { Vec::new() };
        let runtimes = matches!(scope, Scope::Container | Scope::Pod).then(Runtimes::start).transpose()?;
        if let Some(runtimes) = &runtimes {
            cgroups.iter().for_each(|(_, identity)| runtimes.want(identity));
        }
        Ok(Self { scope, cgroups, runtimes })
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
            details: BTreeMap::new(),
        };
        things.iter().filter(wanted).map(subject).collect()
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
            Scope::Interface | Scope::Host => Vec::new(),
        }
    }

    fn container(&self, path: &str, identity: &Identity) -> Option<Thing> {
        let container = identity.container.as_ref().filter(|container| container.path == path)?;
        let told = self.runtimes.as_ref().and_then(|runtimes| runtimes.container(container));
        let name = told.map_or_else(|| identity.name.as_str().into(), |told| Arc::clone(&told.name));
        Some(thing(&container.id, &name, &[&identity.name, &container.id]))
    }

    /// Each once, though all of its containers tell of it.
    fn pods(&self) -> Vec<Thing> {
        let mut pods = BTreeMap::new();
        for (_, identity) in &self.cgroups {
            let Some(uid) = &identity.pod else { continue };
            let told = self.runtimes.as_ref().and_then(|runtimes| runtimes.pod(identity));
            let pod = told.map(|told| (words::pod(told.namespace.as_deref(), &told.name), Arc::clone(&told.name)));
            let (full, name) = pod.unwrap_or_else(|| (uid.clone(), uid.as_str().into()));
            pods.insert(uid, thing(uid, &full, &[&name, uid]));
        }
        pods.into_values().collect()
    }
}

fn thing(key: &str, name: &str, others: &[&str]) -> Thing {
    Thing { key: key.into(), name: name.into(), others: others.iter().map(|&name| name.to_owned()).collect() }
}

/// A cgroup that is a unit's own.
fn unit(path: &str, identity: &Identity) -> Option<Thing> {
    let unit = identity::unit_of(path, identity).filter(|unit| unit.path == path)?;
    let plain = text::unescape_systemd(&unit.name).into_owned();
    Some(thing(&unit.path, &unit.name, &[&plain]))
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
