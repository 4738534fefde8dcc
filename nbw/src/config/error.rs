//! Errors of the configuration: in which line, what, and what was perhaps meant.

use std::{fmt, ops::Range, path::Path};

use crate::text;

/// How much of a line is shown.
const MOST_SHOWN: usize = 200;

/// What is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    line: Option<usize>,
    why: String,
    /// The line itself, with marks under what is meant.
    shown: Option<String>,
}

impl ConfigError {
    /// What is wrong in `span` of `text`.
    pub(crate) fn at(why: impl Into<String>, span: Option<Range<usize>>, text: &str) -> Self {
        let line = span.as_ref().map(|span| line_at(text, span.start));
        let shown = span.as_ref().map(|span| shown(text, span));
        Self { line, why: why.into(), shown }
    }

    /// As [`Self::at`], for what shows itself where it is wrong: only the number of the line is told.
    pub(super) fn in_line(why: impl Into<String>, span: &Range<usize>, text: &str) -> Self {
        Self { line: Some(line_at(text, span.start)), why: why.into(), shown: None }
    }

    /// What TOML or serde have found.
    pub(crate) fn of_toml(error: &toml::de::Error, text: &str) -> Self {
        Self::at(reworded(error.message()), error.span(), text)
    }

    /// As [`Self::of_toml`], where something better is known of the place.
    pub(super) fn of_message(message: &str, span: Range<usize>, text: &str) -> Self {
        Self::at(reworded(message), Some(span), text)
    }

    /// With the file's name in front.
    pub fn in_file(&self, path: &Path) -> String {
        let path = path.to_string_lossy();
        format!("{}{}{self}", text::clean(&path), if self.line.is_some() { ", " } else { ": " })
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        f.write_str(&self.why)?;
        self.shown.as_ref().map_or(Ok(()), |shown| write!(f, "\n{shown}"))
    }
}

impl std::error::Error for ConfigError {}

/// Counted from 1.
fn line_at(text: &str, at: usize) -> usize {
    before(text, at).matches('\n').count() + 1
}

fn before(text: &str, at: usize) -> &str {
    text.get(..at).unwrap_or(text)
}

/// The line and the marks below it.
fn shown(text: &str, span: &Range<usize>) -> String {
    let begin = before(text, span.start).rfind('\n').map_or(0, |at| at + 1);
    let line = text[begin..].lines().next().unwrap_or_default();
    let column = before(text, span.start)[begin..].chars().count();
    let marked =
        text.get(span.clone()).and_then(|marked| marked.lines().next()).map_or(1, |marked| marked.chars().count());
    let marks = "^".repeat(marked.clamp(1, MOST_SHOWN));
    // A tab is one column here and in the marks' indentation.
    let line: String = line.chars().take(MOST_SHOWN).map(|c| if c == '\t' { ' ' } else { c }).collect();
    format!("  {}\n  {:column$}{marks}", text::clean(&line), "", column = column.min(MOST_SHOWN))
}

/// serde's words for what is unknown, with the nearest known name.
fn reworded(message: &str) -> String {
    let message = text::clean(message);
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let Some((unknown, known)) = quoted.split_first() else { return message.into_owned() };
    let what = match message.split('`').next() {
        Some("unknown field ") => "setting",
        Some("unknown variant ") => "choice",
        _ => return message.into_owned(),
    };
    format!("there is no {what} `{unknown}` here{}", suggestion(unknown, known))
}

/// `: did you mean ...?`, or all that there are.
pub(crate) fn suggestion(unknown: &str, known: &[&str]) -> String {
    match nearest(unknown, known) {
        Some(nearest) => format!(": did you mean `{nearest}`?"),
        None if known.is_empty() => String::new(),
        None => format!("; there are: {}", known.join(", ")),
    }
}

/// The most similar name, if no more than half of its letters differ.
fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let far = |other: &&str| strsim::damerau_levenshtein(name, other);
    let best = known.iter().copied().min_by_key(far)?;
    (2 * far(&best) <= best.chars().count()).then_some(best)
}
