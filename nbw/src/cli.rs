//! The command line.

mod agent;
mod check;
mod detect;
mod import;
mod insight;
mod report;
mod simulate;

use std::{path::PathBuf, time::Duration};

use clap::{ArgGroup, Args, Parser, Subcommand};
use jiff::SignedDuration;

pub use self::{
    agent::{AgentArgs, StatusArgs, StatusFormat},
    check::CheckArgs,
    detect::{DetectArgs, DetectFormat},
    import::{ImportArgs, ImportFrom, VnstatArgs},
    insight::InsightArgs,
    report::{Chart, Compare, ReportArgs, ReportFormat},
    simulate::SimulateArgs,
};
use crate::{bpf::Hook, sink::Format, snapshot::By, units::Units, view::Sort};

/// The shortest interval: below it the ticks would be longer than what they measure.
const SHORTEST: Duration = Duration::from_millis(10);
/// Fewer slots than this are none: one of them is the overflow's.
pub const LEAST_SLOTS: i64 = 2;
/// More slots than this would take the kernel too much memory.
pub const MOST_SLOTS: i64 = 1_048_576;
/// The longest interval: a day.
const LONGEST: Duration = Duration::from_secs(86_400);

/// Where the bandwidth of this host goes: by interface, cgroup, container and service, in both directions.
#[derive(Debug, Parser)]
#[command(name = "nbw", version, max_term_width = 100, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// The command; without one, `watch`.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Options of `watch`.
    #[command(flatten)]
    pub watch: WatchArgs,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show live traffic: bars on a terminal, plain lines elsewhere (the default command)
    Watch(WatchArgs),
    /// Explore live traffic on the whole screen
    Top(TopArgs),
    /// Say in one line whether a rule is true now, for scripts and for monitors such as Nagios
    Check(CheckArgs),
    /// Run as a service: watch the rules of a configuration, and tell of alerts
    Agent(AgentArgs),
    /// Show how the agent is: what is attached, alerts, actions
    Status(StatusArgs),
    /// Say what was moved by the hour, day, week, month or year, from the history that `nbw agent` keeps
    Report(Box<ReportArgs>),
    /// Advice with its evidence, from the history or from watching
    Insight(InsightArgs),
    /// Recognise attacks in live traffic, or in a capture
    Detect(Box<DetectArgs>),
    /// Take over what others remember of this host's traffic
    Import(ImportArgs),
    /// Generate an attack, into a capture or into network namespaces of its own, to see that it is recognised
    Simulate(SimulateArgs),
}

impl Cli {
    /// The command that was given; without one, `watch`.
    pub fn into_command(self) -> Command {
        self.command.unwrap_or(Command::Watch(self.watch))
    }
}

impl Command {
    /// Whether to say more on standard error.
    pub fn verbose(&self) -> bool {
        match self {
            Self::Watch(args) => args.live.verbose,
            Self::Top(args) => args.live.verbose,
            Self::Check(args) => args.verbose,
            Self::Agent(args) => args.verbose,
            Self::Status(_) => false,
            Self::Report(args) => args.verbose,
            Self::Insight(args) => args.verbose,
            Self::Detect(args) => args.verbose,
            Self::Import(_) => false,
            Self::Simulate(args) => args.verbose,
        }
    }
}

/// Options of `nbw watch`.
#[derive(Debug, Args)]
pub struct WatchArgs {
    /// What it shares with other commands.
    #[command(flatten)]
    pub live: LiveArgs,
    /// What it warns of.
    #[command(flatten)]
    pub alerts: AlertArgs,
    /// Whose traffic to show
    #[arg(long, value_enum, value_name = "KIND", default_value_t)]
    pub by: By,
    /// End after this many readings
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), allow_negative_numbers = true)]
    pub count: Option<u64>,
    /// How to print [default: bars on a terminal, plain elsewhere]
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// Show at most this many rows
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), allow_negative_numbers = true)]
    pub top: Option<u32>,
}

/// Options of `nbw top`.
#[derive(Debug, Args)]
pub struct TopArgs {
    /// What it shares with other commands.
    #[command(flatten)]
    pub live: LiveArgs,
    /// What it warns of.
    #[command(flatten)]
    pub alerts: AlertArgs,
    /// The tab to begin with
    #[arg(long, value_name = "TAB", value_enum, default_value = "interface")]
    pub by: By,
}

/// Options of all commands that show live traffic.
#[derive(Debug, Args)]
pub struct LiveArgs {
    /// What to show.
    #[command(flatten)]
    pub filter: FilterArgs,
    /// Time between two readings, such as 1s, 500ms or 1m
    #[arg(short = 'n', long, value_name = "TIME", default_value = "1s", value_parser = interval,
          allow_hyphen_values = true)]
    pub interval: Duration,
    /// Units of rates
    #[arg(long, value_enum, default_value_t)]
    pub units: Units,
    /// What rows are sorted by
    #[arg(long, value_enum, default_value_t)]
    pub sort: Sort,
    /// How names are found.
    #[command(flatten)]
    pub names: NameArgs,
    /// Say more on standard error, the kernel side included
    #[arg(short, long, display_order = 100)]
    pub verbose: bool,
    /// How the kernel side is loaded.
    #[command(flatten)]
    pub kernel: KernelArgs,
}

/// What to warn of.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("told").multiple(true).args(["alert", "detect"])))]
pub struct AlertArgs {
    /// Warn while this is true (repeatable), such as 'interface eth0 rx > 80% for 30s'
    #[arg(long, value_name = "RULE", help_heading = "Alerts")]
    pub alert: Vec<String>,
    /// Ring the terminal's bell when an alert begins to fire, or an attack
    #[arg(long, requires = "told", help_heading = "Alerts")]
    pub bell: bool,
    /// Look for attacks too, by the built-in signatures: `nbw detect --list`
    #[arg(long, help_heading = "Alerts")]
    pub detect: bool,
}

/// What to show of what there is.
#[derive(Debug, Args)]
pub struct FilterArgs {
    /// Count only this interface (repeatable) [default: every interface that is up]
    #[arg(short, long, value_name = "NAME|GLOB", help_heading = "Filters")]
    pub interface: Vec<String>,
    /// Show only this cgroup and those below it (repeatable)
    #[arg(short = 'g', long, value_name = "PATH|GLOB", help_heading = "Filters")]
    pub cgroup: Vec<String>,
    /// Show only this container (repeatable); of an id, at least 4 digits that are no container's name
    #[arg(short, long, value_name = "NAME|ID-PREFIX", help_heading = "Filters")]
    pub container: Vec<String>,
    /// Show only this systemd unit (repeatable); `.service` may be left out
    #[arg(short, long, value_name = "NAME", help_heading = "Filters")]
    pub unit: Vec<String>,
}

impl FilterArgs {
    /// Whether only some groups are asked for.
    pub fn has_groups(&self) -> bool {
        ![&self.cgroup, &self.container, &self.unit].into_iter().all(Vec::is_empty)
    }
}

/// How the names of remote hosts are found.
#[derive(Debug, Args)]
#[command(next_help_heading = "Names")]
pub struct NameArgs {
    /// Do not look up the names of remote hosts
    #[arg(long)]
    pub no_dns: bool,
    /// Look up country and network of remote hosts in this MMDB file (repeatable)
    #[arg(long, value_name = "FILE")]
    pub mmdb: Vec<PathBuf>,
}

/// How the kernel side is loaded.
#[derive(Debug, Clone, Args)]
pub struct KernelArgs {
    /// Attach to interfaces by this hook [default: tcx where the kernel has it, else clsact]
    #[arg(long, value_enum, help_heading = "Kernel")]
    pub hook: Option<Hook>,
    /// Room for this many pairs of group and interface at a time
    #[arg(long, value_name = "N", default_value_t = nbw_common::abi::GROUP_SLOTS,
          value_parser = clap::value_parser!(u32).range(LEAST_SLOTS..=MOST_SLOTS), help_heading = "Kernel")]
    pub slots: u32,
    /// Room for this many connections at a time, where they are counted
    #[arg(long, value_name = "N", default_value_t = nbw_common::abi::CONNECTION_SLOTS,
          value_parser = clap::value_parser!(u32).range(LEAST_SLOTS..=i64::from(nbw_common::abi::MOST_CONNECTION_SLOTS)),
          help_heading = "Kernel")]
    pub connection_slots: u32,
    /// Tell this many remote ends of one unconnected socket apart
    #[arg(long, value_name = "N", default_value_t = nbw_common::abi::ENDS_TOLD_APART, help_heading = "Kernel")]
    pub ends_told_apart: u32,
    /// Load this BPF object instead of the one built in
    #[arg(long, value_name = "FILE", hide = true)]
    pub bpf_object: Option<PathBuf>,
    /// Remember network namespaces at socket creation, as on kernels before 6.15
    #[arg(long, hide = true)]
    pub netns_by_socket: bool,
}

/// A duration that can be an interval: 10 ms to 24 h.
///
/// # Errors
/// Says what is expected.
pub fn interval(text: &str) -> Result<Duration, String> {
    let parsed: SignedDuration =
        text.parse().map_err(|_| "expected a time with its unit, such as 1s, 500ms or 1m".to_owned())?;
    match Duration::try_from(parsed) {
        Ok(interval) if (SHORTEST..=LONGEST).contains(&interval) => Ok(interval),
        _ => Err("an interval lies between 10ms and 24h".to_owned()),
    }
}

/// How long something goes on: 10 ms to 24 h.
///
/// # Errors
/// Says what is expected.
pub fn duration(text: &str) -> Result<Duration, String> {
    interval(text).map_err(|_| "expected a time from 10ms to 24h, such as 30s or 5m".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    fn parsed(words: &[&str]) -> Command {
        Cli::try_parse_from([&["nbw"], words].concat()).unwrap().into_command()
    }

    #[test]
    fn no_command_means_watch() {
        let of = |words: &[&str]| match parsed(words) {
            Command::Watch(args) => (args.live.filter.interface, args.count),
            _ => unreachable!("not asked for"),
        };
        assert_eq!(of(&["-i", "eth0", "--count", "3"]), of(&["watch", "-i", "eth0", "--count", "3"]));
    }

    #[test]
    fn top_has_what_a_screen_needs() {
        let Command::Top(args) = parsed(&["top", "--by", "process", "-c", "web", "-n", "500ms", "--no-dns"]) else {
            unreachable!("not asked for")
        };
        assert_eq!(
            (args.by, args.live.names.no_dns, args.live.interval),
            (By::Process, true, Duration::from_millis(500))
        );
        assert!(args.live.filter.has_groups());
        for words in [["top", "--count=3"], ["top", "--format=json"], ["top", "--by=planet"]] {
            assert!(Cli::try_parse_from([&["nbw"], &words[..]].concat()).is_err(), "{words:?}");
        }
    }

    #[test]
    fn rules_are_repeatable_and_the_bell_is_for_them() {
        for command in ["watch", "top"] {
            let words = [command, "--alert", "host rx > 1Mbit/s", "--alert=host tx > 1pps", "--bell"];
            let alerts = match parsed(&words) {
                Command::Watch(args) => args.alerts,
                Command::Top(args) => args.alerts,
                _ => unreachable!("not asked for"),
            };
            assert_eq!((alerts.alert.len(), alerts.bell), (2, true));
            assert!(Cli::try_parse_from(["nbw", command, "--bell"]).is_err());
            assert!(Cli::try_parse_from(["nbw", command, "--bell", "--detect"]).is_ok());
            assert!(Cli::try_parse_from(["nbw", command, "--detect", "--alert", "host rx > 1pps"]).is_ok());
        }
    }

    #[test]
    fn intervals_have_a_unit_and_bounds() {
        assert_eq!(interval("500ms"), Ok(Duration::from_millis(500)));
        for wrong in ["0", "0s", "-1s", "1", "9ms", "25h", "soon"] {
            assert!(interval(wrong).is_err(), "{wrong}");
        }
    }
}
