//! Options of the agent, and of what asks it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Options of `nbw agent`.
#[derive(Debug, Args)]
pub struct AgentArgs {
    /// Read this configuration [default: /etc/nbw/nbw.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Keep state in this directory, whatever the configuration says
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Listen on this control socket, whatever the configuration says
    #[arg(long, value_name = "PATH")]
    pub socket: Option<PathBuf>,
    /// Print a configuration that documents every setting, and end
    #[arg(long, conflicts_with = "check_config")]
    pub print_config: bool,
    /// Say whether the configuration is right, and end: exit code 0 or 2
    #[arg(long)]
    pub check_config: bool,
    /// Say more in the log
    #[arg(short, long)]
    pub verbose: bool,
}

/// Options of `nbw status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Ask the agent on this control socket
    #[arg(long, value_name = "PATH", default_value = crate::control::DEFAULT_SOCKET)]
    pub socket: PathBuf,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    pub format: StatusFormat,
}

/// How `nbw status` prints.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum StatusFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object.
    Json,
}
