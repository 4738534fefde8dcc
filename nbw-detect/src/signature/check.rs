//! What serde cannot see: names that mean nothing, bounds that are none.

use super::form::{Condition, Counter, Measure, Signature};
use crate::engine::Happening;

/// The longest window: a day.
const LONGEST: u64 = 86_400;

/// Counters of one signature at most.
const MOST_COUNTERS: usize = 12;

/// # Errors
/// What makes no sense, as a sentence.
pub(super) fn check(signature: &Signature) -> Result<(), String> {
    check_name(&signature.name)?;
    if !(0.0..=1.0).contains(&signature.confidence) {
        return Err("`confidence` lies between 0 and 1".to_owned());
    }
    if !(2..=LONGEST).contains(&signature.window) {
        return Err(format!("`window` lies between 2 and {LONGEST} seconds"));
    }
    if signature.count.is_empty() || signature.count.len() > MOST_COUNTERS {
        return Err(format!("`count` has between 1 and {MOST_COUNTERS} counters"));
    }
    if !signature.when.iter().any(|condition| condition.at_least.is_some()) {
        return Err("`when` has no condition with `at-least`: it would be true of nothing at all".to_owned());
    }
    signature.count.iter().try_for_each(|counter| check_counter(signature, counter))?;
    let conditions = signature.when.iter().chain(&signature.exclude).chain(&signature.watch);
    conditions.into_iter().try_for_each(|condition| check_condition(signature, condition))
}

fn check_name(name: &str) -> Result<(), String> {
    let good = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if good { Ok(()) } else { Err("its name is made of lower-case letters, digits and hyphens".to_owned()) }
}

/// What events say of themselves, beside the counters' values.
const RESERVED: [&str; 3] = ["counted", "seconds", "bytes"];

fn check_counter(signature: &Signature, counter: &Counter) -> Result<(), String> {
    let name = &counter.name;
    if RESERVED.contains(&name.as_str()) {
        return Err(format!("counter `{name}` has a name that events need for something else: call it otherwise"));
    }
    if signature.count.iter().filter(|other| other.name == *name).count() > 1 {
        return Err(format!("there are two counters `{name}`"));
    }
    if counter.on.is_empty() {
        return Err(format!("counter `{name}` has nothing in `on`"));
    }
    check_fields(counter)?;
    let needs_field = matches!(counter.measure, Measure::Distinct | Measure::Uniform | Measure::Variation);
    match (needs_field, counter.of) {
        (true, None) => Err(format!("counter `{name}` needs `of`: which value is looked at")),
        (false, Some(_)) => {
            Err(format!("counter `{name}` has `of`, which only `distinct`, `uniform` and `variation` have"))
        }
        _ => Ok(()),
    }
}

/// Whether a counter asks for something, what that is called, and what has it.
type Asked = (bool, &'static str, fn(Happening) -> bool);

/// # Errors
/// What is asked for of something that has no such thing: it would never be so.
fn check_fields(counter: &Counter) -> Result<(), String> {
    let of_connections = counter.turns.is_some() || counter.lasted.is_some() || counter.server_first.is_some();
    let asked: [Asked; 6] = [
        (counter.flags.is_some(), "flags", Happening::has_flags),
        (!counter.icmp_types.is_empty(), "ICMP types", Happening::has_icmp),
        (of_connections, "turns, a length of time, or one who speaks first", Happening::is_of_connection),
        (counter.answered_before.is_some(), "anything that was answered before", Happening::is_of_connection),
        (counter.measure == Measure::Bytes, "bytes", Happening::has_bytes),
        (counter.measure == Measure::Usual, "anything usual", |what| what == Happening::Volume),
    ];
    for (is_asked, what, has) in asked {
        if let Some(without) = counter.on.iter().find(|on| is_asked && !has(**on)) {
            let on = serde_json::to_value(without).ok().and_then(|name| Some(name.as_str()?.to_owned()));
            return Err(format!("counter `{}`: {} has no {what}", counter.name, on.unwrap_or_default()));
        }
    }
    Ok(())
}

fn check_condition(signature: &Signature, condition: &Condition) -> Result<(), String> {
    for name in [Some(&condition.value), condition.per.as_ref()].into_iter().flatten() {
        if signature.count.iter().all(|counter| counter.name != *name) {
            let known: Vec<&str> = signature.count.iter().map(|counter| counter.name.as_str()).collect();
            return Err(format!("there is no counter `{name}`; there are: {}", known.join(", ")));
        }
    }
    match (condition.at_least, condition.at_most) {
        (Some(least), Some(most)) if least > most => {
            Err(format!("the condition on `{}` has an `at-least` above its `at-most`", condition.value))
        }
        (None, None) => Err(format!("the condition on `{}` needs `at-least` or `at-most`", condition.value)),
        (least, most) if least.into_iter().chain(most).any(|bound| !bound.is_finite() || bound < 0.0) => {
            Err(format!("the bounds of `{}` are numbers from 0", condition.value))
        }
        _ => Ok(()),
    }
}
