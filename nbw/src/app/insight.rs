//! The wiring of `nbw insight`.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use console::Term;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{Ended, live::Live, ticks};
use crate::{
    cli::{FilterArgs, InsightArgs, LiveArgs, NameArgs},
    failure::{Failure, with_causes},
    history::{HistoryError, Kind, Reader, query::Answer},
    insight::{
        self, Evidence,
        evidence::{Counters, history::days, live::Watched},
        facts,
        show::Advice,
    },
    snapshot::By,
    units::Units,
    view::{Sort, ViewOptions},
};

/// How often what is watched is read.
const INTERVAL: Duration = Duration::from_secs(1);

/// How long it is watched where there is no history.
const USUALLY: Duration = Duration::from_secs(30);

/// How much of the history is looked at.
const LAST: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Lines where there is no terminal.
const UNKNOWN_WIDTH: usize = 80;

/// `nbw insight`.
///
/// # Errors
/// [`Failure`] says what to tell the user, and the exit code.
pub async fn insight(args: InsightArgs) -> Result<(), Failure> {
    let mut ended = Ended::listen()?;
    tokio::select! {
        result = advise(&args) => result,
        () = ended.wait() => Ok(()),
    }
}

async fn advise(args: &InsightArgs) -> Result<(), Failure> {
    let evidence = match (args.live, Reader::open(&args.data_dir)) {
        (Some(time), history) => watch(args, time, usable(history).as_ref()).await?,
        (None, Ok(history)) => remember(args, &history).await?,
        (None, Err(HistoryError::NotThere(_))) if args.last.is_none() => {
            tracing::warn!("no history in {}: watching for {USUALLY:?}", args.data_dir.display());
            watch(args, USUALLY, None).await?
        }
        (None, Err(error)) => return Err(error.into()),
    };
    let advice = Advice {
        from: evidence.from,
        to: evidence.to,
        live: evidence.live,
        zone: evidence.zone.clone(),
        findings: insight::advise(&evidence),
    };
    let mut stdout = Term::stdout();
    let width = stdout.size_checked().map_or(UNKNOWN_WIDTH, |(_, columns)| usize::from(columns));
    let written = args.format.write(&advice, &mut stdout, width, console::colors_enabled());
    written.map_err(Failure::output)
}

/// The history, where there is one that can be read. It is told where it cannot.
fn usable(history: Result<Reader, HistoryError>) -> Option<Reader> {
    history.inspect_err(|error| unusable(error).into_iter().for_each(|sentence| tracing::warn!("{sentence}"))).ok()
}

/// What to tell where a history cannot be read; nothing where there is none.
fn unusable(error: &HistoryError) -> Option<String> {
    let is_there = !matches!(error, HistoryError::NotThere(_));
    is_there.then(|| format!("{}: going on without the history, so nobody can be told to be new", with_causes(error)))
}

/// Looks at what is remembered.
async fn remember(args: &InsightArgs, history: &Reader) -> Result<Evidence, Failure> {
    let now = Timestamp::now();
    // What was recorded last is not there for some seconds, and before the first nothing was.
    let (first, to) = history.span().map_or((now, now), |(first, last)| (first, last.min(now)));
    let from = to.checked_sub(args.last.unwrap_or(LAST)).map_err(|error| Failure::running(&error))?.max(first.min(to));
    let facts = facts::read().await?;
    Ok(Evidence::remembered(history, (from, to), TimeZone::system(), facts)?)
}

/// Watches for some time.
async fn watch(args: &InsightArgs, time: Duration, history: Option<&Reader>) -> Result<Evidence, Failure> {
    let view = ViewOptions { by: vec![By::Connection], sort: Sort::default(), top: None };
    let mut live = Live::start(&live_args(args), view).await?;
    let before = facts::read().await?;
    let mut watched = Watched::default();
    let begun = Instant::now();
    let mut ticks = ticks(INTERVAL.min(time), false);
    let bar = waiting(time);
    while begun.elapsed() < time {
        tokio::select! {
            _ = ticks.tick() => {
                watched.take(&live.tick().await?);
                bar.set_position(begun.elapsed().as_secs());
            }
            due = live.due() => live.serve(due).await?,
        }
    }
    bar.finish_and_clear();
    let facts = facts::read().await?;
    let counters = Counters::between(&before.counters, &facts.counters, begun.elapsed().as_secs_f64());
    let (from, to) = watched.span().ok_or_else(|| Failure::Running("nothing was read in the time given".to_owned()))?;
    let (traffic, talks) = watched.into_answers();
    let zone = TimeZone::system();
    Ok(Evidence {
        from,
        to,
        live: true,
        days: history.map_or_else(HashMap::new, |history| known(history, from, &zone)),
        zone,
        traffic,
        counters,
        facts,
        talks: Some(talks),
    })
}

/// A bar on standard error, if that is a terminal.
fn waiting(time: Duration) -> ProgressBar {
    let style = ProgressStyle::with_template("watching {bar:30} {pos} of {len} s");
    let bar = ProgressBar::new(time.as_secs());
    style.map_or_else(|_| ProgressBar::hidden(), |style| bar.with_style(style))
}

/// Whom the history knows from the days before; without it nobody is new.
fn known(history: &Reader, now: Timestamp, zone: &TimeZone) -> HashMap<Kind, Answer> {
    days(history, (now, now), zone).unwrap_or_else(|error| {
        tracing::warn!("{}: nobody can be told to be new", with_causes(&error));
        HashMap::new()
    })
}

/// What `watch` would have been told.
fn live_args(args: &InsightArgs) -> LiveArgs {
    let interface = args.interface.clone();
    LiveArgs {
        filter: FilterArgs { interface, cgroup: Vec::new(), container: Vec::new(), unit: Vec::new() },
        interval: INTERVAL,
        units: Units::default(),
        sort: Sort::default(),
        names: NameArgs { no_dns: true, mmdb: Vec::new() },
        verbose: args.verbose,
        kernel: args.kernel.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::FILE;

    #[test]
    fn a_history_that_cannot_be_read_is_told_of() {
        let dir = tempfile::tempdir().unwrap();
        let told = |dir: &std::path::Path| Reader::open(dir).err().as_ref().and_then(unusable);
        assert_eq!(told(&dir.path().join("none")), None);
        std::fs::write(dir.path().join(FILE), "no database, but long enough to be read as the head of one".repeat(99))
            .unwrap();
        let sentence = told(dir.path()).unwrap();
        assert!(sentence.contains(FILE) && sentence.contains("without the history"), "{sentence}");
    }
}
