//! The rows of a report: one for each subject in each part, and one for each subject over the whole time.

use std::collections::HashMap;

use jiff::Timestamp;

use super::{Report, What};
use crate::history::{
    Subject,
    query::{Answer, Every, Part, Point, Whole},
};

/// Bytes, both directions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Both {
    /// Received.
    pub rx: u64,
    /// Sent.
    pub tx: u64,
}

impl Both {
    /// Both together.
    pub fn total(self) -> u64 {
        self.rx.saturating_add(self.tx)
    }
}

/// What one subject has moved in one part.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// When.
    pub part: &'a Part,
    /// Who.
    pub subject: &'a Subject,
    /// What.
    pub point: &'a Point,
    /// The same part of the span before; none where there was none, or nobody asked.
    pub previous: Option<Both>,
    /// What the part will come to when it is over, if it goes on like this; none where it is over.
    pub estimate: Option<Both>,
}

/// What one subject has moved in all.
#[derive(Debug, Clone, Copy)]
pub struct Total<'a> {
    /// Who.
    pub subject: &'a Subject,
    /// What.
    pub whole: &'a Whole,
    /// Both directions over the recorded time, in bytes a second.
    pub average: f64,
    /// In the span before; none where nobody asked.
    pub previous: Option<Both>,
    /// In the month that is.
    pub month: Both,
    /// What the month will come to, if it goes on like this; none in its first hundredth.
    pub month_estimate: Option<Both>,
}

impl Row<'_> {
    /// Bytes, both directions.
    pub fn both(&self) -> Both {
        Both { rx: self.point.rx.bytes, tx: self.point.tx.bytes }
    }

    /// Both directions over the recorded time, in bytes a second.
    pub fn average(&self) -> f64 {
        rate(self.both().total(), seconds(self.part))
    }

    /// Whether it moved nothing.
    pub fn is_idle(&self) -> bool {
        self.both().total() == 0 && self.point.rx.packets + self.point.tx.packets == 0
    }
}

impl Total<'_> {
    /// Bytes, both directions.
    pub fn both(&self) -> Both {
        Both { rx: self.whole.rx.bytes, tx: self.whole.tx.bytes }
    }

    /// Whether it is the rest: who was of it this month is not known.
    pub fn is_rest(&self) -> bool {
        self.subject.key.is_empty()
    }

    /// The 95th percentile by which carriers bill: of the larger direction.
    pub fn billed(&self) -> f64 {
        self.whole.rx_p95.max(self.whole.tx_p95)
    }
}

/// Seconds over which a part's average is taken: those recorded.
pub fn seconds(part: &Part) -> f64 {
    if part.recorded_seconds > 0 { f64::from(part.recorded_seconds) } else { length(part) }
}

/// Seconds from a part's begin to its end.
pub fn length(part: &Part) -> f64 {
    part.end.duration_since(part.start).as_secs_f64()
}

fn rate(bytes: u64, seconds: f64) -> f64 {
    if seconds > 0.0 { bytes as f64 / seconds } else { 0.0 }
}

impl Report {
    /// One for each subject in each part, by time, the busiest first; of [`What::Top`] the busiest of all, in this order.
    pub fn rows(&self) -> Vec<Row<'_>> {
        let rows = (0..self.answer.parts.len()).flat_map(|at| (0..self.answer.series.len()).map(move |who| (who, at)));
        let before = self.before();
        let mut rows: Vec<Row> = rows.map(|(who, at)| self.row(who, at, &before)).collect();
        if self.what == Some(What::Top) {
            rows.retain(|row| !row.is_idle());
            rows.sort_by_key(|row| std::cmp::Reverse(row.both().total()));
            rows.truncate(self.rows);
        }
        rows
    }

    /// Those of one subject, by time.
    pub fn rows_of(&self, who: usize) -> Vec<Row<'_>> {
        let before = self.before();
        (0..self.answer.parts.len()).map(|at| self.row(who, at, &before)).collect()
    }

    fn row(&self, who: usize, at: usize, before: &HashMap<&str, usize>) -> Row<'_> {
        let (part, series) = (&self.answer.parts[at], &self.answer.series[who]);
        let point = &series.points[at];
        let was = || {
            let previous = self.previous.as_ref().filter(|answer| is_recorded(&answer.parts, at))?;
            let point = previous.series[*before.get(&*series.subject.key)?].points.get(at)?;
            Some(Both { rx: point.rx.bytes, tx: point.tx.bytes })
        };
        let moved = Both { rx: point.rx.bytes, tx: point.tx.bytes };
        Row { part, subject: &series.subject, point, previous: was(), estimate: self.estimate(part, self.every, moved) }
    }

    /// Where in [`Self::previous`] a subject is. The rest is never compared: it is not of the same subjects.
    fn before(&self) -> HashMap<&str, usize> {
        self.previous.as_ref().map(index).unwrap_or_default()
    }

    /// What `moved` in a part that is not over will come to. No estimate of the first hundredth: it says nothing.
    fn estimate(&self, part: &Part, every: Every, moved: Both) -> Option<Both> {
        let end = self.calendar.end(every, part.start).max(part.end);
        if self.now < part.start || self.now >= end || moved.total() == 0 {
            return None;
        }
        let begin = part.start.max(self.began.min(self.now));
        let passed = self.now.duration_since(begin).as_secs_f64();
        let whole = end.duration_since(begin).as_secs_f64();
        (passed > whole / 100.0).then(|| moved.scaled(whole / passed))
    }

    /// What the month that is will come to, if so much was moved so far; none in its first hundredth, nor of nothing.
    fn month_estimate(&self, moved: Both) -> Option<Both> {
        let month = self.month.parts.first()?;
        let is_over = self.now >= self.calendar.end(Every::Month, month.start);
        if is_over { Some(moved) } else { self.estimate(month, Every::Month, moved) }
    }

    /// Whether the month that is can be estimated.
    pub fn estimates(&self) -> bool {
        self.month_estimate(Both { rx: 1, tx: 1 }).is_some()
    }

    /// One for each subject, the busiest first.
    pub fn totals(&self) -> Vec<Total<'_>> {
        let (before, month) = (self.before(), index(&self.month));
        let recorded = self.answer.parts.iter().filter(|part| part.recorded_seconds > 0).map(seconds).sum::<f64>();
        let subjects = self.answer.series.iter().map(|series| &series.subject).zip(&self.answer.whole);
        let total = |(subject, whole): (_, _)| self.total(subject, whole, recorded, &before, &month);
        subjects.map(total).collect()
    }

    fn total<'a>(
        &'a self,
        subject: &'a Subject,
        whole: &'a Whole,
        recorded: f64,
        before: &HashMap<&str, usize>,
        month: &HashMap<&str, usize>,
    ) -> Total<'a> {
        let of = |answer: &Answer, at: Option<&usize>| {
            let whole = at.map(|&at| answer.whole[at]).unwrap_or_default();
            Both { rx: whole.rx.bytes, tx: whole.tx.bytes }
        };
        let is_rest = subject.key.is_empty();
        // Where nobody recorded, nobody knows who is new.
        let known = |answer: &&Answer| !is_rest && (0..answer.parts.len()).any(|at| is_recorded(&answer.parts, at));
        let previous = self.previous.as_ref().filter(known).map(|answer| of(answer, before.get(&*subject.key)));
        let this_month = of(&self.month, month.get(&*subject.key));
        let moved = whole.rx.bytes + whole.tx.bytes;
        Total {
            subject,
            whole,
            average: rate(moved, recorded),
            previous,
            month: this_month,
            month_estimate: self.month_estimate(this_month),
        }
    }

    /// A part's name: `2026-11-24 14:00`, `2026-11-24`, `2026-11`, `2026`; of an hour that is there twice with the offset.
    pub fn label(&self, start: Timestamp) -> String {
        let named_by_month = self.calendar.month_begins == 1;
        let format = match self.every {
            Every::Seconds(seconds) if seconds % 60 != 0 => return self.calendar.on_the_wall(start, "%F %H:%M:%S"),
            Every::Seconds(_) => return self.calendar.on_the_wall(start, "%F %H:%M"),
            Every::Month if named_by_month => "%Y-%m",
            Every::Year if named_by_month => "%Y",
            _ => "%F",
        };
        self.calendar.local(start).strftime(format).to_string()
    }
}

impl Both {
    fn scaled(self, factor: f64) -> Self {
        // Saturates where it is more than fits.
        Self { rx: (self.rx as f64 * factor) as u64, tx: (self.tx as f64 * factor) as u64 }
    }
}

fn is_recorded(parts: &[Part], at: usize) -> bool {
    parts.get(at).is_some_and(|part| part.recorded_seconds > 0)
}

/// How much of a month's volume is used: `2.5 %`, `81 %`.
pub fn used(moved: u64, quota: u64) -> String {
    let percent = moved as f64 / quota as f64 * 100.0;
    format!("{percent:.decimals$} %", decimals = usize::from(percent < 9.95))
}

fn index(answer: &Answer) -> HashMap<&str, usize> {
    let keys = answer.series.iter().enumerate().map(|(at, series)| (&*series.subject.key, at));
    keys.filter(|(key, _)| !key.is_empty()).collect()
}

/// The change from `before` to `now`: `+12 %`, `-3 %`, `new`, `gone`, `same`.
pub fn change(before: u64, now: u64) -> String {
    match (before, now) {
        (0, 0) => "-".into(),
        (0, _) => "new".into(),
        (_, 0) => "gone".into(),
        _ => percent((now as f64 / before as f64 - 1.0) * 100.0),
    }
}

fn percent(change: f64) -> String {
    match change {
        change if change.abs() < 0.5 => "same".into(),
        change if change >= 1_000.0 => format!("x{:.0}", change / 100.0 + 1.0),
        // A hundred would be gone.
        change => format!("{:+.0}%", change.max(-99.0)),
    }
}
