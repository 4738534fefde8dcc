//! Progress of an installation: a bar on a terminal, plain lines in a log; what the commands print goes to a file.

use std::{
    fs::{self, File, OpenOptions},
    io::{IsTerminal as _, Write as _},
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{command::describe, paths};

/// How many of a failed command's last lines the user sees at once.
const TAIL_LINES: usize = 15;

/// Shows the steps of one installation.
pub(crate) struct Progress {
    bar: ProgressBar,
    is_terminal: bool,
    log: PathBuf,
}

impl Progress {
    /// Begins an installation of `steps` steps with an empty log.
    pub(crate) fn start(steps: u64) -> Result<Self> {
        let log = paths::setup_log();
        fs::create_dir_all(log.parent().unwrap_or(&log))
            .and_then(|()| File::create(&log))
            .with_context(|| format!("cannot write the log {}; is the repository yours?", log.display()))?;
        let is_terminal = std::io::stderr().is_terminal();
        Ok(Self { bar: bar(steps, is_terminal), is_terminal, log })
    }

    /// Begins again at the first step, by another way.
    pub(crate) fn restart(&self) {
        self.bar.set_position(0);
    }

    /// Ends a step that needed nothing.
    pub(crate) fn skip(&self) {
        self.bar.inc(1);
    }

    /// Runs the command of a step and ends the step. `what` completes "setup: ", as in "installing llvm-22-dev".
    pub(crate) fn run(&self, what: &str, command: &mut Command) -> Result<()> {
        let begun = Instant::now();
        self.announce(what, command);
        self.logged(command).inspect_err(|_| self.say(&format!("{what}: failed")))?;
        self.bar.inc(1);
        let seconds = begun.elapsed().as_secs_f64();
        self.say(&format!("{what}: done in {seconds:.0} s"));
        Ok(())
    }

    /// A line that stays on the screen.
    pub(crate) fn say(&self, line: &str) {
        self.bar.suspend(|| eprintln!("setup: {line}"));
    }

    fn announce(&self, what: &str, command: &Command) {
        if self.is_terminal {
            self.bar.set_message(what.to_owned());
        } else {
            self.say(&format!("{what}: {}", describe(command)));
        }
    }

    fn logged(&self, command: &mut Command) -> Result<()> {
        let mut log = OpenOptions::new().append(true).open(&self.log)?;
        writeln!(log, "$ {}", describe(command))?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let status = command.status().with_context(|| format!("`{}` does not start", describe(command)))?;
        if !status.success() {
            bail!("`{}` failed ({status}); its log is {}:\n{}", describe(command), self.log.display(), self.tail());
        }
        Ok(())
    }

    fn tail(&self) -> String {
        last_lines(&fs::read_to_string(&self.log).unwrap_or_default(), TAIL_LINES)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn bar(steps: u64, is_terminal: bool) -> ProgressBar {
    if !is_terminal {
        return ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::hidden());
    }
    let bar = ProgressBar::new(steps);
    if let Ok(style) = ProgressStyle::with_template("{spinner} setup {bar:16} {pos}/{len} {elapsed:>4} {wide_msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let kept = &lines[lines.len().saturating_sub(count)..];
    kept.iter().map(|line| format!("    {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tail_is_short() {
        assert_eq!(last_lines("a\nb\nc\n", 2), "    b\n    c\n");
        assert_eq!(last_lines("a\n", 2), "    a\n");
        assert_eq!(last_lines("", 2), "");
    }
}
