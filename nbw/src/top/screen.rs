//! The view's threads, and how the rest of nbw talks to them. One owns the screen, one reads the keyboard.
//!
//! The newest snapshot waits in a slot, so that a terminal that does not read holds up nobody and fills no memory.

mod keyboard;
mod panics;
mod ui;

use std::{
    io,
    sync::{Arc, Mutex, PoisonError, mpsc as std_mpsc},
    thread,
    time::Duration,
};

use tokio::sync::{mpsc, oneshot};

use self::ui::Ui;
use super::{
    Options,
    event::{Demand, Event},
    tty,
};
use crate::{failure::Failure, snapshot::Snapshot};

/// How long the view may take to leave the screen when nbw ends.
const PATIENCE: Duration = Duration::from_secs(1);

/// What the screen's thread is told.
enum Message {
    /// There is a snapshot in the slot.
    Snapshot,
    /// Keys, the mouse, the terminal's size.
    Input(Event),
    /// To leave the screen and stop the process.
    Suspend,
    /// The process was stopped, and goes on.
    Resumed,
    End,
}

/// What the screen's thread tells.
enum Told {
    Demand(Demand),
    /// A thread of nbw has panicked; the message is on standard error.
    Panicked,
}

/// The screen of `nbw top`.
#[derive(Debug)]
pub struct Screen {
    messages: std_mpsc::Sender<Message>,
    slot: Arc<Mutex<Option<Snapshot>>>,
    told: mpsc::UnboundedReceiver<Told>,
    /// None once it has told.
    ended: Option<oneshot::Receiver<io::Result<()>>>,
}

impl Screen {
    /// Checks that there is a terminal.
    ///
    /// # Errors
    /// [`Failure::Usage`] says what to use instead.
    pub fn check() -> Result<(), Failure> {
        tty::check()
    }

    /// Takes the screen. From here on a panic leaves it as it was found, says so, and asks nbw to end.
    ///
    /// # Errors
    /// When there is no terminal, or it refuses.
    pub fn open(options: Options) -> Result<Self, Failure> {
        tty::check()?;
        let (messages, incoming) = std_mpsc::channel();
        let (tell, told) = mpsc::unbounded_channel();
        let (end, ended) = oneshot::channel();
        let slot = Arc::new(Mutex::new(None));
        panics::leave_on_panic(tell.clone());
        tty::take().inspect_err(|_| tty::leave())?;
        let mut ui = Ui::new(options, Arc::clone(&slot), incoming, tell.clone()).inspect_err(|_| tty::leave())?;
        let serve = move || {
            let result = ui.run();
            tty::leave();
            // Nobody listens any more if nbw has ended without waiting.
            let _ = end.send(result);
        };
        thread::Builder::new().name("screen".into()).spawn(serve).inspect_err(|_| tty::leave())?;
        let input = messages.clone();
        let listen = move || keyboard::listen(&input, &tell);
        thread::Builder::new().name("keyboard".into()).spawn(listen).inspect_err(|_| tty::leave())?;
        Ok(Self { messages, slot, told, ended: Some(ended) })
    }

    /// Shows a snapshot as soon as the screen is free for it; instead of the one before, if that was not shown yet.
    pub fn show(&self, snapshot: Snapshot) {
        let before = self.slot.lock().unwrap_or_else(PoisonError::into_inner).replace(snapshot);
        if before.is_none() {
            self.tell(Message::Snapshot);
        }
    }

    /// Leaves the screen and stops the process; comes back when the process goes on.
    pub fn suspend(&self) {
        self.tell(Message::Suspend);
    }

    /// Draws everything anew: the process was stopped, and the terminal may have been used by others.
    pub fn resumed(&self) {
        self.tell(Message::Resumed);
    }

    fn tell(&self, message: Message) {
        // A thread that has ended has told why.
        let _ = self.messages.send(message);
    }

    /// Waits for what the user demands.
    ///
    /// # Errors
    /// When the view has ended by itself.
    pub async fn demand(&mut self) -> Result<Demand, Failure> {
        let Some(ended) = &mut self.ended else { return std::future::pending().await };
        tokio::select! {
            biased;
            told = self.told.recv() => match told {
                Some(Told::Demand(demand)) => Ok(demand),
                _ => Err(Failure::Told),
            },
            outcome = ended => {
                self.ended = None;
                Err(match outcome {
                    Ok(Err(error)) => Failure::Running(format!("cannot use the terminal: {error}")),
                    _ => Failure::Told,
                })
            }
        }
    }

    /// Leaves the screen. A terminal that does not read is left as it is.
    pub async fn close(mut self) {
        self.tell(Message::End);
        if let Some(ended) = self.ended.take()
            && tokio::time::timeout(PATIENCE, ended).await.is_err()
        {
            tty::abandon();
        }
    }
}

impl Drop for Screen {
    /// Whatever happens, the terminal is left.
    fn drop(&mut self) {
        tty::leave();
    }
}
