//! What the snapshots of nbw say of one alert, from its beginning to its end.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use nbw_tests::lab::Nbw;
use serde_json::Value;

/// No story takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Snapshots, one after the other.
pub(crate) struct Story(pub(crate) Vec<Value>);

impl Story {
    /// Follows nbw until what was seen is as wanted.
    pub(crate) fn follow(nbw: &mut Nbw, what: &str, wanted: impl Fn(&Self) -> bool) -> Self {
        let start = Instant::now();
        let mut story = Self(Vec::new());
        while !wanted(&story) {
            assert!(start.elapsed() < PATIENCE, "waited in vain for {what}: {:?}", story.0.last());
            story.0.push(nbw.next());
        }
        story
    }

    /// How often an alert of this rule was in the picture in this state.
    pub(crate) fn ticks(&self, rule: &str, state: &str) -> usize {
        self.alerts(rule).filter(|alert| alert["state"] == state).count()
    }

    /// The alerts of a rule, as they were in the snapshots.
    pub(crate) fn alerts<'a>(&'a self, rule: &'a str) -> impl Iterator<Item = &'a Value> {
        let all = self.0.iter().flat_map(|snapshot| snapshot["alerts"].as_array().expect("alerts"));
        all.filter(move |alert| alert["rule"] == rule)
    }

    /// The states of the rule's only alert, each once for as long as it lasted.
    pub(crate) fn states(&self, rule: &str) -> Vec<String> {
        let mut states: Vec<String> =
            self.alerts(rule).map(|alert| alert["state"].as_str().expect("a state").to_owned()).collect();
        states.dedup();
        states
    }

    /// A time of the rule's alert when it was last seen.
    pub(crate) fn time(&self, rule: &str, field: &str) -> Timestamp {
        let last = self.alerts(rule).last().unwrap_or_else(|| panic!("no alert of {rule}"));
        time(&last[field])
    }

    /// When an interface began to receive much: reckoned from what it received in the tick in which that began, and in the
    /// next one.
    pub(crate) fn began(&self, interface: &str) -> Timestamp {
        let rate = |snapshot: &Value| rx(snapshot, interface, "bytes_per_second");
        let begins = self.0.iter().position(|snapshot| rate(snapshot) > 100_000.0).expect("traffic");
        let first = rx(&self.0[begins], interface, "bytes");
        let before = first / rate(&self.0[begins + 1]).max(1.0);
        time(&self.0[begins]["time"]) - Duration::from_secs_f64(before.min(elapsed(&self.0[begins])))
    }

    /// The time of the last snapshot in which an interface received much.
    pub(crate) fn ended(&self, interface: &str) -> Timestamp {
        let busy = |snapshot: &&Value| rx(snapshot, interface, "bytes_per_second") > 100_000.0;
        time(&self.0.iter().rfind(busy).expect("traffic")["time"])
    }
}

/// Seconds from one time to another.
pub(crate) fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64()
}

/// What an interface received; nothing where it is not there.
pub(crate) fn rx(snapshot: &Value, interface: &str, field: &str) -> f64 {
    let rows = snapshot["interfaces"].as_array().expect("interfaces");
    rows.iter().find(|row| row["name"] == interface).map_or(0.0, |row| row["rx"][field].as_f64().expect("a number"))
}

fn time(value: &Value) -> Timestamp {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("no time: {value}"))
}

fn elapsed(snapshot: &Value) -> f64 {
    snapshot["elapsed_seconds"].as_f64().expect("a number")
}
