//! For people.

use console::{Style, style};
use textwrap::Options;

use super::Advice;
use crate::{
    insight::{
        Finding, Severity,
        finding::{Number, Unit},
    },
    units::{self, Units},
};

/// Lines are not longer than this, however wide the terminal is: they are to be read.
const WIDEST: usize = 100;
/// Nor shorter than this.
const NARROWEST: usize = 40;

/// The whole text.
pub(super) fn text(advice: &Advice, width: usize, colour: bool) -> String {
    let page = Page { width: width.clamp(NARROWEST, WIDEST), colour };
    let when = when(advice);
    if advice.findings.is_empty() {
        return page.paragraph("", &format!("Nothing to advise: {when} nothing was seen that should be otherwise."));
    }
    let warnings = advice.findings.iter().filter(|finding| finding.severity == Severity::Warning).count();
    let hints = advice.findings.len() - warnings;
    let mut text = page.paragraph("", &format!("{}{}, {when}", counted(warnings, "warning"), and(warnings, hints)));
    for finding in &advice.findings {
        text.push('\n');
        text.push_str(&page.finding(finding));
    }
    text
}

/// The time that it is about.
fn when(advice: &Advice) -> String {
    let zoned = |time: jiff::Timestamp| time.to_zoned(advice.zone.clone());
    let (from, to) = (zoned(advice.from), zoned(advice.to));
    if advice.live {
        let seconds = (advice.to - advice.from).total(jiff::Unit::Second).unwrap_or(0.0);
        return format!("watching for {seconds:.0} s until {}:", to.strftime("%Y-%m-%d %H:%M:%S"));
    }
    format!("from {} to {}:", from.strftime("%Y-%m-%d %H:%M"), to.strftime("%Y-%m-%d %H:%M"))
}

fn counted(count: usize, what: &str) -> String {
    match count {
        0 => String::new(),
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

fn and(warnings: usize, hints: usize) -> String {
    let between = if warnings > 0 && hints > 0 { ", " } else { "" };
    format!("{between}{}", counted(hints, "hint"))
}

/// How wide it is, and whether it has colours.
struct Page {
    width: usize,
    colour: bool,
}

impl Page {
    fn finding(&self, finding: &Finding) -> String {
        let (mark, look) = match finding.severity {
            Severity::Warning => ("!", Style::new().yellow().bold()),
            Severity::Hint => ("*", Style::new().cyan().bold()),
        };
        let mut text = self.hanging(&format!("{mark} "), "  ", &finding.title, &look);
        text.push_str(&self.paragraph("  ", &finding.seen));
        let numbers: Vec<String> = finding.evidence.iter().map(number).collect();
        text.push_str(&self.dim(
            &self.paragraph("  ", &format!("{} ({:.2}): {}", finding.sure, finding.confidence, numbers.join(", "))),
        ));
        for advice in &finding.advice {
            text.push_str(&self.hanging("  - ", "    ", &advice.what, &Style::new()));
            if let Some(command) = &advice.command {
                text.push_str(&self.command(command));
            }
        }
        text.push_str(&self.dim(&format!("  {}\n", finding.page)));
        text
    }

    /// A paragraph, each line behind `indent`.
    fn paragraph(&self, indent: &str, text: &str) -> String {
        self.hanging(indent, indent, text, &Style::new())
    }

    /// A paragraph whose first line begins differently.
    fn hanging(&self, first: &str, rest: &str, text: &str, look: &Style) -> String {
        let options = Options::new(self.width).initial_indent(first).subsequent_indent(rest);
        let look = look.clone().force_styling(self.colour);
        let lines = textwrap::wrap(text, options);
        lines.iter().map(|line| format!("{}\n", look.apply_to(line.replace(UNBROKEN, " ")))).collect()
    }

    /// A command, broken between words where it must be, so that it can be copied.
    fn command(&self, command: &str) -> String {
        let options = Options::new(self.width.saturating_sub(2))
            .initial_indent("      ")
            .subsequent_indent("        ")
            .word_separator(textwrap::WordSeparator::Custom(words))
            .break_words(false)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        let lines = textwrap::wrap(command, options);
        let last = lines.len().saturating_sub(1);
        let broken = |(at, line): (usize, &std::borrow::Cow<'_, str>)| {
            let line = style(line).green().force_styling(self.colour);
            format!("{line}{}\n", if at < last { " \\" } else { "" })
        };
        lines.iter().enumerate().map(broken).collect()
    }

    fn dim(&self, text: &str) -> String {
        let each = |line: &str| format!("{}\n", style(line).dim().force_styling(self.colour));
        text.lines().map(each).collect()
    }
}

/// The words of a command, each with the spaces behind it: what is quoted is in one piece, or the pasted command would be another.
fn words(line: &str) -> Box<dyn Iterator<Item = textwrap::core::Word<'_>> + '_> {
    let mut quote = None;
    let (mut escaped, mut was_space, mut ends) = (false, false, Vec::new());
    for (at, character) in line.char_indices() {
        let is_space = character == ' ' && quote.is_none() && !escaped;
        if was_space && !is_space {
            ends.push(at);
        }
        quote = match (quote, character) {
            (None, '\'' | '"') if !escaped => Some(character),
            (Some(open), close) if open == close && !escaped => None,
            _ => quote,
        };
        escaped = character == '\\' && !escaped && quote != Some('\'');
        was_space = is_space;
    }
    ends.push(line.len());
    let begins = std::iter::once(0).chain(ends.clone());
    Box::new(begins.zip(ends).map(|(begin, end)| textwrap::core::Word::from(&line[begin..end])))
}

/// Keeps a number and its unit on one line, while lines are broken.
const UNBROKEN: &str = "\u{a0}";

/// `p95 930.0 Mbit/s`, in one piece.
fn number(number: &Number) -> String {
    let (name, value) = (number.name.replace('_', " "), number.value);
    let text = match number.unit {
        Unit::Bytes => format!("{name} {}", units::volume(value.max(0.0) as u64)),
        Unit::BytesPerSecond => format!("{name} {}", Units::Bits.rate(value)),
        Unit::BitsPerSecond => format!("{name} {}", units::link_speed(value.max(0.0) as u64)),
        Unit::PacketsPerSecond => format!("{name} {}", units::packet_rate(value)),
        Unit::Share => format!("{name} {:.1} %", value * 100.0),
        Unit::Packets | Unit::Count => format!("{name} {value:.0}"),
        Unit::Times => format!("{name} {value:.1}x"),
        Unit::Seconds => format!("{name} {value:.1} s"),
        Unit::Days => format!("{name} {value:.0} days"),
    };
    text.replace(' ', UNBROKEN)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(command: &str, width: usize) -> String {
        Page { width, colour: false }.command(command)
    }

    #[test]
    fn what_is_quoted_is_not_broken() {
        let command = "tcpdump -ni any 'src host OWN-ADDRESS and tcp[tcpflags] & tcp-rst != 0' and more";
        let text = shown(command, 40);
        assert!(text.contains("'src host OWN-ADDRESS and tcp[tcpflags] & tcp-rst != 0' \\\n"), "{text}");
        assert!(text.lines().count() > 2, "{text}");
    }

    proptest! {
        #[test]
        fn a_pasted_command_is_the_command(words in prop::collection::vec("[a-z '\"\\\\$]{1,20}", 1..8), width in 40_usize..100) {
            let command = shlex::try_join(words.iter().map(String::as_str)).unwrap();
            let pasted = shown(&command, width).replace("\\\n", "");
            prop_assert_eq!(shlex::split(&pasted), Some(words));
        }
    }
}
