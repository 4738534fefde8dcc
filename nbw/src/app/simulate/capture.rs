//! `nbw simulate --write`: into a file.

use std::{io, path::Path};

use nbw_detect::{
    Time,
    capture::{LinkType, Writer},
    simulate::{Plan, Scenario},
};

use crate::{failure::Failure, text};

/// When what is written begins: always the same, so that the same seed gives the same file. 2026-01-01T00:00:00Z.
const BEGINNING: u64 = 1_767_225_600_000_000_000;

/// Writes all of it; a file that cannot be written whole is not there.
pub(super) fn write(scenario: &Scenario, plan: &Plan, file: &Path) -> Result<(), Failure> {
    let refused = |error: io::Error| {
        let name = text::clean_bytes(file.as_os_str().as_encoded_bytes());
        Failure::Running(format!("{name} cannot be written: {error}"))
    };
    let mut writer = Writer::create(file, LinkType::ETHERNET).map_err(refused)?;
    for timed in scenario.traffic(plan) {
        let time = Time(BEGINNING.saturating_add(timed.at.as_nanos().try_into().unwrap_or(u64::MAX)));
        // Frames here are far shorter than 4 GiB.
        writer.write(time, timed.frame.len() as u32, &timed.frame).map_err(refused)?;
    }
    writer.finish().map_err(refused)
}
