//! What the memory of a year costs: room, the time of answers, and of writing; with vnStat's year beside it.

mod commands;
mod vnstat;
mod writing;

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, Result};
use clap::Args;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use nbw::history::{
    Database, Kind, Reader, Tiers,
    query::{Every, Query},
    synthetic::Synthetic,
};
use nix::time::{ClockId, clock_gettime};

use super::table::Table;

/// What to measure.
#[derive(Debug, Args)]
pub struct Options {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Containers, all of which move something all the time
    #[arg(long, default_value_t = 200)]
    subjects: usize,
    /// Times that each question is asked, of which the best counts
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Keep the year in this directory, and use the one that is there
    #[arg(long)]
    dir: Option<PathBuf>,
}

/// Measures, and prints the table.
///
/// # Errors
/// When the database cannot be made or read.
pub fn run(options: &Options) -> Result<()> {
    let temporary = tempfile::tempdir()?;
    let dir = options.dir.as_deref().unwrap_or(temporary.path());
    let host = Synthetic::new(Kind::Container, options.subjects);
    let mut table = Table::new("history");
    table.add("subjects", options.subjects as f64, "subjects");
    let end = year(dir, &host, &mut table)?;
    questions(dir, end, options.rounds, &mut table)?;
    commands::measure(dir, options.rounds, &mut table)?;
    writing::measure(dir, end, &host, &mut table)?;
    vnstat::measure(end, options.subjects, options.rounds, &mut table)?;
    table.print(options.json)
}

/// Makes the year up to now, where there is none; adds what room it takes, and tells when it ends.
fn year(dir: &Path, host: &Synthetic, table: &mut Table) -> Result<Timestamp> {
    if !dir.join(nbw::history::FILE).exists() {
        let now = Timestamp::now().as_second();
        drop(host.year(dir, Timestamp::from_second(now / 10 * 10)?)?);
    }
    let database = Database::open(dir, &tiers())?;
    let size = database.size()?;
    table.add("database", size.bytes as f64 / f64::from(1 << 20), "MiB");
    table.add("rows", size.rows as f64, "rows");
    table.add("packed-rows", size.packed_rows as f64, "rows");
    database.written_until()?.context("a year without a record")
}

fn tiers() -> Tiers {
    Tiers::default().in_zone(TimeZone::UTC)
}

/// The questions behind `nbw report months` and `nbw report --last 30d --every 1h`, for the ten busiest and for all.
fn questions(dir: &Path, end: Timestamp, rounds: u32, table: &mut Table) -> Result<()> {
    let year = end.to_zoned(TimeZone::UTC).checked_sub(1.year())?.start_of_day()?.timestamp();
    let month = end - jiff::SignedDuration::from_hours(30 * 24);
    for (name, from, every, top) in [
        ("months", year, Every::Month, Some(10)),
        ("months-all", year, Every::Month, None),
        ("hours-of-30d", month, Every::Seconds(3_600), Some(10)),
        ("hours-of-30d-all", month, Every::Seconds(3_600), None),
        ("5m-of-24h", end - jiff::SignedDuration::from_hours(24), Every::Seconds(300), Some(10)),
    ] {
        let query = Query {
            kind: Kind::Container,
            only: Vec::new(),
            from,
            to: end,
            every,
            top,
            zone: TimeZone::UTC,
            month_begins: 1,
        };
        let (wall, cpu) = best(rounds, || ask(dir, &query))?;
        table.add(name, wall, "ms");
        table.add(format!("{name}-cpu"), cpu, "ms");
    }
    Ok(())
}

/// As a command does it: from opening the file on.
fn ask(dir: &Path, query: &Query) -> Result<()> {
    let answer = Reader::open(dir)?.ask(query)?;
    let total: u64 = answer.whole.iter().map(|whole| whole.rx.bytes).sum();
    (total > 0).then_some(()).context("an answer without traffic")
}

/// The shortest time of several, in milliseconds: by the clock, and of the processor, which is the same where nobody else is
/// there.
fn best(rounds: u32, work: impl Fn() -> Result<()>) -> Result<(f64, f64)> {
    let mut best = (f64::INFINITY, f64::INFINITY);
    for _ in 0..rounds.max(1) {
        let (wall, cpu) = (Instant::now(), processor_time()?);
        work()?;
        let took = (wall.elapsed().as_secs_f64() * 1e3, (processor_time()? - cpu) * 1e3);
        best = (best.0.min(took.0), best.1.min(took.1));
    }
    Ok(best)
}

/// Seconds that this process has had of a processor.
fn processor_time() -> Result<f64> {
    let time = clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID)?;
    Ok(time.tv_sec() as f64 + time.tv_nsec() as f64 / 1e9)
}
