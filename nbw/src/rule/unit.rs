//! Units of values: which there are, and which was meant by one that is none.

use winnow::{
    Parser,
    combinator::{alt, empty, eof, terminated},
    error::EmptyError,
};

use super::suggest::listed;
use crate::filter::nearest;

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Unit {
    /// So many bytes a second each.
    Rate(f64),
    /// So many packets a second each.
    PacketRate(f64),
    /// So many bytes each; in which period is to be said.
    Bytes(f64),
    /// Hundredths of the link's speed.
    Share,
    /// Times, of what is to be said.
    Times,
}

type Part<'a, T> = Result<T, EmptyError>;

/// The unit that `word` is.
pub(super) fn unit(word: &str) -> Option<Unit> {
    match word {
        "%" => Some(Unit::Share),
        "x" => Some(Unit::Times),
        _ => terminated(scaled, eof).parse(word).ok(),
    }
}

fn scaled(input: &mut &str) -> Part<'static, Unit> {
    let binary = (binary_prefix, bytes_or_bits).map(|(prefix, base)| times(base, prefix));
    let decimal = (decimal_prefix, alt((bytes_or_bits, "pps".value(Unit::PacketRate(1.0)))));
    alt((binary, decimal.map(|(prefix, base)| times(base, prefix)))).parse_next(input)
}

fn binary_prefix(input: &mut &str) -> Part<'static, f64> {
    const KIBI: f64 = 1024.0;
    let prefix = alt(("Ki".value(1), "Mi".value(2), "Gi".value(3), "Ti".value(4)));
    prefix.map(|power| KIBI.powi(power)).parse_next(input)
}

fn decimal_prefix(input: &mut &str) -> Part<'static, f64> {
    alt(("k".value(1e3), "M".value(1e6), "G".value(1e9), "T".value(1e12), empty.value(1.0))).parse_next(input)
}

fn bytes_or_bits(input: &mut &str) -> Part<'static, Unit> {
    let (bits, bytes) = (Unit::Rate(1.0 / 8.0), Unit::Rate(1.0));
    alt(("bit/s".value(bits), "B/s".value(bytes), "B".value(Unit::Bytes(1.0)))).parse_next(input)
}

fn times(unit: Unit, factor: f64) -> Unit {
    match unit {
        Unit::Rate(each) => Unit::Rate(each * factor),
        Unit::PacketRate(each) => Unit::PacketRate(each * factor),
        Unit::Bytes(each) => Unit::Bytes(each * factor),
        Unit::Share | Unit::Times => unit,
    }
}

/// What people write for bits a second; `b` may be bytes too, from those who do not mind.
const BITS: [&str; 10] =
    ["bps", "bit", "bits", "bits/s", "bitps", "bit/sec", "bits/sec", "bit/second", "bits/second", "bit/s"];
/// What people write for bytes.
const BYTES: [&str; 8] = ["b", "byte", "bytes", "b/s", "b/sec", "byte/s", "bytes/s", "bytes/sec"];
/// What people write for packets a second.
const PACKETS: [&str; 10] =
    ["pps", "p/s", "pkts", "pkt/s", "pkts/s", "packets", "packets/s", "packet/s", "packets/sec", "pkts/sec"];

/// What to write instead of `word`.
pub(super) fn instead(word: &str) -> String {
    if word.is_empty() {
        return format!("expected a unit after the number: {}", examples());
    }
    if word.starts_with(['e', 'E']) && word[1..].starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+') {
        return "expected a unit: for an exponent write a prefix, such as \"5MB/s\"".to_owned();
    }
    let (prefix, base) = split_prefix(word);
    let guess = |base: &str| said(prefix, word, base);
    let told = guess(base).or_else(|| guess(&base.to_lowercase()));
    told.unwrap_or_else(|| unknown(word))
}

/// The prefix as it has to be written, and what follows it.
fn split_prefix(word: &str) -> (&'static str, &str) {
    let known = |text: &str| BITS.contains(&text) || BYTES.contains(&text) || PACKETS.contains(&text);
    if known(&word.to_lowercase()) {
        return ("", word);
    }
    let mut letters = word.chars();
    let (decimal, binary) = match letters.next() {
        Some('k' | 'K') => ("k", "Ki"),
        Some('m' | 'M') => ("M", "Mi"),
        Some('g' | 'G') => ("G", "Gi"),
        Some('t' | 'T') => ("T", "Ti"),
        _ => return ("", word),
    };
    let base = letters.as_str();
    base.strip_prefix(['i', 'I']).map_or((decimal, base), |base| (binary, base))
}

/// What `base` is taken for; with its case if that says something.
fn said(prefix: &str, word: &str, base: &str) -> Option<String> {
    let decimal = if prefix == "Ki" { "k" } else { prefix.trim_end_matches('i') };
    match base {
        "B/s" | "Bps" | "B/sec" | "Bytes/s" => Some(format!("expected a unit: for {word:?} write \"{prefix}B/s\"")),
        "bps" | "b/s" | "b" | "b/sec" => Some(format!(
            "expected a unit: for {word:?} write \"{prefix}bit/s\" if you mean bits or \"{prefix}B/s\" if you mean bytes"
        )),
        base if BITS.contains(&base) => Some(format!("expected a unit: for {word:?} write \"{prefix}bit/s\"")),
        base if PACKETS.contains(&base) => Some(format!("expected a unit: for {word:?} write \"{decimal}pps\"")),
        base if BYTES.contains(&base) => Some(format!(
            "expected a unit: for {word:?} write \"{prefix}B/s\" for a rate or \"{prefix}B per month\" for a volume"
        )),
        _ => None,
    }
}

fn unknown(word: &str) -> String {
    let units = ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "B/s", "kB/s", "MB/s", "GB/s", "pps", "kpps", "Mpps"];
    let near = nearest(word, &units).map_or_else(String::new, |near| format!("; did you mean {near:?}?"));
    format!("expected a unit: {}{near}", examples())
}

fn examples() -> String {
    listed(&["Mbit/s", "MB/s", "MiB/s", "kpps", "% (of an interface's speed)", "GB per month", "x usual"])
}

/// All that follows the first `/`, and all before it.
pub(super) fn split_period(word: &str) -> Option<(&str, &str)> {
    let (unit, period) = word.split_once('/')?;
    (!unit.is_empty()).then_some((unit, period))
}
