//! The command line of `nbw simulate`.

use std::{path::PathBuf, time::Duration};

use clap::Args;

use super::duration;

/// The most attempts a second that can be asked for.
const FASTEST: f64 = 10_000_000.0;
/// The fewest: one a day, which is as long as anything goes on.
const SLOWEST: f64 = 1.0 / 86_400.0;

/// Options of `nbw simulate`.
#[derive(Debug, Args)]
pub struct SimulateArgs {
    /// What to generate: the name of a signature, or of something that only resembles one (see --list)
    #[arg(value_name = "SIGNATURE", required_unless_present_any = ["list", "all", "interface"])]
    pub signature: Option<String>,
    /// Say what can be generated
    #[arg(long, conflicts_with_all = ["signature", "all", "verify", "write", "rate", "duration", "seed"])]
    pub list: bool,
    /// Packets, probes or connections a second: --list says which, and how many by default
    #[arg(long, value_name = "N", value_parser = rate, allow_negative_numbers = true)]
    pub rate: Option<f64>,
    /// How long, such as 10s or 5m, at most 24h; --list says how long by default
    #[arg(long, value_name = "TIME", value_parser = duration, allow_hyphen_values = true)]
    pub duration: Option<Duration>,
    /// What chance begins with: the same gives the same packets
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Write a capture (pcap) instead of sending anything; `-` is standard output
    #[arg(long, value_name = "FILE", conflicts_with_all = ["all", "verify"])]
    pub write: Option<PathBuf>,
    /// Everything that can be generated, one after another
    #[arg(long, requires = "verify", conflicts_with_all = ["signature", "rate", "duration"])]
    pub all: bool,
    /// Let nbw detect watch, and say whether it saw what was sent
    #[arg(long)]
    pub verify: bool,
    /// Refused: it is always an interface of its own.
    #[arg(short, long, value_name = "NAME", hide = true)]
    pub interface: Option<String>,
    /// Say more on standard error
    #[arg(short, long, display_order = 100)]
    pub verbose: bool,
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if (SLOWEST..=FASTEST).contains(&rate) => Ok(rate),
        _ => Err("expected a number from 0.0000116 (one a day) to 10000000".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn rates_are_from_one_a_day_to_ten_million_a_second() {
        assert_eq!((rate("0.5"), rate("10000000"), rate("0.0000116")), (Ok(0.5), Ok(1e7), Ok(1.16e-5)));
        for wrong in ["0", "-1", "1e-300", "1e-20", "0.00001", "nan", "inf", "1e9", "", "fast"] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_makes_no_sense_together_is_refused() {
        let parse = |words: &[&str]| Cli::try_parse_from([&["nbw", "simulate"], words].concat());
        for words in [
            &[][..],
            &["--all"],
            &["syn-flood", "--all", "--verify"],
            &["--all", "--verify", "--write", "x"],
            &["syn-flood", "--list"],
            &["--list", "--rate", "1"],
            &["--list", "--duration", "1s"],
            &["--list", "--seed", "1"],
            &["syn-flood", "--duration", "0s"],
        ] {
            assert!(parse(words).is_err(), "{words:?}");
        }
        for words in
            [&["--list"][..], &["--all", "--verify"], &["x", "--verify"], &["x", "--write", "y", "--seed", "3"]]
        {
            assert!(parse(words).is_ok(), "{words:?}");
        }
    }
}
