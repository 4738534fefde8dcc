//! From text to rules, conditions and values.

use std::{path::Path, str::FromStr, sync::Arc};

use winnow::LocatingSlice;

use super::{
    Condition, Metric, Rule, RuleError, Scope, Target, Threshold,
    error::Fault,
    grammar::{self, Comparison, Input, Parsed, Statement, Word},
    meaning,
    value::Value,
};
use crate::{cgroup_root, filter, pattern::Pattern};

/// No rule is longer, in bytes.
const LONGEST: usize = 1024;

impl Rule {
    /// A rule; below `mount_point` the cgroup v2 hierarchy is mounted: a cgroup may be given by its path there, too.
    ///
    /// # Errors
    /// When `text` is no rule, or one that means nothing.
    pub fn parse(text: &str, mount_point: &Path) -> Result<Self, RuleError> {
        understood(text, |input| {
            let statement = grammar::statement(input)?;
            meaning::check(&statement)?;
            rule(&statement, mount_point)
        })
    }

    /// A condition for what this rule measures, such as `< 40Mbit/s`.
    ///
    /// # Errors
    /// When `text` is no condition, or none for this.
    pub fn parse_condition(&self, text: &str) -> Result<Condition, RuleError> {
        understood(text, |input| {
            let comparison = grammar::condition(input)?;
            meaning::comparison(&comparison)?;
            meaning::value_of(&comparison.value, self.target.scope, self.target.metric)?;
            Ok(condition(&comparison))
        })
    }

    /// A value to compare with what this rule measures, such as `40Mbit/s`.
    ///
    /// # Errors
    /// When `text` is no value, or none for this.
    pub fn parse_value(&self, text: &str) -> Result<Threshold, RuleError> {
        value_of(text, |value| meaning::value_of(value, self.target.scope, self.target.metric))
    }
}

impl FromStr for Rule {
    type Err = RuleError;

    /// [`Rule::parse`], with the hierarchy where it is mounted here.
    fn from_str(text: &str) -> Result<Self, RuleError> {
        Self::parse(text, cgroup_root::mount_point())
    }
}

impl FromStr for Condition {
    type Err = RuleError;

    /// A condition whatever it is about; see [`Rule::parse_condition`].
    fn from_str(text: &str) -> Result<Self, RuleError> {
        understood(text, |input| {
            let comparison = grammar::condition(input)?;
            meaning::comparison(&comparison)?;
            Ok(condition(&comparison))
        })
    }
}

/// A value of `metric`, such as `40Mbit/s`; where there is a rule, [`Rule::parse_value`] knows more.
///
/// # Errors
/// When `text` is no value, or none of this metric.
pub fn parse_value(text: &str, metric: Metric) -> Result<Threshold, RuleError> {
    value_of(text, |value| meaning::of_metric(value, metric))
}

fn value_of(text: &str, check: impl FnOnce(&Value<'_>) -> Parsed<()>) -> Result<Threshold, RuleError> {
    understood(text, |input| {
        let value = grammar::only_value(input)?;
        check(&value)?;
        Ok(value.threshold)
    })
}

/// What `parser` makes of the text, or its fault shown in it.
fn understood<'a, T>(text: &'a str, parser: impl FnOnce(&mut Input<'a>) -> Parsed<T>) -> Result<T, RuleError> {
    let text = text.trim();
    let end = text.char_indices().map(|(at, _)| at).find(|&at| at >= LONGEST).unwrap_or(text.len());
    if end < text.len() {
        let fault = Fault::new(&(end..end), format!("a rule has at most {LONGEST} bytes"));
        return Err(RuleError::new(&text[..end], fault));
    }
    parser(&mut LocatingSlice::new(text)).map_err(|fault| RuleError::new(text, fault))
}

fn rule(statement: &Statement<'_>, mount_point: &Path) -> Parsed<Rule> {
    let pattern = statement.pattern.as_ref();
    let pattern = pattern.map(|word| pattern_of(word, statement.scope, mount_point)).transpose()?;
    Ok(Rule {
        target: Target { scope: statement.scope, pattern, metric: statement.metric },
        condition: condition(&statement.comparison),
        lasting: statement.lasting.as_ref().map(|lasting| lasting.duration).unwrap_or_default(),
        text: text_of(statement),
    })
}

/// The pattern in the form that names of this scope have.
fn pattern_of(word: &Word<'_>, scope: Scope, mount_point: &Path) -> Parsed<Pattern> {
    let text = grammar::unquoted(word)?;
    let normal = match scope {
        Scope::Cgroup => filter::below_mount(text, mount_point),
        Scope::Unit => filter::full_unit(text),
        _ => text.to_owned(),
    };
    Pattern::new(&normal).map_err(|error| Fault::new(&word.span, format!("this is no valid glob: {}", error.kind())))
}

fn condition(comparison: &Comparison<'_>) -> Condition {
    let text = collapsed(comparison.value.text).into();
    Condition { op: comparison.op, threshold: comparison.value.threshold, text }
}

fn text_of(statement: &Statement<'_>) -> Arc<str> {
    let pattern = statement.pattern.as_ref().map(|word| word.text);
    let lasting = statement.lasting.as_ref().map(|lasting| format!("for {}", collapsed(lasting.text)));
    let value = collapsed(statement.comparison.value.text);
    let metric = statement.metric.word();
    let parts = [Some(statement.scope.word()), pattern, Some(metric), Some(statement.comparison.op.symbol())];
    let parts = parts.into_iter().flatten().chain([value.as_str()]).chain(lasting.as_deref());
    parts.collect::<Vec<_>>().join(" ").into()
}

fn collapsed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
