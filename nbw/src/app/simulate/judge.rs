//! Whether what was seen is what was sent.

use std::time::Duration;

use nbw_detect::{
    Event,
    simulate::{Attack, LookAlike, Scenario},
};

/// What is generated, and what is to be said of it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Case {
    /// One event, of its signature.
    Attack(&'static Attack),
    /// No event.
    Harmless(&'static LookAlike),
}

impl Case {
    pub(super) fn scenario(&self) -> &'static Scenario {
        match self {
            Self::Attack(attack) => &attack.scenario,
            Self::Harmless(alike) => &alike.scenario,
        }
    }
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Verdict {
    /// After how long the right event came, and how sure it was.
    pub(super) found: Option<(Duration, f64)>,
    /// The right signature, but not of whom it should have been.
    pub(super) mistaken: Option<String>,
    /// Other signatures that were told of.
    pub(super) others: Vec<String>,
    /// Why nothing can be said.
    pub(super) failed: Option<String>,
}

impl Verdict {
    /// That nothing can be said, and why.
    pub(super) fn failed(why: String) -> Self {
        Self { failed: Some(why), ..Self::default() }
    }

    /// Takes in an event that came after so long. Whether it is the one that was waited for.
    pub(super) fn see(&mut self, case: Case, event: &Event, after: Duration) -> bool {
        let Case::Attack(attack) = case else {
            self.add_other(event);
            return false;
        };
        if event.signature != attack.signature || event.kind != attack.kind {
            self.add_other(event);
            return false;
        }
        let source = attack.source.is(&event.sources, event.source_count);
        let target = attack.target.is(&event.targets, event.target_count);
        if source && target {
            self.found.get_or_insert((after, event.confidence));
            return true;
        }
        self.mistaken = Some(format!("{} on {}", event.sources.join(" "), event.targets.join(" ")));
        false
    }

    fn add_other(&mut self, event: &Event) {
        if !self.others.contains(&event.signature) {
            self.others.push(event.signature.clone());
        }
    }

    /// Whether all is as it should be.
    pub(super) fn passed(&self, case: Case) -> bool {
        match case {
            _ if self.failed.is_some() => false,
            Case::Attack(attack) if attack.needs_history => self.others.is_empty(),
            Case::Attack(attack) => self.found.is_some_and(|(after, _)| after <= attack.within),
            Case::Harmless(_) => self.others.is_empty(),
        }
    }

    /// Its row of the table: name, verdict, after, within, confidence, what else.
    pub(super) fn row(&self, case: Case) -> [String; 6] {
        let seconds = |time: Duration| format!("{:.1}s", time.as_secs_f64());
        let within = match case {
            Case::Attack(attack) => seconds(attack.within),
            Case::Harmless(_) => String::new(),
        };
        let (after, confidence) = match self.found {
            Some((after, confidence)) => (seconds(after), format!("{confidence:.2}")),
            None => (String::new(), String::new()),
        };
        let others = self.failed.clone().unwrap_or_else(|| self.others.join(" "));
        [case.scenario().name.to_owned(), self.word(case), after, within, confidence, others]
    }

    fn word(&self, case: Case) -> String {
        match (case, &self.mistaken) {
            _ if self.failed.is_some() => "failed".to_owned(),
            (Case::Harmless(_), _) if self.others.is_empty() => "quiet".to_owned(),
            (Case::Harmless(_), _) => "FALSE".to_owned(),
            (Case::Attack(attack), _) if attack.needs_history => "not judged: it needs history".to_owned(),
            _ if self.passed(case) => "found".to_owned(),
            _ if self.found.is_some() => "LATE".to_owned(),
            (_, Some(whom)) => format!("MISTAKEN: {whom}"),
            _ if !self.others.is_empty() => "WRONG NAME".to_owned(),
            _ => "MISSED".to_owned(),
        }
    }
}
