//! `nbw simulate --list`.

use std::{
    io::{self, Write},
    time::Duration,
};

use nbw_detect::simulate::{Scenario, attacks, look_alikes};

use super::table;
use crate::failure::Failure;

/// What can be generated, as two tables.
pub(super) fn print() -> Result<(), Failure> {
    let attacks = attacks().map(|attack| row(&attack.scenario));
    let harmless = look_alikes().map(|alike| row(&alike.scenario));
    let (attacks, harmless) = (table::of(["ATTACK", "WHAT", "RATE", "TIME"], attacks), {
        table::of(["HARMLESS", "WHAT", "RATE", "TIME"], harmless)
    });
    let mut out = io::stdout().lock();
    writeln!(out, "{attacks}\n\n{harmless}").and_then(|()| out.flush()).map_err(Failure::output)
}

fn row(scenario: &Scenario) -> [String; 4] {
    let rate = format!("{} {}/s", scenario.rate, scenario.attempts);
    [scenario.name.to_owned(), scenario.about.to_owned(), rate, seconds(scenario.duration)]
}

fn seconds(time: Duration) -> String {
    format!("{}s", time.as_secs())
}
