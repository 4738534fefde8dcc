//! `nbw simulate --verify`: each attack is sent, and `nbw detect` is to tell of it; of what is harmless it is to be silent.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use indicatif::{ProgressBar, ProgressStyle};
use nbw_detect::simulate::{Plan, attacks, look_alikes};
use tokio::{sync::Semaphore, time::timeout};

use super::{
    Ended,
    child::Watcher,
    judge::{Case, Verdict},
    live, namespace, plan, sender, table,
};
use crate::{cli::SimulateArgs, failure::Failure, privilege};

/// How much may go on at a time, besides what is slow: floods need the machine for themselves, on a small one at least.
const AT_A_TIME: u32 = 6;

/// What takes longer than this is slow, and no work.
const SLOW: Duration = Duration::from_secs(30);

/// How much longer than it may take is waited for an event: to say that it came late is better than to say nothing.
const GRACE: Duration = Duration::from_secs(3);

/// How long harmless traffic is watched.
const HARMLESS: Duration = Duration::from_secs(12);

/// All of them.
pub(super) async fn all(args: &SimulateArgs) -> Result<(), Failure> {
    let harmless = look_alikes().map(Case::Harmless);
    verify(args, attacks().map(Case::Attack).chain(harmless).collect()).await
}

/// One of them.
pub(super) async fn one(args: &SimulateArgs, name: &str) -> Result<(), Failure> {
    let all = attacks().map(Case::Attack).chain(look_alikes().map(Case::Harmless));
    verify(args, all.filter(|case| case.scenario().name == name).collect()).await
}

async fn verify(args: &SimulateArgs, cases: Vec<Case>) -> Result<(), Failure> {
    privilege::require(&live::NEEDED)?;
    privilege::check()?;
    namespace::clear_leftovers();
    let mut ended = Ended::listen()?;
    let verdicts = tokio::select! {
        verdicts = judge_all(args, &cases) => verdicts,
        () = ended.wait() => return Err(Failure::Running("ended before all was verified".into())),
    };
    tell(&cases, &verdicts).map_err(Failure::output)?;
    let passed = cases.iter().zip(&verdicts).all(|(&case, verdict)| verdict.passed(case));
    if passed { Ok(()) } else { Err(Failure::Running(summary(&cases, &verdicts))) }
}

/// The verdicts, in the order of the cases.
async fn judge_all(args: &SimulateArgs, cases: &[Case]) -> Vec<Verdict> {
    let bar = progress(cases.len());
    // Who waits longest comes next: nobody passes a flood that waits for its turn.
    let room = Semaphore::new(AT_A_TIME as usize);
    let judging = cases.iter().map(|&case| {
        let (bar, room) = (&bar, &room);
        async move {
            // It is never closed.
            let _turn = room.acquire_many(weight(case)).await;
            let verdict = judge(args, case).await.unwrap_or_else(Verdict::failed);
            bar.inc(1);
            verdict
        }
    });
    let verdicts = join_all(judging).await;
    bar.finish_and_clear();
    verdicts
}

/// How much of [`AT_A_TIME`] it is.
fn weight(case: Case) -> u32 {
    match case.scenario().rate {
        _ if longest(case) > SLOW => 0,
        ..1_000.0 => 1,
        1_000.0..3_000.0 => 2,
        _ => AT_A_TIME,
    }
}

fn progress(cases: usize) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed}").unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(cases as u64).with_style(style)
}

/// How long it is watched at most.
fn longest(case: Case) -> Duration {
    match case {
        Case::Attack(attack) if attack.needs_history => HARMLESS,
        Case::Attack(attack) => attack.within + GRACE,
        Case::Harmless(_) => HARMLESS,
    }
}

async fn judge(args: &SimulateArgs, case: Case) -> Result<Verdict, String> {
    let cable = live::lay().map_err(|failure| failure.to_string())?;
    let mut watcher = Watcher::start(&cable).await.map_err(|error| error.to_string())?;
    let plan =
        Plan { duration: longest(case).max(plan(args, case.scenario()).duration), ..plan(args, case.scenario()) };
    let stop = Stop(Arc::new(AtomicBool::new(false)));
    let (traffic, stopped) = (case.scenario().traffic(&plan), Arc::clone(&stop.0));
    let begun = Instant::now();
    let sending = tokio::task::spawn_blocking(move || sender::send(traffic, &cable, &stopped));
    let mut verdict = Verdict::default();
    let seen = timeout(longest(case), watch(&mut watcher, case, begun, &mut verdict)).await;
    drop(stop);
    sending.await.map_err(|error| error.to_string())?.map_err(|error| format!("frames cannot be sent: {error}"))?;
    // Not in time is a verdict, too.
    seen.unwrap_or(Ok(())).map_err(|error| error.to_string())?;
    Ok(verdict)
}

/// Until the right event has come.
async fn watch(watcher: &mut Watcher, case: Case, begun: Instant, verdict: &mut Verdict) -> io::Result<()> {
    loop {
        let Some(event) = watcher.next().await? else { return Err(watcher.why().await) };
        if verdict.see(case, &event, begun.elapsed()) {
            return Ok(());
        }
    }
}

/// Stops the sending when it is dropped, whyever.
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn tell(cases: &[Case], verdicts: &[Verdict]) -> io::Result<()> {
    let rows = cases.iter().zip(verdicts).map(|(&case, verdict)| verdict.row(case));
    let table = table::of(["TRAFFIC", "VERDICT", "AFTER", "WITHIN", "CONFIDENCE", "ALSO"], rows);
    let mut out = io::stdout().lock();
    writeln!(out, "{table}")?;
    out.flush()
}

fn summary(cases: &[Case], verdicts: &[Verdict]) -> String {
    let wrong = cases.iter().zip(verdicts).filter(|(case, verdict)| !verdict.passed(**case));
    let names: Vec<&str> = wrong.map(|(case, _)| case.scenario().name).collect();
    format!("{} of {} are not as they should be: {}", names.len(), cases.len(), names.join(", "))
}
