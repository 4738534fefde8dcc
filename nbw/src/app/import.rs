//! `nbw import`.

use std::{
    fs::File,
    io::{self, Read, Write},
    path::Path,
    time::Duration,
};

use tokio::process::Command;

use crate::{
    cli::{ImportArgs, ImportFrom, VnstatArgs},
    failure::Failure,
    history::{
        Database,
        vnstat::{self, Dump, Outcome},
    },
    text,
    tool::{self, Unprinted},
    units,
};

/// No vnStat has more to tell.
const MOST: u64 = 256 << 20;

/// vnStat prints the years of hundreds of interfaces in a second; a database that another process has locked it waits for.
const DEADLINE: Duration = Duration::from_secs(60);

/// What helps where vnStat cannot be run.
const HELP: &str = "name a file with the output of `vnstat --json`, or - for standard input";

/// `nbw import`.
///
/// # Errors
/// [`Failure`] says what to tell the user, and the exit code.
pub async fn import(args: ImportArgs) -> Result<(), Failure> {
    match args.from {
        ImportFrom::Vnstat(args) => vnstat(&args).await,
    }
}

async fn vnstat(args: &VnstatArgs) -> Result<(), Failure> {
    let bytes = match &args.file {
        None => {
            let mut command = Command::new("vnstat");
            command.arg("--json");
            printed(command, DEADLINE).await.map_err(Failure::Running)?
        }
        Some(file) if file == Path::new("-") => read(io::stdin(), "standard input")?,
        Some(file) => {
            let name = text::clean(&file.to_string_lossy()).into_owned();
            let open = File::open(file).map_err(|error| Failure::Running(format!("cannot read {name}: {error}")))?;
            read(open, &name)?
        }
    };
    let dump = Dump::parse(&bytes).map_err(|error| Failure::running(&error))?;
    let mut database = Database::open_as_it_is(&args.data_dir)?;
    let outcomes = vnstat::import(&mut database, &dump, args.month_begins)?;
    tell(&outcomes).map_err(Failure::output)
}

fn read(from: impl Read, name: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = from.take(MOST + 1).read_to_end(&mut bytes);
    read.map_err(|error| Failure::Running(format!("cannot read {name}: {error}")))?;
    if bytes.len() as u64 > MOST {
        return Err(Failure::Running(too_long(name)));
    }
    Ok(bytes)
}

fn too_long(name: &str) -> String {
    format!("{name} has more than {}: that is not of vnStat", units::volume(MOST))
}

/// What vnStat prints, or a sentence why that is nothing.
async fn printed(command: Command, deadline: Duration) -> Result<Vec<u8>, String> {
    tool::printed(command, deadline, MOST).await.map_err(|unprinted| match unprinted {
        Unprinted::Cannot(error) => format!("vnstat cannot be run ({error}): {HELP}"),
        Unprinted::Slow => format!("`vnstat --json` has not ended after {}s: {HELP}", deadline.as_secs()),
        Unprinted::TooLong => too_long("the output of `vnstat --json`"),
        Unprinted::Failed(status, said) => {
            format!("`vnstat --json` failed ({status}: {}): {HELP}", text::clean_bytes(said.trim_ascii()))
        }
    })
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

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[tokio::test]
    async fn a_vnstat_that_hangs_is_ended() {
        let directory = tempfile::tempdir().unwrap();
        let pid = directory.path().join("pid");
        let begin = Instant::now();
        let script = format!("echo $$ > {}; echo {{}}; exec sleep 600", pid.display());
        let said = printed(shell(&script), Duration::from_secs(1)).await.unwrap_err();
        assert!(said.contains("has not ended after 1s: name a file"), "{said}");
        assert!(begin.elapsed() < Duration::from_secs(300));
        let pid = std::fs::read_to_string(pid).unwrap();
        assert!(!Path::new(&format!("/proc/{}", pid.trim())).exists(), "it goes on");
    }

    #[tokio::test]
    async fn what_it_prints_is_read_and_what_goes_wrong_is_told() {
        assert_eq!(printed(shell("echo {}"), DEADLINE).await, Ok(b"{}\n".to_vec()));
        let failed = printed(shell("echo 'no database'; exit 3"), DEADLINE).await.unwrap_err();
        assert!(failed.contains("exit status: 3: no database"), "{failed}");
        let missing = printed(Command::new("/nowhere/vnstat"), DEADLINE).await.unwrap_err();
        assert!(missing.starts_with("vnstat cannot be run (No such file"), "{missing}");
    }

    #[test]
    fn an_interface_of_which_nothing_was_taken_is_told_as_that() {
        let name = || "eth0".to_owned();
        let outcome = |moved| Outcome { name: name(), moved, span: None, entries: [0; 5] };
        assert_eq!(line(&outcome(Some((0, 0)))), "eth0: nothing from before nbw's own first record");
        assert_eq!(line(&outcome(None)), "eth0: was imported before, nothing has changed");
    }
}
