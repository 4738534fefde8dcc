//! What a program prints: its beginning goes to nbw's log.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::{
    action::{exec::Program, status::lock},
    text,
};

/// So much is kept of each stream of a run, and so many lines of it are logged.
const MOST_BYTES: usize = 16 << 10;
const MOST_LINES: usize = 100;

/// A line is cut to so many bytes.
const MOST_OF_A_LINE: usize = 500;

/// What was printed so far.
#[derive(Debug, Default)]
pub(super) struct Output {
    stdout: Mutex<Vec<u8>>,
    stderr: Mutex<Vec<u8>>,
}

/// Reads one stream to its end, and keeps its beginning.
pub(super) async fn read(mut from: impl AsyncRead + Unpin, output: Arc<Output>, is_error: bool) {
    let mut chunk = [0; 4096];
    while let Ok(read @ 1..) = from.read(&mut chunk).await {
        let mut kept = lock(if is_error { &output.stderr } else { &output.stdout });
        let room = MOST_BYTES + 1 - kept.len();
        kept.extend_from_slice(&chunk[..read.min(room)]);
    }
}

impl Output {
    pub(super) fn log(&self, program: &Program) {
        for line in lines(&lock(&self.stdout)) {
            tracing::info!("action {}: {line}", program.action);
        }
        for line in lines(&lock(&self.stderr)) {
            tracing::warn!("action {}: {line}", program.action);
        }
    }
}

/// Harmless, and not too many.
fn lines(bytes: &[u8]) -> Vec<String> {
    let mut lines: Vec<String> = bytes.split(|&byte| byte == b'\n').map(line).collect();
    if lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    if lines.len() > MOST_LINES || bytes.len() > MOST_BYTES {
        lines.truncate(MOST_LINES);
        lines.push("(there was more, which is not shown)".into());
    }
    lines
}

fn line(bytes: &[u8]) -> String {
    let head = &bytes[..bytes.len().min(4 * MOST_OF_A_LINE)];
    text::clean_to(&String::from_utf8_lossy(head), MOST_OF_A_LINE).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_of_much_is_shown() {
        assert_eq!(lines(b"one\ntwo\x1b[2J\n"), ["one", "two\u{FFFD}[2J"]);
        assert!(lines(b"").is_empty());
        let many = lines(&b"x\n".repeat(1000)).len();
        assert_eq!(many, MOST_LINES + 1);
        let long = vec![b'y'; MOST_BYTES + 1];
        let shown = lines(&long);
        assert_eq!((shown[0].len(), shown.len()), (MOST_OF_A_LINE, 2));
    }
}
