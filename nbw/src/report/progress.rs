//! How far a report has come, on a terminal, for one that takes longer than half a second.

use std::{
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What is quicker than this needs no bar.
const QUICK: Duration = Duration::from_millis(500);
const REDRAW: Duration = Duration::from_millis(100);

/// A bar on standard error that is not there at first, and not where standard error is no terminal.
pub struct Progress {
    bar: ProgressBar,
    /// Closed when the work is done.
    done: Option<mpsc::Sender<()>>,
}

impl Progress {
    /// Begins to wait for [`QUICK`]; the work has so many steps.
    pub fn start(steps: u64) -> Self {
        Self::with(Some(steps), "{spinner} {bar:20} {pos}/{len} {wide_msg}")
    }

    /// The same for a file that is read, of so many bytes, if that is known.
    pub fn reading(size: Option<u64>) -> Self {
        let known = "{spinner} {bar:20} {bytes}/{total_bytes} {bytes_per_sec} {wide_msg}";
        let progress =
            Self::with(size, if size.is_some() { known } else { "{spinner} {bytes} {bytes_per_sec} {wide_msg}" });
        progress.bar.set_message("reading the capture");
        progress
    }

    fn with(length: Option<u64>, template: &str) -> Self {
        let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        let (done, waits) = mpsc::channel::<()>();
        let shown = bar.clone();
        let show = move || {
            if waits.recv_timeout(QUICK) == Err(RecvTimeoutError::Timeout) {
                shown.set_draw_target(ProgressDrawTarget::stderr());
                shown.enable_steady_tick(REDRAW);
                let _ = waits.recv();
                shown.finish_and_clear();
            }
        };
        // Without the thread there is no bar; the report is as good.
        let _ = thread::Builder::new().name("progress".into()).spawn(show);
        Self { bar, done: Some(done) }
    }

    /// Writes something else, without the bar in between.
    pub fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }

    /// So much of the file was read.
    pub fn at(&self, position: u64) {
        self.bar.set_position(position);
    }

    /// The next step begins.
    pub fn begin(&self, what: &'static str) {
        if !self.bar.message().is_empty() {
            self.bar.inc(1);
        }
        self.bar.set_message(what);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.done = None;
        self.bar.finish_and_clear();
    }
}
