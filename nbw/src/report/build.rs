//! A report is built of what the history answers.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use nbw_detect::Event;

use super::{Report, What, calendar::Calendar, progress::Progress};
use crate::{
    failure::Failure,
    history::{
        HistoryError, Kind, Reader,
        query::{Answer, Every, Point, Query, Series, Whole},
    },
    insight::{self, Finding},
    pattern::Pattern,
    units::Units,
};

/// Heat maps and load duration curves go back no further than this: about a year.
const HOURS_BACK: i64 = 400 * 24;
const HOUR: u32 = 3_600;

/// The history, as reports see it.
pub trait Source {
    /// Answers a question.
    ///
    /// # Errors
    /// When the history cannot be read, or does not answer with so much.
    fn ask(&self, query: &Query) -> Result<Answer, HistoryError>;

    /// From when to when anything was recorded; none where nothing was yet.
    fn span(&self) -> Option<(Timestamp, Timestamp)>;

    /// What there is to advise about a time.
    ///
    /// # Errors
    /// When the history cannot be read, or the kernel not be asked.
    fn findings(&self, from: Timestamp, to: Timestamp, zone: &TimeZone) -> Result<Vec<Finding>, Failure>;

    /// The attacks of which anything was seen in a time.
    ///
    /// # Errors
    /// When the history cannot be read.
    fn events(&self, from: Timestamp, to: Timestamp) -> Result<Vec<Event>, Failure>;
}

/// What a report is asked to have.
#[derive(Debug, Clone)]
pub struct Request {
    /// What it is about.
    pub what: Option<What>,
    /// Whose traffic.
    pub kind: Kind,
    /// Of these only; of all where it is empty.
    pub only: Vec<Pattern>,
    /// From here; from the begin of the history where there is none.
    pub from: Option<Timestamp>,
    /// Whether [`Self::from`] is no wish of the user but what is usual.
    pub usual: bool,
    /// Up to here.
    pub to: Timestamp,
    /// In parts of this length.
    pub every: Every,
    /// The busiest by name, the rest as `other`.
    pub top: Option<usize>,
    /// At most so many rows of [`What::Top`].
    pub rows: usize,
    /// Whose midnights.
    pub calendar: Calendar,
    /// The host's name.
    pub host: String,
    /// Whether to compare with the span of the same length before.
    pub compare: bool,
    /// Bytes a month that may be moved.
    pub quota: Option<u64>,
    /// Whether hours are looked at: for the heat map and the load duration curve.
    pub hours: bool,
    /// Whether to advise.
    pub advice: bool,
    /// What rates are counted in.
    pub units: Units,
    /// The time now.
    pub now: Timestamp,
}

impl Request {
    /// Steps of the progress bar: the questions that the history is asked, and the drawing.
    pub fn steps(&self) -> u64 {
        let questions = [true, self.compare, true, self.hours, self.hours && self.kind == Kind::Interface, self.advice];
        questions.into_iter().filter(|asked| *asked).count() as u64 + 1
    }
}

/// Asks all that the report needs, and tells how far it has come.
///
/// # Errors
/// When the history cannot be read.
pub fn build(source: &impl Source, request: Request, progress: &Progress) -> Result<Report, Failure> {
    let began = source.span().map_or(request.now, |(begin, _)| begin);
    let from = begin(&request, began);
    let asking = Asking { source, request: &request, progress, from };
    let answer = asking.answer()?;
    let report = Report {
        previous: asking.previous()?,
        month: asking.month(&answer)?,
        hourly: asking.hourly(request.kind)?,
        host_hourly: asking.host_hourly()?,
        findings: asking.findings(),
        events: source.events(from, request.to)?,
        from,
        began,
        answer,
        what: request.what,
        kind: request.kind,
        to: request.to,
        every: request.every,
        calendar: request.calendar,
        host: request.host,
        now: request.now,
        quota: request.quota,
        rows: request.rows,
        units: request.units,
        captured: None,
    };
    Ok(report)
}

/// Nobody asked for the parts before the history began by saying `months`.
fn begin(request: &Request, began: Timestamp) -> Timestamp {
    let first = request.calendar.begin(request.every, began);
    match request.from {
        Some(from) if request.usual && first < request.to => from.max(first),
        Some(from) => from,
        None => first,
    }
}

struct Asking<'a, S> {
    source: &'a S,
    request: &'a Request,
    progress: &'a Progress,
    from: Timestamp,
}

impl<S: Source> Asking<'_, S> {
    fn query(&self) -> Query {
        let request = self.request;
        Query {
            kind: request.kind,
            only: request.only.clone(),
            from: self.from,
            to: request.to,
            every: request.every,
            top: request.top,
            zone: request.calendar.zone.clone(),
            month_begins: request.calendar.month_begins,
        }
    }

    fn ask(&self, what: &'static str, query: &Query) -> Result<Answer, Failure> {
        self.progress.begin(what);
        self.source.ask(query).map_err(|error| self.refusal(query, error))
    }

    /// What helps is not the same everywhere: where all are looked at, naming some does not.
    fn refusal(&self, query: &Query, error: HistoryError) -> Failure {
        let subjects = super::plural(query.kind);
        match error {
            HistoryError::TooMany { subjects: count, parts, most } if !self.can_name_fewer(query) => {
                Failure::Usage(format!(
                    "{count} {subjects} in {parts} parts are too many, {most} figures at most, and each of them is looked at \
                     here, whatever --top is: ask for less time (--last, --from), or for longer parts (--every)"
                ))
            }
            error => error.into(),
        }
    }

    /// Whether `--top` has a say in how many are asked about: the busiest parts of all are found by looking at all, and so is
    /// who was there before.
    fn can_name_fewer(&self, query: &Query) -> bool {
        self.request.what != Some(What::Top) && query.to == self.request.to
    }

    fn answer(&self) -> Result<Answer, Failure> {
        self.ask("reading the history", &self.query())
    }

    /// Of all subjects: who is busy now may not have been then.
    fn previous(&self) -> Result<Option<Answer>, Failure> {
        if !self.request.compare {
            return Ok(None);
        }
        let (from, to) = self.span_before();
        self.ask("reading the span before", &Query { from, to, top: None, ..self.query() }).map(Some)
    }

    /// As many parts before. Both ends move alike, so that a part that is not over is compared with as much of another.
    fn span_before(&self) -> (Timestamp, Timestamp) {
        let (calendar, every, to) = (&self.request.calendar, self.request.every, self.request.to);
        let mut count = match every {
            Every::Seconds(seconds) => {
                let length = to.duration_since(self.from).as_millis().max(1);
                let count = (length - 1) / (i128::from(seconds.max(1)) * 1_000) + 1;
                return self.earlier(i64::try_from(count).unwrap_or(0));
            }
            _ => 1,
        };
        while calendar.later(every, self.from, count) < to && count < 100_000 {
            count += 1;
        }
        self.earlier(count)
    }

    /// The same time, so many parts earlier.
    fn earlier(&self, count: i64) -> (Timestamp, Timestamp) {
        let (calendar, every) = (&self.request.calendar, self.request.every);
        (calendar.later(every, self.from, -count), calendar.later(every, self.request.to, -count))
    }

    /// Of those that the report tells apart: percentiles of all others would take long, and nobody sees them.
    fn month(&self, answer: &Answer) -> Result<Answer, Failure> {
        let now = self.request.now;
        // `now` is the end of what was recorded: at the last second of a month it is the begin of the next, of which there is nothing.
        let last = now.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(now);
        let from = self.request.calendar.begin(Every::Month, last);
        if self.request.every == Every::Month && self.request.to == now && self.from <= from {
            return Ok(last_part(answer));
        }
        let keys = answer.series.iter().map(|series| &*series.subject.key).filter(|key| !key.is_empty());
        let only = match self.request.top {
            // One that reads as a glob finds more than itself, which does no harm.
            Some(_) => keys.filter_map(|key| Pattern::new(key).ok()).collect(),
            None => self.request.only.clone(),
        };
        let query = Query { only, from, to: now, every: Every::Month, top: None, ..self.query() };
        self.ask("reading the month", &query)
    }

    fn hourly(&self, kind: Kind) -> Result<Option<Answer>, Failure> {
        let fine = matches!(self.request.every, Every::Seconds(seconds) if seconds <= HOUR);
        if !self.request.hours || (fine && kind == self.request.kind) {
            return Ok(None);
        }
        let back = self.request.calendar.later(Every::Seconds(HOUR), self.request.to, -HOURS_BACK);
        let every = if fine { self.request.every } else { Every::Seconds(HOUR) };
        let query = Query { kind, from: self.from.max(back), every, ..self.query() };
        self.ask("reading the hours", &query).map(Some)
    }

    /// A report is as good without advice: that there is none is said on standard error.
    fn findings(&self) -> Vec<Finding> {
        let (request, zone) = (self.request, &self.request.calendar.zone);
        if !request.advice {
            return Vec::new();
        }
        self.progress.begin("looking for advice");
        self.source.findings(self.from, request.to, zone).unwrap_or_else(|failure| {
            tracing::warn!("no advice in this report: {failure}");
            Vec::new()
        })
    }

    fn host_hourly(&self) -> Result<Option<Answer>, Failure> {
        if self.request.kind != Kind::Interface || !self.request.only.is_empty() {
            return Ok(None);
        }
        Ok(self.hourly(Kind::Host)?.filter(|answer| !answer.series.is_empty()))
    }
}

/// What was moved in the last part alone.
fn last_part(answer: &Answer) -> Answer {
    let last = answer.parts.len().saturating_sub(1);
    let point = |series: &Series| series.points.get(last).copied().unwrap_or_default();
    let whole = |point: &Point| Whole { rx: point.rx, tx: point.tx, ..Whole::default() };
    let series =
        answer.series.iter().map(|series| Series { subject: series.subject.clone(), points: vec![point(series)] });
    let series: Vec<Series> = series.collect();
    Answer {
        parts: answer.parts[last..].to_vec(),
        whole: series.iter().map(|series| whole(&series.points[0])).collect(),
        series,
        sample_seconds: answer.sample_seconds,
    }
}

impl Source for Reader {
    fn ask(&self, query: &Query) -> Result<Answer, HistoryError> {
        Self::ask(self, query)
    }

    fn span(&self) -> Option<(Timestamp, Timestamp)> {
        Self::span(self)
    }

    fn findings(&self, from: Timestamp, to: Timestamp, zone: &TimeZone) -> Result<Vec<Finding>, Failure> {
        insight::findings(self, from, to, zone)
    }

    fn events(&self, from: Timestamp, to: Timestamp) -> Result<Vec<Event>, Failure> {
        Self::events(self, from, to).map_err(|error| Failure::running(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::Made;

    /// Where the span before begins and ends.
    fn before(from: &str, to: &str, every: Every) -> (String, String) {
        let made = Made::containers();
        let request = Request { to: to.parse().unwrap(), ..made.request(None, from, every) };
        let progress = Progress::start(1);
        let asking = Asking { source: &made, request: &request, progress: &progress, from: from.parse().unwrap() };
        let (from, to) = asking.span_before();
        (from.to_string(), to.to_string())
    }

    /// A history that has too much of everything, or of the span before only.
    struct TooMuch {
        before_only: bool,
    }

    impl Source for TooMuch {
        fn ask(&self, query: &Query) -> Result<Answer, HistoryError> {
            let made = Made::containers();
            if self.before_only && query.to == made.end {
                return made.ask(query);
            }
            Err(HistoryError::TooMany { subjects: 6_000, parts: 900, most: 5_000_000 })
        }

        fn span(&self) -> Option<(Timestamp, Timestamp)> {
            Made::containers().span()
        }

        fn events(&self, _: Timestamp, _: Timestamp) -> Result<Vec<Event>, Failure> {
            Ok(Vec::new())
        }

        fn findings(&self, _: Timestamp, _: Timestamp, _: &TimeZone) -> Result<Vec<Finding>, Failure> {
            Ok(Vec::new())
        }
    }

    #[test]
    fn a_refusal_names_what_helps() {
        let refusal = |what, before_only| {
            let request = Made::containers().request(Some(what), "2026-11-01T00:00:00+01:00", Every::Day);
            match build(&TooMuch { before_only }, request, &Progress::start(1)) {
                Err(Failure::Usage(sentence)) => sentence,
                other => unreachable!("{:?}", other.err()),
            }
        };
        let of_top = refusal(What::Top, false);
        assert!(of_top.starts_with("6000 containers in 900 parts are too many"), "{of_top}");
        assert!(of_top.contains("less time (--last, --from)") && !of_top.contains("(--top)"), "{of_top}");
        assert_eq!(refusal(What::Days, true), of_top);
        assert!(refusal(What::Days, false).contains("(--top)"));
    }

    #[test]
    fn at_the_last_second_of_a_month_it_is_still_the_month() {
        let midnight: Timestamp = "2026-11-01T00:00:00+01:00".parse().unwrap();
        let made = Made::containers();
        for every in [Every::Day, Every::Month] {
            let request = made.request(None, "2026-09-01T00:00:00+02:00", every);
            let request = Request { now: midnight, to: midnight, ..request };
            let report = build(&made, request, &Progress::start(1)).unwrap();
            let [october] = &report.month.parts[..] else { unreachable!("{:?}", report.month.parts) };
            assert_eq!(october.start.to_string(), "2026-09-30T22:00:00Z");
            let web = &report.totals()[0];
            assert!(web.month.total() > 0 && Some(web.month) == web.month_estimate, "{web:?}");
        }
    }

    #[test]
    fn a_part_that_is_not_over_is_compared_with_as_much_of_another() {
        let hours = before("2026-11-24T15:00:00Z", "2026-11-25T14:23:05Z", Every::Seconds(3_600));
        assert_eq!(hours, ("2026-11-23T15:00:00Z".into(), "2026-11-24T14:23:05Z".into()));
        // One that begins and ends anywhere is followed by the next.
        let day = before("2026-11-24T14:23:05Z", "2026-11-25T14:23:05Z", Every::Seconds(300));
        assert_eq!(day, ("2026-11-23T14:23:05Z".into(), "2026-11-24T14:23:05Z".into()));
        let days = before("2026-11-23T23:00:00Z", "2026-11-25T14:23:05Z", Every::Day);
        assert_eq!(days, ("2026-11-21T23:00:00Z".into(), "2026-11-23T14:23:05Z".into()));
    }
}
