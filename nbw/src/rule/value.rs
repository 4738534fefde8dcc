//! `VALUE`: a rate, a share of the link's speed, a volume in a period, or a multiple of what is usual.

use std::ops::Range;

use winnow::{
    Parser,
    ascii::digit1,
    combinator::{eof, opt, preceded},
    stream::{Location, Stream},
    token::take_while,
};

use super::{
    Metric, Period, Threshold,
    error::Fault,
    grammar::{Input, Parsed, Word, blanks, next_word, word},
    suggest::listed,
    unit::{self, Unit},
};

/// Greater thresholds are never reached, and do not fit into what counts bytes.
const GREATEST: f64 = u64::MAX as f64;
/// So many times what is usual is not usual anywhere.
const MOST_TIMES: f64 = 1e6;

const PERIODS: [(&str, Period); 4] =
    [("hour", Period::Hour), ("day", Period::Day), ("week", Period::Week), ("month", Period::Month)];

/// A value as it was understood, and where its parts are.
#[derive(Debug)]
pub(super) struct Value<'a> {
    pub(super) threshold: Threshold,
    /// As it was written.
    pub(super) text: &'a str,
    /// The number alone.
    pub(super) number: Range<usize>,
    /// All that follows the number.
    pub(super) unit: Range<usize>,
}

/// A number with its unit.
pub(super) fn value<'a>(input: &mut Input<'a>) -> Parsed<Value<'a>> {
    blanks(input)?;
    let ((threshold, number, unit), text) = parts.with_taken().parse_next(input)?;
    let span = number.span.start..unit.end;
    let value = Value { threshold, text, number: number.span, unit };
    in_bounds(&value, &span)?;
    Ok(value)
}

fn parts<'a>(input: &mut Input<'a>) -> Parsed<(Threshold, Word<'a>, Range<usize>)> {
    let (count, number) = number(input)?;
    let next = next_word(input)?;
    let given = unit_word(input, &next)?;
    let threshold = threshold(input, count, &given)?;
    let end = input.previous_token_end().max(given.span.end);
    Ok((threshold, number, given.span.start..end))
}

/// The word after the number, where it is not already the next clause.
fn unit_word<'a>(input: &mut Input<'a>, next: &Word<'a>) -> Parsed<Word<'a>> {
    if next.text.is_empty() || matches!(next.text, "for" | "per" | "/") {
        let at = input.current_token_start();
        return Err(Fault::new(&(at..at), unit::instead("")));
    }
    word(input)
}

/// Digits, and a point with more of them.
fn number<'a>(input: &mut Input<'a>) -> Parsed<(f64, Word<'a>)> {
    let token = take_while(0.., |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '_' | '+' | '-'));
    let (text, span) = token.with_span().parse_next(input)?;
    if text.is_empty() {
        let wrong = word(input)?;
        return Err(Fault::new(&wrong.span, no_number(wrong.text)));
    }
    let number = Word { text, span };
    let is_decimal = decimal.parse(text).is_ok();
    let count = text.parse::<f64>().ok().filter(|_| is_decimal);
    count.map(|count| (count, number.clone())).ok_or_else(|| Fault::new(&number.span, bad_number(text)))
}

fn decimal<'a>(input: &mut &'a str) -> Result<&'a str, winnow::error::EmptyError> {
    (digit1, opt(('.', digit1)), eof).take().parse_next(input)
}

fn no_number(word: &str) -> &'static str {
    let lower = word.to_lowercase();
    if ["inf", "∞", "nan"].iter().any(|endless| lower.starts_with(endless)) {
        return "expected a finite number";
    }
    if lower == "usual" {
        return "expected a number before \"usual\", such as \"3x usual\"";
    }
    "expected a value such as 50Mbit/s, 5MB/s, 10kpps, 80%, 50GB per month or 3x usual"
}

fn bad_number(text: &str) -> &'static str {
    match text {
        text if text.starts_with('-') => "expected a value greater than 0: nothing is ever below that",
        text if text.contains(',') => "expected a number with a point for its decimals, such as 2.5",
        _ => "expected a number such as 50 or 2.5",
    }
}

/// `count` of what `given`, and perhaps more of the input, say.
fn threshold(input: &mut Input<'_>, count: f64, given: &Word<'_>) -> Parsed<Threshold> {
    match unit::unit(given.text) {
        Some(Unit::Rate(each)) => Ok(Threshold::Rate(count * each)),
        Some(Unit::PacketRate(each)) => Ok(Threshold::PacketRate(count * each)),
        Some(Unit::Share) => Ok(Threshold::Share(count / 100.0)),
        Some(Unit::Times) => usual(input).map(|()| Threshold::Usual(count)),
        Some(Unit::Bytes(each)) => {
            let per = period(input, given)?;
            Ok(volume(count * each, per))
        }
        None => in_one_word(count, given),
    }
}

/// Whole bytes; what does not fit is noticed by its bounds.
fn volume(bytes: f64, per: Period) -> Threshold {
    Threshold::Volume { bytes: bytes.round() as u64, per }
}

fn usual(input: &mut Input<'_>) -> Parsed<()> {
    let word = word(input)?;
    let fault = || Fault::new(&word.span, "expected \"usual\" after \"x\", as in \"3x usual\"");
    (word.text == "usual").then_some(()).ok_or_else(fault)
}

/// `per month` after `GB`.
fn period(input: &mut Input<'_>, given: &Word<'_>) -> Parsed<Period> {
    let start = input.checkpoint();
    let slash = preceded(blanks, opt('/')).parse_next(input)?.is_some();
    let joined = if slash { Word { text: "per", span: 0..0 } } else { word(input)? };
    if joined.text != "per" {
        input.reset(&start);
        return Err(Fault::new(&given.span, no_period(given.text)));
    }
    let word = word(input)?;
    period_of(word.text).ok_or_else(|| Fault::new(&word.span, no_such_period(word.text)))
}

fn no_period(unit: &str) -> String {
    format!("expected \"{unit}/s\" for a rate, or \"{unit} per month\" (hour, day, week) for a volume")
}

fn period_of(word: &str) -> Option<Period> {
    PERIODS.iter().find(|(name, _)| *name == word).map(|(_, period)| *period)
}

fn no_such_period(word: &str) -> String {
    let all = PERIODS.map(|(name, _)| name);
    let near = crate::filter::nearest(&word.to_lowercase(), &all).filter(|_| !word.is_empty());
    let near = near.map_or_else(String::new, |near| format!("; did you mean {near:?}?"));
    format!("expected a period: {}{near}", listed(&all))
}

/// `GB/month`, or no unit at all.
fn in_one_word(count: f64, given: &Word<'_>) -> Parsed<Threshold> {
    let Some((unit, period)) = unit::split_period(given.text) else {
        return Err(Fault::new(&given.span, unit::instead(given.text)));
    };
    match (unit::unit(unit), period_of(period)) {
        (Some(Unit::Bytes(each)), Some(per)) => Ok(volume(count * each, per)),
        (Some(Unit::Bytes(_)), None) if !is_second(period) => {
            let start = given.span.start + unit.len() + 1;
            Err(Fault::new(&(start..given.span.end), no_such_period(period)))
        }
        (_, Some(_)) => Err(Fault::new(&given.span, "expected bytes for a volume, such as \"50GB per month\"")),
        _ => Err(Fault::new(&given.span, unit::instead(given.text))),
    }
}

fn is_second(period: &str) -> bool {
    matches!(period, "s" | "sec" | "secs" | "second" | "seconds")
}

fn in_bounds(value: &Value<'_>, span: &Range<usize>) -> Parsed<()> {
    let (amount, most) = match value.threshold {
        Threshold::Rate(amount) | Threshold::PacketRate(amount) => (amount, GREATEST),
        Threshold::Volume { bytes, .. } => (bytes as f64, GREATEST),
        Threshold::Share(amount) => (amount, f64::MAX),
        Threshold::Usual(amount) => (amount, MOST_TIMES),
    };
    if amount >= most || !amount.is_finite() {
        return Err(Fault::new(span, "the value is too great"));
    }
    if amount > 0.0 {
        return Ok(());
    }
    let sentence = match value.threshold {
        Threshold::Volume { .. } => "expected a volume of at least 1B",
        _ => "expected a value greater than 0",
    };
    Err(Fault::new(&value.number, sentence))
}

/// Whether `threshold` can be one of `metric`; what to write instead.
pub(super) fn fits(threshold: Threshold, metric: Metric) -> Result<(), String> {
    let word = metric.word();
    match (threshold, metric.is_packets()) {
        (Threshold::PacketRate(_), false) => {
            Err(format!("\"{word}\" counts bytes: write a rate such as 5MB/s, or rx-packets or tx-packets for it"))
        }
        (Threshold::Rate(_) | Threshold::Volume { .. } | Threshold::Share(_), true) => {
            let bytes = word.trim_end_matches("-packets");
            Err(format!("\"{word}\" counts packets: write a rate such as 10kpps, or \"{bytes}\" for it"))
        }
        _ => Ok(()),
    }
}
