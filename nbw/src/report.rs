//! Reports: what the history says of a span of time, as a table, JSON, CSV, a web page or a picture.

pub mod build;
pub mod calendar;
pub mod capture;
pub mod chart;
pub mod csv;
mod events;
#[cfg(test)]
mod fixture;
pub mod html;
pub mod json;
pub mod load;
pub mod progress;
pub mod request;
pub mod rows;
mod samples;
pub mod table;
pub mod when;

use jiff::Timestamp;
use nbw_detect::Event;

use self::{build::Source, calendar::Calendar};
use crate::{
    failure::Failure,
    history::{
        Kind,
        query::{Answer, Every},
    },
    insight::Finding,
    units::Units,
};

/// What a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum What {
    /// The last 24 hours, by hour
    Hours,
    /// The last 30 days, by day
    Days,
    /// The last 12 weeks, by week
    Weeks,
    /// The last 12 months, by month
    Months,
    /// All years
    Years,
    /// The busiest days of all
    Top,
}

/// A report, whole: all that its formats write down.
#[derive(Debug, Clone)]
pub struct Report {
    /// What it is about; none for the sums of a span alone.
    pub what: Option<What>,
    /// Whose traffic it shows.
    pub kind: Kind,
    /// The span asked about: from here ...
    pub from: Timestamp,
    /// ... up to here.
    pub to: Timestamp,
    /// In parts of this length.
    pub every: Every,
    /// Whose midnights.
    pub calendar: Calendar,
    /// The host's name.
    pub host: String,
    /// When it was made.
    pub now: Timestamp,
    /// When the history began.
    pub began: Timestamp,
    /// What was moved.
    pub answer: Answer,
    /// What was moved in the span of the same length before, where that was asked for.
    pub previous: Option<Answer>,
    /// What was moved in the month that `now` is in, as one part.
    pub month: Answer,
    /// What was moved by the hour, for the heat map and the load duration curve; none where [`Self::answer`] has it, or
    /// nobody looks.
    pub hourly: Option<Answer>,
    /// The same for the host as a whole, where interfaces are shown: they must not be added up.
    pub host_hourly: Option<Answer>,
    /// Bytes a month that may be moved, both directions together.
    pub quota: Option<u64>,
    /// At most so many rows of [`What::Top`].
    pub rows: usize,
    /// What rates are counted in.
    pub units: Units,
    /// What there is to advise; nothing where nobody asked.
    pub findings: Vec<Finding>,
    /// The attacks of the span, by when they began.
    pub events: Vec<Event>,
    /// What is to be said of the capture that it is of; none where it is of the history.
    pub captured: Option<capture::Captured>,
}

/// A way of writing a report down.
pub trait Format {
    /// The report as bytes.
    ///
    /// # Errors
    /// When it cannot be drawn or encoded.
    fn render(&self, report: &Report) -> Result<Vec<u8>, Failure>;
}

impl Report {
    /// Whether nothing was moved by anyone.
    pub fn is_empty(&self) -> bool {
        self.answer.whole.iter().all(|whole| whole.rx.bytes + whole.tx.bytes + whole.rx.packets + whole.tx.packets == 0)
    }

    /// The title, for example `web1: containers by hour`.
    pub fn title(&self) -> String {
        let parts = match self.what {
            None => String::new(),
            Some(What::Top) => format!(", the busiest {}s", calendar::word(self.every)),
            Some(_) => format!(" by {}", calendar::word(self.every)),
        };
        format!("{}: {}{parts}", self.host, self.subjects())
    }

    /// How times of a day are written: captures may be of seconds.
    pub fn clock(&self) -> &'static str {
        if self.captured.is_some() { "%H:%M:%S" } else { "%H:%M" }
    }

    /// The word for all that it is about.
    pub fn subjects(&self) -> &'static str {
        if self.captured.is_some() && self.kind == Kind::Host { "hosts" } else { plural(self.kind) }
    }

    /// Whether what was received and what was sent cannot be told apart, so that all counts as received.
    pub fn is_undirected(&self) -> bool {
        self.captured.is_some_and(|captured| captured.undirected) && self.kind == Kind::Protocol
    }

    /// What is to be said of [`Self::is_undirected`] behind a sentence: nothing where it is not so.
    pub fn undirected(&self) -> &'static str {
        if self.is_undirected() { "; the capture does not say which way packets went: rx is all of them" } else { "" }
    }

    /// Whether there is a month that is: captures are of the past.
    pub fn has_month(&self) -> bool {
        self.captured.is_none()
    }

    /// The span, as it is on the wall: `2026-11-24 22:00 to 2026-11-25 21:30 (CET)`.
    pub fn span(&self) -> String {
        let local = |at| self.calendar.local(at).strftime(&format!("%F {}", self.clock())).to_string();
        let zone = self.calendar.local(self.to).strftime("%Z").to_string();
        format!("{} to {} ({zone})", local(self.from), local(self.to))
    }

    /// What this is called in a sentence where there is nothing: says what there is.
    pub fn nothing(&self, source: &impl Source) -> Failure {
        let kind = plural(self.kind);
        let local = |at| self.calendar.local(at).strftime("%F %H:%M").to_string();
        let has = match source.span() {
            Some((from, to)) => format!("the history is of {} to {}", local(from), local(to)),
            None => "the history is empty so far".into(),
        };
        Failure::Running(format!("no traffic of {kind} was recorded in {}: {has}", self.span()))
    }
}

/// The word for all of a kind.
pub fn plural(kind: Kind) -> &'static str {
    match kind {
        Kind::Host => "the host",
        Kind::Interface => "interfaces",
        Kind::Group => "groups",
        Kind::Container => "containers",
        Kind::Pod => "pods",
        Kind::Unit => "units",
        Kind::Process => "processes",
        Kind::Remote => "remote hosts",
        Kind::Protocol => "protocols",
        Kind::Pair => "pairs of hosts",
        Kind::Port => "ports",
    }
}

/// The word for one of a kind.
pub fn singular(kind: Kind) -> &'static str {
    match kind {
        Kind::Host => "host",
        Kind::Interface => "interface",
        Kind::Group => "group",
        Kind::Container => "container",
        Kind::Pod => "pod",
        Kind::Unit => "unit",
        Kind::Process => "process",
        Kind::Remote => "remote host",
        Kind::Protocol => "protocol",
        Kind::Pair => "pair",
        Kind::Port => "port",
    }
}
