//! State is kept on disk by a thread: a disk that hangs holds up no tick.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tokio::task::JoinHandle;

use crate::{
    alert::{
        Saved,
        store::{Store, StoreError},
    },
    control::DataDir,
};

/// So much of volumes is lost at most when the agent is killed.
const EVERY: Duration = Duration::from_secs(10);
/// What was told is saved sooner, or an agent that was killed would tell it again, or not know what has to end. With what
/// is saved in the next tick, it is within a second.
const SOON: Duration = Duration::from_millis(500);
/// A disk that hangs is not waited for longer at the end.
const PATIENCE: Duration = Duration::from_secs(5);

/// Keeps the state of alerts.
#[derive(Debug)]
pub(super) struct Keeper {
    store: Store,
    directory: PathBuf,
    writing: Option<JoinHandle<Result<(), StoreError>>>,
    begun: Instant,
    /// Whether something was told that is not saved.
    told: bool,
    saved: Option<Timestamp>,
    problem: Option<String>,
}

impl Keeper {
    /// In this directory. What was saved there comes with it.
    pub(super) fn open(directory: &Path) -> (Self, Option<Saved>) {
        let store = Store::new(directory);
        let restored = store.read(Timestamp::now());
        if let Some(warning) = restored.warning {
            tracing::warn!("{warning}");
        }
        let directory = directory.to_path_buf();
        let keeper =
            Self { store, directory, writing: None, begun: Instant::now(), told: false, saved: None, problem: None };
        (keeper, restored.saved)
    }

    /// Something was told: it is to be saved soon.
    pub(super) fn told(&mut self) {
        self.told = true;
    }

    /// Whether it is time to save, and nothing is being written.
    pub(super) async fn is_due(&mut self) -> bool {
        if self.writing.as_ref().is_some_and(JoinHandle::is_finished) {
            self.written().await;
        }
        self.writing.is_none() && self.begun.elapsed() >= if self.told { SOON } else { EVERY }
    }

    /// Begins to save.
    pub(super) fn save(&mut self, state: Saved) {
        (self.begun, self.told) = (Instant::now(), false);
        let store = self.store.clone();
        self.writing = Some(tokio::task::spawn_blocking(move || store.write(&state)));
    }

    /// Saves, and waits for it.
    pub(super) async fn save_now(&mut self, state: Saved) {
        self.settle().await;
        if self.writing.is_none() {
            self.save(state);
            self.settle().await;
        }
    }

    /// How it goes.
    pub(super) fn status(&self) -> DataDir {
        DataDir { path: self.directory.clone(), saved: self.saved, problem: self.problem.clone() }
    }

    async fn settle(&mut self) {
        if tokio::time::timeout(PATIENCE, self.written()).await.is_err() {
            self.fail(format!(
                "the disk of {} does not answer: the state of alerts is not saved",
                self.directory.display()
            ));
        }
    }

    /// Waits until what is being written is, and takes note. If it is dropped meanwhile, it is still being written.
    async fn written(&mut self) {
        let Some(writing) = &mut self.writing else { return };
        let result = writing.await;
        self.writing = None;
        match result {
            Ok(Ok(())) => {
                self.saved = Some(Timestamp::now());
                if self.problem.take().is_some() {
                    tracing::info!("the state of alerts is kept in {} again", self.directory.display());
                }
            }
            Ok(Err(error)) => self.fail(error.to_string()),
            Err(error) => self.fail(format!("the state of alerts is not saved: {error}")),
        }
    }

    /// Told once, not every 10 s.
    fn fail(&mut self, problem: String) {
        if self.problem.as_ref() != Some(&problem) {
            tracing::warn!("{problem}");
        }
        self.problem = Some(problem);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::{Calendar, Engine};

    #[tokio::test]
    async fn what_was_told_is_saved_soon_and_all_else_in_time() {
        let directory = tempfile::tempdir().unwrap();
        let (mut keeper, _) = Keeper::open(directory.path());
        keeper.begun = Instant::now().checked_sub(SOON).unwrap();
        assert!(!keeper.is_due().await);
        keeper.told();
        assert!(keeper.is_due().await);
        let zone = jiff::tz::TimeZone::UTC;
        keeper.save_now(Engine::new(Vec::new(), Calendar { zone, month_begins: 1 }, None).save()).await;
        assert!(keeper.status().saved.is_some() && !keeper.is_due().await);
        keeper.told();
        assert!(!keeper.is_due().await, "a disk is not written to with each tick");
        keeper.begun = Instant::now().checked_sub(EVERY).unwrap();
        keeper.told = false;
        assert!(keeper.is_due().await);
    }
}
