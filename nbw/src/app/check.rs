//! `nbw check`: measures once, by an agent or by itself, and says what it thinks of it.

mod agent;

use std::{
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, timeout};

use self::agent::Asked;
use super::{Ended, live::Live};
use crate::{
    alert::measure,
    cgroup_root::CgroupRoot,
    check::{Limits, Verdict, idle, report, unknown},
    cli::{CheckArgs, FilterArgs, LiveArgs, NameArgs},
    control::{Average, Measured},
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
    match if args.no_agent { Asked::NoAgent } else { agent::ask(args.socket.as_deref(), rule, time).await? } {
        Asked::Measured(measured) => Ok(measured),
        Asked::NotCounted(why) if only_by_an_agent(rule).is_some() => Err(why),
        Asked::NotCounted(_) => measure_here(args, rule, time).await,
        Asked::NoAgent => match only_by_an_agent(rule) {
            Some(what) => Err(format!(
                "only a running agent that has the rule \"{rule}\" knows {what}: start one with `nbw agent`"
            )),
            None => measure_here(args, rule, time).await,
        },
    }
}

/// One measurement says nothing of a period's volume, or of what is usual.
fn only_by_an_agent(rule: &Rule) -> Option<&'static str> {
    match rule.condition.threshold {
        Threshold::Volume { .. } => Some("how much it was in this period"),
        Threshold::Usual(_) => Some("what is usual"),
        _ => None,
    }
}

/// What there is of what the rule is about.
fn look(rule: &Rule) -> Result<Existing, Unknown> {
    let existing = CgroupRoot::find().and_then(|root| Ok(Existing::look(&root, rule.target.scope)?));
    existing.map_err(|failure| failure.to_string())
}

async fn measure_here(args: &CheckArgs, rule: &Rule, time: Duration) -> Result<Measured, Unknown> {
    let said = |failure: Failure| failure.to_string();
    let live_args = live_args(args, rule);
    let view = ViewOptions { by: measure::needs(&rule.target).into_iter().collect(), sort: Sort::default(), top: None };
    let mut live = Live::start(&live_args, view).await.map_err(said)?;
    let existing = look(rule)?;
    let mut measured = averaged(&mut live, rule, time).await.map_err(said)?;
    idle(&mut measured, existing.matching(&rule.target));
    if measured.subjects.is_empty() {
        let interfaces = || live.links().map(|link| link.name.to_string()).collect();
        let names = if rule.target.scope == Scope::Interface { interfaces() } else { existing.names() };
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

/// The average over `time`, in ticks of a second or a little less.
async fn averaged(live: &mut Live, rule: &Rule, time: Duration) -> Result<Measured, Failure> {
    let count = u32::try_from(time.as_millis().div_ceil(SHORT.as_millis())).unwrap_or(u32::MAX).max(1);
    let mut average = Average::new(rule.clone());
    // What was while interfaces were attached is not looked at.
    live.tick().await?;
    let mut ticks = interval_at(Instant::now() + time / count, time / count);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for _ in 0..count {
        average.add(&tick(live, &mut ticks).await?);
    }
    Ok(average.measured())
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
