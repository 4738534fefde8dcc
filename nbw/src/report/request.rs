//! From the command line to what a report is asked to have.

use std::{collections::BTreeMap, io::IsTerminal, path::Path};

use jiff::{SignedDuration, Timestamp};

use super::{What, build::Request, calendar::Calendar, when};
use crate::{
    cli::{Compare, FilterArgs, ReportArgs, ReportFormat},
    failure::Failure,
    filter,
    history::{Kind, query::Every},
    pattern::Pattern,
    resolve::identity::is_hex_id,
};

/// Subjects told apart where people look at them.
const LOOKED_AT: usize = 10;
/// Rows of [`What::Top`], as many as vnStat has.
const TOP_ROWS: usize = 10;
/// Seconds of the shortest parts.
const FINEST: u32 = 10;
/// More parts than this the history does not answer with.
const MOST_PARTS: f64 = 20_000.0;
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// How the report is written.
///
/// # Errors
/// When the options do not fit each other.
pub fn format(args: &ReportArgs) -> Result<ReportFormat, Failure> {
    let format = match (args.format, &args.output) {
        (Some(format), _) => format,
        (None, None) => ReportFormat::Table,
        (None, Some(path)) => by_ending(path)?,
    };
    let is_picture = matches!(format, ReportFormat::Svg | ReportFormat::Png);
    if !is_picture && (args.chart.is_some() || args.width.is_some() || args.height.is_some()) {
        return Err(Failure::Usage("--chart, --width and --height are for --format svg and png".into()));
    }
    if args.advice && (is_picture || format == ReportFormat::Csv) {
        return Err(Failure::Usage(
            "there is no place for --advice in csv, svg and png: give --format table, json or html".into(),
        ));
    }
    let is_stdout = args.output.as_deref().is_none_or(|path| path.as_os_str() == "-");
    if format == ReportFormat::Png && is_stdout && std::io::stdout().is_terminal() {
        return Err(Failure::Usage("a png is not for a terminal: give --output FILE, or a pipe".into()));
    }
    Ok(format)
}

fn by_ending(path: &Path) -> Result<ReportFormat, Failure> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    Ok(match ending.as_deref() {
        Some("json") => ReportFormat::Json,
        Some("csv") => ReportFormat::Csv,
        Some("html" | "htm") => ReportFormat::Html,
        Some("svg") => ReportFormat::Svg,
        Some("png") => ReportFormat::Png,
        None | Some("txt" | "table") => ReportFormat::Table,
        Some(_) => {
            return Err(Failure::Usage(format!(
                "no format has the ending of --output {}: give --format table, json, csv, html, svg or png",
                path.display()
            )));
        }
    })
}

/// What is asked for, at `now`, on the host of this name.
///
/// # Errors
/// When the options do not fit each other, or a time is none.
pub fn request(args: &ReportArgs, format: ReportFormat, now: Timestamp, host: String) -> Result<Request, Failure> {
    let zone = args.zone.clone().unwrap_or_else(jiff::tz::TimeZone::system);
    let calendar = Calendar { zone, month_begins: args.month_begins };
    let (kind, only) = subjects(args.by, &args.filter)?;
    let (from, to) = span(args, now, &calendar).map_err(Failure::Usage)?;
    let every = args.every.unwrap_or_else(|| every(args.what, from, to));
    check_parts(every, from, to)?;
    check_finest(every)?;
    let (top, rows) = told_apart(args, format);
    Ok(Request {
        what: args.what,
        top,
        rows,
        compare: args.compare == Some(Compare::Previous),
        quota: args.quota,
        hours: matches!(format, ReportFormat::Html | ReportFormat::Svg | ReportFormat::Png),
        // How the host is set up now says nothing about a time that is past.
        advice: args.advice || (format == ReportFormat::Html && to == now),
        units: args.units,
        usual: args.from.is_none() && args.last.is_none(),
        kind,
        only,
        from,
        to,
        every,
        calendar,
        host,
        now,
    })
}

/// How many subjects are told apart (all, where it is none), and how many rows [`What::Top`] has.
pub(super) fn told_apart(args: &ReportArgs, format: ReportFormat) -> (Option<usize>, usize) {
    let looked_at = !matches!(format, ReportFormat::Json | ReportFormat::Csv);
    let top = args.top.map(|top| top as usize);
    let rows = top.unwrap_or(if looked_at { TOP_ROWS } else { usize::MAX });
    let is_top = args.what == Some(What::Top);
    (if is_top { None } else { top.or(looked_at.then_some(LOOKED_AT)) }, rows)
}

/// The kind, and which of it. A filter chooses among its own kind: the history does not know what went by which interface.
fn subjects(by: Option<Kind>, filter: &FilterArgs) -> Result<(Kind, Vec<Pattern>), Failure> {
    let given = [
        (Kind::Interface, "--interface", &filter.interface),
        (Kind::Group, "--cgroup", &filter.cgroup),
        (Kind::Container, "--container", &filter.container),
        (Kind::Unit, "--unit", &filter.unit),
    ];
    let given: BTreeMap<Kind, _> = given
        .into_iter()
        .filter(|(.., names)| !names.is_empty())
        .map(|(kind, option, names)| (kind, (option, names)))
        .collect();
    let kind = by.or_else(|| given.keys().next().copied()).unwrap_or(Kind::Interface);
    if kind.is_of_captures() {
        let plural = super::plural(kind);
        return Err(Failure::Usage(format!(
            "the history does not know {plural}, a capture does: give one by --read FILE"
        )));
    }
    if let Some((other, (option, _))) = given.iter().find(|(of, _)| **of != kind) {
        return Err(Failure::Usage(format!(
            "{option} chooses among {}, and the history does not know which of them {} had to do with: give one of the two",
            super::plural(*other),
            super::plural(kind)
        )));
    }
    let texts = given.get(&kind).map(|(_, names)| names.iter().flat_map(|name| texts(kind, name)));
    let patterns = texts
        .into_iter()
        .flatten()
        .map(|text| Pattern::new(&text).map_err(|error| Failure::Usage(format!("{text:?} is no valid glob: {error}"))));
    Ok((kind, patterns.collect::<Result<_, _>>()?))
}

/// What a filter's value stands for: a cgroup's subtree with it, a unit's full name, an id by its first digits.
fn texts(kind: Kind, name: &str) -> Vec<String> {
    match kind {
        Kind::Group if name == "/" => Vec::new(),
        Kind::Group => vec![name.to_owned(), format!("{}/**", literal(name))],
        Kind::Unit => vec![filter::full_unit(name)],
        Kind::Container if is_id_prefix(name) => {
            vec![
                name.to_owned(),
                format!("{}{}*", name.to_ascii_lowercase(), "[0-9a-f]".repeat(64_usize.saturating_sub(name.len()))),
            ]
        }
        _ => vec![name.to_owned()],
    }
}

fn is_id_prefix(name: &str) -> bool {
    (4..64).contains(&name.len()) && is_hex_id(&format!("{name:0<64}"))
}

/// A path that is no glob, so that a glob can follow.
fn literal(name: &str) -> String {
    if name.contains('*') || name.contains('?') || name.contains('[') {
        name.to_owned()
    } else {
        name.replace('{', "[{]")
    }
}

type Ends = (Option<Timestamp>, Timestamp);

/// From where (from the begin of the history where there is none) to where.
fn span(args: &ReportArgs, now: Timestamp, calendar: &Calendar) -> Result<Ends, String> {
    let to = args.to.as_deref().map(|text| when::moment(text, when::Edge::To, now, calendar)).transpose()?;
    // What has not been yet is not in the history.
    let to = to.unwrap_or(now).min(now);
    let from = match (&args.from, &args.last) {
        (Some(text), _) => Some(when::moment(text, when::Edge::From, now, calendar)?),
        (None, Some(text)) => Some(when::ago(text, to, calendar)?),
        (None, None) => default_from(args.what, to, calendar),
    };
    match from {
        Some(from) if from >= to => Err(format!(
            "there is no time between {} and {}: --from has to be before --to, and in the past",
            calendar.local(from).strftime("%F %H:%M"),
            calendar.local(to).strftime("%F %H:%M")
        )),
        from => Ok((from, to)),
    }
}

fn default_from(what: Option<What>, to: Timestamp, calendar: &Calendar) -> Option<Timestamp> {
    let Some(what) = what else { return to.checked_sub(DAY).ok() };
    let (every, count) = match what {
        What::Hours => (Every::Seconds(3_600), 24),
        What::Days => (Every::Day, 30),
        What::Weeks => (Every::Week, 12),
        What::Months => (Every::Month, 12),
        What::Years | What::Top => return None,
    };
    // The part that `to` is in is the last one.
    let last = calendar.begin(every, to.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(to));
    // Between them the clocks of a zone may have been put on by half an hour.
    Some(calendar.begin(every, calendar.later(every, last, 1 - count)))
}

/// The parts of the report; without a word of the user, so many that a chart shows something, and a page holds them.
fn every(what: Option<What>, from: Option<Timestamp>, to: Timestamp) -> Every {
    every_of(what).unwrap_or_else(|| from.map_or(Every::Day, |from| by_length(to.duration_since(from))))
}

/// The parts that the user has said by the report's name.
pub(super) fn every_of(what: Option<What>) -> Option<Every> {
    Some(match what? {
        What::Hours => Every::Seconds(3_600),
        What::Days | What::Top => Every::Day,
        What::Weeks => Every::Week,
        What::Months => Every::Month,
        What::Years => Every::Year,
    })
}

fn by_length(length: SignedDuration) -> Every {
    match length {
        length if length <= DAY / 3 => Every::Seconds(60),
        length if length <= DAY * 2 => Every::Seconds(300),
        length if length <= DAY * 35 => Every::Seconds(3_600),
        length if length <= DAY * 800 => Every::Day,
        _ => Every::Month,
    }
}

/// The agent keeps nothing finer than this.
fn check_finest(every: Every) -> Result<(), Failure> {
    match every {
        Every::Seconds(seconds) if seconds < FINEST => Err(Failure::Usage(format!(
            "the history has nothing finer than {FINEST} s: give --every {FINEST}s or longer; shorter parts are for --read"
        ))),
        _ => Ok(()),
    }
}

/// Whether there are so many parts that nobody can use them.
///
/// # Errors
/// A sentence that says how many.
pub(super) fn check_parts(every: Every, from: Option<Timestamp>, to: Timestamp) -> Result<(), Failure> {
    let Some(from) = from else { return Ok(()) };
    let parts = to.duration_since(from).as_secs_f64() / f64::from(super::calendar::nominal_seconds(every));
    if parts <= MOST_PARTS {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "that would be more than {MOST_PARTS} parts of {}: ask for longer ones by --every",
        super::calendar::length(every)
    )))
}

#[cfg(test)]
mod tests;
