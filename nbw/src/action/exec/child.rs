//! One run of a program: a process group of its own, which does not outlive it.

mod output;

use std::{
    io,
    os::fd::OwnedFd,
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use rustix::process::{PidfdFlags, pidfd_open};
use tokio::{
    io::{AsyncWriteExt, Interest, unix::AsyncFd},
    process::{Child, ChildStdin, Command},
    task::JoinSet,
    time::timeout,
};

use self::output::{Output, read};
use super::{Program, environment::environment};
use crate::{action::retry::Trouble, alert::Notice};

/// Between being asked to end and being ended.
const GRACE: Duration = Duration::from_secs(2);

/// Runs it for this notice, until it and what it has started have ended.
pub(super) async fn run(program: &Program, notice: &Notice) -> Result<(), Trouble> {
    let name = program.path.display();
    let trouble = |error: io::Error| Trouble::lasting(format!("{name} cannot be run: {error}"));
    let json = serde_json::to_vec(notice).map_err(|error| Trouble::lasting(error.to_string()))?;
    let mut child = spawn(program, notice).map_err(trouble)?;
    // Dropped before the child is, and so while nobody else can have its number.
    let mut group = Group::of(&child).map_err(trouble)?;
    let output = Arc::new(Output::default());
    let mut pipes = carry(&mut child, json, &output);
    let in_time = tokio::select! {
        ended = timeout(program.timeout, group.leader_ended()) => ended.is_ok(),
        () = program.hurry.cancelled() => false,
    };
    group.end(&mut pipes).await;
    let status = child.wait().await.map_err(trouble)?;
    group.is_reaped = true;
    output.log(program);
    judge(program, in_time, status)
}

fn spawn(program: &Program, notice: &Notice) -> io::Result<Child> {
    Command::new(&program.path)
        .args(&program.arguments)
        .env_clear()
        .envs(environment(notice))
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
}

/// Carries what goes in and out, until all ends of the pipes are closed; ended when dropped.
fn carry(child: &mut Child, json: Vec<u8>, output: &Arc<Output>) -> JoinSet<()> {
    let mut pipes = JoinSet::new();
    if let Some(stdin) = child.stdin.take() {
        pipes.spawn(write(stdin, json));
    }
    if let Some(stdout) = child.stdout.take() {
        pipes.spawn(read(stdout, Arc::clone(output), false));
    }
    if let Some(stderr) = child.stderr.take() {
        pipes.spawn(read(stderr, Arc::clone(output), true));
    }
    pipes
}

/// A program need not read what it is told.
async fn write(mut stdin: ChildStdin, json: Vec<u8>) {
    let _ = stdin.write_all(&json).await;
}

fn judge(program: &Program, in_time: bool, status: ExitStatus) -> Result<(), Trouble> {
    let name = program.path.display();
    let text = match status.code() {
        _ if program.hurry.is_cancelled() && !in_time => format!("{name} was ended, as nbw ends"),
        _ if !in_time => format!("{name} was ended after its {:?}", program.timeout),
        Some(0) => return Ok(()),
        Some(code) => format!("{name} ended with exit code {code}"),
        None => format!("{name} was ended by a signal ({status})"),
    };
    Err(Trouble::lasting(text))
}

/// A program and what it has started, less what has left its process group.
struct Group {
    id: Pid,
    leader: AsyncFd<OwnedFd>,
    /// Whether others can have its number by now.
    is_reaped: bool,
}

impl Group {
    fn of(child: &Child) -> io::Result<Self> {
        let id = child.id().and_then(|id| i32::try_from(id).ok()).ok_or(io::ErrorKind::NotFound)?;
        let pid = rustix::process::Pid::from_raw(id).ok_or(io::ErrorKind::NotFound)?;
        let pidfd = pidfd_open(pid, PidfdFlags::NONBLOCK)?;
        // SAFETY: an OwnedFd is the same open descriptor until it is dropped.
        let leader = unsafe { AsyncFd::register_with_interest(pidfd, Interest::READABLE) }?;
        Ok(Self { id: Pid::from_raw(id), leader, is_reaped: false })
    }

    /// Returns when the program itself has ended. It keeps its number until it is waited for.
    async fn leader_ended(&self) {
        let _ = self.leader.readable().await;
    }

    /// Asks all of it to end, and makes what does not.
    async fn end(&self, pipes: &mut JoinSet<()>) {
        self.signal(Signal::SIGTERM);
        let all = async {
            self.leader_ended().await;
            while pipes.join_next().await.is_some() {}
        };
        let _ = timeout(GRACE, all).await;
        self.signal(Signal::SIGKILL);
    }

    fn signal(&self, signal: Signal) {
        if !self.is_reaped {
            // All of it may have ended by itself.
            let _ = killpg(self.id, signal);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::SIGKILL);
    }
}
