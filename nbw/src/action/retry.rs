//! Trying again: after how long, and for how long.

use std::{fmt, time::Duration};

/// When attempts are made again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// After the first failure.
    pub(super) first: Duration,
    /// At most, the jitter included.
    pub(super) longest: Duration,
    /// A notice that is older than this is given up when an attempt to tell it fails.
    pub(super) patience: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { first: seconds(1), longest: seconds(5 * 60), patience: seconds(60 * 60) }
    }
}

/// Why an attempt failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    /// In words.
    pub(super) text: String,
    /// Whether it may succeed later.
    pub(super) again: bool,
    /// Not before this, says the server.
    pub(super) after: Option<Duration>,
}

impl Trouble {
    /// One that will not go away by itself.
    pub(super) fn lasting(text: impl Into<String>) -> Self {
        Self { text: text.into(), again: false, after: None }
    }

    /// One that may pass.
    pub(super) fn passing(text: impl Into<String>) -> Self {
        Self { text: text.into(), again: true, after: None }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Exponential back-off with jitter.
#[derive(Debug)]
pub(super) struct Backoff {
    pace: Pace,
    failures: u32,
}

impl Backoff {
    pub(super) fn new(pace: Pace) -> Self {
        Self { pace, failures: 0 }
    }

    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// How long to wait after one more failure: twice as long as the last time and up to half more, so that many hosts do
    /// not come back at once. What the server asks for counts where it is longer, within the bound.
    pub(super) fn failed(&mut self, asked: Option<Duration>) -> Duration {
        let Pace { first, longest, .. } = self.pace;
        let doubled = first.saturating_mul(2_u32.saturating_pow(self.failures));
        self.failures = self.failures.saturating_add(1);
        let delay = doubled.min(longest.mul_f64(2.0 / 3.0)).mul_f64(1.0 + fastrand::f64() / 2.0);
        delay.max(asked.unwrap_or_default()).min(longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_is_longer_within_bounds() {
        let mut backoff = Backoff::new(Pace::default());
        let seconds: Vec<f64> = (0..40).map(|_| backoff.failed(None).as_secs_f64()).collect();
        for (at, wait) in seconds.iter().enumerate() {
            let least = 2_f64.powi(at.min(30) as i32).min(200.0);
            assert!((least..=least * 1.5).contains(wait), "wait {at} is {wait} s");
        }
        assert!(seconds.iter().any(|wait| *wait != seconds[39]), "no jitter");
        backoff.succeeded();
        assert!(backoff.failed(None) <= Duration::from_millis(1500));
    }

    #[test]
    fn a_server_may_ask_for_more_but_not_for_ever() {
        let mut backoff = Backoff::new(Pace::default());
        assert_eq!(backoff.failed(Some(Duration::from_secs(20))), Duration::from_secs(20));
        assert_eq!(backoff.failed(Some(Duration::MAX)), Duration::from_secs(300));
    }
}
