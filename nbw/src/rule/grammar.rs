//! The grammar: `SCOPE PATTERN METRIC OP VALUE [for DURATION]`.

use std::ops::Range;

use winnow::{
    LocatingSlice, Parser,
    combinator::{peek, preceded},
    stream::Location,
    token::{rest, take_till, take_while},
};

use super::{
    Metric, Op, Scope,
    error::Fault,
    lasting::{self, Lasting},
    suggest,
    value::{self, Value},
};
use crate::text;

/// A rule, or a part of one, with the place of each character.
pub(super) type Input<'a> = LocatingSlice<&'a str>;

/// What a parser makes of its input.
pub(super) type Parsed<T> = Result<T, Fault>;

/// A part of a rule, and where it is.
#[derive(Debug, Clone)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    pub(super) span: Range<usize>,
}

/// A whole rule.
#[derive(Debug)]
pub(super) struct Statement<'a> {
    pub(super) scope: Scope,
    /// With its quotes, if it has some.
    pub(super) pattern: Option<Word<'a>>,
    pub(super) metric: Metric,
    pub(super) comparison: Comparison<'a>,
    pub(super) lasting: Option<Lasting<'a>>,
}

/// `OP VALUE`.
#[derive(Debug)]
pub(super) struct Comparison<'a> {
    pub(super) op: Op,
    pub(super) op_span: Range<usize>,
    pub(super) value: Value<'a>,
}

/// A rule.
pub(super) fn statement<'a>(input: &mut Input<'a>) -> Parsed<Statement<'a>> {
    let scope = scope(input)?;
    let pattern =
        if scope == Scope::Host { no_pattern(input).map(|()| None) } else { pattern(input, scope).map(Some) }?;
    let metric = metric(input)?;
    let comparison = comparison(input)?;
    let lasting = lasting::clause(input)?;
    Ok(Statement { scope, pattern, metric, comparison, lasting })
}

/// A condition alone.
pub(super) fn condition<'a>(input: &mut Input<'a>) -> Parsed<Comparison<'a>> {
    let comparison = comparison(input)?;
    end(input, "expected nothing after the value")?;
    Ok(comparison)
}

/// A value alone.
pub(super) fn only_value<'a>(input: &mut Input<'a>) -> Parsed<Value<'a>> {
    let value = value::value(input)?;
    end(input, "expected nothing after the value")?;
    Ok(value)
}

/// What follows blanks, up to a character that `ends` it; may be empty.
pub(super) fn up_to<'a>(input: &mut Input<'a>, ends: impl Fn(char) -> bool) -> Parsed<Word<'a>> {
    let word = take_till(0.., |c: char| c.is_whitespace() || ends(c)).with_span();
    preceded(blanks, word).map(|(text, span)| Word { text, span }).parse_next(input)
}

/// What follows blanks, up to the next one; empty at the end of the rule.
pub(super) fn word<'a>(input: &mut Input<'a>) -> Parsed<Word<'a>> {
    up_to(input, |_| false)
}

/// The next word, which is not taken.
pub(super) fn next_word<'a>(input: &mut Input<'a>) -> Parsed<Word<'a>> {
    peek(word).parse_next(input)
}

pub(super) fn blanks<'a>(input: &mut Input<'a>) -> Parsed<&'a str> {
    take_while(0.., char::is_whitespace).parse_next(input)
}

/// All that is left, without the blanks before it.
pub(super) fn remainder<'a>(input: &mut Input<'a>) -> Parsed<Word<'a>> {
    preceded(blanks, rest.with_span()).map(|(text, span)| Word { text, span }).parse_next(input)
}

/// The end of the rule.
fn end(input: &mut Input<'_>, expected: &str) -> Parsed<()> {
    let left = remainder(input)?;
    if left.text.is_empty() { Ok(()) } else { Err(Fault::new(&left.span, expected)) }
}

fn scope(input: &mut Input<'_>) -> Parsed<Scope> {
    let word = word(input)?;
    let found = Scope::ALL.into_iter().find(|scope| scope.word() == word.text);
    found.ok_or_else(|| Fault::new(&word.span, suggest::scope(word.text)))
}

fn metric(input: &mut Input<'_>) -> Parsed<Metric> {
    let word = up_to(input, is_op)?;
    metric_of(word.text).ok_or_else(|| Fault::new(&word.span, suggest::metric(word.text)))
}

fn metric_of(word: &str) -> Option<Metric> {
    Metric::ALL.into_iter().find(|metric| metric.word() == word)
}

/// The host is one thing: nothing tells which, but `*` does no harm.
fn no_pattern(input: &mut Input<'_>) -> Parsed<()> {
    let next = peek(up_to_op).parse_next(input)?;
    if metric_of(next.text).is_some() {
        return Ok(());
    }
    let (given, then) = peek((quoted_or_word, up_to_op)).parse_next(input)?;
    if given.text == "*" {
        return quoted_or_word(input).map(|_| ());
    }
    if metric_of(then.text).is_some() {
        return Err(Fault::new(&given.span, "\"host\" takes no pattern, as it is this host: leave it out"));
    }
    Ok(())
}

fn up_to_op<'a>(input: &mut Input<'a>) -> Parsed<Word<'a>> {
    up_to(input, is_op)
}

/// A pattern. One that is missing is noticed by the metric that stands in its place.
fn pattern<'a>(input: &mut Input<'a>, scope: Scope) -> Parsed<Word<'a>> {
    let metric = peek((up_to_op, up_to_op)).parse_next(input)?;
    let scope = scope.word();
    if metric_of(metric.0.text).is_some() && metric_of(metric.1.text).is_none() {
        let word = metric.0.text;
        return Err(Fault::new(
            &metric.0.span,
            format!("expected which {scope} before \"{word}\": a name or a glob such as \"*\""),
        ));
    }
    let given = quoted_or_word(input)?;
    if given.text.is_empty() {
        return Err(Fault::new(&given.span, format!("expected which {scope}: a name or a glob such as \"*\"")));
    }
    Ok(given)
}

/// A word, or all between two quotes.
fn quoted_or_word<'a>(input: &mut Input<'a>) -> Parsed<Word<'a>> {
    blanks(input)?;
    match input.chars().next() {
        Some(quote @ ('\'' | '"')) => quoted(input, quote),
        _ => word(input),
    }
}

fn quoted<'a>(input: &mut Input<'a>, quote: char) -> Parsed<Word<'a>> {
    let start = input.current_token_start();
    let unclosed = || Fault::new(&(start..start + 1), format!("expected {quote} at the end of the name, too"));
    let inside =
        |input: &mut Input<'a>| -> Parsed<()> { (quote, take_till(0.., quote), quote).void().parse_next(input) };
    let (text, span) = inside.take().with_span().parse_next(input).map_err(|_| unclosed())?;
    let next = input.chars().next();
    if next.is_some_and(|next| !next.is_whitespace()) {
        let at = input.current_token_start();
        return Err(Fault::new(&(at..at), format!("expected a blank after {quote}")));
    }
    Ok(Word { text, span })
}

/// What a pattern says without its quotes.
pub(super) fn unquoted<'a>(word: &Word<'a>) -> Parsed<&'a str> {
    let text = word.text;
    let quote = text.chars().next().filter(|&c| c == '\'' || c == '"');
    let inner = quote.map_or(text, |quote| text.trim_matches(quote));
    if inner.is_empty() {
        return Err(Fault::new(&word.span, "expected a name between the quotes"));
    }
    if text::clean(inner) != inner {
        let sentence = "the name has a character that cannot be shown: put \"?\" or \"*\" in its place";
        return Err(Fault::new(&word.span, sentence));
    }
    Ok(inner)
}

fn comparison<'a>(input: &mut Input<'a>) -> Parsed<Comparison<'a>> {
    let (op, op_span) = op(input)?;
    let value = value::value(input)?;
    Ok(Comparison { op, op_span, value })
}

fn op(input: &mut Input<'_>) -> Parsed<(Op, Range<usize>)> {
    let symbol = preceded(blanks, take_while(0.., is_op).with_span());
    let (text, span) = { symbol }.parse_next(input)?;
    if let Some(op) = [Op::Above, Op::AtLeast, Op::Below, Op::AtMost].into_iter().find(|op| op.symbol() == text) {
        return Ok((op, span));
    }
    let wrong = if text.is_empty() { word(input)? } else { Word { text, span } };
    Err(Fault::new(&wrong.span, suggest::op(wrong.text)))
}

fn is_op(c: char) -> bool {
    matches!(c, '<' | '>' | '=' | '!' | '≥' | '≤')
}
