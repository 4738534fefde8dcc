//! What has been learnt: by id, the least recently shown forgotten first.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use lru::LruCache;
use tokio::time::Instant;

use super::info::{ContainerInfo, PodInfo};

/// This many are known at a time, both of containers and pods. What is shown is looked up each time, so that a container
/// that is gone keeps its name for as long as anything shows it.
const KEPT: NonZeroUsize = NonZeroUsize::new(16_384).unwrap();

/// This many containers of ordinary users' are known, who may make up as many as they like.
const KEPT_OF_USERS: NonZeroUsize = NonZeroUsize::new(1_024).unwrap();

/// A name that nobody would tell of when it changes is asked for again after this, while it is shown.
pub(super) const FRESH: Duration = Duration::from_secs(30);

/// Whose word it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Teller {
    /// A runtime of the system.
    System,
    /// containerd, of a container that others have made through it, and know more of.
    Containerd,
    /// Files of a runtime of the system: older than what the runtime itself says.
    Files,
    /// Something that this user could have made up: heard for containers below the user's own service manager only, where
    /// nobody else's word counts.
    User(u32),
}

impl Teller {
    /// What is read of one connection, in bytes. A list of 1,000 containers with many labels has 5 MB; a user's is shorter, as
    /// what is read takes several times its size in memory.
    pub(super) fn most_bytes(self) -> u64 {
        if matches!(self, Self::User(_)) { 1 << 20 } else { 32 << 20 }
    }

    /// Of a longer list of containers no more is looked at.
    pub(super) fn most_containers(self) -> usize {
        if matches!(self, Self::User(_)) { KEPT_OF_USERS.get() } else { KEPT.get() }
    }
}

/// What one source told.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Containers.
    pub(super) containers: Vec<ContainerInfo>,
    /// Pods that have a uid.
    pub(super) pods: Vec<PodInfo>,
    /// Whether it stays true until the same source says otherwise: events are followed, or there are no renames.
    pub(super) lasting: bool,
}

/// All that is known.
#[derive(Debug)]
pub(super) struct Book(Mutex<Pages>);

#[derive(Debug)]
struct Pages {
    containers: LruCache<Arc<str>, Entry>,
    of_users: LruCache<(u32, Arc<str>), Entry>,
    pods: LruCache<Arc<str>, Arc<PodInfo>>,
}

#[derive(Debug)]
struct Entry {
    info: Arc<ContainerInfo>,
    teller: Teller,
    /// None for what lasts.
    learnt: Option<Instant>,
}

impl Entry {
    fn is_fresh(&self) -> bool {
        self.learnt.is_none_or(|learnt| learnt.elapsed() < FRESH)
    }
}

impl Default for Book {
    fn default() -> Self {
        let (containers, of_users, pods) = (LruCache::new(KEPT), LruCache::new(KEPT_OF_USERS), LruCache::new(KEPT));
        Self(Mutex::new(Pages { containers, of_users, pods }))
    }
}

impl Book {
    /// The container with this id, whose cgroup is delegated to `user`, if it is to one. A user may give a cgroup the id of
    /// somebody else's container: there, only the user's own word counts.
    pub(super) fn container(&self, id: &str, user: Option<u32>) -> Option<Arc<ContainerInfo>> {
        self.pages().entry(id, user).map(|entry| Arc::clone(&entry.info))
    }

    /// Whether there is no need to ask for this container.
    pub(super) fn is_settled(&self, id: &str, user: Option<u32>) -> bool {
        self.pages().entry(id, user).is_some_and(|entry| entry.is_fresh())
    }

    /// Whether a container of the system's has this name. Looks at all.
    pub(super) fn has_name(&self, name: &str) -> bool {
        self.pages().containers.iter().any(|(_, entry)| *entry.info.name == *name)
    }

    /// The pod with this uid.
    pub(super) fn pod(&self, uid: &str) -> Option<Arc<PodInfo>> {
        self.pages().pods.get(uid).cloned()
    }

    /// Takes over what was told.
    pub(super) fn learn(&self, teller: Teller, told: Told) {
        let mut pages = self.pages();
        for pod in told.pods {
            pages.learn_pod(teller, &pod);
        }
        for container in told.containers {
            pages.learn(teller, container, told.lasting);
        }
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        // Each change is one call of a map's method: a panic elsewhere leaves it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pages {
    fn entry(&mut self, id: &str, user: Option<u32>) -> Option<&Entry> {
        match user {
            Some(user) => self.of_users.get(&(user, Arc::from(id))),
            None => self.containers.get(id),
        }
    }

    fn learn(&mut self, teller: Teller, info: ContainerInfo, lasting: bool) {
        let id = Arc::clone(&info.id);
        let learnt = (!lasting).then(Instant::now);
        if let Teller::User(uid) = teller {
            self.of_users.put((uid, id), Entry { info: Arc::new(info), teller, learnt });
            return;
        }
        if self.containers.peek(&id).is_some_and(|known| known.teller < teller && known.is_fresh()) {
            return;
        }
        if let Some(pod) = &info.pod {
            self.learn_pod(teller, pod);
        }
        self.containers.put(id, Entry { info: Arc::new(info), teller, learnt });
    }

    fn learn_pod(&mut self, teller: Teller, pod: &PodInfo) {
        let Some(uid) = pod.uid.clone() else { return };
        if !matches!(teller, Teller::User(_)) {
            self.pods.put(uid, Arc::new(PodInfo { container: None, ..pod.clone() }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::info::Raw, *};

    fn called(id: &str, name: &str) -> Told {
        let raw = Raw { id: id.to_owned(), name: Some(name.to_owned()), ..Raw::default() };
        Told { containers: raw.accept().into_iter().collect(), lasting: true, ..Told::default() }
    }

    fn name(book: &Book, id: &str, user: Option<u32>) -> Option<String> {
        book.container(id, user).map(|info| info.name.to_string())
    }

    #[test]
    fn a_rename_is_taken_over_but_not_from_who_knows_less() {
        let book = Book::default();
        book.learn(Teller::Files, called("1", "of-files"));
        book.learn(Teller::System, called("1", "web"));
        book.learn(Teller::System, called("1", "web2"));
        book.learn(Teller::Files, called("1", "web"));
        book.learn(Teller::Containerd, called("1", "1"));
        assert_eq!(name(&book, "1", None).as_deref(), Some("web2"));
    }

    #[test]
    fn what_may_have_changed_is_settled_for_a_while_only() {
        let book = Book::default();
        let age = || {
            let mut pages = book.pages();
            let entry = pages.containers.get_mut("1").unwrap();
            entry.learnt = entry.learnt.and_then(|learnt| learnt.checked_sub(FRESH));
            entry.learnt.is_some()
        };
        let passing = |name: &str| Told { lasting: false, ..called("1", name) };
        book.learn(Teller::System, passing("web"));
        book.learn(Teller::Files, passing("of-files"));
        assert!(book.is_settled("1", None) && name(&book, "1", None).as_deref() == Some("web"));
        assert!(age());
        assert!(!book.is_settled("1", None) && name(&book, "1", None).as_deref() == Some("web"));
        book.learn(Teller::Files, passing("renamed"));
        assert!(book.is_settled("1", None) && name(&book, "1", None).as_deref() == Some("renamed"));
        book.learn(Teller::System, called("1", "lasting"));
        assert!(!age());
        assert!(book.is_settled("1", None));
    }

    #[test]
    fn users_name_their_own_containers_only() {
        let book = Book::default();
        book.learn(Teller::User(1000), called("1", "mine"));
        book.learn(Teller::User(1000), called("2", "not-mine"));
        book.learn(Teller::System, called("2", "web"));
        assert_eq!(name(&book, "1", Some(1000)).as_deref(), Some("mine"));
        assert_eq!((name(&book, "1", None), name(&book, "1", Some(1001))), (None, None));
        assert_eq!(name(&book, "2", None).as_deref(), Some("web"));
        assert_eq!(name(&book, "2", Some(1000)).as_deref(), Some("not-mine"), "where the user may make any cgroup");
        book.learn(Teller::System, called("3", "root's"));
        assert_eq!(name(&book, "3", Some(1000)), None);
    }

    #[test]
    fn users_cannot_fill_it() {
        let book = Book::default();
        for number in 0..3 * KEPT_OF_USERS.get() {
            book.learn(Teller::User(1000), called(&number.to_string(), "x"));
        }
        assert_eq!(book.pages().of_users.len(), KEPT_OF_USERS.get());
    }

    #[test]
    fn what_is_shown_is_kept_among_many() {
        let book = Book::default();
        book.learn(Teller::System, called("shown", "web"));
        for number in 0..3 * KEPT.get() {
            book.learn(Teller::System, called(&number.to_string(), "x"));
            if number % 1000 == 0 {
                assert!(book.container("shown", None).is_some());
            }
        }
        assert!(book.container("shown", None).is_some() && book.container("0", None).is_none());
        assert_eq!(book.pages().containers.len(), KEPT.get());
    }
}
