//! Rules of any text: what is understood means the same when it is read again, and a fault is shown inside of the rule.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nbw::rule::{Condition, Metric, Rule, RuleError, parse_value};

fuzz_target!(|text: &str| {
    match text.parse::<Rule>() {
        Ok(rule) => understood(&rule),
        Err(error) => told(&error),
    }
    let _ = text.parse::<Condition>().map_err(|error| told(&error));
    for metric in Metric::ALL {
        let _ = parse_value(text, metric).map_err(|error| told(&error));
    }
});

fn understood(rule: &Rule) {
    let again: Rule = rule.text.parse().expect("a rule's text is a rule");
    assert_eq!((&again.text, &again.condition, again.lasting), (&rule.text, &rule.condition, rule.lasting));
    let pattern = |rule: &Rule| rule.target.pattern.as_ref().map(|pattern| pattern.text().to_owned());
    assert_eq!(pattern(&again), pattern(rule));
}

fn told(error: &RuleError) {
    let told = error.to_string();
    let lines: Vec<_> = told.split('\n').collect();
    assert_eq!(lines.len(), 3, "{told}");
    let (width, caret) = (console::measure_text_width(lines[0]), lines[1].find('^').expect("there is a caret"));
    assert!(caret <= width && lines[1].len() <= width.max(caret + 1), "{told}");
}
