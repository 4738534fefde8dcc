//! What the agent remembers: its snapshots go to the history, and so do the kernel's own counters from time to time.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use jiff::tz::TimeZone;
use nbw_detect::Event;
use tokio::task::JoinHandle;

use crate::{
    config::Config,
    failure::Failure,
    history::{Recorder, RecorderStatus},
    insight::facts,
    snapshot::Snapshot,
};

/// How often the kernel's counters (drops, retransmissions) are read: it takes some programs besides.
const FACTS: Duration = Duration::from_secs(60);

/// The kernel's counters by their names.
type Counters = Vec<(Arc<str>, u64)>;

/// What remembers; nothing, where it is not wanted.
pub(super) struct Memory(Option<Remembering>);

struct Remembering {
    recorder: Recorder,
    /// Whose days it remembers.
    zone: TimeZone,
    /// The reading of counters that is under way.
    facts: Option<JoinHandle<std::io::Result<Counters>>>,
    asked: Option<Instant>,
}

impl Memory {
    /// Remembers in the directory of the configuration.
    pub(super) fn start(config: &Config) -> Result<Self, Failure> {
        if !config.settings.history.enabled {
            return Ok(Self(None));
        }
        let tiers = config.settings.history.tiers(config.zone.clone())?;
        let recorder = Recorder::start(&config.settings.data_dir, &tiers)?;
        let zone = config.zone.clone();
        Ok(Self(Some(Remembering { recorder, zone, facts: None, asked: None })))
    }

    /// Whose days are remembered, where that is not this zone.
    pub(super) fn other_days_than(&self, zone: &TimeZone) -> Option<&TimeZone> {
        self.0.as_ref().map(|remembering| &remembering.zone).filter(|own| *own != zone)
    }

    /// A tick. Nothing here waits.
    pub(super) fn take(&mut self, snapshot: &Snapshot) {
        if let Some(remembering) = &mut self.0 {
            remembering.recorder.take(snapshot);
            remembering.look();
        }
    }

    /// Attacks. Nothing here waits.
    pub(super) fn take_events(&self, events: &[Event]) {
        if let Some(remembering) = &self.0 {
            remembering.recorder.take_events(events);
        }
    }

    /// How it goes.
    pub(super) fn status(&self) -> Option<RecorderStatus> {
        self.0.as_ref().map(|remembering| remembering.recorder.status())
    }

    /// Has all of it written.
    pub(super) async fn finish(&mut self) {
        let Some(Remembering { recorder, facts, .. }) = self.0.take() else { return };
        if let Some(facts) = facts {
            facts.abort();
        }
        let written = tokio::task::spawn_blocking(move || recorder.finish()).await;
        if !written.unwrap_or(false) {
            tracing::warn!("the last of the history could not be written");
        }
    }
}

impl Remembering {
    /// Notes the counters that were read, and has them read anew when it is time.
    fn look(&mut self) {
        if let Some(read) = self.facts.as_mut().and_then(FutureExt::now_or_never) {
            self.facts = None;
            match read {
                Ok(Ok(counters)) => self.recorder.note_counters(&counters),
                Ok(Err(error)) => tracing::debug!("the kernel's counters cannot be read: {error}"),
                Err(error) => tracing::debug!("reading the kernel's counters has failed: {error}"),
            }
        }
        if self.facts.is_none() && self.asked.is_none_or(|asked| asked.elapsed() >= FACTS) {
            self.asked = Some(Instant::now());
            self.facts = Some(tokio::spawn(facts::counters()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_zone_that_it_began_with() {
        let dir = tempfile::tempdir().unwrap();
        let mut config = Config::parse("time_zone = \"Europe/Berlin\"").unwrap();
        config.settings.data_dir = dir.path().to_path_buf();
        let memory = Memory::start(&config).unwrap();
        let zone = |name: &str| TimeZone::get(name).unwrap();
        assert_eq!(memory.other_days_than(&zone("Europe/Berlin")), None);
        assert_eq!(memory.other_days_than(&zone("Asia/Kolkata")), Some(&zone("Europe/Berlin")));
        assert_eq!(Memory(None).other_days_than(&zone("Asia/Kolkata")), None);
    }
}
