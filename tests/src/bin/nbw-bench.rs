//! `cargo xtask bench NAME`: what nbw costs, beside what the alternatives cost, in one run.

use anyhow::Result;
use clap::{Parser, Subcommand};
use nbw_tests::bench::{
    alerts, capture,
    connections::{self, load},
    detect, history, kernel, poll,
};

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(Subcommand)]
enum Bench {
    /// Each program's cost per packet by BPF_PROG_TEST_RUN, net of an empty program of the same type
    Kernel(kernel::Options),
    /// What reading 16,384 live slots costs
    Poll(poll::Options),
    /// What 20,000 short connections a second cost, the load and nbw
    Connections(connections::Options),
    /// What 500 alerts with a dead webhook do to an agent's ticks and memory
    Alerts(alerts::Options),
    /// What the memory of a year costs: room, the time of answers, and of writing
    History(history::Options),
    /// What reading and decoding captures costs, beside tshark and capinfos
    Capture(capture::Options),
    /// What `nbw detect` finds in captures ($NBW_CAPTURES), and how fast it reads them
    Detect(detect::Options),
    /// One of the processes that make the connections
    #[command(subcommand, hide = true)]
    Load(load::Side),
}

fn main() -> Result<()> {
    match Arguments::parse().bench {
        Bench::Kernel(options) => kernel::run(&options),
        Bench::Poll(options) => poll::run(&options),
        Bench::Connections(options) => connections::run(&options),
        Bench::Alerts(options) => alerts::run(&options),
        Bench::History(options) => history::run(&options),
        Bench::Capture(options) => capture::run(&options),
        Bench::Detect(options) => detect::run(&options),
        Bench::Load(side) => load::run(&side),
    }
}
