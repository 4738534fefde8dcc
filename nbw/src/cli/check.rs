//! Options of `nbw check`.

use std::{path::PathBuf, time::Duration};

use clap::Args;

use super::{KernelArgs, interval};

/// Options of `nbw check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// What is critical, such as 'container web tx > 5MB/s' (docs/rules.md)
    #[arg(value_name = "RULE")]
    pub rule: String,
    /// Measure for so long [default: the rule's own `for`, or 1s]
    #[arg(long = "for", value_name = "TIME", value_parser = interval, allow_hyphen_values = true)]
    pub lasting: Option<Duration>,
    /// What is a warning: a value such as the rule's
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    pub warn: Option<String>,
    /// Give up after so long
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = interval, allow_hyphen_values = true)]
    pub timeout: Duration,
    /// Ask the agent that listens here [default: the agent at its usual place, if one runs]
    #[arg(long, value_name = "PATH")]
    pub socket: Option<PathBuf>,
    /// Measure here, even where an agent runs
    #[arg(long, conflicts_with = "socket")]
    pub no_agent: bool,
    /// Say more on standard error, the kernel side included
    #[arg(short, long, display_order = 100)]
    pub verbose: bool,
    /// How the kernel side is loaded.
    #[command(flatten)]
    pub kernel: KernelArgs,
}
