//! What people wait for: commands, from their start to their end.

use std::{path::Path, process::Command};

use anyhow::{Result, ensure};

use super::best;
use crate::{bench::table::Table, lab::Nbw};

/// Each with the milliseconds that it may take.
const COMMANDS: [(&str, &str, f64); 2] = [
    ("report-months", "report months --by container", 100.0),
    ("report-30d-html", "report --last 30d --every 1h --by container --format html", 1_000.0),
];

/// Adds their rows.
pub(super) fn measure(dir: &Path, rounds: u32, table: &mut Table) -> Result<()> {
    for (name, options, target) in COMMANDS {
        table.add(name, best(rounds, || run(dir, options))?.0, "ms");
        table.add(format!("{name}-target"), target, "ms");
    }
    Ok(())
}

fn run(dir: &Path, options: &str) -> Result<()> {
    let mut command = Command::new(Nbw::binary());
    let output = command.args(options.split(' ')).arg("--data-dir").arg(dir).output()?;
    ensure!(output.status.success(), "nbw {options}: {}", String::from_utf8_lossy(&output.stderr));
    ensure!(String::from_utf8_lossy(&output.stdout).contains("web-0"), "nbw {options} names no container");
    Ok(())
}
