//! The terminal as indicatif sees it. indicatif's pictures are collected here, and the last one leaves in one write,
//! line over line: nothing flickers. Its lines end in line breaks instead of filling the width, so that they can be copied
//! one by one.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use console::measure_text_width;
use indicatif::TermLike;

use super::super::send;
use super::layout::Size;

/// A handle on the one canvas; clones draw on the same.
#[derive(Debug, Clone)]
pub(super) struct Canvas(Arc<Mutex<Surface>>);

struct Surface {
    out: Box<dyn Write + Send>,
    size: Size,
    /// Whether escape codes may be written and the picture is drawn over the one before.
    in_place: bool,
    /// The picture that indicatif is at, and the column it has got to.
    coming: Vec<String>,
    column: usize,
    /// The last whole picture.
    picture: Vec<String>,
    /// Lines of what is on the terminal.
    shown: usize,
    /// Whether the terminal has another size than when that was drawn.
    resized: bool,
}

impl Canvas {
    /// A canvas that writes to `out`, over the picture before if `in_place`.
    pub(super) fn new(out: Box<dyn Write + Send>, size: Size, in_place: bool) -> Self {
        let (coming, picture) = (Vec::new(), Vec::new());
        Self(Arc::new(Mutex::new(Surface {
            out,
            size,
            in_place,
            coming,
            column: 0,
            picture,
            shown: 0,
            resized: false,
        })))
    }

    /// A panic elsewhere must not keep the terminal from being left in order.
    fn surface(&self) -> MutexGuard<'_, Surface> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn size(&self) -> Size {
        self.surface().size
    }

    pub(super) fn resize(&self, size: Size) {
        let mut surface = self.surface();
        surface.resized = true;
        surface.shown = 0;
        surface.size = size;
    }

    /// Writes the last whole picture.
    pub(super) fn send(&self) -> io::Result<()> {
        let mut surface = self.surface();
        let text = if surface.in_place { surface.over_the_last() } else { surface.below_the_last() };
        surface.resized = false;
        surface.shown = surface.picture.len();
        send(&mut surface.out, &mut text.into_bytes())
    }

    /// Leaves the picture on the terminal, with the cursor below it. Draws it again first: the terminal has put the
    /// `^C` of whoever ended it there.
    pub(super) fn leave(&self) -> io::Result<()> {
        let mut surface = self.surface();
        if !surface.in_place || surface.shown == 0 {
            return surface.out.flush();
        }
        let text = surface.over_the_last() + "\r\n";
        surface.shown = 0;
        send(&mut surface.out, &mut text.into_bytes())
    }
}

impl Surface {
    fn below_the_last(&self) -> String {
        self.picture.iter().map(|line| format!("{}\n", line.trim_end())).collect()
    }

    /// Lines are never as wide as the terminal, so wiping behind them cannot take their last character. The cursor
    /// rests where the last line begins: what the terminal echoes (`^C`) must not go on to another line, which
    /// would move the picture.
    fn over_the_last(&self) -> String {
        // Where the picture is after a resize depends on how the terminal wraps and scrolls: begin anew.
        let start = if self.resized { "\x1b[H\x1b[2J" } else { "" };
        let surplus = self.shown.saturating_sub(self.picture.len());
        let wiped = "\r\n\x1b[2K".repeat(surplus);
        let lines = self.picture.join("\x1b[K\r\n");
        let top = up(self.shown.saturating_sub(1));
        format!("{start}{top}\r{lines}\x1b[K{wiped}{}\r", up(surplus))
    }

    /// As on a terminal, a full line ends only when more text comes. What fills a line with blanks is left out.
    fn text(&mut self, text: &str) {
        if self.coming.is_empty() || self.column >= self.size.columns {
            self.coming.push(String::new());
            self.column = 0;
        }
        self.column += measure_text_width(text);
        let filler = self.column >= self.size.columns && text.bytes().all(|byte| byte == b' ');
        if let Some(line) = self.coming.last_mut().filter(|_| !filler) {
            line.push_str(text);
        }
    }
}

fn up(rows: usize) -> String {
    if rows > 0 { format!("\x1b[{rows}A") } else { String::new() }
}

impl fmt::Debug for Surface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surface").field("size", &self.size).finish_non_exhaustive()
    }
}

/// Every picture starts at the top left here, so indicatif's ways back there are not needed.
impl TermLike for Canvas {
    fn width(&self) -> u16 {
        u16::try_from(self.size().columns).unwrap_or(u16::MAX)
    }

    fn height(&self) -> u16 {
        u16::try_from(self.size().rows).unwrap_or(u16::MAX)
    }

    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        Ok(())
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write_str(text)?;
        self.write_str(&" ".repeat(self.size().columns))
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        if !text.is_empty() {
            self.surface().text(text);
        }
        Ok(())
    }

    /// indicatif flushes at the end of each picture, and makes one whenever a bar changes.
    fn flush(&self) -> io::Result<()> {
        let mut surface = self.surface();
        surface.column = 0;
        surface.picture = std::mem::take(&mut surface.coming);
        Ok(())
    }
}
