//! The `nbw` command.

use std::process::ExitCode;

use clap::Parser;
use nbw::{
    app,
    cli::{Cli, Command},
    failure::Failure,
    top,
};
use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, Targets},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

fn main() -> ExitCode {
    let command = Cli::parse().into_command();
    log_to_stderr(command.verbose());
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return end(&Failure::running(&error)),
    };
    let ended = match command {
        Command::Watch(args) => runtime.block_on(app::watch(args)),
        Command::Top(args) => runtime.block_on(app::top(args)),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => end(&failure),
    }
}

fn end(failure: &Failure) -> ExitCode {
    if !matches!(failure, Failure::ClosedPipe | Failure::Told) {
        eprintln!("nbw: {failure}");
    }
    failure.exit_code()
}

/// Warnings always, what nbw itself and its kernel side have to say with `-v`; never on standard output, which is for data.
fn log_to_stderr(verbose: bool) {
    let ours = if verbose { LevelFilter::DEBUG } else { LevelFilter::WARN };
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(top::Log)
        .with_target(false)
        .with_ansi(console::colors_enabled_stderr())
        .without_time();
    let filter = Targets::new().with_default(LevelFilter::WARN).with_target("nbw", ours);
    tracing_subscriber::registry().with(lines.with_filter(filter)).init();
}
