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
use nbw_detect::{
    Event,
    simulate::{Plan, attacks, look_alikes},
};
use tokio::{
    sync::{Semaphore, oneshot},
    task::{JoinHandle, spawn_blocking},
    time::timeout,
};

use super::{
    Ended,
    cable::Cable,
    child::Watcher,
    judge::{Case, Verdict},
    live, plan,
    sender::{self, Sent},
    table,
};
use crate::{cli::SimulateArgs, failure::Failure, privilege};

/// How much may go on at a time, besides what is slow: floods need the machine for themselves, on a small one at least.
const AT_A_TIME: u32 = 6;

/// What takes longer than this is slow, and no work.
const SLOW: Duration = Duration::from_secs(30);

/// How much longer than it may take is waited for an event: to say that it came late is better than to say nothing.
const GRACE: Duration = Duration::from_secs(3);

/// How long it is watched what else is told, after the right event.
const AFTERWARDS: Duration = Duration::from_secs(1);

/// How long harmless traffic is watched.
const HARMLESS: Duration = Duration::from_secs(12);

/// So many begin to be watched at a time: that is work, and would hold up those that are.
const ATTACHED_AT_A_TIME: usize = 2;

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
    let mut ended = Ended::listen()?;
    let verdicts = tokio::select! {
        verdicts = judge_all(args, &cases) => verdicts,
        () = ended.wait() => return Err(Failure::Running("ended before all was verified".into())),
    };
    tell(&cases, &verdicts).map_err(Failure::output)?;
    let passed = cases.iter().zip(&verdicts).all(|(&case, verdict)| verdict.passed(case));
    if passed { Ok(()) } else { Err(Failure::Running(summary(&cases, &verdicts))) }
}

/// The verdicts, in the order of the cases. What is slow waits for nobody, and so begins first.
async fn judge_all(args: &SimulateArgs, cases: &[Case]) -> Vec<Verdict> {
    let bar = progress(cases.len());
    // Who waits longest comes next: nobody passes a flood that waits for its turn.
    let rooms = Rooms { all: Semaphore::new(AT_A_TIME as usize), doors: Semaphore::new(ATTACHED_AT_A_TIME) };
    let judging = cases.iter().map(|&case| {
        let (bar, rooms) = (&bar, &rooms);
        async move {
            let verdict = rooms.judge(args, case, weight(case)).await;
            bar.inc(1);
            verdict
        }
    });
    let mut verdicts = join_all(judging).await;
    for (&case, verdict) in cases.iter().zip(&mut verdicts).filter(|(case, verdict)| verdict.is_late(**case)) {
        // Whatever else goes on on this machine, at least nothing of this does.
        *verdict = rooms.judge(args, case, AT_A_TIME).await.instead_of(verdict);
    }
    bar.finish_and_clear();
    verdicts
}

/// Who may do something now.
struct Rooms {
    /// [`AT_A_TIME`].
    all: Semaphore,
    /// [`ATTACHED_AT_A_TIME`].
    doors: Semaphore,
}

impl Rooms {
    /// Judges a case when there is room for it. Those who come next are watched already while they wait for that. (The semaphores
    /// are never closed.)
    async fn judge(&self, args: &SimulateArgs, case: Case, weight: u32) -> Verdict {
        let door = self.doors.acquire().await;
        let watched = watched().await;
        let _turn = self.all.acquire_many(weight).await;
        drop(door);
        let judged = match watched {
            Ok((cable, watcher)) => judge(args, case, cable, watcher).await,
            Err(why) => Err(why),
        };
        judged.unwrap_or_else(Verdict::failed)
    }
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

/// A cable, and who watches it.
async fn watched() -> Result<(Arc<Cable>, Watcher), String> {
    let cable = Arc::new(live::lay().await.map_err(|failure| failure.to_string())?);
    let watcher = Watcher::start(&cable).await.map_err(|error| error.to_string())?;
    Ok((cable, watcher))
}

async fn judge(args: &SimulateArgs, case: Case, cable: Arc<Cable>, mut watcher: Watcher) -> Result<Verdict, String> {
    let own = plan(args, case.scenario());
    let plan = Plan { duration: longest(case).max(own.duration), ..own };
    let Sending { begun, stop, done } = Sending::start(case, &plan, cable);
    let mut verdict = Verdict::default();
    let seen = match begun.await {
        Ok(begun) => watch(&mut watcher, case, begun, &mut verdict).await,
        // It says below why nothing was sent.
        Err(_) => Ok(()),
    };
    let last = if seen.is_ok() { watcher.finish().await } else { Ok(Vec::new()) };
    drop(stop);
    done.await.map_err(|error| error.to_string())?.map_err(|error| format!("frames cannot be sent: {error}"))?;
    seen.map_err(|error| error.to_string())?;
    let last: Vec<Event> = last.map_err(|error| error.to_string())?;
    last.iter().for_each(|event| verdict.hear(case, event));
    Ok(verdict)
}

/// Until a moment after the right event has come, or until its time is over. Not in time is a verdict, too.
async fn watch(watcher: &mut Watcher, case: Case, begun: Instant, verdict: &mut Verdict) -> io::Result<()> {
    let mut end = begun + longest(case);
    while let Ok(event) = timeout(end.saturating_duration_since(Instant::now()), watcher.next()).await {
        let Some(event) = event? else { return Err(watcher.why().await) };
        if verdict.see(case, &event, begun.elapsed()) {
            end = end.min(Instant::now() + AFTERWARDS);
        }
    }
    Ok(())
}

/// A case's frames on their way.
struct Sending {
    /// When the first one has left.
    begun: oneshot::Receiver<Instant>,
    stop: Stop,
    done: JoinHandle<io::Result<Sent>>,
}

impl Sending {
    fn start(case: Case, plan: &Plan, cable: Arc<Cable>) -> Self {
        let stop = Stop(Arc::new(AtomicBool::new(false)));
        let (begins, begun) = oneshot::channel();
        let (traffic, stopped) = (case.scenario().traffic(plan), Arc::clone(&stop.0));
        // Whoever waited for it may be gone.
        let begins = |at| {
            let _ = begins.send(at);
        };
        let done = spawn_blocking(move || sender::send(traffic, &cable, &stopped, begins));
        Self { begun, stop, done }
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
