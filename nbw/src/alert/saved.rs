//! What outlives a restart: alerts that are pending or fire, volumes of the period, what is usual.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{baseline::Baselines, clock::Clock, life::Life, volume::Volumes};

/// Raised when the layout changes; what has another one is not read.
pub(super) const VERSION: u32 = 1;

/// The state of an [`super::Engine`], to be stored as JSON ([`super::store`]).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Saved {
    pub(super) version: u32,
    pub(super) clock: Clock,
    pub(super) rules: Vec<Kept>,
}

/// One rule's state, with what is needed to tell that the rule is gone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    /// The rule's text.
    pub(super) rule: Arc<str>,
    /// [`super::Spec::actions`].
    pub(super) actions: Vec<Arc<str>>,
    /// [`super::Spec::labels`].
    pub(super) labels: BTreeMap<String, String>,
    /// What is known of its subjects.
    #[serde(flatten)]
    pub(super) state: RuleState,
}

/// What is known of a rule's subjects.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct RuleState {
    /// Alerts, by their subjects' keys.
    pub(super) lives: BTreeMap<Arc<str>, Life>,
    /// Of rules on volumes.
    pub(super) volumes: Volumes,
    /// Of rules on what is usual.
    pub(super) baselines: Baselines,
}

impl Saved {
    /// Whether this nbw knows the layout.
    pub fn is_known(&self) -> bool {
        self.version == VERSION
    }
}
