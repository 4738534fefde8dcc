//! `--alert`: the rules see each snapshot before anybody else, and all of it.

use super::lookout::lookout;
use crate::{
    alert::{Calendar, Complaint, Engine, Spec, measure},
    cli::FilterArgs,
    failure::Failure,
    links::Link,
    rule::{Rule, Scope, Threshold},
    snapshot::{By, Snapshot},
};

/// The rules, and what the user wants to see besides.
pub(super) struct Alerts {
    rules: Vec<Rule>,
    /// None where there are no rules.
    engine: Option<Engine>,
    /// What rows the user asked for, and how many of each kind.
    by: Vec<By>,
    top: Option<usize>,
    /// What the user was warned of, and is so still.
    complaints: Vec<Complaint>,
    /// Whether the rules have seen a snapshot.
    begun: bool,
}

impl Alerts {
    /// The rules of the command line, for somebody who wants to see at most `top` rows of each kind in `by`.
    ///
    /// # Errors
    /// [`Failure::Usage`] shows what is wrong with a rule.
    pub(super) fn new(rules: &[String], by: Vec<By>, top: Option<usize>) -> Result<Self, Failure> {
        let rules = parsed(rules)?;
        let engine = || Engine::new(rules.iter().cloned().map(Spec::of_rule).collect(), Calendar::default(), None);
        let engine = (!rules.is_empty()).then(engine);
        Ok(Self { engine, rules, by, top, complaints: Vec::new(), begun: false })
    }

    /// The lists that snapshots must have, for the user and for the rules.
    pub(super) fn lists(&self) -> Vec<By> {
        let mut lists = self.by.clone();
        measure::add_needs(&mut lists, self.rules.iter());
        lists
    }

    /// Checks the rules against the interfaces that there are at the start.
    ///
    /// # Errors
    /// [`Failure::Usage`] where a share of a link is asked for that has no speed.
    pub(super) fn check<'a>(&self, links: impl Iterator<Item = &'a Link> + Clone) -> Result<(), Failure> {
        let shares = self.rules.iter().filter(|rule| is_share(rule));
        let without_speed = |rule: &&Rule| links.clone().any(|link| is_named(rule, link) && has_no_speed(link));
        shares.filter(without_speed).map(no_speed).next().map_or(Ok(()), Err)
    }

    /// From now on rules see what is silent too, unless only some groups are counted.
    pub(super) fn look_around(&mut self, filter: &FilterArgs) {
        let presence = lookout(self.rules.iter(), filter.has_groups());
        if let Some(engine) = &mut self.engine {
            engine.look_around(presence);
        }
    }

    /// Has the rules look at the snapshot, puts their alerts in, and leaves of the rest what the user asked for.
    pub(super) fn see(&mut self, snapshot: &mut Snapshot) {
        if let Some(engine) = &mut self.engine {
            // What has happened is told by whoever shows the snapshot.
            drop(engine.observe(snapshot));
            snapshot.alerts = Some(engine.alerts());
            let complaints = engine.complaints();
            if !std::mem::replace(&mut self.begun, true) {
                self.unmatched(snapshot)
                    .iter()
                    .chain(&self.forgetful())
                    .for_each(|sentence| tracing::warn!("{sentence}"));
            }
            self.hear(complaints).iter().for_each(|sentence| tracing::warn!("{sentence}"));
        }
        snapshot.cut(&self.by, self.top);
    }

    /// A sentence for each rule about an interface that is not there. (Others are in snapshots once they have had traffic.)
    fn unmatched(&self, snapshot: &Snapshot) -> Vec<String> {
        let rules = self.rules.iter().filter(|rule| rule.target.scope == Scope::Interface);
        let rules = rules.filter(|rule| measure::measures(snapshot, &rule.target).is_empty());
        rules
            .map(|rule| format!("rule \"{rule}\": no {} matches yet; waiting for one", rule.target.scope.word()))
            .collect()
    }

    /// A sentence for each rule on a volume: what was before the start is not known here.
    fn forgetful(&self) -> Vec<String> {
        let volumes = self.rules.iter().filter(|rule| matches!(rule.condition.threshold, Threshold::Volume { .. }));
        volumes
            .map(|rule| format!("rule \"{rule}\": counted from now on only; `nbw agent` remembers the whole period"))
            .collect()
    }

    /// The sentences of those complaints that were not there before.
    fn hear(&mut self, complaints: Vec<Complaint>) -> Vec<String> {
        Complaint::news(&mut self.complaints, complaints)
    }
}

fn parsed(texts: &[String]) -> Result<Vec<Rule>, Failure> {
    let wrong = |error| Failure::Usage(format!("wrong rule after --alert:\n{error}"));
    texts.iter().map(|text| text.parse::<Rule>().map_err(wrong)).collect()
}

fn is_share(rule: &Rule) -> bool {
    rule.target.scope == Scope::Interface && matches!(rule.condition.threshold, Threshold::Share(_))
}

/// Whether the rule names this interface, and not only matches it.
fn is_named(rule: &Rule, link: &Link) -> bool {
    rule.target.pattern.as_ref().and_then(|pattern| pattern.exact()) == Some(&*link.name)
}

/// Whether the interface has no speed though it is connected: one that is not may have it later.
fn has_no_speed(link: &Link) -> bool {
    link.up && link.carrier && link.speed().is_none()
}

fn no_speed(rule: &Rule) -> Failure {
    let name = rule.target.pattern.as_ref().and_then(|pattern| pattern.exact()).unwrap_or_default();
    Failure::Usage(format!(
        "rule \"{rule}\": {name} has no known speed that it could be a share of; give a rate, such as 50Mbit/s"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{alert::State, sink::fixture};

    fn alerts(rules: &[&str], by: By, top: Option<usize>) -> Alerts {
        let rules: Vec<String> = rules.iter().map(|rule| (*rule).to_owned()).collect();
        Alerts::new(&rules, vec![by], top).unwrap_or_else(|failure| panic!("{failure}"))
    }

    fn link(name: &str, carrier: bool) -> Link {
        Link { index: 1, name: name.into(), up: true, carrier, header: 0, kind: None, master: None, joint: None }
    }

    #[test]
    fn a_wrong_rule_is_wrong_usage_with_a_caret() {
        let failure = Alerts::new(&["host rx > 1Mbit/s".into(), "host rx > much".into()], Vec::new(), None).err();
        let Some(Failure::Usage(text)) = failure else { panic!("{failure:?}") };
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!((lines[1], lines[2].trim_start().chars().next()), ("host rx > much", Some('^')), "{text}");
    }

    #[test]
    fn lists_are_those_of_the_user_and_of_the_rules() {
        let rules = ["process curl rx > 1MB/s", "process nginx rx > 1MB/s", "unit ssh rx > 1MB/s", "host rx > 1MB/s"];
        assert_eq!(alerts(&rules, By::Unit, None).lists(), [By::Unit, By::Process]);
        assert_eq!(alerts(&[], By::Group, None).lists(), [By::Group]);
    }

    #[test]
    fn rules_see_all_and_the_user_what_was_asked_for() {
        let mut alerts = alerts(&["process curl rx > 1kB/s", "unit *.service rx > 1kB/s"], By::Unit, Some(1));
        let mut snapshot = fixture::with_rows();
        alerts.see(&mut snapshot);
        let about = |word: &str| {
            let all = snapshot.alerts.iter().flatten().filter(|alert| alert.state == State::Firing);
            all.filter(|alert| alert.subject.scope.word() == word).count()
        };
        assert_eq!((about("process"), about("unit")), (1, 2));
        assert_eq!(snapshot.rows.units.as_ref().map(Vec::len), Some(1));
        assert!(snapshot.rows.processes.is_none() && snapshot.rows.remotes.is_none());
    }

    #[test]
    fn without_rules_there_is_no_list_of_alerts() {
        let mut snapshot = fixture::with_rows();
        alerts(&[], By::Process, None).see(&mut snapshot);
        assert!(snapshot.alerts.is_none() && snapshot.rows.processes.is_some());
        alerts(&["interface eth0 rx > 100Gbit/s"], By::Process, None).see(&mut snapshot);
        assert_eq!(snapshot.alerts.map(|alerts| alerts.len()), Some(0));
    }

    #[test]
    fn a_complaint_is_heard_once_while_it_lasts_whatever_its_numbers() {
        let mut alerts = alerts(&["interface * rx > 80%"], By::Group, None);
        let complaint = |lacking: usize| {
            let mut snapshot = fixture::snapshot();
            let interfaces = snapshot.interfaces.iter_mut();
            interfaces.zip(0..).for_each(|(row, at)| row.link_bits_per_second = (at >= lacking).then_some(1_000_000));
            let rule = "interface * rx > 80%".parse().map(Spec::of_rule);
            let mut engine = Engine::new(rule.into_iter().collect(), Calendar::default(), None);
            drop(engine.observe(&snapshot));
            engine.complaints()
        };
        let heard: Vec<usize> =
            [1, 2, 1, 0, 2].map(|lacking| alerts.hear(complaint(lacking)).len()).into_iter().collect();
        assert_eq!(heard, [1, 0, 0, 0, 1]);
    }

    #[test]
    fn volumes_are_counted_from_the_start_and_that_is_told() {
        let told = alerts(&["host rx > 1GB per day", "host rx > 1GB/s"], By::Group, None).forgetful();
        let sentence =
            "rule \"host rx > 1GB per day\": counted from now on only; `nbw agent` remembers the whole period";
        assert_eq!(told, [sentence]);
    }

    #[test]
    fn an_interface_that_is_not_there_is_told_of() {
        let mut alerts = alerts(&["interface eth7 rx > 1Mbit/s", "interface eth0 rx > 1Mbit/s"], By::Group, None);
        let unmatched = alerts.unmatched(&fixture::snapshot());
        assert!(unmatched.len() == 1 && unmatched[0].contains("eth7"), "{unmatched:?}");
        alerts.see(&mut fixture::snapshot());
        assert!(alerts.begun, "later ones are not looked at");
    }

    #[test]
    fn a_share_of_a_named_link_without_speed_is_refused() {
        let check = |rule: &str, links: &[Link]| alerts(&[rule], By::Group, None).check(links.iter());
        let links = [link("nbw-no-such", true), link("nbw-not-yet", false)];
        for (rule, refused) in [
            ("interface nbw-no-such rx > 80%", true),
            ("interface nbw-no-such rx > 80Mbit/s", false),
            ("interface nbw-no* rx > 80%", false),
            ("interface nbw-not-yet rx > 80%", false),
            ("interface another rx > 80%", false),
        ] {
            assert_eq!(check(rule, &links).is_err(), refused, "{rule}");
        }
    }
}
