//! `nbw simulate --write`: into a file.

use std::path::Path;

use nbw_detect::{
    Time,
    capture::{LinkType, Record},
    simulate::{Plan, Scenario},
};

use crate::{
    app::work::{Stop, Work},
    failure::Failure,
    output::{CaptureFile, Output},
};

/// When what is written begins: always the same, so that the same seed gives the same file. 2026-01-01T00:00:00Z.
const BEGINNING: u64 = 1_767_225_600_000_000_000;

/// Writes all of it; a file that cannot be written whole is not there.
///
/// # Errors
/// [`Failure::Running`] when it cannot be written, or is stopped before its end.
pub(super) async fn write(scenario: Scenario, plan: Plan, file: &Path) -> Result<(), Failure> {
    let mut work = Work::listen()?;
    let output = work.open(Some(file.to_owned())).await?;
    let _give_up = output.give_up();
    work.run(move |stop| write_all(&scenario, &plan, output, stop)).await
}

fn write_all(scenario: &Scenario, plan: &Plan, output: Output, stop: &Stop) -> Result<(), Failure> {
    let mut file = CaptureFile::begin(output, LinkType::ETHERNET)?;
    for timed in scenario.traffic(plan) {
        if stop.is_told() {
            return Err(Failure::Running("stopped before the capture was whole".into()));
        }
        file.write(&Record {
            time: Time(BEGINNING.saturating_add(timed.at.as_nanos().try_into().unwrap_or(u64::MAX))),
            link_type: LinkType::ETHERNET,
            // Frames here are far shorter than 4 GiB.
            original_length: timed.frame.len() as u32,
            bytes: &timed.frame,
        })?;
    }
    file.finish()
}
