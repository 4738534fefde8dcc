//! A rule that cannot be understood: shown with carets under the fault, and with what was expected.

use std::{fmt, ops::Range};

use console::measure_text_width;
use winnow::{error::ParserError, stream::Location};

use super::grammar::Input;
use crate::text;

/// What is wrong with a rule, where. Displayed it is three lines: the rule, carets, what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleError {
    rule: String,
    part: String,
    indent: usize,
    carets: usize,
    sentence: String,
}

impl RuleError {
    /// `fault` in `source`.
    pub(super) fn new(source: &str, fault: Fault) -> Self {
        let (rule, before) = (shown(source), shown(&source[..fault.span.start]));
        let indent = measure_text_width(&before).min(measure_text_width(&rule));
        let end = measure_text_width(&shown(&source[..fault.span.end]));
        let part = shown(&source[fault.span]);
        Self { rule, part, indent, carets: end.saturating_sub(indent).max(1), sentence: fault.sentence }
    }

    /// What was expected.
    pub fn sentence(&self) -> &str {
        &self.sentence
    }

    /// All of it, for where there is room for one line only.
    pub fn one_line(&self) -> String {
        let Self { rule, part, sentence, .. } = self;
        let place = if part.is_empty() { "at its end".to_owned() } else { format!("at \"{part}\"") };
        format!("wrong rule \"{rule}\", {place}: {sentence}")
    }
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, indent, carets, sentence, .. } = self;
        write!(f, "{rule}\n{:indent$}{:^<carets$}\n{sentence}", "", "")
    }
}

impl std::error::Error for RuleError {}

/// `source` as it can be printed on one line, character by character.
fn shown(source: &str) -> String {
    let on_one_line: String = source.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    text::clean(&on_one_line).into_owned()
}

/// A fault while parsing: the bytes that are wrong (none where something is missing), and what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) span: Range<usize>,
    pub(super) sentence: String,
}

impl Fault {
    pub(super) fn new(span: &Range<usize>, sentence: impl Into<String>) -> Self {
        Self { span: span.clone(), sentence: sentence.into() }
    }
}

impl ParserError<Input<'_>> for Fault {
    type Inner = Self;

    fn from_input(input: &Input<'_>) -> Self {
        let at = input.current_token_start();
        Self::new(&(at..at), "expected a rule such as: interface eth0 rx > 80% for 30s")
    }

    fn into_inner(self) -> Result<Self::Inner, Self> {
        Ok(self)
    }
}
