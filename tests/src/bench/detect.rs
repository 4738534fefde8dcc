//! What `nbw detect --read` finds in captures of real attacks and of ordinary traffic.
//!
//! The captures and what is in them are others': `$NBW_CAPTURES` (else `../shared/captures`) has an `INDEX.tsv`. How fast it is, says
//! the bench `capture`.

mod index;
mod names;
mod verdict;

use std::{env, path::PathBuf};

use anyhow::{Context, Result};
use clap::Args;

use self::{index::Capture, verdict::Verdict};
use super::table::Table;

/// Which captures, and how it is printed.
#[derive(Debug, Args)]
pub struct Options {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Captures and their INDEX.tsv [default: $NBW_CAPTURES, else ../shared/captures]
    #[arg(long, value_name = "DIR")]
    captures: Option<PathBuf>,
}

/// Runs the bench.
///
/// # Errors
/// When there are no captures of a tier, nbw cannot be run, or an attack of tier core is not found, a benign capture is, or less
/// than 80 % of tier extra are found.
pub fn run(options: &Options) -> Result<()> {
    let nbw = PathBuf::from(env::var_os("NBW_BIN").context("NBW_BIN is not set: run `cargo xtask bench detect`")?);
    let mut table = Table::new("detect");
    let verdicts = judge(options, &nbw)?;
    let mut missing = Vec::new();
    for tier in index::TIERS {
        missing.extend(add(&mut table, &verdicts, tier));
    }
    if !options.json {
        verdicts.iter().for_each(|(capture, verdict)| println!("{}", verdict.line(capture)));
    }
    table.print(options.json)?;
    anyhow::ensure!(missing.is_empty(), "{}", missing.join("; "));
    Ok(())
}

fn judge(options: &Options, nbw: &std::path::Path) -> Result<Vec<(Capture, Verdict)>> {
    let named = options.captures.clone().or_else(|| env::var_os("NBW_CAPTURES").map(PathBuf::from));
    let directory = named.unwrap_or_else(|| "../shared/captures".into());
    let captures = index::read(&directory)?;
    let judged = captures.into_iter().map(|capture| {
        let verdict = verdict::judge(nbw, &directory, &capture)?;
        Ok((capture, verdict))
    });
    judged.collect()
}

/// Adds a tier's rows; says what is not as it has to be.
fn add(table: &mut Table, verdicts: &[(Capture, Verdict)], tier: &str) -> Option<String> {
    let of = |attacks: bool| {
        verdicts.iter().filter(move |(capture, _)| capture.tier == tier && capture.is_attack() == attacks)
    };
    let count = |attacks: bool, what: fn(&Verdict) -> bool| of(attacks).filter(|(_, it)| what(it)).count();
    let (attacks, found) = (of(true).count(), count(true, |it| matches!(it, Verdict::Found(_))));
    let wrong = count(true, |it| matches!(it, Verdict::Wrong(_)));
    let missed = count(true, |it| matches!(it, Verdict::Missed));
    let (benign, falsely) = (of(false).count(), count(false, |it| matches!(it, Verdict::Wrong(_))));
    for (name, value) in [
        ("attacks", attacks),
        ("found", found),
        ("wrong name or address", wrong),
        ("missed", missed),
        ("benign", benign),
        ("false", falsely),
    ] {
        table.add(format!("{tier}: {name}"), value as f64, "captures");
    }
    let enough = if tier == "core" { attacks } else { (attacks * 4).div_ceil(5) };
    let bad = attacks == 0 || benign == 0 || found < enough || falsely > 0 || (tier == "core" && wrong > 0);
    bad.then(|| format!("{tier}: {found} of {attacks} attacks were found, {wrong} wrongly named, and {falsely} of {benign} benign captures were called attacks"))
}
