//! Work that takes long, beside the signals that end it.

use std::{
    io::{self, PipeReader, PipeWriter, Write as _},
    os::fd::{AsFd, BorrowedFd},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{task::spawn_blocking, time::timeout};

use super::Ended;
use crate::{failure::Failure, output::Output};

/// What was told to end gets so much time for it; what waits for somebody else then is left where it is.
const GRACE: Duration = Duration::from_secs(1);

/// Work, told to end by Ctrl-C, SIGTERM and SIGHUP.
pub(super) struct Work {
    ended: Ended,
    stop: Stop,
}

/// Whether work was told to end.
#[derive(Debug, Clone)]
pub(super) struct Stop(Arc<Told>);

#[derive(Debug)]
struct Told {
    is: AtomicBool,
    /// Has something in it from then on, for whoever waits for files.
    pipe: (PipeReader, PipeWriter),
}

impl Work {
    /// From now on signals are told to the work.
    ///
    /// # Errors
    /// The operating system's.
    pub(super) fn listen() -> Result<Self, Failure> {
        Ok(Self { ended: Ended::listen()?, stop: Stop::new()? })
    }

    /// Opens what is written, which takes until somebody reads it where it is a pipe with a name.
    ///
    /// # Errors
    /// When it cannot be written, or is waited for when it is time to end.
    pub(super) async fn open(&mut self, path: Option<PathBuf>) -> Result<Output, Failure> {
        let opening = spawn_blocking(move || Output::open(path.as_deref()));
        tokio::select! {
            opened = opening => opened.map_err(|error| Failure::running(&error))?,
            () = self.ended.wait() => Err(Failure::Running("stopped before it was begun: nobody reads what is written".into())),
        }
    }

    /// Does the work, which is to look now and then whether it was told to end.
    ///
    /// # Errors
    /// The work's own, and where it does not end though told to.
    pub(super) async fn run<F>(&mut self, work: F) -> Result<(), Failure>
    where
        F: FnOnce(&Stop) -> Result<(), Failure> + Send + 'static,
    {
        let stop = self.stop.clone();
        let mut working = spawn_blocking(move || work(&stop));
        let done = tokio::select! {
            done = &mut working => done,
            () = self.ended.wait() => {
                self.stop.tell();
                let done = timeout(GRACE, working).await;
                done.map_err(|_| Failure::Running("stopped before the end".into()))?
            }
        };
        done.map_err(|error| Failure::running(&error))?
    }
}

impl Stop {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self(Arc::new(Told { is: AtomicBool::new(false), pipe: io::pipe()? })))
    }

    pub(super) fn tell(&self) {
        self.0.is.store(true, Ordering::Relaxed);
        // A pipe that is so full that nothing goes in says the same.
        let _ = (&self.0.pipe.1).write(&[0]);
    }

    pub(super) fn is_told(&self) -> bool {
        self.0.is.load(Ordering::Relaxed)
    }
}

/// Readable when it was told.
impl AsFd for Stop {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.pipe.0.as_fd()
    }
}
