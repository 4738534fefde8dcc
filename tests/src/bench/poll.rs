//! What one reading of 16,384 live slots costs, in time and in system calls.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use aya::maps::Array;
use clap::Args;
use nbw::{
    bpf::{GroupSlots, LoadOptions, Object},
    sample::{GroupReading, read_groups},
};
use nbw_common::abi::{GROUP_SLOTS, GroupIdent, maps};

use super::{syscalls, table::Table};

/// What to measure, and how long.
#[derive(Debug, Args)]
pub struct Options {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Readings, of which the best counts
    #[arg(long, default_value_t = 200)]
    rounds: u32,
}

/// Measures, and prints the table.
///
/// # Errors
/// When the maps cannot be made or the readings are not those of the slots.
pub fn run(options: &Options) -> Result<()> {
    let groups = all_slots_live()?;
    let mut best = f64::INFINITY;
    for _ in 0..options.rounds {
        let before = Instant::now();
        let readings = read_groups(&groups);
        best = best.min(before.elapsed().as_secs_f64() * 1e3);
        ensure!(readings.len() as u32 == GROUP_SLOTS - 1, "{} slots were read", readings.len());
    }
    let mut table = Table::new("poll");
    table.add("slots", f64::from(GROUP_SLOTS), "slots");
    table.add("cpus", aya::util::nr_cpus().map_err(|(_, error)| error)? as f64, "cpus");
    table.add("poll", best, "ms");
    table.add("poll-syscalls", syscalls_of_a_reading(&groups)? as f64, "calls");
    table.print(options.json)
}

/// A table in which every slot but the overflow slot has an owner.
fn all_slots_live() -> Result<GroupSlots> {
    let mut object = Object::load(&LoadOptions::default())?;
    let ebpf = object.ebpf_mut();
    let mut idents: Array<_, GroupIdent> = ebpf.map_mut(maps::GROUP_IDENTS).context("the identities")?.try_into()?;
    for slot in 1..GROUP_SLOTS {
        idents.set(
            slot,
            GroupIdent { cgroup: slot.into(), ifindex: 2, link_header: 14, ..GroupIdent::default() },
            0,
        )?;
    }
    let mut next: Array<_, u64> = ebpf.map_mut(maps::GROUP_NEXT).context("the mark")?.try_into()?;
    next.set(0, u64::from(GROUP_SLOTS - 1), 0)?;
    Ok(GroupSlots::open(&mut object)?)
}

/// Counts the system calls of a reading. The first one is made before, so that the allocator has its memory.
fn syscalls_of_a_reading(groups: &GroupSlots) -> Result<u64> {
    syscalls::count(|| drop::<Vec<GroupReading>>(read_groups(groups)))
}
