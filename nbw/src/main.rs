//! The `nbw` command.

use std::{
    io::{self, Write},
    process::ExitCode,
};

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
        Command::Report(args) => runtime.block_on(app::report(*args)),
        Command::Insight(args) => runtime.block_on(app::insight(args)),
        Command::Import(args) => app::import(&args),
    };
    // Files can hang, and whoever reads one is not waited for.
    runtime.shutdown_background();
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => end(&failure),
    }
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
    tracing_subscriber::registry().with(lines.with_filter(what_to_log(verbose))).init();
}

/// Warnings always, what nbw itself and its kernel side have to say with `-v`. Nothing of hickory, which warns of odd DNS
/// answers in the words of whoever sent them: any remote host could write to the terminal. Nor of what the ethtool library does
/// not know of a newer kernel.
fn what_to_log(verbose: bool) -> Targets {
    let ours = if verbose { LevelFilter::DEBUG } else { LevelFilter::WARN };
    Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target("nbw", ours)
        .with_target("hickory", LevelFilter::OFF)
        .with_target("ethtool", LevelFilter::ERROR)
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn warnings_are_shown_but_not_those_that_others_word() {
        for verbose in [false, true] {
            let shown = what_to_log(verbose);
            assert!(shown.would_enable("nbw::app", &Level::WARN) && shown.would_enable("aya::bpf", &Level::WARN));
            assert_eq!(shown.would_enable("nbw::app", &Level::DEBUG), verbose);
            for module in ["hickory_net::udp::udp_client_stream", "hickory_resolver::hosts", "hickory_proto::rr"] {
                assert!(!shown.would_enable(module, &Level::ERROR), "{module}");
            }
        }
    }
}
