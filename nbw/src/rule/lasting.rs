//! `for DURATION`.

use std::time::Duration;

use jiff::{SpanRelativeTo, fmt::friendly::SpanParser};

use super::{
    error::Fault,
    grammar::{Input, Parsed, Word, next_word, remainder, word},
};

/// Readings are hardly ever less apart; whoever wants to be told at once leaves `for` out.
const SHORTEST: Duration = Duration::from_secs(1);
/// The longest; what is longer is a volume.
const LONGEST: Duration = Duration::from_secs(30 * 86_400);

const PARSER: SpanParser = SpanParser::new();

/// The clause: how long the condition has to hold.
#[derive(Debug)]
pub(super) struct Lasting<'a> {
    pub(super) duration: Duration,
    /// The duration as it was written.
    pub(super) text: &'a str,
    /// Of `for`.
    pub(super) span: std::ops::Range<usize>,
}

/// `for DURATION`, or nothing, up to the end of the rule.
pub(super) fn clause<'a>(input: &mut Input<'a>) -> Parsed<Option<Lasting<'a>>> {
    let next = next_word(input)?;
    if next.text.is_empty() {
        return Ok(None);
    }
    if next.text != "for" {
        let left = remainder(input)?;
        return Err(Fault::new(&left.span, "expected \"for\" and a duration, or nothing, after the value"));
    }
    let span = word(input)?.span;
    let given = remainder(input)?;
    Ok(Some(Lasting { duration: duration(&given)?, text: given.text, span }))
}

fn duration(given: &Word<'_>) -> Parsed<Duration> {
    let fault = |sentence: &str| Fault::new(&given.span, sentence);
    let span = PARSER.parse_span(given.text).map_err(|_| fault("expected a duration such as 30s, 1m or 1h30m"))?;
    if span.is_negative() {
        return Err(fault("a duration cannot be negative"));
    }
    let exact = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok().and_then(|exact| exact.try_into().ok());
    match exact {
        Some(short) if short < SHORTEST => {
            Err(fault("the shortest duration is 1s; leave \"for\" out to be told at once"))
        }
        Some(exact) if exact <= LONGEST => Ok(exact),
        _ => Err(fault("the longest duration is 30 days")),
    }
}
