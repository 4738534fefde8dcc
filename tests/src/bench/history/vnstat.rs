//! The same year in vnStat's database, which has as many interfaces as nbw has subjects, each with all that vnStat keeps by its
//! defaults: 48 hours by five minutes, 4 days by hours, 62 days, 25 months, all years and the 20 busiest days.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use rusqlite::Connection;

use super::best;
use crate::bench::table::Table;

/// Its tables: name, SQL's step, how many, and how a date is written.
const TABLES: [(&str, &str, u32, &str); 6] = [
    ("fiveminute", "-300 seconds", 576, "%Y-%m-%d %H:%M:00"),
    ("hour", "-1 hour", 96, "%Y-%m-%d %H:00:00"),
    ("day", "-1 day", 62, "%Y-%m-%d"),
    ("month", "-1 month", 12, "%Y-%m-01"),
    ("year", "-1 year", 2, "%Y-01-01"),
    ("top", "-1 day", 20, "%Y-%m-%d"),
];

/// Adds its rows, or says that there is no vnStat.
pub(super) fn measure(end: Timestamp, interfaces: usize, rounds: u32, table: &mut Table) -> Result<()> {
    if Command::new("vnstat").arg("--version").output().is_err()
        || Command::new("vnstatd").arg("--version").output().is_err()
    {
        eprintln!("vnStat is not installed (apt-get install vnstat): no figures of it");
        return Ok(());
    }
    let dir = tempfile::tempdir()?;
    let config = dir.path().join("vnstat.conf");
    std::fs::write(&config, format!("DatabaseDir \"{}\"\n", dir.path().display()))?;
    run("vnstatd", &config, &["--initdb"])?;
    let file = dir.path().join("vnstat.db");
    fill(&file, end, interfaces)?;
    table.add("vnstat-database", file.metadata()?.len() as f64 / f64::from(1 << 20), "MiB");
    table.add("vnstat-m", best(rounds, || run("vnstat", &config, &["-i", "web000", "-m"]))?.0, "ms");
    table.add("vnstat-m-all-json", best(rounds, || run("vnstat", &config, &["--json", "m"]))?.0, "ms");
    Ok(())
}

fn run(program: &str, config: &Path, arguments: &[&str]) -> Result<()> {
    let output = Command::new(program).arg("--config").arg(config).args(arguments).output()?;
    ensure!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
    Ok(())
}

fn fill(file: &Path, end: Timestamp, interfaces: usize) -> Result<()> {
    let mut connection = Connection::open(file).context("vnStat's database")?;
    let transaction = connection.transaction()?;
    let now = end.strftime("%Y-%m-%d %H:%M:%S").to_string();
    for number in 0..interfaces {
        transaction.execute(
            "INSERT INTO interface VALUES (?1, ?2, '', 1, ?3, ?3, 0, 0, 1000000, 1000000)",
            (number as i64 + 1, format!("web{number:03}"), &now),
        )?;
    }
    for (name, step, count, format) in TABLES {
        let (unit, amount) = (step.split_once(' ').context("a unit")?.1, step.split_once(' ').context("an amount")?.0);
        let amount: i64 = amount.parse()?;
        let sql = format!(
            "WITH RECURSIVE back (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM back WHERE n + 1 < {count})
             INSERT OR IGNORE INTO {name} (interface, date, rx, tx)
             SELECT i.id, strftime('{format}', ?1, (n * {amount}) || ' {unit}'), 123456789 + n, 12345678 + n
             FROM interface i CROSS JOIN back"
        );
        transaction.execute(&sql, [&now])?;
    }
    Ok(transaction.commit()?)
}
