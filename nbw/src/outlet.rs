//! Carries snapshots to a sink in a thread of its own: a reader that does not read (a pager, a full pipe) holds up the
//! sink, and neither signals nor the kernel side.

use std::{collections::VecDeque, future, io, thread, time::Duration};

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

/// What has become of an [`Outlet::pass`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passed {
    /// One was handed over.
    One,
    /// The sink has ended, and nothing is wrong with that.
    Ended,
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

    /// Hands the first of those over that wait, as soon as the sink takes it, or tells that the sink has ended; waits for that
    /// if nothing waits. Nothing is lost if this is dropped while it waits.
    ///
    /// # Errors
    /// What the sink ended with.
    pub async fn pass(&mut self, waiting: &mut VecDeque<T>) -> Result<Passed, Failure> {
        if !waiting.is_empty()
            && let Ok(room) = self.things.reserve().await
        {
            if let Some(thing) = waiting.pop_front() {
                room.send(thing);
            }
            return Ok(Passed::One);
        }
        self.ended().await.map(|()| Passed::Ended)
    }

    /// Waits until the sink ends, which it only does of itself when it cannot write any more. Waits for ever if that was
    /// told already.
    async fn ended(&mut self) -> Result<(), Failure> {
        let Some(ended) = &mut self.ended else { return future::pending().await };
        let told = ended.await;
        self.ended = None;
        outcome(told)
    }

    /// Lets the sink finish what it has, and these. One that nobody reads from is left behind.
    ///
    /// # Errors
    /// What the sink ended with.
    pub async fn finish(mut self, mut waiting: VecDeque<T>) -> Result<(), Failure> {
        let all = async {
            while !waiting.is_empty() && self.pass(&mut waiting).await? == Passed::One {}
            Ok::<_, Failure>(())
        };
        tokio::time::timeout(PATIENCE, all).await.unwrap_or(Ok(()))?;
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

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, time::Instant};

    use super::*;

    /// One that writes to nobody who reads, until the other end is dropped.
    fn stuck() -> (Outlet<u32>, mpsc::Sender<()>) {
        let (reads, read) = mpsc::channel::<()>();
        let write = move |_: &u32| {
            let _ = read.recv();
            Ok(())
        };
        (Outlet::of(write).unwrap(), reads)
    }

    #[tokio::test]
    async fn what_nobody_reads_waits_and_does_not_hold_up_the_end() {
        let (mut outlet, _reads) = stuck();
        let mut waiting: VecDeque<u32> = (0..9).collect();
        let pass = async { while outlet.pass(&mut waiting).await.unwrap() == Passed::One {} };
        assert!(tokio::time::timeout(Duration::from_millis(200), pass).await.is_err());
        assert_eq!(waiting, (2..9).collect::<VecDeque<_>>(), "the sink has one, and one is on its way");
        let begin = Instant::now();
        outlet.finish(waiting).await.unwrap();
        assert!(begin.elapsed() < 3 * PATIENCE);
    }

    #[tokio::test]
    async fn all_that_waits_is_written_at_the_end_in_order() {
        let (tell, told) = mpsc::channel();
        let outlet = Outlet::of(move |thing: &u32| tell.send(*thing).map_err(io::Error::other)).unwrap();
        outlet.finish((0..9).collect()).await.unwrap();
        assert_eq!(told.iter().collect::<Vec<_>>(), (0..9).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_sink_that_cannot_write_is_told_of() {
        let mut outlet = Outlet::of(|_: &u32| Err(io::Error::other("disk full"))).unwrap();
        let mut waiting: VecDeque<u32> = (0..9).collect();
        let error = loop {
            match outlet.pass(&mut waiting).await {
                Ok(passed) => assert_eq!(passed, Passed::One),
                Err(error) => break error,
            }
        };
        assert!(error.to_string().contains("disk full"), "{error}");
    }
}
