//! The command line of `nbw import`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::history::DATA_DIR;

/// Options of `nbw import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Whose memory.
    #[command(subcommand)]
    pub from: ImportFrom,
}

/// Whose memory can be taken over.
#[derive(Debug, Subcommand)]
pub enum ImportFrom {
    /// vnStat's: what it knows of each interface before nbw's own first record
    Vnstat(VnstatArgs),
}

/// Options of `nbw import vnstat`.
#[derive(Debug, Args)]
pub struct VnstatArgs {
    /// The output of `vnstat --json`, `-` for standard input [default: vnstat is run]
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Directory of the history
    #[arg(long, value_name = "DIR", default_value = DATA_DIR)]
    pub data_dir: PathBuf,
    /// Day on which vnStat's months begin (MonthRotate of vnstat.conf)
    #[arg(long, value_name = "DAY", default_value_t = 1, value_parser = clap::value_parser!(i8).range(1..=28))]
    pub month_begins: i8,
}
