//! An `nbw detect` that watches the inside of a cable.

use std::{
    io,
    os::fd::AsFd,
    process::Stdio,
    time::{Duration, Instant},
};

use nbw_detect::Event;
use nix::{
    sched::{CloneFlags, setns},
    sys::{prctl, signal::Signal},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::sleep,
};

use super::cable::{Cable, INSIDE};
use crate::{bpf, text};

/// How long it may take to begin to watch.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two looks whether it does.
const LOOK: Duration = Duration::from_millis(20);

/// A running one; ended when dropped.
pub(super) struct Watcher {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Watcher {
    /// Starts one, and waits until it watches.
    pub(super) async fn start(cable: &Cable) -> io::Result<Self> {
        let mut child = spawn(cable)?;
        let output = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut watcher = Self { child, lines: BufReader::new(output).lines() };
        let begun = Instant::now();
        while !cable.inside().enter(|| Ok(bpf::is_watched(INSIDE)))? {
            if watcher.child.try_wait()?.is_some() || begun.elapsed() > PATIENCE {
                return Err(watcher.why().await);
            }
            sleep(LOOK).await;
        }
        Ok(watcher)
    }

    /// The next event that it tells; none when it has ended.
    pub(super) async fn next(&mut self) -> io::Result<Option<Event>> {
        let Some(line) = self.lines.next_line().await? else { return Ok(None) };
        serde_json::from_str(&line)
            .map(Some)
            .map_err(|error| io::Error::other(format!("nbw detect said {line:?}: {error}")))
    }

    /// Why it does not watch.
    pub(super) async fn why(&mut self) -> io::Error {
        // It may be there still; what it has said so far is all that there will be.
        let _ = self.child.start_kill();
        let mut said = String::new();
        if let Some(mut errors) = self.child.stderr.take() {
            let _ = errors.read_to_string(&mut said).await;
        }
        io::Error::other(format!("nbw detect does not watch: {}", text::clean(said.trim())))
    }
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
