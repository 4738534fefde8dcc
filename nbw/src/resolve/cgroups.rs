//! From a cgroup's id to what people call it.

use std::{
    collections::HashMap,
    fs,
    os::unix::fs::MetadataExt,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use super::identity::{Identity, Unit, identify, unit_of};
use crate::cgroup_root::CgroupRoot;

/// Names are kept of this many cgroups that may be gone: sockets can outlive their cgroup.
const KEPT: usize = 8_192;

/// The least time between two looks at which of them are gone: each costs a system call a name.
const PRUNE: Duration = Duration::from_secs(60);

/// A cgroup, or the container that it is a part of.
#[derive(Debug)]
pub struct Cgroup {
    /// Path of the very cgroup, below the root; empty if it was gone before it could be asked.
    pub path: String,
    /// What it is.
    pub identity: Identity,
    /// The systemd unit that it belongs to.
    pub unit: Option<Unit>,
    /// [`Identity::name`], for sharing.
    pub name: Arc<str>,
    /// Path of the row that it is shown in: the container's own cgroup, or [`Self::path`].
    pub row_path: Arc<str>,
    /// Id of the cgroup at [`Self::row_path`].
    pub row_id: u64,
}

/// The names found so far.
pub struct CgroupNames {
    root: Rc<CgroupRoot>,
    known: HashMap<u64, Rc<Cgroup>>,
    pruned: Instant,
}

impl CgroupNames {
    /// Names of the hierarchy at `root`.
    pub fn new(root: Rc<CgroupRoot>) -> Self {
        Self { root, known: HashMap::new(), pruned: Instant::now() }
    }

    /// The cgroup with this id.
    pub fn get(&mut self, id: u64) -> Rc<Cgroup> {
        if let Some(known) = self.known.get(&id) {
            return Rc::clone(known);
        }
        if self.known.len() >= KEPT && self.pruned.elapsed() > PRUNE {
            self.pruned = Instant::now();
            let root = &self.root;
            self.known.retain(|&id, _| root.has(id));
        }
        let cgroup = Rc::new(self.look_up(id));
        self.known.insert(id, Rc::clone(&cgroup));
        cgroup
    }

    fn look_up(&self, id: u64) -> Cgroup {
        let Ok(path) = self.root.path_of(id) else { return gone(id) };
        let identity = identify(&path);
        let (row_path, row_id) = match &identity.container {
            Some(container) if container.path != path => {
                (container.path.clone(), self.id_of(&container.path).unwrap_or(id))
            }
            _ => (path.clone(), id),
        };
        let (unit, name) = (unit_of(&path, &identity), identity.name.as_str().into());
        Cgroup { path, unit, name, identity, row_path: row_path.into(), row_id }
    }

    fn id_of(&self, path: &str) -> Option<u64> {
        fs::metadata(self.root.directory_of(path)).ok().map(|metadata| metadata.ino())
    }
}

/// A cgroup that was removed before anybody could ask for its name: it has its id for a name.
fn gone(id: u64) -> Cgroup {
    let identity = Identity { name: format!("cgroup {id} (gone)"), ..identify("/") };
    let name = identity.name.as_str().into();
    Cgroup { path: String::new(), unit: None, name, identity, row_path: format!("gone:{id}").into(), row_id: id }
}
