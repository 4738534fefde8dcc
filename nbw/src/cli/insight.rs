//! Options of `nbw insight`.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use jiff::SignedDuration;

use super::KernelArgs;
use crate::{
    history::{DATA_DIR, settings::whole_seconds},
    insight::show::Format,
};

/// What is said after less watching is chance; after more, the agent's history says it better.
const SHORTEST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(3_600);

/// Options of `nbw insight`.
#[derive(Debug, Args)]
pub struct InsightArgs {
    /// How much of the history to look at, such as 24h, 7d or 4w [default: 7d]
    #[arg(long, value_name = "TIME", value_parser = last, conflicts_with = "live")]
    pub last: Option<SignedDuration>,
    /// Watch for so long instead, such as 30s or 5m [default where there is no history: 30s]
    #[arg(long, value_name = "TIME", value_parser = live, num_args = 0..=1, default_missing_value = "30s")]
    pub live: Option<Duration>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Where the agent keeps its history
    #[arg(long, value_name = "DIR", default_value = DATA_DIR)]
    pub data_dir: PathBuf,
    /// With --live, watch only this interface (repeatable) [default: every interface that is up]
    #[arg(short, long, value_name = "NAME|GLOB", requires = "live")]
    pub interface: Vec<String>,
    /// Say more on standard error, the kernel side included
    #[arg(short, long, display_order = 100)]
    pub verbose: bool,
    /// How the kernel side is loaded, where it watches.
    #[command(flatten)]
    pub kernel: KernelArgs,
}

fn last(text: &str) -> Result<SignedDuration, String> {
    let wrong = || "expected a time with its unit, such as 24h, 7d, 4w, 6mo or 1y".to_owned();
    let span: jiff::Span = text.parse().map_err(|_| wrong())?;
    let seconds = whole_seconds(span).and_then(|seconds| i64::try_from(seconds).ok()).ok_or_else(wrong)?;
    let length = SignedDuration::from_secs(seconds);
    if length < SignedDuration::from_hours(1) || length > SignedDuration::from_hours(24 * 366 * 5) {
        return Err("it lies between 1h and five years".to_owned());
    }
    Ok(length)
}

fn live(text: &str) -> Result<Duration, String> {
    let parsed: SignedDuration =
        text.parse().map_err(|_| "expected a time with its unit, such as 30s or 5m".to_owned())?;
    match Duration::try_from(parsed) {
        Ok(time) if (SHORTEST..=LONGEST).contains(&time) => Ok(time),
        _ => Err("it lies between 2s and 1h".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};

    fn parsed(words: &[&str]) -> InsightArgs {
        let Command::Insight(args) = Cli::try_parse_from([&["nbw", "insight"], words].concat()).unwrap().into_command()
        else {
            unreachable!("not asked for")
        };
        args
    }

    #[test]
    fn times_have_units_and_bounds() {
        assert_eq!(parsed(&["--last", "7d"]).last, Some(SignedDuration::from_hours(168)));
        assert_eq!(parsed(&["--last", "4w"]).last, Some(SignedDuration::from_hours(672)));
        assert_eq!(parsed(&["--last", "1y"]).last, Some(SignedDuration::from_hours(365 * 24)));
        assert_eq!(parsed(&["--live"]).live, Some(Duration::from_secs(30)));
        assert_eq!(parsed(&["--live", "5m"]).live, Some(Duration::from_secs(300)));
        assert_eq!((parsed(&[]).last, parsed(&[]).live), (None, None));
        for wrong in
            [["--last", "7"], ["--last", "1s"], ["--last", "-7d"], ["--live", "1s"], ["--live", "2h"], ["--live", "x"]]
        {
            assert!(Cli::try_parse_from([&["nbw", "insight"], &wrong[..]].concat()).is_err(), "{wrong:?}");
        }
        assert!(Cli::try_parse_from(["nbw", "insight", "--live", "--last", "7d"]).is_err());
        // The history's evidence is of all interfaces.
        assert!(Cli::try_parse_from(["nbw", "insight", "-i", "eth0"]).is_err());
        assert_eq!(parsed(&["--live", "5s", "-i", "eth0"]).interface, ["eth0"]);
    }
}
