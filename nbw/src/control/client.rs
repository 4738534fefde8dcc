//! Asking an agent.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use tokio::{net::UnixStream, time::timeout};
use tokio_util::codec::{Framed, LinesCodec};

use super::{Answer, Measured, Request, Status, Why};

/// The agent's socket takes a connection at once, if it lives.
const CONNECT: Duration = Duration::from_secs(2);
/// An answer that needs no measuring.
const ANSWER: Duration = Duration::from_secs(5);
/// A measurement waits for the agent's next ticks besides: for two of [`super::averaging::LONGEST_INTERVAL`] at most.
const TICKS: Duration = Duration::from_secs(25);
/// A status with very many alerts is shorter than this.
const LONGEST_ANSWER: usize = 64 << 20;

/// A connection to an agent.
#[derive(Debug)]
pub struct Client {
    lines: Framed<UnixStream, LinesCodec>,
    socket: PathBuf,
    /// How long an answer may take that needs no measuring.
    pub(super) patience: Duration,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// Nobody listens there.
    #[error("no nbw agent runs (nobody listens on {}): start one with `systemctl start nbw` or `sudo nbw agent`", socket.display())]
    NoAgent {
        /// The socket's path.
        socket: PathBuf,
    },
    /// This user may not ask.
    #[error("not permitted to ask the nbw agent on {}: run this as root, or as a member of the group that `control.group` in its configuration names", socket.display())]
    NotPermitted {
        /// The socket's path.
        socket: PathBuf,
    },
    /// There is an agent, and it does not answer in time.
    #[error("the nbw agent on {} does not answer", socket.display())]
    Silent {
        /// The socket's path.
        socket: PathBuf,
    },
    /// The agent does not count that: whoever asks has to measure it.
    #[error("{0}")]
    NotCounted(String),
    /// The agent refuses.
    #[error("{0}")]
    Refused(String),
    /// The connection or the answer is broken.
    #[error("cannot talk to the nbw agent on {}: {why}", socket.display())]
    Broken {
        /// The socket's path.
        socket: PathBuf,
        /// What is wrong.
        why: String,
    },
}

impl Client {
    /// Connects to the agent.
    ///
    /// # Errors
    /// [`ControlError::NoAgent`], [`ControlError::NotPermitted`], [`ControlError::Silent`] or [`ControlError::Broken`].
    pub async fn connect(socket: &Path) -> Result<Self, ControlError> {
        let own = || socket.to_path_buf();
        let connected = timeout(CONNECT, UnixStream::connect(socket)).await;
        let connected = connected.map_err(|_| ControlError::Silent { socket: own() })?;
        let stream = connected.map_err(|error| not_connected(&error, own()))?;
        Ok(Self {
            lines: Framed::new(stream, LinesCodec::new_with_max_length(LONGEST_ANSWER)),
            socket: own(),
            patience: ANSWER,
        })
    }

    /// How the agent is.
    ///
    /// # Errors
    /// Any [`ControlError`] but those of connecting.
    pub async fn status(&mut self) -> Result<Status, ControlError> {
        match self.ask(&Request::Status {}, self.patience).await? {
            Answer::Status(status) => Ok(*status),
            _ => Err(self.broken("it answers something else than was asked")),
        }
    }

    /// What `rule` measures, averaged over the agent's next ticks for `time` (at most an hour; at least one tick).
    ///
    /// # Errors
    /// [`ControlError::NotCounted`] where the agent cannot know it, and the others but those of connecting.
    pub async fn measure(&mut self, rule: &str, time: Duration) -> Result<Measured, ControlError> {
        let request = Request::Measure { rule: rule.to_owned(), seconds: time.as_secs_f64() };
        match self.ask(&request, time.saturating_add(TICKS)).await? {
            Answer::Measured(measured) => Ok(measured),
            _ => Err(self.broken("it answers something else than was asked")),
        }
    }

    async fn ask(&mut self, request: &Request, patience: Duration) -> Result<Answer, ControlError> {
        let answered = timeout(patience, self.exchange(request)).await;
        let answer = answered.map_err(|_| ControlError::Silent { socket: self.socket.clone() })??;
        match answer {
            Answer::Refused { why: Why::NotCounted, message } => Err(ControlError::NotCounted(message)),
            Answer::Refused { message, .. } => Err(ControlError::Refused(message)),
            answer => Ok(answer),
        }
    }

    async fn exchange(&mut self, request: &Request) -> Result<Answer, ControlError> {
        let line = serde_json::to_string(request).map_err(|error| self.broken(error))?;
        let sent = self.lines.send(line).await;
        let received = self.lines.next().await;
        // One that is too busy answers before it reads: its answer is worth more than that the request was not taken.
        match (received, sent) {
            (Some(Ok(line)), _) => serde_json::from_str(&line).map_err(|error| self.broken(error)),
            (Some(Err(error)), _) | (None, Err(error)) => Err(self.broken(error)),
            (None, Ok(())) => Err(self.broken("it has closed the connection without an answer")),
        }
    }

    fn broken(&self, why: impl std::fmt::Display) -> ControlError {
        ControlError::Broken { socket: self.socket.clone(), why: why.to_string() }
    }
}

fn not_connected(error: &io::Error, socket: PathBuf) -> ControlError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => ControlError::NoAgent { socket },
        io::ErrorKind::PermissionDenied => ControlError::NotPermitted { socket },
        // Its backlog is full: it takes no connections.
        io::ErrorKind::WouldBlock => ControlError::Silent { socket },
        _ => ControlError::Broken { socket, why: error.to_string() },
    }
}
