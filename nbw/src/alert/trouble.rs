//! What keeps a rule from doing its work, as sentences for the user.

use std::sync::Arc;

use super::{
    Spec, Subject,
    baseline::LEAST_DAYS,
    bound::{self, Bound, is_volume},
    watch::{MOST, MOST_BASELINES},
};
use crate::rule::{Rule, Threshold};

/// So many names are told.
const NAMES: usize = 3;

/// What keeps a rule from doing its work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The rule's text.
    rule: Arc<str>,
    /// The same while its numbers change.
    kind: &'static str,
    /// For the user, with the rule.
    pub sentence: String,
}

impl Complaint {
    /// Of a rule.
    pub(super) fn new(rule: &Arc<str>, kind: &'static str, sentence: &str) -> Self {
        Self { rule: Arc::clone(rule), kind, sentence: format!("rule {:?}: {sentence}", &**rule) }
    }

    /// Whether it is the same as one of these, if perhaps with other numbers.
    fn is_among(&self, others: &[Self]) -> bool {
        others.iter().any(|other| (&self.rule, self.kind) == (&other.rule, other.kind))
    }

    /// Takes over what there is `now`. The sentences of those that were not `heard` before, as they then last.
    pub fn news(heard: &mut Vec<Self>, now: Vec<Self>) -> Vec<String> {
        let before = std::mem::replace(heard, now);
        let new = heard.iter().filter(|complaint| !complaint.is_among(&before));
        new.map(|complaint| complaint.sentence.clone()).collect()
    }
}

/// What was met in a tick.
#[derive(Debug, Default)]
pub(super) struct Troubles {
    no_speed: Vec<Arc<str>>,
    /// Subjects of which it is not known what is usual, and the most days that are known of one.
    learning: Option<(usize, usize)>,
    /// Subjects.
    measured: usize,
    /// Subjects whose condition is true and that found no room.
    pub(super) unwatched: usize,
    /// Whether some volumes had to be forgotten.
    pub(super) trimmed: bool,
    /// Whether some baselines had to be forgotten.
    pub(super) unlearnt: bool,
    /// Whether a volume is to be below something.
    backwards: bool,
    /// Whether a rate is to end a volume's alert, or the other way round.
    mixed: bool,
}

impl Troubles {
    /// A threshold was looked up.
    pub(super) fn met(&mut self, bound: Bound, subject: &Subject) {
        self.measured += 1;
        match bound {
            Bound::At(_) => {}
            Bound::NoSpeed => self.no_speed.push(Arc::clone(&subject.name)),
            Bound::Learning(days) => {
                let (subjects, most) = self.learning.unwrap_or_default();
                self.learning = Some((subjects + 1, most.max(days)));
            }
        }
    }

    /// All subjects were looked at.
    pub(super) fn judged(&mut self, spec: &Spec) {
        let condition = &spec.rule.condition;
        if self.measured == 0 && matches!(condition.threshold, Threshold::Usual(_)) {
            self.learning = Some((0, 0));
        }
        self.backwards = is_volume(condition) && !bound::is_upper(condition.op);
        self.mixed = spec.clear.as_ref().is_some_and(|clear| is_volume(condition) || is_volume(clear));
    }

    /// One sentence for each.
    pub(super) fn complaints(&self, rule: &Rule) -> Vec<Complaint> {
        let all = [
            ("speed", self.speed()),
            ("days", self.days()),
            ("direction", self.direction()),
            ("clear", self.clear()),
            ("room", self.room()),
            ("volumes", self.volumes()),
            ("baselines", self.baselines()),
        ];
        let complaint = |(kind, sentence): (_, Option<String>)| Some(Complaint::new(&rule.text, kind, &sentence?));
        all.into_iter().filter_map(complaint).collect()
    }

    fn speed(&self) -> Option<String> {
        let names: Vec<&str> = self.no_speed.iter().take(NAMES).map(|name| &**name).collect();
        let (has, more) = match self.no_speed.len() {
            0 => return None,
            1 => ("has", String::new()),
            count if count > NAMES => ("have", format!(" and {} more", count - NAMES)),
            _ => ("have", String::new()),
        };
        Some(format!("{}{more} {has} no known speed; give a rate such as 50Mbit/s", names.join(", ")))
    }

    fn days(&self) -> Option<String> {
        let (subjects, days) = self.learning?;
        let of =
            if subjects < self.measured { format!(" for {subjects} of its {}", self.measured) } else { String::new() };
        Some(format!("it is learning what is usual{of}: {days} of {LEAST_DAYS} days are known of this hour"))
    }

    fn room(&self) -> Option<String> {
        let count = self.unwatched;
        (count > 0).then(|| format!("it is true for more than {MOST}, and {count} are not watched; narrow the pattern"))
    }

    fn volumes(&self) -> Option<String> {
        let sentence = || format!("volumes of more than {MOST} are not kept, only the greatest; narrow the pattern");
        self.trimmed.then(sentence)
    }

    fn baselines(&self) -> Option<String> {
        let sentence = || format!("what is usual is learnt of the busiest {MOST_BASELINES} only; narrow the pattern");
        self.unlearnt.then(sentence)
    }

    fn direction(&self) -> Option<String> {
        let sentence = "a volume only grows, so it can only be above something (> or >=)";
        self.backwards.then(|| sentence.to_owned())
    }

    fn clear(&self) -> Option<String> {
        let sentence =
            "its condition to clear is not used: volumes end with their period, and rates are not ended by one";
        self.mixed.then(|| sentence.to_owned())
    }
}
