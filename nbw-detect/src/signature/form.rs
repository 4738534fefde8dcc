//! The form of a file of signatures. `docs/detection.md` describes it for people.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::{Kind, Severity, engine::Happening};

/// A file: any number of signatures.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// `[ports]`, which was read before.
    #[serde(default, rename = "ports")]
    _ports: serde::de::IgnoredAny,
    /// `[[signature]]`.
    #[serde(default)]
    pub(super) signature: Vec<toml::Spanned<Signature>>,
}

/// How an attack is recognised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Signature {
    /// Its name: lower-case words with hyphens.
    pub name: String,
    /// The kind of attack.
    pub kind: Kind,
    /// The name for people, in a few words.
    pub title: String,
    /// What the attack is, and how it is told from what looks like it.
    pub about: String,
    /// How bad.
    pub severity: Severity,
    /// How bad where all who are concerned are of private networks; as anywhere unless it is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inside: Option<Severity>,
    /// How sure one may be, 0 to 1, when the conditions are just met.
    pub confidence: f64,
    /// MITRE ATT&CK technique.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub technique: Option<String>,
    /// What to do about it.
    pub advice: String,
    /// Of whom it is counted: each has counts of their own.
    pub key: Key,
    /// In how many seconds it is counted: conditions look back at least half as far, and at most so far.
    pub window: u64,
    /// What belongs to one event: an attack on one target, or one by one source.
    pub event: Group,
    /// What belongs to it while it goes on is not shown to other signatures: a flood's packets are no scan.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub explains: bool,
    /// It goes by what is not answered, or was not asked for: where of most connections only one direction is seen, it says nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub both_ways: bool,
    /// What is counted. The first is the attack itself: its sources and targets are those of the event.
    pub count: Vec<Counter>,
    /// What must hold, all of it.
    pub when: Vec<Condition>,
    /// What must not hold: all of it together makes it none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<Condition>,
    /// When to look at ordinary TCP packets of the target and its port, which are ignored otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub watch: Vec<Condition>,
}

/// Of whom something is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Key {
    /// Each source.
    Source,
    /// Each target.
    Target,
    /// Each source with each target.
    Pair,
    /// Each source with each port, of whichever target.
    SourcePort,
    /// Each target with its port.
    TargetPort,
    /// Each source with each target and its port.
    PairPort,
    /// Each target with the port of those who send to it.
    TargetService,
    /// Each source with each target and the source's port.
    PairService,
    /// Each source with each network of 256 addresses.
    SourceNet,
}

/// What belongs to one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// One source, whatever it does to whom.
    Source,
    /// One target, whoever does it.
    Target,
    /// One source and one target.
    Pair,
}

/// Something that is counted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Counter {
    /// What conditions call it.
    pub name: String,
    /// What happens: any of these.
    pub on: Vec<Happening>,
    /// What of it is measured.
    #[serde(default)]
    pub measure: Measure,
    /// It is seen from the other side: what is called source here is who is called target elsewhere, with the ports.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub turned: bool,
    /// Of `distinct`, `uniform` and `variation`: what is looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Field>,
    /// Only TCP packets with these flags set, of those behind the slash: `F/FSRPAU` is FIN alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flags: Option<Flags>,
    /// Only from these ports: numbers, or ranges such as `"1-1023"`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub source_ports: Vec<Range>,
    /// Only from none of these ports.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_source_ports: Vec<Range>,
    /// Only to these ports.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub target_ports: Vec<Range>,
    /// Only to none of these ports.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_target_ports: Vec<Range>,
    /// Only from the same port as to, or only from another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_port: Option<bool>,
    /// Only these IP protocols.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub protocols: Vec<Range>,
    /// Only ICMP of these types.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub icmp_types: Vec<Range>,
    /// Only with a payload of so many bytes; of a connection, what its client has sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Range>,
    /// Only with an answer of so many bytes: what a connection's server has sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Range>,
    /// Only connections that lasted so many milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasted: Option<Range>,
    /// Only connections in which the word went so many times from one side to the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turns: Option<Range>,
    /// Only connections in which the server spoke first, or only those in which it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_first: Option<bool>,
    /// Only connections to a port that has answered the same source in the last two hours, or only those to one that has not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_before: Option<bool>,
    /// Only from such an address.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<Scope>,
    /// Only to such an address.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<Scope>,
}

/// What of something that happens is measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// How often; of packets, how many there were on the wire.
    #[default]
    Count,
    /// Bytes on the wire.
    Bytes,
    /// Bytes of payload.
    Payload,
    /// What the host has said is usual of the same, in bytes.
    Usual,
    /// Milliseconds that connections lasted, all together.
    Lasted,
    /// How many different values there were; exact up to 128, then an estimate with a standard error of 3.25 %.
    Distinct,
    /// The share of the most common value, 0 to 1.
    Uniform,
    /// The standard deviation of the values by their mean.
    Variation,
    /// How irregular it comes: the standard deviation of the gaps by their mean. 0 is a clock, 1 is chance.
    Irregularity,
    /// Seconds from the first to the last.
    Span,
}

/// A value that something has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    /// Who does it.
    Source,
    /// To whom.
    Target,
    /// The source's port.
    SourcePort,
    /// The target's port.
    TargetPort,
    /// The IP protocol.
    Protocol,
    /// Bytes of payload.
    Payload,
    /// Bytes of the answer.
    Answer,
}

/// Where an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Of a private network, of this host or of this link (RFC 1918, 3927, 4193, 4291, 6598).
    Private,
    /// Multicast and broadcast.
    Group,
    /// Any other.
    Global,
}

/// A value, or one value in relation to another, and a bound.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Condition {
    /// A counter's name.
    pub value: String,
    /// Divided by this counter; by nothing, it is more than any bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<String>,
    /// It is that much, or more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// It is that much, or less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
    /// Where the bound comes from.
    pub because: String,
}

/// Numbers from one to another: 53, or "1-1023".
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Bounds", into = "Bounds")]
pub struct Range(pub RangeInclusive<u32>);

#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a number such as 53 or a range such as \"1-1023\"")]
enum Bounds {
    One(u32),
    Several(String),
}

impl Range {
    /// Whether a number is one of them.
    #[must_use]
    pub fn contains(&self, number: u32) -> bool {
        self.0.contains(&number)
    }

    /// As files may have it: always both bounds.
    pub(super) fn text(&self) -> String {
        format!("{}-{}", self.0.start(), self.0.end())
    }
}

impl TryFrom<Bounds> for Range {
    type Error = String;

    fn try_from(bounds: Bounds) -> Result<Self, String> {
        let text = match bounds {
            Bounds::One(number) => return Ok(Self(number..=number)),
            Bounds::Several(text) => text,
        };
        let both = text.split_once('-').and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
        match both {
            Some((from, to)) if from <= to => Ok(Self(from..=to)),
            _ => Err(format!("{text:?} is no range: expected such as \"1-1023\", or of ports a set's name")),
        }
    }
}

impl From<Range> for Bounds {
    fn from(range: Range) -> Self {
        let (from, to) = range.0.into_inner();
        if from == to { Self::One(from) } else { Self::Several(format!("{from}-{to}")) }
    }
}

/// TCP flags: which are looked at, and which of them are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Flags {
    /// Those that are set.
    pub set: u8,
    /// Those that are looked at.
    pub of: u8,
}

/// Their letters, from the lowest bit.
const LETTERS: &str = "FSRPAUEC";

impl TryFrom<String> for Flags {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let bits = |letters: &str| letters.chars().try_fold(0, |bits, letter| Some(bits | 1 << LETTERS.find(letter)?));
        let both = text.split_once('/').and_then(|(set, of)| Some((bits(set)?, bits(of)?)));
        match both {
            Some((set, of)) if set & of == set => Ok(Self { set, of }),
            _ => Err(format!("{text:?} are no flags: expected such as \"S/SA\", with letters of {LETTERS}")),
        }
    }
}

impl From<Flags> for String {
    fn from(flags: Flags) -> Self {
        let letters = |bits: u8| LETTERS.chars().enumerate().filter(move |(bit, _)| bits >> bit & 1 == 1);
        letters(flags.set).map(|(_, letter)| letter).chain(['/']).chain(letters(flags.of).map(|(_, l)| l)).collect()
    }
}
