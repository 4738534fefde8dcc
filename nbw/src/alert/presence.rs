//! Who is there and silent: what has moved nothing is in no snapshot, but a rule on less than something is about it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use super::{
    Subject,
    bound::{is_upper, is_volume},
    measure::{Measure, nothing_of},
    watch::Watch,
};
use crate::rule::{Rule, Scope};

/// Somebody who looks around what there is.
pub trait Presence: fmt::Debug + Send {
    /// What there was when it looked last, some seconds ago; none while it has not.
    fn present(&self) -> Option<Arc<Present>>;
}

/// What there is.
#[derive(Debug, Default)]
pub struct Present {
    /// By a rule's text: those that it is about.
    pub of: BTreeMap<Arc<str>, Vec<Subject>>,
    /// The keys of all of a kind, whatever they are called.
    pub keys: BTreeMap<Scope, BTreeSet<Arc<str>>>,
}

impl Present {
    fn has(&self, subject: &Subject) -> bool {
        self.keys.get(&subject.scope).is_some_and(|keys| keys.contains(&subject.key))
    }
}

/// What a tick knows of that.
#[derive(Debug, Clone)]
pub(super) enum Around {
    /// Nobody looks.
    Unwatched,
    /// Nobody has looked yet.
    Awaited,
    /// This was there.
    Seen(Arc<Present>),
}

impl Around {
    pub(super) fn of(presence: Option<&dyn Presence>) -> Self {
        presence.map_or(Self::Unwatched, |presence| presence.present().map_or(Self::Awaited, Self::Seen))
    }
}

/// Whether a rule is about silence, and about what may be there without a row in a snapshot.
pub fn is_about_silence(rule: &Rule) -> bool {
    let is_a_cgroup = matches!(rule.target.scope, Scope::Cgroup | Scope::Unit | Scope::Container | Scope::Pod);
    is_a_cgroup && !is_upper(rule.condition.op) && !is_volume(&rule.condition)
}

impl Watch {
    /// Of each that is there and not in the snapshot, that it has moved nothing. Whoever has an alert keeps the names that it
    /// is known by there.
    pub(super) fn silent(&self, measures: &[Measure], around: &Around) -> Vec<Measure> {
        let Around::Seen(present) = around else { return Vec::new() };
        if !is_about_silence(&self.spec.rule) {
            return Vec::new();
        }
        let measured: BTreeSet<&str> = measures.iter().map(|measure| &*measure.subject.key).collect();
        let active = self.state.lives.values().filter(|life| life.is_active()).map(|life| &life.alert.subject);
        let active = active.filter(|subject| present.has(subject));
        let all = present.of.get(&self.spec.rule.text).into_iter().flatten().chain(active);
        let silent: BTreeMap<&str, &Subject> = all.map(|subject| (&*subject.key, subject)).collect();
        let silent = silent.into_values().filter(|subject| !measured.contains(&*subject.key));
        silent.map(|subject| nothing_of(subject.clone())).collect()
    }

    /// Whether it is not known yet who is there.
    pub(super) fn awaits(&self, around: &Around) -> bool {
        matches!(around, Around::Awaited) && is_about_silence(&self.spec.rule)
    }
}
