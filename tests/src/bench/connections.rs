//! What accounting for connections and processes costs where they come and go: the load, and nbw itself.
//!
//! All in network namespaces of its own. Watchers take turns for several rounds; of each the best counts, for a shared
//! machine only ever adds time. nbw counts for all cgroups of the host: others' programs at their root, another nbw's too,
//! are in every figure, [`others`] says how many.

mod exchange;
pub mod load;
mod series;
mod short;
mod steady;
mod watched;

use std::time::Duration;

use anyhow::Result;
use aya::programs::loaded_programs;
use aya_obj::generated::bpf_prog_type;
use clap::Args;

use self::{exchange::Exchange, load::Protocol, series::Series, watched::Watcher};
use crate::lab::Netns;

/// What to measure, and how long.
#[derive(Debug, Args)]
pub struct Options {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Connections a second where their number is given
    #[arg(long, default_value_t = 20_000.0)]
    rate: f64,
    /// Length of each run in seconds
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
    /// Rounds, of which each watcher's best counts
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Leave out what is not about opening and closing connections: messages, datagrams, connections that stay
    #[arg(long)]
    short: bool,
}

/// Who watches the loads that are compared.
const COMPARED: [Watcher; 3] = [Watcher::None, Watcher::Groups, Watcher::Process];

/// Measures, and prints the table.
///
/// # Errors
/// When the load fails.
pub fn run(options: &Options) -> Result<()> {
    let mut series = Series::default();
    let others = others()?;
    for _ in 0..options.rounds {
        for watcher in COMPARED {
            short::full_speed(Protocol::Tcp, watcher, options.seconds, &mut series)?;
            short::full_speed(Protocol::Udp, watcher, options.seconds, &mut series)?;
            if !options.short {
                messages(watcher, &mut series)?;
            }
        }
        for watcher in [Watcher::Groups, Watcher::Process, Watcher::Connection] {
            short::at_rate(Protocol::Tcp, watcher, options.rate, options.seconds, &mut series)?;
            short::at_rate(Protocol::Udp, watcher, options.rate, options.seconds, &mut series)?;
        }
    }
    if !options.short {
        steady(options, &mut series)?;
    }
    let mut table = series.table();
    table.add("others", others as f64, "programs");
    table.print(options.json)
}

/// CPU time that a message takes, from hand to hand.
fn messages(watcher: Watcher, series: &mut Series) -> Result<()> {
    let netns = Netns::new();
    let mut watching = watcher.start(&netns);
    watching.begin()?;
    for exchange in Exchange::ALL {
        let took = exchange.measure(&netns, Duration::from_millis(300))?;
        series.least(&exchange.name(), watcher, took, "ns");
    }
    watching.end().map(drop)
}

fn steady(options: &Options, series: &mut Series) -> Result<()> {
    for watcher in [Watcher::Groups, Watcher::Process, Watcher::Connection] {
        let watched = steady::watch(watcher, Duration::from_secs_f64(options.seconds))?;
        series.least("steady-nbw-cpu", watcher, watched.cpu, "% of a core");
        series.most("steady-nbw-memory", watcher, watched.memory, "MiB");
    }
    Ok(())
}

/// Programs at cgroups that were there before.
fn others() -> Result<usize> {
    let programs = loaded_programs().collect::<Result<Vec<_>, _>>()?;
    Ok(programs.iter().filter(|program| program.program_type() == bpf_prog_type::BPF_PROG_TYPE_CGROUP_SKB).count())
}
