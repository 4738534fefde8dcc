//! An `nbw detect` that watches the inside of a cable.

use std::{
    io,
    os::fd::AsFd,
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use nbw_detect::Event;
use nix::{
    sched::{CloneFlags, setns},
    sys::{
        prctl,
        signal::{Signal, kill},
    },
    unistd::Pid,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    task::{JoinHandle, spawn_blocking},
    time::{sleep, timeout},
};

use super::cable::{Cable, INSIDE};
use crate::{bpf, text};

/// How long it may take to begin to watch, and to end.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two looks whether it does.
const LOOK: Duration = Duration::from_millis(20);
/// So much of what it complains of is kept.
const LAST_WORDS: usize = 4_096;

/// A running one; ended when dropped.
pub(super) struct Watcher {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    /// Reads what it complains of, so that it does not wait for that.
    complaints: JoinHandle<Vec<u8>>,
}

impl Watcher {
    /// Starts one, and waits until it watches.
    pub(super) async fn start(cable: &Arc<Cable>) -> io::Result<Self> {
        let mut child = spawn(cable)?;
        let output = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let errors = child.stderr.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let complaints = tokio::spawn(last_of(errors));
        let mut watcher = Self { child, lines: BufReader::new(output).lines(), complaints };
        let begun = Instant::now();
        while !watches(cable).await? {
            if watcher.child.try_wait()?.is_some() || begun.elapsed() > PATIENCE {
                return Err(watcher.why().await);
            }
            sleep(LOOK).await;
        }
        Ok(watcher)
    }

    /// The next event that it tells; none when it has ended. Nothing is lost if this is dropped while it waits.
    pub(super) async fn next(&mut self) -> io::Result<Option<Event>> {
        let Some(line) = self.lines.next_line().await? else { return Ok(None) };
        serde_json::from_str(&line)
            .map(Some)
            .map_err(|error| io::Error::other(format!("nbw detect said {line:?}: {error}")))
    }

    /// Ends it as Ctrl-C does; its last events.
    pub(super) async fn finish(mut self) -> io::Result<Vec<Event>> {
        if let Some(pid) = self.child.id() {
            kill(Pid::from_raw(pid.cast_signed()), Signal::SIGINT)?;
        }
        let rest = async {
            let mut events = Vec::new();
            while let Some(event) = self.next().await? {
                events.push(event);
            }
            Ok(events)
        };
        timeout(PATIENCE, rest).await.unwrap_or_else(|_| Err(io::Error::other("nbw detect does not end")))
    }

    /// Why it does not watch.
    pub(super) async fn why(&mut self) -> io::Error {
        // It may be there still; what it has said so far is all that there will be.
        let _ = self.child.start_kill();
        let said = (&mut self.complaints).await.unwrap_or_default();
        io::Error::other(format!("nbw detect does not watch: {}", text::clean(String::from_utf8_lossy(&said).trim())))
    }
}

async fn watches(cable: &Arc<Cable>) -> io::Result<bool> {
    let cable = Arc::clone(cable);
    spawn_blocking(move || cable.inside().enter(|| Ok(bpf::is_watched(INSIDE)))).await?
}

/// Reads to the end, and keeps the last of it.
async fn last_of(mut errors: impl AsyncRead + Unpin) -> Vec<u8> {
    let mut said = Vec::new();
    // What cannot be read any more has been said.
    while errors.read_buf(&mut said).await.is_ok_and(|read| read > 0) {
        said.drain(..said.len().saturating_sub(LAST_WORDS));
    }
    said
}

fn spawn(cable: &Cable) -> io::Result<Child> {
    let namespace = cable.inside().as_fd().try_clone_to_owned()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["detect", "--format", "json", "--interface", INSIDE]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let enter = move || {
        // Whoever is killed takes it along.
        prctl::set_pdeathsig(Signal::SIGKILL)?;
        setns(&namespace, CloneFlags::CLONE_NEWNET)?;
        Ok(())
    };
    // SAFETY: two system calls, nothing else; the descriptor was opened before the fork.
    unsafe { command.pre_exec(enter) };
    command.spawn()
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    #[tokio::test]
    async fn of_what_it_complains_of_the_last_is_kept_and_it_never_waits() {
        let (mut child, errors) = tokio::io::duplex(64);
        let kept = tokio::spawn(last_of(errors));
        for _ in 0..10_000 {
            timeout(PATIENCE, child.write_all(b"ring_full: more\n")).await.expect("somebody reads").unwrap();
        }
        child.write_all(b"the last").await.unwrap();
        drop(child);
        let kept = kept.await.unwrap();
        assert!(kept.len() <= LAST_WORDS && kept.ends_with(b"\nthe last"), "{} bytes", kept.len());
    }
}
