//! The view's threads, and how the rest of nbw talks to them. One owns the screen, one reads the keyboard.
//!
//! The newest snapshot waits in a slot, so that a terminal that does not read holds up nobody and fills no memory.

use std::{
    any::Any,
    io,
    panic::{self, PanicHookInfo},
    sync::{Arc, Mutex, PoisonError, mpsc as std_mpsc},
    thread,
    time::Duration,
};

use nix::sys::signal::{Signal, raise};
use ratatui::{
    Terminal,
    backend::CrosstermBackend,
    crossterm::event::{self as terminal_event, MouseEventKind},
};
use tokio::sync::{mpsc, oneshot};

use super::{
    Options, draw,
    event::{Demand, Event},
    notices,
    state::State,
    theme::Theme,
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
        leave_on_panic(tell.clone());
        tty::take().inspect_err(|_| tty::leave())?;
        let ui = Ui::new(options, Arc::clone(&slot), incoming, tell.clone()).inspect_err(|_| tty::leave())?;
        let serve = move || {
            let result = ui.run();
            tty::leave();
            // Nobody listens any more if nbw has ended without waiting.
            let _ = end.send(result);
        };
        thread::Builder::new().name("screen".into()).spawn(serve).inspect_err(|_| tty::leave())?;
        let input = messages.clone();
        let listen = move || listen(&input, &tell);
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

/// Leaves the screen before a panic is told, and has nbw end: also where the panic ended a task only.
fn leave_on_panic(tell: mpsc::UnboundedSender<Told>) {
    panic::set_hook(Box::new(move |info| {
        tty::leave();
        eprintln!("nbw: {}", sentence(info));
        let _ = tell.send(Told::Panicked);
    }));
}

fn sentence(info: &PanicHookInfo<'_>) -> String {
    let place =
        info.location().map_or_else(String::new, |location| format!(" ({}:{})", location.file(), location.line()));
    format!("internal error: {}{place}", said(info.payload()))
}

fn said(payload: &dyn Any) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("panic")
}

/// Passes on what the terminal says, until nobody wants it.
fn listen(messages: &std_mpsc::Sender<Message>, tell: &mpsc::UnboundedSender<Told>) {
    loop {
        let event = match terminal_event::read() {
            Ok(terminal_event::Event::Key(key)) => Event::Key(key),
            Ok(terminal_event::Event::Mouse(mouse)) if !is_motion(mouse.kind) => Event::Mouse(mouse),
            Ok(terminal_event::Event::Resize(columns, rows)) => Event::Resize(columns, rows),
            Ok(_) => continue,
            Err(_) => {
                let _ = tell.send(Told::Demand(Demand::Quit));
                return;
            }
        };
        if messages.send(Message::Input(event)).is_err() {
            return;
        }
    }
}

fn is_motion(kind: MouseEventKind) -> bool {
    matches!(kind, MouseEventKind::Moved | MouseEventKind::Drag(_) | MouseEventKind::Up(_))
}

/// The screen's thread.
struct Ui {
    state: State,
    terminal: Terminal<CrosstermBackend<tty::Canvas>>,
    slot: Arc<Mutex<Option<Snapshot>>>,
    incoming: std_mpsc::Receiver<Message>,
    tell: mpsc::UnboundedSender<Told>,
    /// Log lines that were shown.
    warnings: usize,
}

impl Ui {
    fn new(
        options: Options,
        slot: Arc<Mutex<Option<Snapshot>>>,
        incoming: std_mpsc::Receiver<Message>,
        tell: mpsc::UnboundedSender<Told>,
    ) -> io::Result<Self> {
        // Whether there is colour is the theme's matter: crossterm would leave half of an escape code.
        ratatui::crossterm::style::force_color_output(true);
        let terminal = Terminal::new(CrosstermBackend::new(tty::Canvas::default()))?;
        let size = terminal.size()?;
        let theme = Theme::new(console::colors_enabled());
        let state = State::new(&options, theme, (size.width, size.height));
        Ok(Self { state, terminal, slot, incoming, tell, warnings: 0 })
    }

    /// Draws, waits for something to happen, takes all in that has happened, and so on.
    fn run(mut self) -> io::Result<()> {
        loop {
            self.draw()?;
            let Ok(mut message) = self.incoming.recv() else { return Ok(()) };
            loop {
                if !self.handle(message)? {
                    return Ok(());
                }
                match self.incoming.try_recv() {
                    Ok(next) => message = next,
                    Err(_) => break,
                }
            }
        }
    }

    fn draw(&mut self) -> io::Result<()> {
        if let Some((count, line)) = notices::newest()
            && count != self.warnings
        {
            self.warnings = count;
            self.state.on(Event::Warning(line.trim().to_owned()));
        }
        let state = &self.state;
        self.terminal.draw(|frame| draw::draw(frame, state)).map(drop)
    }

    /// Whether to go on.
    fn handle(&mut self, message: Message) -> io::Result<bool> {
        match message {
            Message::Snapshot => {
                let snapshot = self.slot.lock().unwrap_or_else(PoisonError::into_inner).take();
                if let Some(snapshot) = snapshot {
                    self.state.on(Event::Snapshot(Box::new(snapshot)));
                }
            }
            Message::Input(event) => {
                if let Some(demand) = self.state.on(event) {
                    // If nobody listens, the end is near.
                    let _ = self.tell.send(Told::Demand(demand));
                }
            }
            Message::Suspend => self.suspend()?,
            Message::Resumed => self.take_again()?,
            Message::End => return Ok(false),
        }
        Ok(true)
    }

    /// Stops the whole process here, with the terminal as the shell wants it.
    fn suspend(&mut self) -> io::Result<()> {
        tty::leave();
        raise(Signal::SIGSTOP)?;
        self.take_again()
    }

    fn take_again(&mut self) -> io::Result<()> {
        tty::take()?;
        // One that knows of nothing drawn. (Clearing the old one asks the terminal where its cursor is, and the other
        // thread would read the answer.)
        self.terminal = Terminal::new(CrosstermBackend::new(tty::Canvas::default()))?;
        let size = self.terminal.size()?;
        self.state.on(Event::Resize(size.width, size.height));
        Ok(())
    }
}
