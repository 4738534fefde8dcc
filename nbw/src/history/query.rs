//! What is asked of the history, and what it answers.

use jiff::{Timestamp, tz::TimeZone};

use super::{Kind, Moved, Subject};
use crate::pattern::Pattern;

/// The length of the parts that an answer is divided into. Those of a day and longer are of the calendar, in the zone of the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Every {
    /// Seconds that divide a day, 10 at least.
    Seconds(u32),
    /// From midnight.
    Day,
    /// From Monday.
    Week,
    /// From the day on which months begin.
    Month,
    /// From January (from the day on which months begin).
    Year,
}

/// A question.
#[derive(Debug, Clone)]
pub struct Query {
    /// Of which kind of subjects.
    pub kind: Kind,
    /// Which of them, by name or key; all where it is empty.
    pub only: Vec<Pattern>,
    /// From here (inside the first part) ...
    pub from: Timestamp,
    /// ... up to here, this not included.
    pub to: Timestamp,
    /// In parts of this length.
    pub every: Every,
    /// The busiest by name, all others summed up as `other`; all where it is none.
    pub top: Option<usize>,
    /// Whose midnights.
    pub zone: TimeZone,
    /// The day on which months begin, 1 to 28.
    pub month_begins: i8,
}

/// The answer for one subject.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Whom it is about.
    pub subject: Subject,
    /// The parts, one for each of [`Answer::parts`].
    pub points: Vec<Point>,
}

/// What was moved in one part.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Point {
    /// Received.
    pub rx: Moved,
    /// Sent.
    pub tx: Moved,
    /// 95th percentile of the rates of the samples inside, received, in bytes a second; see [`Answer::sample_seconds`].
    pub rx_p95: f64,
    /// The same, sent.
    pub tx_p95: f64,
}

/// One part of the time asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Its begin.
    pub start: Timestamp,
    /// Its end, which is the next one's begin.
    pub end: Timestamp,
    /// Seconds of it in which anything was recorded (an agent ran).
    pub recorded_seconds: u32,
    /// Length of the samples that its percentiles are of, as [`Answer::sample_seconds`]; a shorter part is one sample itself.
    pub sample_seconds: u32,
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The parts of the time asked about, without gaps.
    pub parts: Vec<Part>,
    /// The subjects, the busiest first, `other` last.
    pub series: Vec<Series>,
    /// The whole time, for each of `series`.
    pub whole: Vec<Whole>,
    /// Length of the samples that percentiles of the whole time are of: 300 where the history has them, else that of the tier that is left.
    pub sample_seconds: u32,
}

/// One subject over the whole time asked about.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Whole {
    /// Received.
    pub rx: Moved,
    /// Sent.
    pub tx: Moved,
    /// When the receive peak was: the begin of the finest bucket that has it.
    pub rx_peak_at: Option<Timestamp>,
    /// The same, sent.
    pub tx_peak_at: Option<Timestamp>,
    /// 95th percentile of the samples of the whole time, received, in bytes a second.
    pub rx_p95: f64,
    /// The same, sent.
    pub tx_p95: f64,
}
