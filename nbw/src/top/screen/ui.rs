//! The thread that owns the screen.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError, mpsc as std_mpsc},
};

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, raise, sigaction};
use ratatui::{Frame, Terminal, backend::CrosstermBackend, crossterm::style};
use tokio::sync::mpsc;

use super::{Message, Told};
use crate::{
    snapshot::Snapshot,
    top::{Options, draw, event::Event, notices, state::State, theme::Theme, tty},
};
/// The screen's thread.
pub(super) struct Ui {
    state: State,
    terminal: Terminal<CrosstermBackend<tty::Canvas>>,
    slot: Arc<Mutex<Option<Snapshot>>>,
    incoming: std_mpsc::Receiver<Message>,
    tell: mpsc::UnboundedSender<Told>,
    /// The last one that was shown.
    warning: Option<String>,
    bell: bool,
}

impl Ui {
    pub(super) fn new(
        options: Options,
        slot: Arc<Mutex<Option<Snapshot>>>,
        incoming: std_mpsc::Receiver<Message>,
        tell: mpsc::UnboundedSender<Told>,
    ) -> io::Result<Self> {
        // Whether there is colour is the theme's matter: crossterm would leave half of an escape code.
        style::force_color_output(true);
        let terminal = Terminal::new(CrosstermBackend::new(tty::Canvas::default()))?;
        let size = terminal.size()?;
        let theme = Theme::new(console::colors_enabled());
        let state = State::new(&options, theme, (size.width, size.height));
        Ok(Self { state, terminal, slot, incoming, tell, warning: None, bell: options.bell })
    }

    /// Draws, waits for something to happen, takes all in that has happened, and so on.
    pub(super) fn run(&mut self) -> io::Result<()> {
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
        let warning = notices::newest_warning();
        if warning != self.warning {
            self.state.on(Event::Warning(warning.clone().unwrap_or_default()));
            self.warning = warning;
        }
        let state = &mut self.state;
        let picture = |frame: &mut Frame<'_>| {
            // The size that the terminal has now: its event may still be on the way.
            state.fit(frame.area().as_size());
            draw::draw(frame, state);
        };
        self.terminal.draw(picture).map(drop)
    }

    /// Whether to go on.
    fn handle(&mut self, message: Message) -> io::Result<bool> {
        match message {
            Message::Snapshot => {
                let snapshot = self.slot.lock().unwrap_or_else(PoisonError::into_inner).take();
                if let Some(snapshot) = snapshot {
                    self.state.on(Event::Snapshot(Box::new(snapshot)));
                }
                if self.state.take_ring() && self.bell {
                    tty::ring()?;
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
        stop()?;
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

/// Stops this process until somebody has it go on. Not by SIGSTOP: where nobody could (no shell is there, as with
/// `ssh -t host nbw top`), the kernel drops SIGTSTP, and nothing is stopped.
fn stop() -> io::Result<()> {
    let usual = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    // SAFETY: it installs no handler of ours; the one put back is the one that was there.
    let ours = unsafe { sigaction(Signal::SIGTSTP, &usual) }?;
    let stopped = raise(Signal::SIGTSTP);
    // SAFETY: as above.
    unsafe { sigaction(Signal::SIGTSTP, &ours) }?;
    Ok(stopped?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt;

    use super::*;

    /// Runs only this test again, in a session of its own: a process group that is orphaned.
    #[test]
    fn where_no_shell_is_nothing_stops() {
        const INSIDE: &str = "NBW_TEST_ORPHANED";
        if std::env::var_os(INSIDE).is_some() {
            return stop().unwrap();
        }
        let test = "top::screen::ui::tests::where_no_shell_is_nothing_stops";
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", test]).env(INSIDE, "1").stdout(std::process::Stdio::null());
        // SAFETY: setsid is async-signal-safe.
        unsafe { command.pre_exec(|| Ok(nix::unistd::setsid().map(|_| ())?)) };
        let mut child = command.spawn().unwrap();
        let status = nix::sys::wait::waitpid(
            nix::unistd::Pid::from_raw(child.id().try_into().unwrap()),
            Some(nix::sys::wait::WaitPidFlag::WUNTRACED),
        );
        // Where it was stopped it is still there.
        drop((child.kill(), child.wait()));
        assert!(matches!(status, Ok(nix::sys::wait::WaitStatus::Exited(_, 0))), "{status:?}");
    }
}
