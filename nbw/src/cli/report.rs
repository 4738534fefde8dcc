//! Options of `nbw report`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::tz::TimeZone;

use super::FilterArgs;
use crate::{
    history::{Kind, query::Every},
    report::{What, calendar::parse_every},
    rule::{Metric, Threshold, parse_value},
    units::Units,
};

/// Options of `nbw report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// What to show; without it, the sums of the last 24 hours
    #[arg(value_enum, value_name = "WHAT")]
    pub what: Option<What>,
    /// Report on this capture instead of the history: pcap or pcapng, packed by gzip or zstd or not; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["last", "compare", "quota", "advice", "data_dir", "interface", "cgroup", "container", "unit"])]
    pub read: Option<PathBuf>,
    /// Begin here: yesterday, monday, "2 hours ago", 2026-11, 2026-11-01, "2026-11-01 14:00"
    #[arg(long, value_name = "TIME", help_heading = "Time")]
    pub from: Option<String>,
    /// End here; a day, month or year that is named is included [default: now]
    #[arg(long, value_name = "TIME", help_heading = "Time")]
    pub to: Option<String>,
    /// The time before --to, such as 24h, 7d or 6mo, instead of --from
    #[arg(long, value_name = "SPAN", conflicts_with = "from", help_heading = "Time")]
    pub last: Option<String>,
    /// In parts of this length: 10s to 12h (of captures from 1s), 1d, 1w, 1mo or 1y
    #[arg(long, value_name = "LENGTH", value_parser = parse_every, help_heading = "Time")]
    pub every: Option<Every>,
    /// Compare with the span of the same length before
    #[arg(long, value_enum, value_name = "WITH", help_heading = "Time")]
    pub compare: Option<Compare>,
    /// Days, weeks and months are those of this time zone, such as Europe/Berlin [default: the system's]
    #[arg(long, value_name = "NAME", value_parser = zone, help_heading = "Time")]
    pub zone: Option<TimeZone>,
    /// The day on which months begin
    #[arg(long, value_name = "DAY", default_value_t = 1, value_parser = clap::value_parser!(i8).range(1..=28), help_heading = "Time")]
    pub month_begins: i8,
    /// Whose traffic to show [default: interface, or what is filtered by; protocol with --read, which has host, pair and port too]
    #[arg(long, value_enum, value_name = "KIND")]
    pub by: Option<Kind>,
    /// Which of them.
    #[command(flatten)]
    pub filter: FilterArgs,
    /// Tell this many apart, the busiest; the rest is `other` [default: 10, all for json and csv]. With `top`: so many rows
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), allow_negative_numbers = true)]
    pub top: Option<u32>,
    /// Show how much of this volume a month is used, both directions together, such as 500GB
    #[arg(long, value_name = "VOLUME", value_parser = quota)]
    pub quota: Option<u64>,
    /// Add what `nbw insight` has to advise; a page has it anyway, unless it ends in the past
    #[arg(long)]
    pub advice: bool,
    /// Units of rates
    #[arg(long, value_enum, default_value_t)]
    pub units: Units,
    /// How to write it [default: by the ending of --output, else table]
    #[arg(long, value_enum, help_heading = "Output")]
    pub format: Option<ReportFormat>,
    /// What svg and png show [default: rate for interfaces, stack for others]
    #[arg(long, value_enum, help_heading = "Output")]
    pub chart: Option<Chart>,
    /// Width of svg and png in pixels [default: 1000]
    #[arg(long, value_name = "PIXELS", value_parser = clap::value_parser!(u32).range(200..=10_000), help_heading = "Output")]
    pub width: Option<u32>,
    /// Height of svg and png in pixels [default: half the width, 300 at least]
    #[arg(long, value_name = "PIXELS", value_parser = clap::value_parser!(u32).range(150..=10_000), help_heading = "Output")]
    pub height: Option<u32>,
    /// Write to this file, whole or not at all, instead of standard output
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,
    /// Where `nbw agent` keeps the history
    #[arg(long, value_name = "DIR", default_value = crate::history::DATA_DIR)]
    pub data_dir: PathBuf,
    /// Say more on standard error
    #[arg(short, long, display_order = 100)]
    pub verbose: bool,
}

/// `--compare`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Compare {
    /// The span of the same length before
    Previous,
}

/// `--format` of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people, as wide as the terminal
    Table,
    /// One JSON object
    Json,
    /// Comma-separated values with a header
    Csv,
    /// One web page with interactive charts
    Html,
    /// A picture, of vectors
    Svg,
    /// A picture, of pixels
    Png,
}

/// `--chart`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Chart {
    /// Rates over time, each subject for itself: received above the axis, sent below
    Rate,
    /// Rates over time, one subject upon the other
    Stack,
    /// Average rates by weekday and hour
    Heatmap,
    /// For which share of the time the rate was how high
    Duration,
}

fn zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| format!("{name:?} is no time zone: give one such as UTC or Europe/Berlin"))
}

/// A volume, as rules have it; a month's, as is said where it is none.
fn quota(text: &str) -> Result<u64, String> {
    match parse_value(&format!("{text} per month"), Metric::Total) {
        Ok(Threshold::Volume { bytes, .. }) => Ok(bytes),
        _ => Err(format!("{text:?} is no volume: give one such as 500GB, 1.5TB or 200GiB")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_are_volumes() {
        assert_eq!(quota("500GB"), Ok(500_000_000_000));
        assert_eq!(quota("1.5 TB"), Ok(1_500_000_000_000));
        assert_eq!(quota("200GiB"), Ok(200 << 30));
        assert_eq!(quota("1024B"), Ok(1024));
        for wrong in ["", "500", "GB", "-5GB", "0GB", "5Gbit", "1e30TB", "5 XB", "nanGB", "5GB per day"] {
            assert!(quota(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn zones_have_names() {
        assert!(zone("Europe/Berlin").is_ok() && zone("UTC").is_ok());
        assert!(zone("Middle/Earth").unwrap_err().contains("Europe/Berlin"));
    }
}
