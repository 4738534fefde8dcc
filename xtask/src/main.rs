//! nbw's build tasks: `cargo xtask --help`.
//!
//! The BPF object needs a compiler with `core` for `bpfel-unknown-none` and `bpf-linker`; cargo alone cannot fetch
//! either. These tasks find or install them and then run cargo as anyone would by hand. All that they say goes to
//! standard error, so that the output of `run` and `bench` stays clean.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod apt;
mod bench;
mod build;
mod command;
mod compiler;
mod ebpf;
mod installer;
mod linker;
mod lint;
mod paths;
mod progress;
mod root;
mod setup;
mod stamp;
mod testing;
mod toolchain;
mod versions;

/// nbw's build tasks
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Find or install what building the BPF object needs
    Setup {
        /// Also install the tools that the privileged tests use
        #[arg(long)]
        tests: bool,
    },
    /// Build the BPF object where its sources or its compiler changed (target/bpf/nbw.o, target/bpf/bench.o)
    BuildEbpf,
    /// Build the BPF object and nbw (target/release/nbw)
    Build,
    /// Set up and build what is missing, then run nbw as root
    Run {
        /// What nbw is given
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Set up, then run the unit tests and the privileged tests
    Test {
        /// Only the tests whose name contains this
        filter: Option<String>,
        /// Only the unit tests: no root needed
        #[arg(long)]
        unit: bool,
    },
    /// Check formatting, clippy, the BPF crate, and licences and sources of dependencies
    Lint,
    /// Run a benchmark as root, for example `bench kernel` or `bench poll --json`
    Bench {
        /// Which benchmark, and what it is given
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cargo xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> anyhow::Result<()> {
    match task {
        Task::Setup { tests } => setup::run(tests),
        Task::BuildEbpf => ebpf::build(ebpf::Missing::Refuse),
        Task::Build => build::build(ebpf::Missing::Refuse),
        Task::Run { args } => build::run(&args),
        Task::Test { filter, unit } => testing::run(filter.as_deref(), unit),
        Task::Lint => lint::run_all(),
        Task::Bench { args } => bench::run(&args),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn run_passes_options_on() {
        for line in [&["x", "run", "--", "--count", "5"][..], &["x", "run", "--count", "5"]] {
            let Task::Run { args } = Cli::parse_from(line).task else { panic!("not run") };
            assert_eq!(args, ["--count", "5"]);
        }
    }

    #[test]
    fn bench_keeps_its_options() {
        let Task::Bench { args } = Cli::parse_from(["x", "bench", "kernel", "--json"]).task else {
            panic!("not bench")
        };
        assert_eq!(args, ["kernel", "--json"]);
    }
}
