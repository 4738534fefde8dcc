//! What `[[alert]]` means.

use std::{collections::BTreeMap, ops::Range, str::FromStr, sync::Arc};

use toml::Spanned;

use super::{AlertTable, ConfigError, Share, error};
use crate::{
    action,
    alert::{Severity, Spec},
    rule::{Condition, Op, Rule, Threshold},
    text as names,
};

type Actions = BTreeMap<Arc<str>, action::Settings>;

/// All of them.
pub(super) fn specs(tables: &[AlertTable], actions: &Actions, text: &str) -> Result<Vec<Spec>, ConfigError> {
    let mut specs: Vec<Spec> = Vec::with_capacity(tables.len());
    for table in tables {
        let spec = spec(table, actions, text)?;
        if specs.iter().any(|other| other.rule.text == spec.rule.text) {
            let why = "this rule is in another alert already";
            return Err(ConfigError::at(why, Some(table.rule.span()), text));
        }
        specs.push(spec);
    }
    Ok(specs)
}

fn spec(table: &AlertTable, actions: &Actions, text: &str) -> Result<Spec, ConfigError> {
    let rule: Rule = understood("rule", &table.rule, text)?;
    let clear = table.clear.as_ref().map(|clear| understood("clear", clear, text)).transpose()?;
    if let (Some(clear), Some(written)) = (&clear, &table.clear) {
        check_clear(&rule, clear).map_err(|why| ConfigError::at(why, Some(written.span()), text))?;
    }
    check_labels(&table.labels, text)?;
    let base = Spec::of_rule(rule);
    Ok(Spec {
        name: name(table, text)?.unwrap_or_else(|| Arc::clone(&base.name)),
        severity: table.severity.unwrap_or(base.severity),
        shares: shares(table, &base, text)?,
        clear,
        repeat: table.repeat,
        actions: known_actions(&table.actions, actions, text)?,
        labels: table.labels.iter().map(|(name, value)| (name.get_ref().clone(), clean(value))).collect(),
        ..base
    })
}

fn clean(value: &str) -> String {
    names::clean(value).into_owned()
}

/// Parses a part of a rule; what is wrong is shown with a mark below it.
fn understood<T: FromStr<Err: std::fmt::Display>>(
    key: &str,
    written: &Spanned<String>,
    text: &str,
) -> Result<T, ConfigError> {
    let wrong = |error: T::Err| {
        ConfigError::in_line(format!("`{key}` is not understood\n{}", indented(&error)), &written.span(), text)
    };
    written.get_ref().parse().map_err(wrong)
}

fn indented(error: &impl std::fmt::Display) -> String {
    let lines: Vec<String> = error.to_string().lines().map(|line| format!("  {line}")).collect();
    lines.join("\n")
}

fn name(table: &AlertTable, text: &str) -> Result<Option<Arc<str>>, ConfigError> {
    let Some(name) = &table.name else { return Ok(None) };
    if name.get_ref().trim().is_empty() {
        return Err(ConfigError::at("an alert's name cannot be empty", Some(name.span()), text));
    }
    Ok(Some(names::clean(name.get_ref()).as_ref().into()))
}

/// What ends an alert has to be measured as the rule is, and on the other side.
fn check_clear(rule: &Rule, clear: &Condition) -> Result<(), &'static str> {
    if matches!(rule.condition.threshold, Threshold::Volume { .. }) {
        return Err("a volume only grows: it is clear when a new period begins, and needs no `clear`");
    }
    let kind = |threshold: &Threshold| std::mem::discriminant(threshold);
    let measured_alike = kind(&rule.condition.threshold) == kind(&clear.threshold);
    if !measured_alike {
        return Err(
            "`clear` has to have a value of the same kind as the rule's: a rate, a share, packets or `x usual`",
        );
    }
    let is_high = |op: Op| matches!(op, Op::Above | Op::AtLeast);
    if is_high(rule.condition.op) == is_high(clear.op) {
        return Err("`clear` has to look to the other side than the rule: `< VALUE` for a rule with `>`");
    }
    Ok(())
}

/// The parts of a volume at which it is told, rising. Those before the last are warnings.
fn shares(table: &AlertTable, base: &Spec, text: &str) -> Result<Vec<(f64, Severity)>, ConfigError> {
    let Some(written) = &table.warn_at else {
        return Ok(graded(base.shares.iter().map(|(share, _)| *share).collect(), table.severity));
    };
    let fail = |why| Err(ConfigError::at(why, Some(written.span()), text));
    if !matches!(base.rule.condition.threshold, Threshold::Volume { .. }) {
        return fail("`warn_at` is for volumes, such as `> 50GB per month`");
    }
    let shares: Vec<f64> = written.get_ref().iter().map(|&Share(share)| share).collect();
    if shares.is_empty() || !shares.is_sorted_by(|one, next| one < next) {
        return fail("`warn_at` has to be a rising list of shares, such as [0.8, 0.95, 1.0]");
    }
    Ok(graded(shares, table.severity))
}

/// The last one is as bad as the user says; critical, unless told otherwise, if it is all of the volume.
fn graded(shares: Vec<f64>, worst: Option<Severity>) -> Vec<(f64, Severity)> {
    let last = shares.len().saturating_sub(1);
    let own = |share: f64| if share >= 1.0 { Severity::Critical } else { Severity::Warning };
    let severity = |at, share| if at < last { Severity::Warning } else { worst.unwrap_or_else(|| own(share)) };
    shares.into_iter().enumerate().map(|(at, share)| (share, severity(at, share))).collect()
}

/// The actions of these names.
pub(super) fn known_actions(
    written: &[Spanned<String>],
    actions: &Actions,
    text: &str,
) -> Result<Vec<Arc<str>>, ConfigError> {
    let known = |name: &Spanned<String>| match actions.get_key_value(name.get_ref().as_str()) {
        Some((known, _)) => Ok(Arc::clone(known)),
        None => Err(unknown_action(name, actions, text)),
    };
    written.iter().map(known).collect()
}

fn unknown_action(name: &Spanned<String>, actions: &Actions, text: &str) -> ConfigError {
    let all: Vec<&str> = actions.keys().map(AsRef::as_ref).collect();
    let unknown = names::clean(name.get_ref());
    ConfigError::at(
        format!("there is no action `{unknown}`{}", error::suggestion(&unknown, &all)),
        Some(name.span()),
        text,
    )
}

/// As Prometheus has them, for that is where they go.
fn check_labels(labels: &BTreeMap<Spanned<String>, String>, text: &str) -> Result<(), ConfigError> {
    let wrong = labels.keys().find(|name| !is_label(name.get_ref()));
    let span: Option<Range<usize>> = wrong.map(Spanned::span);
    match span {
        None => Ok(()),
        Some(span) => {
            let why = "a label's name has letters, digits and `_`, and does not begin with a digit";
            Err(ConfigError::at(why, Some(span), text))
        }
    }
}

fn is_label(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
