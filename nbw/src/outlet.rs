//! Carries snapshots to a sink in a thread of its own: a reader that does not read (a pager, a full pipe) holds up the
//! sink, and neither signals nor the kernel side.

use std::{io, thread, time::Duration};

use tokio::sync::{mpsc, oneshot};

use crate::{failure::Failure, sink::Sink, snapshot::Snapshot};

/// How long the sink may take to finish when nbw ends.
const PATIENCE: Duration = Duration::from_secs(1);

/// The way to a sink, for snapshots or something else.
pub struct Outlet<T = Snapshot> {
    things: mpsc::Sender<T>,
    /// None once it has told.
    ended: Option<oneshot::Receiver<io::Result<()>>>,
}

impl Outlet {
    /// Starts the sink's thread.
    ///
    /// # Errors
    /// When no thread can be made.
    pub fn start(mut sink: Box<dyn Sink + Send>) -> Result<Self, Failure> {
        Self::serve(move |mut incoming| {
            let mut result = Ok(());
            while result.is_ok()
                && let Some(snapshot) = incoming.blocking_recv()
            {
                result = sink.emit(&snapshot);
            }
            result.and(sink.finish())
        })
    }
}

impl<T: Send + 'static> Outlet<T> {
    /// Starts a thread that writes each thing.
    ///
    /// # Errors
    /// When no thread can be made.
    pub fn of(mut write: impl FnMut(&T) -> io::Result<()> + Send + 'static) -> Result<Self, Failure> {
        Self::serve(move |mut incoming| {
            while let Some(thing) = incoming.blocking_recv() {
                write(&thing)?;
            }
            Ok(())
        })
    }

    fn serve(work: impl FnOnce(mpsc::Receiver<T>) -> io::Result<()> + Send + 'static) -> Result<Self, Failure> {
        let (things, incoming) = mpsc::channel(1);
        let (tell, ended) = oneshot::channel();
        // Nobody listens any more if nbw has ended without waiting.
        let serve = move || drop(tell.send(work(incoming)));
        thread::Builder::new().name("sink".into()).spawn(serve)?;
        Ok(Self { things, ended: Some(ended) })
    }

    /// Hands a snapshot over; waits while the sink still has the one before the last.
    ///
    /// # Errors
    /// What the sink ended with.
    pub async fn send(&mut self, thing: T) -> Result<(), Failure> {
        match self.things.send(thing).await {
            Ok(()) => Ok(()),
            Err(_) => self.ended().await,
        }
    }

    /// Waits until the sink ends, which it only does of itself when it cannot write any more. Waits for ever if that was
    /// told already.
    ///
    /// # Errors
    /// What the sink ended with.
    pub async fn ended(&mut self) -> Result<(), Failure> {
        let Some(ended) = &mut self.ended else { return std::future::pending().await };
        let told = ended.await;
        self.ended = None;
        outcome(told)
    }

    /// Lets the sink finish what it has. One that nobody reads from is left behind.
    ///
    /// # Errors
    /// What the sink ended with.
    pub async fn finish(self) -> Result<(), Failure> {
        drop(self.things);
        let Some(ended) = self.ended else { return Ok(()) };
        tokio::time::timeout(PATIENCE, ended).await.map_or(Ok(()), outcome)
    }
}

fn outcome(told: Result<io::Result<()>, oneshot::error::RecvError>) -> Result<(), Failure> {
    match told {
        Ok(result) => result.map_err(Failure::output),
        Err(_) => Err(Failure::Running("the output thread ended by itself".into())),
    }
}
