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
    /// After how long the right event came first, and how sure it was.
    found: Option<(Duration, f64)>,
    /// What was told of each event, by its id, as it was told last.
    told: Vec<(String, Told)>,
    /// How late it was when others went on beside it.
    before: Option<Duration>,
    /// Why nothing can be said.
    failed: Option<String>,
}

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Told {
    /// What it is to say.
    Right,
    /// The right signature, but not of whom it should have been.
    Mistaken(String),
    /// Another signature.
    Other(String),
}

impl Told {
    fn of(case: Case, event: &Event) -> Self {
        let Case::Attack(attack) = case else { return Self::Other(event.signature.clone()) };
        if event.signature != attack.signature || event.kind != attack.kind {
            return Self::Other(event.signature.clone());
        }
        let source = attack.source.is(&event.sources, event.source_count);
        let target = attack.target.is(&event.targets, event.target_count);
        if source && target {
            return Self::Right;
        }
        Self::Mistaken(format!("{} on {}", event.sources.join(" "), event.targets.join(" ")))
    }
}

impl Verdict {
    /// That nothing can be said, and why.
    pub(super) fn failed(why: String) -> Self {
        Self { failed: Some(why), ..Self::default() }
    }

    /// The same, of a second try.
    pub(super) fn instead_of(self, first: &Self) -> Self {
        Self { before: first.found.map(|(after, _)| after), ..self }
    }

    /// Takes in an event that came after so long. Whether it is the one that was waited for.
    pub(super) fn see(&mut self, case: Case, event: &Event, after: Duration) -> bool {
        self.hear(case, event);
        let right = Told::of(case, event) == Told::Right;
        if right {
            self.found.get_or_insert((after, event.confidence));
        }
        right
    }

    /// Takes in an event's last word, which is too late to be the one that was waited for.
    pub(super) fn hear(&mut self, case: Case, event: &Event) {
        let told = Told::of(case, event);
        match self.told.iter_mut().find(|(id, _)| *id == event.id) {
            Some((_, before)) => *before = told,
            None => self.told.push((event.id.clone(), told)),
        }
    }

    /// What was told besides the one event that is wanted, each signature once.
    fn others(&self, case: Case) -> Vec<&str> {
        let right = self.told.iter().position(|(_, told)| *told == Told::Right).filter(|_| self.found.is_some());
        let others = self.told.iter().enumerate().filter(|(at, _)| Some(*at) != right);
        let mut names: Vec<&str> = others
            .map(|(_, (_, told))| match told {
                Told::Other(signature) => signature.as_str(),
                Told::Right | Told::Mistaken(_) => case.scenario().name,
            })
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Whether it was found, too late, and nothing else is wrong: it may be that the machine had too much to do.
    pub(super) fn is_late(&self, case: Case) -> bool {
        self.failed.is_none() && self.word(case) == "LATE"
    }

    /// Whether all is as it should be.
    pub(super) fn passed(&self, case: Case) -> bool {
        let alone = self.failed.is_none() && self.others(case).is_empty();
        match case {
            Case::Attack(attack) if !attack.needs_history => {
                alone && self.found.is_some_and(|(after, _)| after <= attack.within)
            }
            _ => alone,
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
        let before = self.before.map(|late| format!("late at first: {}", seconds(late)));
        let others = self.failed.clone().unwrap_or_else(|| self.others(case).join(" "));
        let also: Vec<String> = before.into_iter().chain([others]).filter(|text| !text.is_empty()).collect();
        [case.scenario().name.to_owned(), self.word(case), after, within, confidence, also.join("; ")]
    }

    fn word(&self, case: Case) -> String {
        let Case::Attack(attack) = case else { return self.word_of_harmless(case).to_owned() };
        let alone = self.others(case).is_empty();
        let mistaken = self.told.iter().find_map(|(_, told)| match told {
            Told::Mistaken(whom) => Some(format!("MISTAKEN: {whom}")),
            _ => None,
        });
        match self.found {
            _ if self.failed.is_some() => "failed".to_owned(),
            _ if attack.needs_history && alone => "not judged: it needs history".to_owned(),
            _ if attack.needs_history => "FALSE".to_owned(),
            Some(_) if !alone => "ALSO".to_owned(),
            Some((after, _)) if after > attack.within => "LATE".to_owned(),
            Some(_) => "found".to_owned(),
            None if mistaken.is_some() => mistaken.unwrap_or_default(),
            None if !alone => "WRONG NAME".to_owned(),
            None => "MISSED".to_owned(),
        }
    }

    fn word_of_harmless(&self, case: Case) -> &'static str {
        match (&self.failed, self.others(case).is_empty()) {
            (Some(_), _) => "failed",
            (None, true) => "quiet",
            (None, false) => "FALSE",
        }
    }
}

#[cfg(test)]
mod tests {
    use nbw_detect::simulate::attacks;

    use super::*;
    use crate::detection::fixture::{over, scan};

    const AFTER: Duration = Duration::from_secs(1);

    fn case() -> Case {
        attacks().find(|attack| attack.scenario.name == "port-scan-syn").map(Case::Attack).unwrap()
    }

    /// The event that is wanted.
    fn right() -> Event {
        Event { sources: vec!["198.51.100.66".into()], targets: vec!["10.20.0.10".into()], ..scan() }
    }

    fn other() -> Event {
        Event { id: "other".into(), signature: "host-sweep-spread".into(), ..right() }
    }

    fn seen(events: &[Event], after: Duration) -> Verdict {
        let mut verdict = Verdict::default();
        for event in events {
            verdict.see(case(), event, after);
        }
        verdict
    }

    fn word(verdict: &Verdict) -> (String, bool, String) {
        let [_, word, .., also] = verdict.row(case());
        (word, verdict.passed(case()), also)
    }

    fn expected(word: &str, passed: bool, also: &str) -> (String, bool, String) {
        (word.into(), passed, also.into())
    }

    #[test]
    fn one_event_is_wanted_and_no_other_beside_it() {
        assert_eq!(word(&seen(&[right(), over(right())], AFTER)), expected("found", true, ""));
        assert_eq!(word(&seen(&[right(), other()], AFTER)), expected("ALSO", false, "host-sweep-spread"));
        let twice = Event { id: "again".into(), ..right() };
        assert_eq!(word(&seen(&[right(), twice], AFTER)), expected("ALSO", false, "port-scan-syn"));
        assert_eq!(word(&seen(&[other()], AFTER)), expected("WRONG NAME", false, "host-sweep-spread"));
        assert_eq!(word(&seen(&[], AFTER)), expected("MISSED", false, ""));
    }

    #[test]
    fn what_comes_at_the_end_counts_but_not_as_found() {
        let mut verdict = seen(&[right()], AFTER);
        verdict.hear(case(), &over(other()));
        assert_eq!(word(&verdict), expected("ALSO", false, "host-sweep-spread"));
        let mut verdict = Verdict::default();
        verdict.hear(case(), &over(right()));
        assert!(!verdict.passed(case()), "{:?}", word(&verdict));
    }

    #[test]
    fn an_event_is_what_it_was_called_last() {
        let first = Event { signature: "port-scan-connect".into(), ..right() };
        assert_eq!(word(&seen(&[first.clone(), right()], AFTER)), expected("found", true, ""));
        assert_eq!(word(&seen(&[right(), first], AFTER)), expected("ALSO", false, "port-scan-connect"));
    }

    #[test]
    fn what_is_late_is_told_with_the_second_try() {
        let late = seen(&[right()], Duration::from_secs(4));
        assert!(late.is_late(case()) && word(&late) == expected("LATE", false, ""));
        let again = seen(&[right()], AFTER).instead_of(&late);
        assert_eq!(word(&again), expected("found", true, "late at first: 4.0s"));
        assert!(!seen(&[right(), other()], Duration::from_secs(4)).is_late(case()), "that is no matter of time");
    }

    #[test]
    fn the_right_name_of_somebody_else_is_mistaken() {
        let verdict = seen(&[Event { targets: vec!["10.0.0.9".into()], ..right() }], AFTER);
        assert_eq!(word(&verdict).0, "MISTAKEN: 198.51.100.66 on 10.0.0.9");
        assert!(!verdict.passed(case()));
    }
}
