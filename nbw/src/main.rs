//! The `nbw` command.

// They panic where nobody reads what is printed.
#![deny(clippy::print_stderr, clippy::print_stdout)]

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;
use nbw::{
    app,
    cli::{Cli, Command},
    failure::Failure,
    logging::{self, what_to_log},
    top,
};
use tracing_subscriber::{Layer, filter::LevelFilter, layer::SubscriberExt, util::SubscriberInitExt};

fn main() -> ExitCode {
    let command = match Cli::try_parse() {
        Ok(cli) => cli.into_command(),
        Err(error) => return misused(&error),
    };
    let log = match &command {
        Command::Agent(args) => match logging::for_a_service(args.verbose) {
            Ok(log) => Some(log),
            Err(error) => return end(&Failure::running(&error)),
        },
        command => {
            log_to_stderr(command.verbose());
            None
        }
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) if matches!(command, Command::Check(_)) => return app::check_failed(&error.to_string()),
        Err(error) => return end(&Failure::running(&error)),
    };
    let ended = match command {
        Command::Check(args) => {
            let code = runtime.block_on(app::check(args));
            runtime.shutdown_background();
            return code;
        }
        Command::Watch(args) => runtime.block_on(app::watch(args)),
        Command::Top(args) => runtime.block_on(app::top(args)),
        Command::Agent(args) => runtime.block_on(app::agent(args)),
        Command::Status(args) => runtime.block_on(app::status(args)),
        Command::Report(args) => runtime.block_on(app::report(*args)),
        Command::Insight(args) => runtime.block_on(app::insight(args)),
        Command::Detect(args) => runtime.block_on(app::detect(*args)),
        Command::Import(args) => runtime.block_on(app::import(args)),
        Command::Simulate(args) => runtime.block_on(app::simulate(args)),
    };
    // Files can hang, and whoever reads one is not waited for.
    runtime.shutdown_background();
    // What was logged is told first.
    drop(log);
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => end(&failure),
    }
}

/// Monitors would take clap's exit code for "critical", and show standard output only.
fn misused(error: &clap::Error) -> ExitCode {
    let is_check = std::env::args_os().nth(1).is_some_and(|word| word == "check");
    if !is_check || !error.use_stderr() {
        error.exit();
    }
    let told = error.to_string();
    let lines =
        told.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
    let said: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    app::check_failed(said.join("; ").trim_start_matches("error: "))
}

fn end(failure: &Failure) -> ExitCode {
    if !matches!(failure, Failure::ClosedPipe | Failure::Told) {
        // `eprintln!` would panic where standard error is gone, and change the exit code.
        let _ = writeln!(io::stderr(), "nbw: {failure}");
    }
    failure.exit_code()
}

/// Never on standard output, which is for data.
fn log_to_stderr(verbose: bool) {
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(top::Log)
        .with_target(false)
        .with_ansi(console::colors_enabled_stderr())
        .without_time();
    tracing_subscriber::registry().with(lines.with_filter(what_to_log(verbose, LevelFilter::WARN))).init();
}
