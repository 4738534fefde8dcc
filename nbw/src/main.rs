//! The `nbw` command.

use std::process::ExitCode;

use clap::Parser;
use nbw::{app, cli::Cli, failure::Failure};
use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, Targets},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

fn main() -> ExitCode {
    let args = Cli::parse().into_watch();
    log_to_stderr(args.verbose);
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return end(&Failure::running(&error)),
    };
    match runtime.block_on(app::watch(args)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => end(&failure),
    }
}

fn end(failure: &Failure) -> ExitCode {
    if !matches!(failure, Failure::ClosedPipe) {
        eprintln!("nbw: {failure}");
    }
    failure.exit_code()
}

/// Warnings always, what nbw itself and its kernel side have to say with `-v`; never on standard output, which is for data.
fn log_to_stderr(verbose: bool) {
    let ours = if verbose { LevelFilter::DEBUG } else { LevelFilter::WARN };
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(console::colors_enabled_stderr())
        .without_time();
    // hickory warns of every odd DNS answer, in words of whoever sent it: any remote host could write to the terminal.
    let filter = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target("nbw", ours)
        .with_target("hickory", LevelFilter::OFF);
    tracing_subscriber::registry().with(lines.with_filter(filter)).init();
}
