//! A condition at work: which counters it looks at, and whether it holds of what they have counted.

use super::cell::Cell;
use crate::signature::{Condition, Counter};

/// A condition with its counters' places.
#[derive(Debug)]
pub(crate) struct Test {
    value: usize,
    per: Option<usize>,
    at_least: Option<f64>,
    at_most: Option<f64>,
}

impl Test {
    /// None where there is no such counter.
    pub(crate) fn new(counters: &[Counter], condition: &Condition) -> Option<Self> {
        let place = |name: &String| counters.iter().position(|counter| counter.name == *name);
        let per = match &condition.per {
            Some(per) => Some(place(per)?),
            None => None,
        };
        let value = place(&condition.value)?;
        Some(Self { value, per, at_least: condition.at_least, at_most: condition.at_most })
    }

    pub(crate) fn value(&self, cells: &[Cell]) -> Option<f64> {
        let value = cells[self.value].value()?;
        let Some(per) = self.per else { return Some(value) };
        let per = cells[per].value()?;
        // Something against nothing is more than any bound.
        (value > 0.0 || per > 0.0).then(|| if per > 0.0 { value / per } else { f64::INFINITY })
    }

    pub(crate) fn holds(&self, cells: &[Cell]) -> bool {
        let Some(value) = self.value(cells) else { return false };
        self.at_least.is_none_or(|bound| value >= bound) && self.at_most.is_none_or(|bound| value <= bound)
    }

    /// How many times its lower bound the value is.
    pub(crate) fn margin(&self, cells: &[Cell]) -> Option<f64> {
        let bound = self.at_least.filter(|bound| *bound > 0.0)?;
        Some(self.value(cells)? / bound)
    }
}

/// Whether there are any, and all of them hold.
pub(crate) fn all(tests: &[Test], cells: &[Cell]) -> bool {
    !tests.is_empty() && tests.iter().all(|test| test.holds(cells))
}
