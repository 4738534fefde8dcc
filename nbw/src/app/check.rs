//! `nbw check`: measures once, by an agent or by itself, and says what it thinks of it.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, timeout};

use super::{Ended, live::Live};
use crate::{
    alert::measure,
    cgroup_root::CgroupRoot,
    check::{Average, Limits, Verdict, idle, report, unknown},
    cli::{CheckArgs, FilterArgs, LiveArgs, NameArgs},
    control::{Client, ControlError, DEFAULT_SOCKET, Measured},
    existing::Existing,
    failure::Failure,
    filter,
    rule::{Rule, Scope, Threshold},
    snapshot::Snapshot,
    units::Units,
    view::{Sort, ViewOptions},
};

/// How long is measured where nobody says.
const SHORT: Duration = Duration::from_secs(1);
/// So many names are listed where none matches.
const LISTED: usize = 10;

/// Why there is no verdict, in a sentence.
type Unknown = String;

/// `nbw check`: prints one line, whatever happens.
pub async fn check(args: CheckArgs) -> ExitCode {
    let (verdict, line) = judged(&args).await.unwrap_or_else(|reason| (Verdict::Unknown, unknown(&reason)));
    print(verdict, &line)
}

/// Says that there is no verdict, before anything was tried.
pub fn check_failed(reason: &str) -> ExitCode {
    print(Verdict::Unknown, &unknown(reason))
}

/// A monitor that does not read the line still gets the code.
fn print(verdict: Verdict, line: &str) -> ExitCode {
    let mut stdout = io::stdout().lock();
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
    verdict.exit_code()
}

async fn judged(args: &CheckArgs) -> Result<(Verdict, String), Unknown> {
    let limits = Limits::new(&args.rule, args.warn.as_deref())?;
    let time = time(args, &limits.rule)?;
    let mut ended = Ended::listen().map_err(|failure| failure.to_string())?;
    let late = || format!("there was no measurement within the {:#} of --timeout", jiff_of(args.timeout));
    tokio::select! {
        measured = timeout(args.timeout, measured(args, &limits.rule, time)) => {
            Ok(report(&limits, &measured.map_err(|_| late())??))
        }
        () = ended.wait() => Err("nbw was asked to end before it had measured".to_owned()),
    }
}

fn time(args: &CheckArgs, rule: &Rule) -> Result<Duration, Unknown> {
    let own = Some(rule.lasting).filter(|lasting| !lasting.is_zero());
    let time = args.lasting.or(own).unwrap_or(SHORT);
    if time >= args.timeout {
        let (time, timeout) = (jiff_of(time), jiff_of(args.timeout));
        return Err(format!(
            "measuring for {time:#} does not fit into {timeout:#}: give a shorter --for or a longer --timeout"
        ));
    }
    Ok(time)
}

fn jiff_of(duration: Duration) -> jiff::SignedDuration {
    jiff::SignedDuration::try_from(duration).unwrap_or(jiff::SignedDuration::MAX)
}

/// What the rule measures now. At least one thing is.
async fn measured(args: &CheckArgs, rule: &Rule, time: Duration) -> Result<Measured, Unknown> {
    let asked = if args.no_agent { Asked::NoAgent } else { ask(args.socket.as_deref(), rule, time).await? };
    match asked {
        Asked::Measured(measured) if !measured.subjects.is_empty() => return Ok(measured),
        Asked::Measured(_) | Asked::NotCounted(_) | Asked::NoAgent => {}
    }
    only_by_an_agent(rule, asked)?;
    measure_here(args, rule, time).await
}

/// What came of asking an agent.
enum Asked {
    Measured(Measured),
    /// It does not count that.
    NotCounted(String),
    NoAgent,
}

/// Asks the agent, if there is one. One that was named has to be there.
async fn ask(socket: Option<&Path>, rule: &Rule, time: Duration) -> Result<Asked, Unknown> {
    let usual = PathBuf::from(DEFAULT_SOCKET);
    let mut client = match Client::connect(socket.unwrap_or(&usual)).await {
        Err(ControlError::NoAgent { .. }) if socket.is_none() => return Ok(Asked::NoAgent),
        client => client.map_err(|error| error.to_string())?,
    };
    if socket.is_none() && client.agent_pid().is_some_and(is_elsewhere) {
        return Ok(Asked::NoAgent);
    }
    match client.measure(&rule.text, time).await {
        Err(ControlError::NotCounted(why)) => Ok(Asked::NotCounted(why)),
        measured => measured.map(Asked::Measured).map_err(|error| error.to_string()),
    }
}

/// Whether a process is known to be in another network namespace: its `eth0` is not the one that is meant here.
fn is_elsewhere(pid: i32) -> bool {
    let netns = |process: &str| fs::read_link(format!("/proc/{process}/ns/net")).ok();
    matches!((netns(&pid.to_string()), netns("self")), (Some(there), Some(here)) if there != here)
}

/// One measurement says nothing of a period's volume, or of what is usual.
fn only_by_an_agent(rule: &Rule, asked: Asked) -> Result<(), Unknown> {
    let what = match rule.condition.threshold {
        Threshold::Volume { .. } => "how much it was in this period",
        Threshold::Usual(_) => "what is usual",
        _ => return Ok(()),
    };
    let text = &rule.text;
    Err(match asked {
        Asked::NotCounted(why) => why,
        Asked::Measured(_) => format!("the agent has seen nothing yet that \"{text}\" is about"),
        Asked::NoAgent => {
            format!("only a running agent that has the rule \"{text}\" knows {what}: start one with `nbw agent`")
        }
    })
}

async fn measure_here(args: &CheckArgs, rule: &Rule, time: Duration) -> Result<Measured, Unknown> {
    let said = |failure: Failure| failure.to_string();
    let live_args = live_args(args, rule);
    let view = ViewOptions { by: measure::needs(&rule.target).into_iter().collect(), sort: Sort::default(), top: None };
    let mut live = Live::start(&live_args, view).await.map_err(said)?;
    let existing = CgroupRoot::find().and_then(|root| Ok(Existing::look(&root, rule.target.scope)?)).map_err(said)?;
    let (mut measured, names) = averaged(&mut live, rule, time).await.map_err(said)?;
    idle(&mut measured, existing.matching(&rule.target));
    if measured.subjects.is_empty() {
        let names = if rule.target.scope == Scope::Interface { names } else { existing.names() };
        return Err(nothing_matches(rule, &names));
    }
    Ok(measured)
}

/// Only what the rule needs is counted: an interface alone, where it is about that.
fn live_args(args: &CheckArgs, rule: &Rule) -> LiveArgs {
    let pattern = rule.target.pattern.as_ref().filter(|_| rule.target.scope == Scope::Interface);
    let interface = pattern.map(|pattern| pattern.text().to_owned()).into_iter().collect();
    LiveArgs {
        filter: FilterArgs { interface, cgroup: Vec::new(), container: Vec::new(), unit: Vec::new() },
        interval: SHORT,
        units: Units::default(),
        sort: Sort::default(),
        names: NameArgs { no_dns: true, mmdb: Vec::new() },
        verbose: args.verbose,
        kernel: args.kernel.clone(),
    }
}

/// The average over `time`, in ticks of a second or a little less; and the names of all interfaces that were seen.
async fn averaged(live: &mut Live, rule: &Rule, time: Duration) -> Result<(Measured, Vec<String>), Failure> {
    let count = u32::try_from(time.as_millis().div_ceil(SHORT.as_millis())).unwrap_or(u32::MAX).max(1);
    let mut average = Average::new(rule.clone());
    // What was while interfaces were attached is not looked at.
    let mut last = live.tick().await?;
    let mut ticks = interval_at(Instant::now() + time / count, time / count);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for _ in 0..count {
        last = tick(live, &mut ticks).await?;
        average.add(&last);
    }
    Ok((average.measured(), last.interfaces.iter().map(|row| row.name.to_string()).collect()))
}

/// Waits for the next tick, and reads.
async fn tick(live: &mut Live, ticks: &mut Interval) -> Result<Snapshot, Failure> {
    loop {
        tokio::select! {
            _ = ticks.tick() => return live.tick().await,
            due = live.due() => live.serve(due).await?,
        }
    }
}

/// Names what there is, and what was perhaps meant.
fn nothing_matches(rule: &Rule, all: &[String]) -> Unknown {
    let pattern = rule.target.pattern.as_ref().map(|pattern| pattern.text()).unwrap_or_default();
    let names: Vec<&str> = all.iter().map(String::as_str).collect();
    let near = filter::nearest(pattern, &names).map(|near| format!(": did you mean \"{near}\"?"));
    let shown = names[..names.len().min(LISTED)].join(", ");
    let list = match names.len() {
        0 => " There are none".to_owned(),
        count if count > LISTED => format!(" There are: {shown} and {} more", count - LISTED),
        _ => format!(" There are: {shown}"),
    };
    format!("no {} matches \"{pattern}\"{}{list}", rule.target.scope.word(), near.unwrap_or_else(|| ".".to_owned()))
}
