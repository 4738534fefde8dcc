//! What systemd is told, where it is systemd that has started the agent.

use std::time::{Duration, Instant};

use sd_notify::NotifyState;

/// The service manager.
#[derive(Debug)]
pub(super) struct Manager {
    /// What its unit says: after this much silence it takes the agent for dead.
    configured: Option<Duration>,
    /// What it was told instead, where the interval is long.
    watchdog: Option<Duration>,
    fed: Instant,
}

impl Manager {
    /// The one in this process's environment.
    pub(super) fn from_environment() -> Self {
        Self::with_watchdog(sd_notify::watchdog_enabled())
    }

    fn with_watchdog(configured: Option<Duration>) -> Self {
        Self { configured, watchdog: configured, fed: Instant::now() }
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

    /// There will be a tick in each interval: who has long ones is given more time, and who has short ones again what the
    /// unit says.
    pub(super) fn expect(&mut self, interval: Duration) {
        if let Some(word) = self.adjust(interval) {
            tell(&[NotifyState::Custom(&word)]);
        }
    }

    /// What to say of the watchdog, where that is news. (`NotifyState::WatchdogUsec` ends at 72 minutes.)
    fn adjust(&mut self, interval: Duration) -> Option<String> {
        let wanted = self.configured?.max(interval.saturating_mul(3));
        if self.watchdog.replace(wanted) == Some(wanted) {
            return None;
        }
        let micros = u64::try_from(wanted.as_micros()).unwrap_or(u64::MAX);
        Some(format!("WATCHDOG_USEC={micros}"))
    }
}

/// It may have gone, or not listen: the agent goes on.
fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!("the service manager cannot be told: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn the_watchdog_follows_the_interval_up_and_down() {
        let mut manager = Manager::with_watchdog(Some(Duration::from_secs(30)));
        assert_eq!(manager.adjust(Duration::from_secs(10)), None, "three intervals are what the unit says");
        assert_eq!(manager.adjust(24 * HOUR).as_deref(), Some("WATCHDOG_USEC=259200000000"));
        assert_eq!(manager.adjust(24 * HOUR), None, "it knows");
        assert_eq!(manager.adjust(Duration::from_secs(20)).as_deref(), Some("WATCHDOG_USEC=60000000"));
        assert_eq!(manager.adjust(Duration::from_secs(1)).as_deref(), Some("WATCHDOG_USEC=30000000"));
        assert_eq!(manager.watchdog, Some(Duration::from_secs(30)));
        assert_eq!(manager.adjust(Duration::MAX), Some(format!("WATCHDOG_USEC={}", u64::MAX)));
    }

    #[test]
    fn without_a_watchdog_nothing_is_said_of_it() {
        assert_eq!(Manager::with_watchdog(None).adjust(24 * HOUR), None);
    }
}
