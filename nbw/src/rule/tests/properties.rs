//! Rules made of random parts, and random text.

use console::measure_text_width;
use proptest::prelude::*;

use super::*;

/// Values that fit the metric and the scope.
fn value(scope: Scope, metric: Metric) -> BoxedStrategy<String> {
    let number = prop_oneof![(1..10_000_u32).prop_map(|n| n.to_string()), "[1-9]{1,3}\\.[0-9]{1,3}"];
    let blank = prop_oneof![Just(""), Just(" "), Just("  ")];
    let usual = (number.clone(), blank.clone()).prop_map(|(number, blank)| format!("{number}{blank}x usual"));
    if metric.is_packets() {
        let rate = (number, blank, "[kMGT]?pps").prop_map(|(number, blank, unit)| format!("{number}{blank}{unit}"));
        return prop_oneof![rate, usual].boxed();
    }
    let unit = "([kMGT]|[KMGT]i)?(bit|B)/s";
    let rate = (number.clone(), blank, unit).prop_map(|(number, blank, unit)| format!("{number}{blank}{unit}"));
    let volume = (number, "([kMGT]|[KMGT]i)?B( per |/)(hour|day|week|month)");
    let volume = volume.prop_map(|(number, unit)| format!("{number}{unit}"));
    let share = (1..=100_u32).prop_map(|share| format!("{share}%"));
    if scope == Scope::Interface {
        prop_oneof![rate, usual, volume, share].boxed()
    } else {
        prop_oneof![rate, usual, volume].boxed()
    }
}

fn pattern(scope: Scope) -> BoxedStrategy<String> {
    let word = prop_oneof!["[a-z0-9/._@*?-]{1,12}", "[ö日🐳]{1,4}\\*?"];
    let given = prop_oneof![word.clone(), "'[a-z0-9 >\"*]{0,8}[a-z]'", "\"[a-z ö']{0,8}[a-z]\""];
    if scope == Scope::Host { Just(String::new()).boxed() } else { given.boxed() }
}

fn rule_text() -> impl Strategy<Value = String> {
    let scope = proptest::sample::select(&Scope::ALL[..]);
    let metric = proptest::sample::select(&Metric::ALL[..]);
    (scope, metric).prop_flat_map(|(scope, metric)| {
        let duration = proptest::option::of("[1-9][0-9]?( s|s|m|h| min|h[1-9]m)");
        let op = proptest::sample::select(&[">", ">="][..]);
        (pattern(scope), value(scope, metric), op, duration, "[ \t]{1,3}").prop_map(
            move |(pattern, value, op, duration, blank)| {
                let volume =
                    value.contains("per ") || value.contains("our") || value.contains("B/") && !value.ends_with("/s");
                let lasting = duration.filter(|_| !volume).map(|duration| format!("for {duration}"));
                let (scope, metric) = (scope.word(), metric.word());
                let parts = [scope, &pattern, metric, op, &value, lasting.as_deref().unwrap_or_default()];
                parts.join(&blank)
            },
        )
    })
}

/// All that a rule says, for comparing.
fn all_of(rule: &Rule) -> String {
    format!(
        "{:?}",
        (&rule.target.scope, rule.target.pattern.as_ref().map(Pattern::text), rule.target.metric, &rule.lasting)
    )
}

/// The carets are below what is above them.
fn shows_the_fault(error: &RuleError) -> Result<(), TestCaseError> {
    let told = error.to_string();
    let lines: Vec<_> = told.split('\n').collect();
    prop_assert_eq!(lines.len(), 3, "{:?}", told);
    let width = measure_text_width(lines[0]);
    let (blanks, carets) = lines[1].split_at(lines[1].find('^').unwrap());
    prop_assert!(blanks.chars().all(|c| c == ' ') && carets.chars().all(|c| c == '^'), "{:?}", told);
    // A caret alone may be behind the end: something is missing there.
    prop_assert!(lines[1].len() <= width.max(blanks.len() + 1) && blanks.len() <= width, "{:?}", told);
    prop_assert!(!lines[2].is_empty());
    prop_assert!(lines.iter().all(|line| crate::text::clean(line) == *line), "{:?}", told);
    Ok(())
}

/// Text that is nearly a rule.
fn nearly() -> impl Strategy<Value = String> {
    let change = (any::<proptest::sample::Index>(), any::<Option<char>>());
    (rule_text(), proptest::collection::vec(change, 1..4)).prop_map(|(text, changes)| {
        let mut characters: Vec<char> = text.chars().collect();
        for (index, change) in changes {
            let at = index.index(characters.len());
            match change {
                Some(new) => characters[at] = new,
                None if characters.len() > 1 => drop(characters.remove(at)),
                None => {}
            }
        }
        characters.into_iter().collect()
    })
}

fn told_well(text: &str) -> Result<(), TestCaseError> {
    for error in [parse(text).err(), text.parse::<Condition>().err(), parse_value(text, Metric::Rx).err()] {
        error.as_ref().map_or(Ok(()), shows_the_fault)?;
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_rule_is_understood_and_its_text_means_the_same(text in rule_text()) {
        let first = parse(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let second = parse(&first.text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(all_of(&first), all_of(&second));
        prop_assert_eq!(&first.condition, &second.condition);
        prop_assert_eq!(&first.text, &second.text);
    }

    #[test]
    fn any_text_is_told_well(text in any::<String>()) {
        prop_assert!(parse(&text).is_err());
        told_well(&text)?;
    }

    #[test]
    fn what_is_nearly_a_rule_is_told_well(text in nearly()) {
        told_well(&text)?;
        if let Ok(rule) = parse(&text) {
            prop_assert_eq!(&parse(&rule.text).unwrap().text, &rule.text);
        }
    }
}
