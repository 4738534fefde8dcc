//! Looks around now and then, in a thread of its own, for rules that are about what is silent.

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread,
    time::Duration,
};

use super::{Existing, NAMES, has_names, walk};
use crate::{
    alert::presence::{Presence, Present, is_about_silence},
    cgroup_root::CgroupRoot,
    resolve::runtimes::Runtimes,
    rule::{Rule, Scope},
};

/// How often it looks.
const EVERY: Duration = Duration::from_secs(10);

/// Looks around until it is dropped.
#[derive(Debug)]
pub struct Lookout {
    seen: Seen,
    /// Dropped to end the thread.
    _running: Sender<()>,
}

type Seen = Arc<Mutex<Option<Arc<Present>>>>;

impl Lookout {
    /// Begins to look for those rules that are about what is silent. None where no rule is.
    ///
    /// # Errors
    /// When the operating system refuses a thread.
    pub fn start<'a>(root: CgroupRoot, rules: impl Iterator<Item = &'a Rule>) -> io::Result<Option<Self>> {
        let rules: Vec<Rule> = rules.filter(|rule| is_about_silence(rule)).cloned().collect();
        if rules.is_empty() {
            return Ok(None);
        }
        let needs_names = rules.iter().any(|rule| has_names(rule.target.scope));
        let runtimes = needs_names.then(Runtimes::start).transpose()?.map(Arc::new);
        let (running, ended) = channel();
        let seen = Seen::default();
        let looker = Looker { root, rules, runtimes, seen: Arc::clone(&seen) };
        thread::Builder::new().name("nbw-lookout".to_owned()).spawn(move || looker.run(&ended))?;
        Ok(Some(Self { seen, _running: running }))
    }
}

impl Presence for Lookout {
    fn present(&self) -> Option<Arc<Present>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The thread.
struct Looker {
    root: CgroupRoot,
    rules: Vec<Rule>,
    runtimes: Option<Arc<Runtimes>>,
    seen: Seen,
}

impl Looker {
    fn run(&self, ended: &Receiver<()>) {
        // What is looked at is asked for its names, and found by them the next time.
        let mut wait = self.runtimes.as_ref().map_or(Duration::ZERO, |_| NAMES);
        drop(self.look());
        while matches!(ended.recv_timeout(wait), Err(RecvTimeoutError::Timeout)) {
            let present = Arc::new(self.look());
            *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(present);
            wait = EVERY;
        }
    }

    fn look(&self) -> Present {
        let cgroups = Arc::new(walk(&self.root));
        let mut of_kinds: BTreeMap<Scope, Existing> = BTreeMap::new();
        let mut present = Present::default();
        for Rule { target, text, .. } in &self.rules {
            let existing = of_kinds
                .entry(target.scope)
                .or_insert_with(|| Existing::of(target.scope, Arc::clone(&cgroups), self.runtimes.clone()));
            present.of.insert(Arc::clone(text), existing.matching(target));
        }
        present.keys = of_kinds.iter().map(|(&scope, existing)| (scope, existing.keys())).collect();
        present
    }
}
