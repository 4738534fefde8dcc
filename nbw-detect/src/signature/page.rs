//! A signature as people read it: `nbw detect --explain`, and its page in `docs/signatures`.

use std::fmt::Write as _;

use serde_json::{Value, to_value};

use super::form::{Condition, Counter, Group, Key, Signature};

/// Names of fields of a counter that say what it counts, not which.
const OTHERWISE_SAID: [&str; 5] = ["name", "on", "measure", "of", "turned"];

impl Signature {
    /// All that there is to say about it, in Markdown.
    #[must_use]
    pub fn page(&self) -> String {
        let mut page = format!("# {}\n\n{}.", self.name, self.title);
        let _ = write!(page, " Kind {}, severity {}", word(&self.kind), word(&self.severity));
        if let Some(technique) = &self.technique {
            let path = technique.replace('.', "/");
            let _ = write!(page, ", [{technique}](https://attack.mitre.org/techniques/{path}/)");
        }
        let _ = write!(page, ".\n\n{}\n\n## What is counted\n\n", joined(&self.about));
        let _ =
            writeln!(page, "For {}, in {} seconds; an event is {}.\n", whom(self.key), self.window, event(self.event));
        page += "| counter | is |\n| --- | --- |\n";
        for counter in &self.count {
            let _ = writeln!(page, "| `{}` | {} |", counter.name, counted(counter));
        }
        self.sections(&mut page);
        let _ = write!(page, "\n## What to do\n\n{}\n", joined(&self.advice));
        page
    }

    fn sections(&self, page: &mut String) {
        let sure = format!("It is an attack, by {:.0} % at least", self.confidence * 100.0);
        section(page, "Thresholds", &sure, &self.when);
        section(page, "What excludes it", "It is none", &self.exclude);
        section(page, "When it looks closer", "Every TCP packet of the target and its port is looked at", &self.watch);
        if self.explains {
            *page += "\nWhile it goes on, what belongs to it is not shown to signatures of other kinds.\n";
        }
        if self.both_ways {
            *page += "\nWhere only one direction of most TCP connections is seen (a mirror of one direction, routes that differ), it says nothing.\n";
        }
    }
}

fn section(page: &mut String, title: &str, what: &str, conditions: &[Condition]) {
    if conditions.is_empty() {
        return;
    }
    let _ = write!(page, "\n## {title}\n\n{what}, when all of this holds:\n\n| | because |\n| --- | --- |\n");
    for condition in conditions {
        let _ = writeln!(page, "| {} | {} |", bounds(condition), joined(&condition.because));
    }
}

fn bounds(condition: &Condition) -> String {
    let mut text = format!("`{}`", condition.value);
    if let Some(per) = &condition.per {
        let _ = write!(text, " per `{per}`");
    }
    let bounds = [("at least", condition.at_least), ("at most", condition.at_most)];
    let bounds: Vec<String> = bounds.iter().filter_map(|(word, bound)| Some(format!("{word} {}", (*bound)?))).collect();
    format!("{text} is {}", bounds.join(" and "))
}

/// What is measured of what happens, and which of it.
fn counted(counter: &Counter) -> String {
    let on: Vec<String> = counter.on.iter().map(word).collect();
    let measure = match counter.of {
        Some(field) => format!("{} {} of ", word(&counter.measure), word(&field)),
        None if counter.measure == super::Measure::Count => String::new(),
        None => format!("{} of ", word(&counter.measure)),
    };
    let mut text = format!("{measure}{}", on.join(", "));
    if counter.turned {
        text += ", seen from the other side";
    }
    if let Ok(Value::Object(fields)) = to_value(counter) {
        let which = fields.iter().filter(|(name, _)| !OTHERWISE_SAID.contains(&name.as_str()));
        for (name, value) in which {
            let _ = write!(text, "; {name} {}", plain(value));
        }
    }
    text
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// As the file has it.
fn word(value: &impl serde::Serialize) -> String {
    to_value(value).map(|value| plain(&value)).unwrap_or_default()
}

fn joined(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn whom(key: Key) -> &'static str {
    match key {
        Key::Source => "each source",
        Key::Target => "each target",
        Key::Pair => "each source and target",
        Key::SourcePort => "each source and target port",
        Key::TargetPort => "each target and its port",
        Key::PairPort => "each source, target and target's port",
        Key::TargetService => "each target and source port",
        Key::PairService => "each source, its port, and target",
        Key::SourceNet => "each source and network of 256 addresses",
    }
}

fn event(group: Group) -> &'static str {
    match group {
        Group::Source => "all that one source does",
        Group::Target => "all that is done to one target",
        Group::Pair => "what one source does to one target",
    }
}
