//! `--alert`: the rules see each snapshot before anybody else, and all of it.

use std::collections::HashSet;

use crate::{
    alert::{Calendar, Engine, Spec, measure},
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
    /// What the user was warned of already.
    told: HashSet<String>,
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
        Ok(Self { engine, rules, by, top, told: HashSet::new(), begun: false })
    }

    /// The lists that snapshots must have, for the user and for the rules.
    pub(super) fn lists(&self) -> Vec<By> {
        let mut lists = self.by.clone();
        for need in self.rules.iter().filter_map(|rule| measure::needs(&rule.target)) {
            if !lists.contains(&need) {
                lists.push(need);
            }
        }
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

    /// Has the rules look at the snapshot, puts their alerts in, and leaves of the rest what the user asked for.
    pub(super) fn see(&mut self, snapshot: &mut Snapshot) {
        if let Some(engine) = &mut self.engine {
            // What has happened is told by whoever shows the snapshot.
            drop(engine.observe(snapshot));
            snapshot.alerts = Some(engine.alerts());
            let complaints = engine.complaints();
            let unmatched = if self.begun { Vec::new() } else { self.unmatched(snapshot) };
            self.warn(complaints.into_iter().chain(unmatched));
            self.begun = true;
        }
        snapshot.cut(&self.by, self.top);
    }

    /// A sentence for each rule that is about nothing in the snapshot.
    fn unmatched(&self, snapshot: &Snapshot) -> Vec<String> {
        let rules = self.rules.iter().filter(|rule| measure::measures(snapshot, &rule.target).is_empty());
        rules.map(|rule| format!("rule \"{rule}\": no {} matches yet; waiting for one", rule.target.scope.word())).collect()
    }

    /// Warns of each thing once.
    fn warn(&mut self, sentences: impl Iterator<Item = String>) {
        for sentence in sentences {
            if !self.told.contains(&sentence) {
                tracing::warn!("{sentence}");
                self.told.insert(sentence);
            }
        }
    }
}

/// The rules, each once.
fn parsed(texts: &[String]) -> Result<Vec<Rule>, Failure> {
    let mut rules: Vec<Rule> = Vec::new();
    for text in texts {
        let rule: Rule = text.parse().map_err(|error| Failure::Usage(format!("wrong rule after --alert:\n{error}")))?;
        if rules.iter().all(|other| other.text != rule.text) {
            rules.push(rule);
        }
    }
    Ok(rules)
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
