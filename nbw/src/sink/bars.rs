//! `--format bars`: the live view for a terminal. `layout` decides what stands where, `drawing` puts it there with
//! indicatif, `canvas` is the terminal below.

mod canvas;
mod design;
mod drawing;
mod history;
mod interfaces;
mod layout;
mod line;
mod table;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io::{self, Write};
use std::time::Duration;

use console::Term;
use jiff::tz::TimeZone;

use self::canvas::Canvas;
use self::drawing::Drawing;
use self::history::History;
use self::layout::{Asked, Scene, Size, picture};
use super::Sink;
use crate::board::Board;
use crate::snapshot::{By, Snapshot};
use crate::units::Units;

/// Where there is no terminal to ask, pictures have this size, and follow one another.
const NO_TERMINAL: Size = Size { columns: 80, rows: 50 };

/// Draws each snapshot over the one before.
pub struct Bars {
    canvas: Canvas,
    drawing: Drawing,
    history: History,
    board: Board,
    terminal: Option<Term>,
    asked: Asked,
    running: Duration,
    zone: TimeZone,
    finished: bool,
}

impl Bars {
    /// Bars on standard output, in colour if it is a terminal that has them and `NO_COLOR` is not set.
    /// Without a terminal, the pictures follow one another, without escape codes. `interval` is only shown.
    /// `by` is what the list under the interfaces is of.
    pub fn stdout(units: Units, interval: Duration, by: By) -> Self {
        let terminal = Some(Term::stdout()).filter(|term| term.is_term() && !console::is_dumb());
        let colour = terminal.is_some() && console::colors_enabled();
        Self::new(Box::new(Term::stdout()), terminal, colour, Asked { units, by, interval })
    }

    fn new(out: Box<dyn Write + Send>, terminal: Option<Term>, colour: bool, asked: Asked) -> Self {
        let size = terminal.as_ref().map_or(NO_TERMINAL, size_of);
        let canvas = Canvas::new(out, size, terminal.is_some());
        Self {
            drawing: Drawing::new(canvas.clone(), colour),
            canvas,
            history: History::default(),
            board: Board::default(),
            terminal,
            asked,
            running: Duration::ZERO,
            zone: TimeZone::system(),
            finished: false,
        }
    }

    /// Takes over the terminal's size if it is another than at the tick before.
    fn follow_size(&mut self) {
        let size = self.terminal.as_ref().map(size_of);
        if let Some(size) = size.filter(|&size| size != self.canvas.size()) {
            self.canvas.resize(size);
        }
    }

    fn draw(&mut self, snapshot: &Snapshot) {
        // Whether a full line has ended or not is one thing on one terminal and another on the next.
        let size = self.canvas.size();
        let lines = picture(&Scene {
            snapshot,
            history: &self.history,
            board: &self.board,
            asked: self.asked,
            running: self.running,
            zone: &self.zone,
            size: Size { columns: size.columns.saturating_sub(1), ..size },
        });
        self.drawing.draw(&lines);
    }
}

impl Sink for Bars {
    fn emit(&mut self, snapshot: &Snapshot) -> io::Result<()> {
        self.running += snapshot.elapsed;
        self.history.record(snapshot);
        self.board.take(snapshot);
        self.follow_size();
        self.draw(snapshot);
        self.canvas.send()
    }

    fn finish(&mut self) -> io::Result<()> {
        if self.finished {
            return Ok(());
        }
        self.finished = true;
        self.canvas.leave()
    }
}

impl Drop for Bars {
    /// The last picture stays and the prompt comes below it, however the program ends.
    fn drop(&mut self) {
        // There is nobody to tell any more.
        let _ = self.finish();
    }
}

impl fmt::Debug for Bars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bars").field("canvas", &self.canvas).finish_non_exhaustive()
    }
}

fn size_of(term: &Term) -> Size {
    let (rows, columns) = term.size();
    Size { columns: usize::from(columns), rows: usize::from(rows) }
}
