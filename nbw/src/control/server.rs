//! The agent's end of the socket. Each connection is a task; the agent itself only sees [`Asked`].

use std::{
    fs, io,
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use nix::unistd::{Gid, Group};
use tokio::{
    io::Interest,
    net::{UnixListener, UnixStream},
    sync::{Semaphore, mpsc, oneshot},
    task::{JoinHandle, spawn_blocking},
    time::timeout,
};
use tokio_util::codec::{Framed, LinesCodec, LinesCodecError};

use super::{Answer, Request, Why};
use crate::failure::Failure;

/// So many can ask at a time.
const CONNECTIONS: usize = 32;
/// A request is no longer than this.
const LONGEST_REQUEST: usize = 64 << 10;
/// Who asks nothing for so long is hung up on.
const IDLE: Duration = Duration::from_secs(60);
/// So is who does not read an answer.
const READ: Duration = Duration::from_secs(10);
/// Between two looks whether somebody who asks nothing more still waits.
const LOOK: Duration = Duration::from_millis(500);
/// For who a group is.
const LOOK_UP: Duration = Duration::from_secs(5);
/// Between two tries to take a connection, where the process has no file descriptor left for one.
const BREATH: Duration = Duration::from_millis(100);

/// A request that waits for its answer.
#[derive(Debug)]
pub struct Asked {
    /// What is asked.
    pub request: Request,
    /// Closed when whoever asked has gone.
    pub reply: oneshot::Sender<Answer>,
}

/// The socket; removed on drop.
#[derive(Debug)]
pub struct Server {
    requests: mpsc::Receiver<Asked>,
    accepting: JoinHandle<()>,
    socket: PathBuf,
}

impl Server {
    /// Listens on `socket`, in place of one that a killed agent has left: the caller holds the lock. Root and the members of
    /// `group` (nobody where it is empty) may connect.
    ///
    /// # Errors
    /// [`Failure::Usage`] where there is no such group, [`Failure::Running`] where the socket cannot be made.
    pub fn bind(socket: &Path, group: &str) -> Result<Self, Failure> {
        let group = group_of(group)?;
        let listener = listen(socket, group).map_err(|error| {
            Failure::Running(format!("cannot make the control socket {}: {error}", socket.display()))
        })?;
        let (send, requests) = mpsc::channel(CONNECTIONS);
        let accepting = tokio::spawn(accept(listener, send));
        Ok(Self { requests, accepting, socket: socket.to_path_buf() })
    }

    /// Gives the socket to the members of another group.
    ///
    /// # Errors
    /// [`Failure::Running`] where that cannot be done.
    pub fn set_group(&self, group: Gid) -> Result<(), Failure> {
        permit(&self.socket, group).map_err(|error| {
            Failure::Running(format!("cannot give {} to another group: {error}", self.socket.display()))
        })
    }

    /// Waits for the next request. Nothing is lost if this is dropped while it waits.
    pub async fn next(&mut self) -> Asked {
        match self.requests.recv().await {
            Some(asked) => asked,
            // The task that takes connections has ended: nobody will ask.
            None => std::future::pending().await,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
        // Somebody else may have removed it.
        let _ = fs::remove_file(&self.socket);
    }
}

/// The group of this name, looked up in a thread: where it is asked for over a network, that may take its time, but not
/// all of it.
///
/// # Errors
/// [`Failure::Usage`] where there is no such group, [`Failure::Running`] where nobody answers.
pub async fn find_group(name: &str) -> Result<Gid, Failure> {
    let own = name.to_owned();
    let found = timeout(LOOK_UP, spawn_blocking(move || group_of(&own))).await;
    let slow = |_| Failure::Running(format!("control.group: looking up the group {name:?} takes too long"));
    found.map_err(slow)?.map_err(|error| Failure::running(&error))?
}

/// root's where none is named.
fn group_of(name: &str) -> Result<Gid, Failure> {
    if name.is_empty() {
        return Ok(Gid::from_raw(0));
    }
    match Group::from_name(name) {
        Ok(Some(group)) => Ok(group.gid),
        Ok(None) => {
            Err(Failure::Usage(format!("control.group: there is no group {name:?}; make it with `groupadd {name}`")))
        }
        Err(errno) => Err(Failure::Usage(format!("control.group: cannot look up the group {name:?}: {errno}"))),
    }
}

/// Made under another name and then moved, so that it is never there with other permissions, and never not there.
fn listen(socket: &Path, group: Gid) -> io::Result<UnixListener> {
    if let Some(directory) = socket.parent() {
        fs::create_dir_all(directory)?;
    }
    let mut fresh = socket.as_os_str().to_owned();
    fresh.push(".new");
    match fs::remove_file(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&fresh)?;
    permit(Path::new(&fresh), group)?;
    fs::rename(&fresh, socket)?;
    Ok(listener)
}

fn permit(socket: &Path, group: Gid) -> io::Result<()> {
    let closed = fs::Permissions::from_mode(0o600);
    fs::set_permissions(socket, closed)?;
    // An ordinary user's own agent, in tests, cannot give it to root's group, and need not.
    if nix::unistd::geteuid().is_root() {
        chown(socket, None, Some(group.as_raw()))?;
    }
    fs::set_permissions(socket, fs::Permissions::from_mode(0o660))
}

async fn accept(listener: UnixListener, requests: mpsc::Sender<Asked>) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(BREATH).await;
            continue;
        };
        match Arc::clone(&room).try_acquire_owned() {
            Ok(permit) => {
                let requests = requests.clone();
                tokio::spawn(async move {
                    serve(stream, requests).await;
                    drop(permit);
                });
            }
            Err(_) => turn_away(&stream),
        }
    }
}

/// What fits into the socket's buffer needs no waiting.
fn turn_away(stream: &UnixStream) {
    let busy = Answer::refused(Why::Busy, "too many ask the nbw agent at once; ask again later");
    if let Ok(line) = serde_json::to_string(&busy) {
        let _ = stream.try_write(format!("{line}\n").as_bytes());
    }
}

type Lines = Framed<UnixStream, LinesCodec>;

async fn serve(stream: UnixStream, requests: mpsc::Sender<Asked>) {
    let mut lines = Framed::new(stream, LinesCodec::new_with_max_length(LONGEST_REQUEST));
    while let Ok(Some(line)) = timeout(IDLE, lines.next()).await {
        let (answer, last) = match line {
            Ok(line) => (answer(&line, &mut lines, &requests).await, false),
            Err(LinesCodecError::MaxLineLengthExceeded) => (Some(wrong("a request has at most 64 KiB")), true),
            Err(_) => (None, true),
        };
        let Some(answer) = answer else { return };
        let Ok(text) = serde_json::to_string(&answer) else { return };
        let sent = timeout(READ, lines.send(text)).await;
        if last || !matches!(sent, Ok(Ok(()))) {
            return;
        }
    }
}

fn wrong(message: impl Into<String>) -> Answer {
    Answer::refused(Why::Wrong, message)
}

/// None where whoever asked has gone, or asks again before it was answered.
async fn answer(line: &str, lines: &mut Lines, requests: &mpsc::Sender<Asked>) -> Option<Answer> {
    let request = match serde_json::from_str(line) {
        Ok(request) => request,
        Err(error) => return Some(wrong(format!("this request cannot be understood: {error}"))),
    };
    let (reply, answered) = oneshot::channel();
    requests.send(Asked { request, reply }).await.ok()?;
    tokio::select! {
        answer = answered => answer.ok(),
        () = gone(lines) => None,
    }
}

/// Returns when whoever has asked has gone or asks again. One who only has nothing more to ask (`shutdown(SHUT_WR)`, as by a
/// pipe into `nc -N`) still waits for the answer.
async fn gone(lines: &mut Lines) {
    if lines.next().await.is_some() {
        return;
    }
    // The kernel has no event that tells the two apart, but it knows.
    while !lines.get_ref().ready(Interest::WRITABLE).await.is_ok_and(|ready| ready.is_write_closed()) {
        tokio::time::sleep(LOOK).await;
    }
}
