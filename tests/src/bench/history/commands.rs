//! What people wait for: commands, from their start to their end.

use std::{path::Path, process::Command, time::Instant};

use anyhow::{Result, ensure};
use nix::sys::{
    resource::{UsageWho, getrusage},
    time::TimeValLike,
};

use crate::{bench::table::Table, lab::Nbw};

/// Each with the milliseconds that it may take.
const COMMANDS: [(&str, &str, f64); 2] = [
    ("report-months", "report months --by container", 100.0),
    ("report-30d-html", "report --last 30d --every 1h --by container --format html", 1_000.0),
];

/// Adds their rows.
pub(super) fn measure(dir: &Path, rounds: u32, table: &mut Table) -> Result<()> {
    for (name, options, target) in COMMANDS {
        let (wall, cpu) = best(dir, options, rounds)?;
        table.add(name, wall, "ms");
        table.add(format!("{name}-target"), target, "ms");
        table.add(format!("{name}-cpu"), cpu, "ms");
    }
    Ok(())
}

/// The shortest of several, in milliseconds: by the clock, and of processors.
fn best(dir: &Path, options: &str, rounds: u32) -> Result<(f64, f64)> {
    let mut best = (f64::INFINITY, f64::INFINITY);
    for _ in 0..rounds.max(1) {
        let (wall, cpu) = (Instant::now(), processor_time()?);
        run(dir, options)?;
        best = (best.0.min(wall.elapsed().as_secs_f64() * 1e3), best.1.min(processor_time()? - cpu));
    }
    Ok(best)
}

/// Milliseconds that processes which have ended have had of processors.
fn processor_time() -> Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    Ok((usage.user_time() + usage.system_time()).num_microseconds() as f64 / 1e3)
}

fn run(dir: &Path, options: &str) -> Result<()> {
    let mut command = Command::new(Nbw::binary());
    let output = command.args(options.split(' ')).arg("--data-dir").arg(dir).output()?;
    ensure!(output.status.success(), "nbw {options}: {}", String::from_utf8_lossy(&output.stderr));
    ensure!(String::from_utf8_lossy(&output.stdout).contains("web-0"), "nbw {options} names no container");
    Ok(())
}
