//! `nbw simulate SIGNATURE`: live, to be watched by whoever wants to.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use caps::Capability;
use nbw_detect::simulate::{Plan, Scenario};

use super::{Ended, cable::Cable, cable::INSIDE, sender};
use crate::{failure::Failure, privilege};

/// What it takes to make network namespaces and to send frames there.
pub(super) const NEEDED: [Capability; 3] =
    [Capability::CAP_SYS_ADMIN, Capability::CAP_NET_ADMIN, Capability::CAP_NET_RAW];

/// Sends until it is over, or until it is told to end.
pub(super) async fn run(scenario: &Scenario, plan: &Plan) -> Result<(), Failure> {
    privilege::require(&NEEDED)?;
    let mut ended = Ended::listen()?;
    let cable = lay().await?;
    say(&format!(
        "{}: {} {} a second for {:?} in a network namespace, interface {INSIDE}; watch it with \
         `nsenter --net={} nbw detect`, end it with Ctrl-C",
        scenario.name,
        plan.rate,
        scenario.attempts,
        plan.duration,
        cable.inside().path().display()
    ));
    let stop = Arc::new(AtomicBool::new(false));
    let sending = {
        let (traffic, stop) = (scenario.traffic(plan), Arc::clone(&stop));
        // The cable goes with the thread: it is gone when the thread has ended.
        tokio::task::spawn_blocking(move || sender::send(traffic, &cable, &stop, |_| ()))
    };
    tokio::pin!(sending);
    let sent = tokio::select! {
        sent = &mut sending => sent,
        () = ended.wait() => {
            stop.store(true, Ordering::Relaxed);
            sending.await
        }
    };
    let sent = sent.map_err(|error| Failure::running(&error))?.map_err(|error| trouble("used", &error))?;
    say(&format!("{}: {sent}", scenario.name));
    Ok(())
}

/// A cable, or why there is none. It takes threads of its own, and holds up nobody.
pub(super) async fn lay() -> Result<Cable, Failure> {
    let laid = tokio::task::spawn_blocking(Cable::lay).await.map_err(|error| Failure::running(&error))?;
    laid.map_err(|error| trouble("made", &error))
}

fn trouble(what: &str, error: &io::Error) -> Failure {
    Failure::Running(format!("a pair of network namespaces cannot be {what}: {error}"))
}

/// On standard error, which may be gone.
fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
