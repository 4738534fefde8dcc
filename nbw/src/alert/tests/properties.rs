//! Any sequence of values, ticks, vanishing subjects, reloads and restarts.

use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};

use super::*;

/// What happens in a test.
#[derive(Debug, Clone)]
enum Step {
    /// A reading after so many milliseconds: each interface's multiple of the limit, none where it is not there.
    Reading(u64, [Option<f64>; 2]),
    Reload,
    /// The second rule is not in the configuration for a while.
    Remove,
}

fn step() -> impl Strategy<Value = Step> {
    let value = || prop_oneof![3 => Just(Some(2.0)), 3 => Just(Some(0.5)), 1 => Just(Some(0.9)), 1 => Just(None)];
    let tick = prop_oneof![6 => 900..1_100_u64, 1 => 1..300_000_u64];
    let reading = (tick, value(), value()).prop_map(|(tick, first, second)| Step::Reading(tick, [first, second]));
    prop_oneof![20 => reading, 1 => Just(Step::Reload), 1 => Just(Step::Remove)]
}

const LASTING: u64 = 3;

/// One with `for`, and one with a clear condition that repeats.
fn specs() -> Vec<Spec> {
    let mut sticky = fast("*", 0);
    sticky.clear = Some(condition(Op::Below, Threshold::Rate(0.8 * LIMIT), "40Mbit/s"));
    sticky.repeat = Some(seconds(20));
    vec![fast("eth*", LASTING), sticky]
}

fn rates(values: [Option<f64>; 2]) -> Vec<(&'static str, f64)> {
    let named = ["eth0", "eth1"].into_iter().zip(values);
    named.filter_map(|(name, value)| Some((name, value? * LIMIT))).collect()
}

impl Host {
    fn take(&mut self, step: &Step) -> Vec<Notice> {
        match *step {
            Step::Reading(tick, values) => self.after(Duration::from_millis(tick), &rates(values)),
            Step::Reload => self.engine.replace(specs(), utc()),
            Step::Remove => self.engine.replace(specs()[..1].to_vec(), utc()),
        }
    }
}

/// What a notice says, apart from numbers that a round trip through text may change in their last digit.
fn said(notice: &Notice) -> String {
    let alert = &notice.alert;
    format!("{:?} {} {} {:?} {:?}", notice.change, alert.id, alert.summary, alert.fired, alert.resolved)
}

/// The notices of an alert, told one after another, are in turns.
#[derive(Debug, Default)]
struct Turns(BTreeMap<String, bool>);

impl Turns {
    fn told(&mut self, notices: &[Notice]) -> Result<(), TestCaseError> {
        for notice in notices {
            let fires = self.0.entry(notice.alert.id.to_string()).or_default();
            prop_assert_eq!(*fires, notice.change != Change::Firing, "{:?}", said(notice));
            *fires = notice.change != Change::Resolved;
            let state = if *fires { State::Firing } else { State::Resolved };
            prop_assert_eq!(notice.alert.state, state);
            prop_assert_eq!(notice.alert.resolved.is_some(), !*fires);
            prop_assert_eq!(notice.alert.ended.is_some(), !*fires);
        }
        Ok(())
    }

    /// What is shown as firing is what was told.
    fn are_shown(&self, alerts: &[Alert]) -> Result<(), TestCaseError> {
        let firing = alerts.iter().filter(|alert| alert.state == State::Firing);
        let mut shown: Vec<String> = firing.map(|alert| alert.id.to_string()).collect();
        shown.sort();
        let told: Vec<String> = self.0.iter().filter(|(_, fires)| **fires).map(|(id, _)| id.clone()).collect();
        prop_assert_eq!(shown, told);
        Ok(())
    }
}

/// What the first rule should say of `eth0`, worked out from the readings alone: since when it has been true.
#[derive(Debug, Default)]
struct Model {
    now: u64,
    since: Option<u64>,
    false_for: u64,
}

impl Model {
    fn take(&mut self, tick: u64, value: Option<f64>) {
        self.now += tick;
        if value == Some(2.0) {
            self.since.get_or_insert(self.now);
            self.false_for = 0;
        } else {
            self.since = None;
            self.false_for += tick;
        }
    }

    /// Milliseconds for which it has been true.
    fn true_for(&self) -> Option<u64> {
        self.since.map(|since| self.now - since)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn notices_come_in_turns_and_none_is_lost(steps in vec(step(), 1..150)) {
        let mut host = Host::new(specs());
        let mut turns = Turns::default();
        for step in &steps {
            turns.told(&host.take(step))?;
            turns.are_shown(&host.engine.alerts())?;
        }
        // Nothing is there any more: all comes to an end.
        for _ in 0..3 {
            turns.told(&host.after(seconds(301), &[]))?;
        }
        prop_assert!(host.engine.alerts().iter().all(|alert| alert.state == State::Resolved));
        prop_assert!(turns.0.values().all(|fires| !fires));
    }

    #[test]
    fn it_fires_when_it_has_lasted_and_ends_when_it_is_over(steps in vec(step(), 1..150)) {
        let mut host = Host::new(specs()[..1].to_vec());
        let (mut model, mut fires, mut missing) = (Model::default(), false, 0);
        for step in &steps {
            let Step::Reading(tick, values) = *step else { continue };
            model.take(tick, values[0]);
            missing = if values[0].is_some() { 0 } else { missing + 1 };
            let told = host.take(step);
            let told = told.iter().find(|notice| &*notice.alert.subject.key == "eth0");
            let lasted = model.true_for().is_some_and(|lasted| lasted + tick / 10 >= LASTING * 1_000);
            match told.map(|notice| notice.change) {
                Some(Change::Firing) => prop_assert!(!fires && lasted, "it fires too early"),
                Some(Change::Resolved) => prop_assert!(fires && model.since.is_none(), "it ends while it is true"),
                Some(other) => prop_assert!(false, "{other:?}"),
                None => {
                    prop_assert!(fires || !lasted, "it should have fired");
                    let over = model.since.is_none() && (values[0].is_some() || missing >= 2);
                    let flapping = host.engine.alerts().iter().any(|alert| &*alert.subject.key == "eth0" && alert.flapping);
                    prop_assert!(!(fires && over && !flapping), "it should have ended");
                    prop_assert!(!(fires && over && model.false_for > 900_000), "it should have come to rest");
                }
            }
            fires = told.map_or(fires, |notice| notice.change == Change::Firing);
        }
    }

    #[test]
    fn a_restart_changes_nothing(steps in vec((step(), any::<bool>()), 1..100)) {
        let (mut always, mut again) = (Host::new(specs()), Host::new(specs()));
        let mut watched = specs();
        for (step, restart) in &steps {
            match step {
                Step::Reading(..) => {}
                Step::Reload => watched = specs(),
                Step::Remove => watched.truncate(1),
            }
            let told = [always.take(step), again.take(step)].map(|notices| notices.iter().map(said).collect::<Vec<_>>());
            prop_assert_eq!(&told[0], &told[1]);
            if *restart {
                again.restart(watched.clone(), utc());
            }
        }
    }

    /// Whatever the clock does, nothing is told out of turn, and nothing is counted twice.
    #[test]
    fn volumes_are_told_in_turns(steps in vec((0.0..40.0_f64, -200_000_i64..400_000, any::<bool>()), 1..80)) {
        let volume = Threshold::Volume { bytes: 100, per: crate::rule::Period::Day };
        let spec = || vec![Spec::of_rule(rule("eth0", condition(Op::AtLeast, volume, "100B per day"), Duration::ZERO))];
        let (mut host, mut turns, mut moved) = (Host::new(spec()), Turns::default(), 0.0);
        for (bytes, jump, restart) in steps {
            host.time = host.time.checked_add(jiff::SignedDuration::from_secs(jump)).unwrap();
            turns.told(&host.second(bytes))?;
            turns.are_shown(&host.engine.alerts())?;
            moved += bytes.round();
            prop_assert!(host.engine.alerts().iter().all(|alert| alert.value <= moved));
            if restart {
                host.restart(spec(), utc());
            }
        }
    }
}
