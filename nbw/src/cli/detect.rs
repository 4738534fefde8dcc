//! Options of `nbw detect`.

use std::{path::PathBuf, time::Duration};

use clap::{ArgGroup, Args, ValueEnum};

use super::{KernelArgs, duration};

/// What is for live traffic alone ...
const LIVE: &str = "live";
/// ... and so are all options of the kernel side, by the group that clap makes of [`KernelArgs`].
const KERNEL: &str = "KernelArgs";

/// Options of `nbw detect`.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new(LIVE).multiple(true)))]
pub struct DetectArgs {
    /// Say which signatures there are
    #[arg(long, conflicts_with_all = ["explain", "read", "learn", LIVE, KERNEL], help_heading = "Signatures")]
    pub list: bool,
    /// Say what a signature counts, its thresholds and where they come from
    #[arg(long, value_name = "NAME", conflicts_with_all = ["read", "learn", LIVE, KERNEL], help_heading = "Signatures")]
    pub explain: Option<String>,
    /// Signatures besides those built in, or in their place: a file, or all *.toml of a directory (repeatable)
    #[arg(long, value_name = "FILE|DIR", help_heading = "Signatures")]
    pub signatures: Vec<PathBuf>,
    /// Look at a capture instead of live traffic; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["learn", LIVE, KERNEL], help_heading = "Captures")]
    pub read: Option<PathBuf>,
    /// Write the packets of what is found to this file, at most --most-packets
    #[arg(long, value_name = "FILE", requires = "read", help_heading = "Captures")]
    pub write: Option<PathBuf>,
    /// How many packets --write writes of each event
    #[arg(long, value_name = "N", default_value_t = 1000, requires = "write", help_heading = "Captures",
          value_parser = clap::value_parser!(u32).range(1..))]
    pub most_packets: u32,
    /// Write a signature that tells this capture from that of --normal
    #[arg(long, value_name = "FILE", requires = "normal", conflicts_with_all = ["signatures", "format", LIVE, KERNEL],
          help_heading = "Captures")]
    pub learn: Option<PathBuf>,
    /// A capture of what is normal
    #[arg(long, value_name = "FILE", requires = "learn", help_heading = "Captures")]
    pub normal: Option<PathBuf>,
    /// Where --learn writes [default: standard output]
    #[arg(short, long, value_name = "FILE", requires = "learn", help_heading = "Captures")]
    pub output: Option<PathBuf>,
    /// Watch only this interface (repeatable) [default: every interface that is up]
    #[arg(short, long, value_name = "NAME|GLOB", group = LIVE, help_heading = "Live")]
    pub interface: Vec<String>,
    /// End after so long, such as 30s or 5m, at most 24h [default: on Ctrl-C]
    #[arg(long, value_name = "TIME", value_parser = duration, group = LIVE, help_heading = "Live")]
    pub duration: Option<Duration>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    pub format: DetectFormat,
    /// Say more on standard error, the kernel side included
    #[arg(short, long, display_order = 100)]
    pub verbose: bool,
    /// How the kernel side is loaded.
    #[command(flatten)]
    pub kernel: KernelArgs,
}

/// `--format` of `nbw detect`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum DetectFormat {
    /// For people
    #[default]
    Plain,
    /// One object a line: see docs/json.md
    Json,
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use crate::cli::Cli;

    #[test]
    fn what_makes_no_sense_together_is_refused() {
        for words in [
            &["--read", "x", "-i", "eth0"][..],
            &["--write", "x"],
            &["--learn", "x"],
            &["--list", "--read", "x"],
            &["--read", "x", "--learn", "y", "--normal", "z"],
            &["--read", "x", "--duration", "5s"],
            &["--read", "x", "--slots", "9"],
            &["--read", "x", "--hook", "tcx"],
            &["--list", "-i", "eth0"],
            &["--list", "--duration", "5s"],
            &["--list", "--bpf-object", "x"],
            &["--explain", "syn-flood", "-i", "eth0"],
            &["--explain", "syn-flood", "--connection-slots", "9"],
            &["--learn", "y", "--normal", "z", "--format", "json"],
            &["--learn", "y", "--normal", "z", "--signatures", "s"],
            &["--learn", "y", "--normal", "z", "-i", "eth0"],
            &["--learn", "y", "--normal", "z", "--netns-by-socket"],
            &["--duration", "2d"],
        ] {
            assert!(Cli::try_parse_from([&["nbw", "detect"], words].concat()).is_err(), "{words:?}");
        }
        for words in [
            &["--read", "-", "--write", "out.pcap", "--format", "json", "-v"][..],
            &["-i", "eth0", "--duration", "24h", "--slots", "9", "--signatures", "s"],
            &["--list", "--signatures", "s", "--format", "json"],
            &["--learn", "y", "--normal", "z", "-o", "s"],
        ] {
            assert!(Cli::try_parse_from([&["nbw", "detect"], words].concat()).is_ok(), "{words:?}");
        }
    }
}
