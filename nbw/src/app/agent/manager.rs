//! What systemd is told, where it is systemd that has started the agent.

use std::time::{Duration, Instant};

use sd_notify::NotifyState;

/// The service manager.
#[derive(Debug)]
pub(super) struct Manager {
    /// After this much silence it takes the agent for dead.
    watchdog: Option<Duration>,
    fed: Instant,
}

impl Manager {
    /// The one in this process's environment.
    pub(super) fn from_environment() -> Self {
        Self { watchdog: sd_notify::watchdog_enabled(), fed: Instant::now() }
    }

    /// The agent counts.
    pub(super) fn ready(&mut self, status: &str) {
        self.fed = Instant::now();
        tell(&[NotifyState::Ready, NotifyState::Status(status), NotifyState::Watchdog]);
    }

    /// It begins to take over another configuration; [`Self::ready`] ends that.
    pub(super) fn reloading(&self) {
        let mut states = vec![NotifyState::Reloading];
        states.extend(NotifyState::monotonic_usec_now().ok());
        tell(&states);
    }

    /// How it is, in a line.
    pub(super) fn status(&self, status: &str) {
        tell(&[NotifyState::Status(status)]);
    }

    /// It ends.
    pub(super) fn stopping(&self) {
        tell(&[NotifyState::Stopping]);
    }

    /// There was a tick: only ticks show that it lives.
    pub(super) fn ticked(&mut self) {
        let due = self.watchdog.is_some_and(|watchdog| self.fed.elapsed() >= watchdog / 4);
        if due {
            self.fed = Instant::now();
            tell(&[NotifyState::Watchdog]);
        }
    }

    /// There will be a tick in each interval: who has longer ones is given more time.
    pub(super) fn expect(&mut self, interval: Duration) {
        let Some(watchdog) = self.watchdog else { return };
        let needed = interval.saturating_mul(3);
        if watchdog < needed {
            let micros = u32::try_from(needed.as_micros());
            // Longer than an hour: it cannot be said, and no hang would be noticed in time.
            tell(&[NotifyState::WatchdogUsec(micros.unwrap_or(u32::MAX))]);
            self.watchdog = Some(needed);
        }
    }
}

/// It may have gone, or not listen: the agent goes on.
fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!("the service manager cannot be told: {error}");
    }
}
