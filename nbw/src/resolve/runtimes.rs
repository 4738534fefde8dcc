//! What container runtimes say of their containers and pods: names, images, labels.
//!
//! Runtimes are other people's programs: they hang, lie, end and come back. They are asked in a thread of nbw's own, each
//! question with a time limit and each answer with a limit on its size, so that no tick waits for one. [`Runtimes`] only
//! looks up what has been learnt so far.
//!
//! Who speaks docker's API is listened to from the start, so that its containers have their names at once. The others
//! (CRI, containerd), and the files that all of them leave, are asked when a container is seen that has no name yet.

mod ask;
mod book;
mod connect;
pub mod containerd;
pub mod cri;
mod docker;
mod files;
mod follow;
mod grpc;
mod http;
mod info;
mod places;
mod pods;
mod served;
#[cfg(test)]
mod tests;
mod wishes;

use std::{io, sync::Arc, thread};

use tokio::sync::oneshot;

use super::identity::{self, Identity};
use crate::{
    filter::Names,
    snapshot::{GroupKind, Runtime},
};

use book::Book;
use places::Places;
use wishes::Wishes;

pub use info::{ContainerInfo, PodInfo};

/// Files that never come are waited for by no more threads than this.
const WAITING_THREADS: usize = 4;

/// What the runtimes have told so far; asks them for more in the background until it is dropped.
#[derive(Debug)]
pub struct Runtimes {
    known: Arc<Known>,
    /// Dropped to end the thread.
    _running: oneshot::Sender<()>,
}

/// What both sides share.
#[derive(Debug, Default)]
struct Known {
    book: Book,
    wishes: Wishes,
}

/// Something that is to have a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Wanted {
    /// The container with this id, which is hexadecimal, below this user's service manager, if it is below one's.
    Container(Arc<str>, Option<u32>),
    /// The pod with this uid, or id of podman's.
    Pod(Arc<str>),
}

impl Runtimes {
    /// Begins to listen to the runtimes that the environment names, and those at their usual places.
    ///
    /// # Errors
    /// When the operating system refuses a thread.
    pub fn start() -> io::Result<Self> {
        Self::start_at(Places::of_environment())
    }

    fn start_at(places: Places) -> io::Result<Self> {
        let known = Arc::new(Known::default());
        let (running, ended) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .max_blocking_threads(WAITING_THREADS)
            .build()?;
        let shared = Arc::clone(&known);
        thread::Builder::new().name("nbw-runtimes".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = ended => {}
                    never = follow::all(&places, &shared) => match never {},
                    never = ask::forever(&places, &shared) => match never {},
                }
            });
            runtime.shutdown_background();
        })?;
        Ok(Self { known, _running: running })
    }

    /// What is known of a container by now.
    pub fn container(&self, container: &identity::Container) -> Option<Arc<ContainerInfo>> {
        self.known.book.container(&container.id, user_of(&container.path))
    }

    /// What is known by now of the pod that this belongs to, by the uid in its path. Where users make the paths, it is none.
    pub fn pod(&self, identity: &Identity) -> Option<Arc<PodInfo>> {
        self.known.book.pod(identity.pod.as_deref().filter(|_| identity.user.is_none())?)
    }

    /// What the runtimes call this, and which of them it is: a container's or a pod's own name. What is looked up is shown, and so
    /// [wanted](Self::want): a name that may have changed is asked for again while it is shown.
    pub fn name(&self, identity: &Identity) -> Option<(Arc<str>, Option<Runtime>)> {
        self.want(identity);
        self.known_name(identity)
    }

    fn known_name(&self, identity: &Identity) -> Option<(Arc<str>, Option<Runtime>)> {
        if let Some(container) = &identity.container {
            let info = self.container(container)?;
            return Some((Arc::clone(&info.name), info.runtime));
        }
        let pod = self.pod(identity).filter(|_| identity.kind == GroupKind::Pod)?;
        Some((Arc::clone(&pod.name), None))
    }

    /// Says that this is seen now: if it has no name soon, or an old one, the runtimes are asked for it.
    pub fn want(&self, identity: &Identity) {
        for wanted in Wanted::of(identity).into_iter().flatten() {
            if !wanted.is_settled(&self.known.book) {
                self.known.wishes.add(wanted);
            }
        }
    }
}

impl Names for Runtimes {
    fn name(&self, identity: &Identity) -> Option<Arc<str>> {
        self.name(identity).map(|(name, _)| name)
    }

    /// Users' own containers are left out: no user's choice of a name is to hide somebody else's container.
    fn has(&self, name: &str) -> bool {
        self.known.book.has_name(name)
    }
}

impl Wanted {
    /// No container where the path has all there is to know: LXC's and nspawn's names.
    fn of(identity: &Identity) -> [Option<Self>; 2] {
        let hex = identity.container.as_ref().filter(|container| identity::is_hex_id(&container.id));
        let container = hex.map(|hex| Self::Container(hex.id.as_str().into(), user_of(&hex.path)));
        [container, identity.pod.as_deref().map(|uid| Self::Pod(uid.into()))]
    }

    /// Whether there is no need to ask.
    fn is_settled(&self, book: &Book) -> bool {
        match self {
            Self::Container(id, user) => book.is_settled(id, *user),
            Self::Pod(uid) => book.pod(uid).is_some(),
        }
    }

    /// The container's id, which can be part of a path or a filter as it is.
    fn id(&self) -> Option<&str> {
        match self {
            Self::Container(id, _) => Some(id),
            Self::Pod(_) => None,
        }
    }

    fn pod(&self) -> Option<&str> {
        match self {
            Self::Pod(uid) => Some(uid),
            Self::Container(..) => None,
        }
    }

    fn user(&self) -> Option<u32> {
        match *self {
            Self::Container(_, user) => user,
            Self::Pod(_) => None,
        }
    }
}

/// The user to whom a cgroup is delegated, who may make any directories there: it is below systemd's `user@UID.service`.
fn user_of(path: &str) -> Option<u32> {
    path.split('/').find_map(|name| name.strip_prefix("user@")?.strip_suffix(".service")?.parse().ok())
}
