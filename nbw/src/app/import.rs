//! `nbw import`.

use std::{
    fs::File,
    io::{self, Read, Write},
    path::Path,
    process::Command,
};

use crate::{
    cli::{ImportArgs, ImportFrom, VnstatArgs},
    failure::Failure,
    history::{
        Database,
        vnstat::{self, Dump, Outcome},
    },
    text, units,
};

/// No vnStat has more to tell.
const MOST: u64 = 256 << 20;

/// `nbw import`.
///
/// # Errors
/// [`Failure`] says what to tell the user, and the exit code.
pub fn import(args: &ImportArgs) -> Result<(), Failure> {
    match &args.from {
        ImportFrom::Vnstat(args) => vnstat(args),
    }
}

fn vnstat(args: &VnstatArgs) -> Result<(), Failure> {
    let bytes = match &args.file {
        None => run_vnstat()?,
        Some(file) if file == Path::new("-") => read(io::stdin(), "standard input")?,
        Some(file) => {
            let name = text::clean(&file.to_string_lossy()).into_owned();
            let open = File::open(file).map_err(|error| Failure::Running(format!("cannot read {name}: {error}")))?;
            read(open, &name)?
        }
    };
    let dump = Dump::parse(&bytes).map_err(|error| Failure::running(&error))?;
    let mut database = Database::open_as_it_is(&args.data_dir).map_err(|error| Failure::running(&error))?;
    let outcomes = vnstat::import(&mut database, &dump, args.month_begins).map_err(|error| Failure::running(&error))?;
    tell(&outcomes).map_err(Failure::output)
}

fn read(from: impl Read, name: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = from.take(MOST + 1).read_to_end(&mut bytes);
    read.map_err(|error| Failure::Running(format!("cannot read {name}: {error}")))?;
    if bytes.len() as u64 > MOST {
        return Err(Failure::Running(format!("{name} has more than {}: that is not of vnStat", units::volume(MOST))));
    }
    Ok(bytes)
}

fn run_vnstat() -> Result<Vec<u8>, Failure> {
    let help = "name a file with the output of `vnstat --json`, or - for standard input";
    let output = Command::new("vnstat").arg("--json").output();
    let output = output.map_err(|error| Failure::Running(format!("vnstat cannot be run ({error}): {help}")))?;
    if !output.status.success() {
        let said = text::clean_bytes(output.stdout.trim_ascii());
        return Err(Failure::Running(format!("`vnstat --json` failed ({}: {said}): {help}", output.status)));
    }
    Ok(output.stdout)
}

fn tell(outcomes: &[Outcome]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if outcomes.is_empty() {
        writeln!(out, "vnStat remembers no interface: nothing was imported")?;
    }
    for outcome in outcomes {
        writeln!(out, "{}", line(outcome))?;
    }
    out.flush()
}

fn line(outcome: &Outcome) -> String {
    let name = &outcome.name;
    let Some((rx, tx)) = outcome.moved else { return format!("{name}: was imported before, nothing has changed") };
    let Some((from, to)) = outcome.span else { return format!("{name}: nothing from before nbw's own first record") };
    let zone = jiff::tz::TimeZone::system();
    let [from, to] = [from, to].map(|time| time.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string());
    let words = ["five-minute part", "hour", "day", "month", "year"];
    let counted = outcome.entries.iter().zip(words).rev().filter(|(count, _)| **count > 0);
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let entries: Vec<String> = counted.map(|(count, word)| format!("{count} {word}{}", plural(*count))).collect();
    let [rx, tx] = [rx, tx].map(units::volume);
    format!("{name}: {rx} received and {tx} sent from {from} to {to} ({})", entries.join(", "))
}
