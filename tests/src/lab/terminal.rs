//! A terminal that nobody sits at: tmux, on a socket of its own.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use nix::unistd::Pid;

use super::{run, unique, until};

/// How long the screen may take to show something.
const PATIENCE: Duration = Duration::from_secs(30);

/// A terminal with a shell in it; ended on drop, with all that runs in it.
pub struct Terminal {
    socket: String,
}

impl Terminal {
    /// A new one. Its shell's prompt is `$ `.
    pub fn open(columns: u32, rows: u32) -> Self {
        let terminal = Self { socket: unique("nbwt") };
        let shell = "env -u NO_COLOR LC_ALL=C.UTF-8 PS1=$\\  sh";
        terminal.tmux_with(
            &["-u", "-f", "/dev/null", "new-session", "-d"],
            &["-x", &columns.to_string(), "-y", &rows.to_string(), shell],
        );
        terminal.shows("a prompt", |screen| screen.starts_with('$'));
        terminal
    }

    /// Types a line and presses Enter.
    pub fn type_line(&self, line: &str) {
        self.tmux_with(&["send-keys", "-l"], &[line]);
        self.press("Enter");
    }

    /// Types text, key by key.
    pub fn type_keys(&self, keys: &str) {
        self.tmux_with(&["send-keys", "-l"], &[keys]);
    }

    /// Clicks with the left button, as the terminal tells a program that asked for it. Lines and columns count from 0.
    pub fn click(&self, column: usize, line: usize) {
        for end in ['M', 'm'] {
            self.type_keys(&format!("\u{1b}[<0;{};{}{end}", column + 1, line + 1));
        }
    }

    /// Presses a key, by tmux's name for it.
    pub fn press(&self, key: &str) {
        self.tmux(&["send-keys", key]);
    }

    /// Gives the terminal another size.
    pub fn resize(&self, columns: u32, rows: u32) {
        self.tmux(&["resize-window", "-x", &columns.to_string(), "-y", &rows.to_string()]);
    }

    /// What it shows.
    pub fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// What it shows, with the escape codes of its colours.
    pub fn coloured_screen(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-e"])
    }

    /// Whether a program has the alternate screen.
    pub fn is_on_alternate_screen(&self) -> bool {
        self.tmux(&["display-message", "-p", "#{alternate_on}"]).trim() == "1"
    }

    /// The process of this name that was started in it.
    pub fn process(&self, name: &str) -> Pid {
        let shell = self.tmux(&["display-message", "-p", "#{pane_pid}"]).trim().parse().expect("a pid");
        until("the process", || below(shell, name))
    }

    /// Whether the cursor can be seen.
    pub fn shows_cursor(&self) -> bool {
        self.tmux(&["display-message", "-p", "#{cursor_flag}"]).trim() == "1"
    }

    /// Waits until the screen is as wanted, and returns it with the time that took.
    ///
    /// # Panics
    /// When it is not for too long.
    pub fn shows(&self, what: &str, wanted: impl Fn(&str) -> bool) -> (String, Duration) {
        let start = Instant::now();
        loop {
            let screen = self.screen();
            if wanted(&screen) {
                return (screen, start.elapsed());
            }
            assert!(start.elapsed() < PATIENCE, "waited in vain for {what}:\n{screen}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Clears the screen.
    pub fn clear(&self) {
        self.type_line("clear");
        self.shows("a clear screen", |screen| screen.trim() == "$");
    }

    /// Runs a command in the shell and returns what it printed.
    pub fn output_of(&self, command: &str) -> String {
        self.clear();
        self.type_line(&format!("{command}; echo END"));
        let (screen, _) = self.shows("the command's end", |screen| screen.lines().any(|line| line == "END"));
        let lines = screen.lines().filter(|line| !line.starts_with('$') && *line != "END" && !line.is_empty());
        lines.map(|line| format!("{line}\n")).collect()
    }

    fn tmux(&self, words: &[&str]) -> String {
        self.tmux_with(words, &[])
    }

    fn tmux_with(&self, words: &[&str], more: &[&str]) -> String {
        let mut command = std::process::Command::new("tmux");
        command.args(["-L", &self.socket]).args(words).args(more).env_remove("TMUX");
        let output = command.output().expect("tmux starts");
        assert!(output.status.success(), "{command:?}: {output:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }
}

/// The process of this name that is a child, or a child's child, of `pid`.
fn below(pid: i32, name: &str) -> Option<Pid> {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
    children.split_whitespace().filter_map(|child| child.parse().ok()).find_map(|child| {
        let comm = fs::read_to_string(format!("/proc/{child}/comm")).ok()?;
        if comm.trim() == name { Some(Pid::from_raw(child)) } else { below(child, name) }
    })
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if !thread::panicking() {
            run(&format!("tmux -L {} kill-server", self.socket));
            return;
        }
        let _ = std::process::Command::new("tmux").args(["-L", &self.socket, "kill-server"]).output();
    }
}
