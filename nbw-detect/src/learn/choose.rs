//! Which candidate it is.

use super::{
    LearnError, Margin,
    candidate::{Candidate, at_least},
};
use crate::Signature;

/// Less than this factor is no gap: either side has to be a factor of two away from the middle.
const LEAST_GAP: f64 = 4.0;

/// A gap of this factor is as good as any wider one; then what is more telling decides.
const ENOUGH: f64 = 64.0;

/// An attack consists of so much at least.
const LEAST: f64 = 4.0;

/// What was chosen.
pub(super) struct Choice {
    candidate: Candidate,
    pub(super) margins: Vec<Margin>,
}

/// Chooses what is furthest apart; of as good ones the most telling, and the shortest window.
pub(super) fn choose(
    candidates: &[Candidate],
    most: &[Option<f64>],
    usual: &[Option<f64>],
    names: (&str, &str),
) -> Result<Choice, LearnError> {
    let margins =
        candidates.iter().zip(most).zip(usual).map(|((candidate, most), usual)| {
            (candidate, margin(candidate, most.unwrap_or(0.0), usual.unwrap_or(0.0)))
        });
    let mut best: Option<(&Candidate, Margin)> = None;
    for (candidate, margin) in margins {
        if best.as_ref().is_none_or(|(_, known)| margin.worth() > known.worth()) {
            best = Some((candidate, margin));
        }
    }
    match best {
        Some((candidate, margin)) if margin.gap() >= LEAST_GAP && margin.attack >= LEAST => {
            Ok(Choice { candidate: candidate.clone(), margins: vec![margin] })
        }
        best => {
            let (name, most, usual) =
                best.map(|(_, margin)| (margin.name, margin.attack, margin.normal)).unwrap_or_default();
            let (attack, normal) = (names.0.to_owned(), names.1.to_owned());
            Err(LearnError::Alike { attack, normal, name, most, usual })
        }
    }
}

fn margin(candidate: &Candidate, attack: f64, normal: f64) -> Margin {
    let bound = (attack * normal.max(1.0)).sqrt();
    Margin { name: candidate.counter.name.clone(), attack, normal, bound: rounded(bound) }
}

/// To two digits, up: a bound is for people.
fn rounded(bound: f64) -> f64 {
    let digits = bound.max(1.0).log10().floor() - 1.0;
    let unit = 10f64.powf(digits.max(0.0));
    (bound / unit).ceil() * unit
}

impl Margin {
    /// How many times the normal's most the attack's is. One is as good as nothing.
    pub fn gap(&self) -> f64 {
        self.attack / self.normal.max(1.0)
    }

    fn worth(&self) -> f64 {
        if self.attack < LEAST { 0.0 } else { self.gap().min(ENOUGH) }
    }

    /// Why the bound is where it is.
    fn because(&self, attack: &str, normal: &str) -> String {
        let factor = self.gap().sqrt();
        format!(
            "at most {} in {normal}, {} in {attack}: the geometric middle, a factor of {factor:.1} from either",
            self.normal, self.attack
        )
    }
}

impl Choice {
    pub(super) fn signature(&self, name: &str, attack: &str, normal: &str) -> Signature {
        let candidate = &self.candidate;
        let when =
            self.margins.iter().map(|margin| at_least(&margin.name, margin.bound, &margin.because(attack, normal)));
        Signature {
            title: format!("Learnt from {attack}"),
            about: format!("What sets {attack} apart from {normal}, by `nbw detect --learn`."),
            advice: "Look at who is named, and at what they do; then write here what is to be done about it."
                .to_owned(),
            when: when.collect(),
            ..candidate.signature(name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_have_two_digits_and_lie_in_the_gap() {
        for (attack, normal) in [(1000.0, 0.0), (1000.0, 10.0), (4.0, 1.0), (5_000_000.0, 3.0), (12.0, 3.0)] {
            let bound = rounded((attack * f64::max(normal, 1.0)).sqrt());
            assert!(bound > normal && bound <= attack, "{normal} < {bound} <= {attack}");
        }
        assert_eq!([rounded(31.6), rounded(1234.0), rounded(2.0)], [32.0, 1300.0, 2.0]);
    }
}
