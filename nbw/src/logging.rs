//! What is logged, and where to when nobody looks at a terminal.

use std::{env, io, os::fd::AsFd};

use tracing_subscriber::{
    Layer, Registry,
    filter::{LevelFilter, Targets},
    fmt::layer,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

mod queue;

pub use queue::Flush;

type Lines = Box<dyn Layer<Registry> + Send + Sync>;

/// For the agent: to the journal, with fields, where standard error is the journal; else to standard error, with the time.
/// What nbw itself has to say is logged from [`LevelFilter::INFO`] on, and all of it if `verbose`. Nobody waits for whoever
/// reads it: what is too much is lost, and counted. To be kept until nothing is logged any more.
///
/// # Errors
/// When there can be no thread that writes.
pub fn for_a_service(verbose: bool) -> io::Result<Flush> {
    let journal = if is_journal(io::stderr()) { tracing_journald::layer().ok() } else { None };
    let lines: Lines = match journal {
        Some(journal) => journal.with_field_prefix(Some("NBW".into())).with_syslog_identifier("nbw".into()).boxed(),
        None => layer().with_writer(io::stderr).with_target(false).with_ansi(console::colors_enabled_stderr()).boxed(),
    };
    let (queue, flush) = queue::queue(tracing_subscriber::registry().with(lines))?;
    tracing_subscriber::registry().with(queue.with_filter(what_to_log(verbose, LevelFilter::INFO))).init();
    Ok(flush)
}

/// Warnings always, what nbw itself and its kernel side have to say from `ours` on, or all of it if `verbose`. Nothing of
/// hickory, which warns of odd DNS answers in the words of whoever sent them: any remote host could write to the terminal.
pub fn what_to_log(verbose: bool, ours: LevelFilter) -> Targets {
    let ours = if verbose { LevelFilter::DEBUG } else { ours };
    Targets::new().with_default(LevelFilter::WARN).with_target("nbw", ours).with_target("hickory", LevelFilter::OFF)
}

/// systemd names the device and inode of the stream that it has connected to the journal, since whoever is started later
/// may have another one.
fn is_journal(stream: impl AsFd) -> bool {
    let Ok(named) = env::var("JOURNAL_STREAM") else { return false };
    nix::sys::stat::fstat(stream).is_ok_and(|stat| named == format!("{}:{}", stat.st_dev, stat.st_ino))
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn warnings_are_shown_but_not_those_that_others_word() {
        for verbose in [false, true] {
            let shown = what_to_log(verbose, LevelFilter::WARN);
            assert!(shown.would_enable("nbw::app", &Level::WARN) && shown.would_enable("aya::bpf", &Level::WARN));
            assert_eq!(shown.would_enable("nbw::app", &Level::DEBUG), verbose);
            for module in ["hickory_net::udp::udp_client_stream", "hickory_resolver::hosts", "hickory_proto::rr"] {
                assert!(!shown.would_enable(module, &Level::ERROR), "{module}");
            }
        }
        assert!(what_to_log(false, LevelFilter::INFO).would_enable("nbw::app", &Level::INFO));
    }
}
