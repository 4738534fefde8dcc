//! A grid of cells that fits its width: columns that there is no room for go, then the first one is shortened.

use super::{
    bar::{Bars, RX, TX},
    columns::{Column, Value},
};
use crate::{fit, report::rows::Both, units::Units};

/// Columns of space between two.
const GAP: usize = 2;
/// A bar that is shorter than this says nothing; one that is longer says no more.
const BAR: std::ops::RangeInclusive<usize> = 8..=30;
/// Columns that can be spared as easily as this go for the sake of a bar.
const SPARE_FOR_BAR: u8 = 14;
/// A name is not shortened to less than this while there are columns to spare.
const LEAST_NAME: usize = 12;

/// Cells, and what draws them.
pub(super) struct Grid<'a> {
    pub(super) columns: &'a [Column],
    pub(super) cells: Vec<Vec<String>>,
    /// What the bar of each row is of.
    pub(super) moved: Vec<Both>,
    pub(super) bars: &'a Bars,
    pub(super) width: usize,
    pub(super) units: Units,
    pub(super) colour: bool,
}

impl Grid<'_> {
    /// The lines, each with its end.
    pub(super) fn draw(&self) -> String {
        let mut shown: Vec<usize> = (0..self.columns.len()).collect();
        let mut widths: Vec<usize> = shown.iter().map(|&at| self.natural(at)).collect();
        // A bar says more than what can be spared most easily.
        let room_for_bar = GAP + BAR.start();
        while self.least(&shown, &widths) + room_for_bar > self.width && self.drop_some(&mut shown, SPARE_FOR_BAR) {}
        while self.least(&shown, &widths) > self.width && self.drop_some(&mut shown, 1) {}
        self.shorten(&shown, &mut widths);
        let room = self.width.saturating_sub(total(&shown, &widths) + GAP);
        let bar = if BAR.contains(&room) {
            room
        } else if room > *BAR.end() {
            *BAR.end()
        } else {
            0
        };
        let head = shown.iter().map(|&at| self.columns[at].title);
        let head = self.strong(&self.line(&shown, &widths, head));
        let rows = self.cells.iter().zip(&self.moved).map(|(cells, &moved)| {
            let line = self.line(&shown, &widths, shown.iter().map(|&at| cells[at].as_str()));
            self.with_bar(line, total(&shown, &widths), moved, bar)
        });
        std::iter::once(head).chain(rows).map(|line| line + "\n").collect()
    }

    fn natural(&self, at: usize) -> usize {
        let cells = self.cells.iter().map(|cells| fit::width(&cells[at]));
        cells.chain([fit::width(self.columns[at].title), self.columns[at].value.least(self.units)]).max().unwrap_or(0)
    }

    fn is_name(&self, at: usize) -> bool {
        self.columns[at].value == Value::Name
    }

    /// The width with names as short as they may be.
    fn least(&self, shown: &[usize], widths: &[usize]) -> usize {
        let least = |&at: &usize| if self.is_name(at) { widths[at].min(LEAST_NAME) } else { widths[at] };
        shown.iter().map(least).sum::<usize>() + GAP * shown.len().saturating_sub(1)
    }

    /// Whether there were columns to spare, as easily at least. Those that go together (of both directions) go at once.
    fn drop_some(&self, shown: &mut Vec<usize>, easily: u8) -> bool {
        let spare = |at: &usize| self.columns[*at].spare;
        let most = shown.iter().map(spare).max().unwrap_or(0);
        if most < easily {
            return false;
        }
        shown.retain(|at| spare(at) < most);
        true
    }

    /// Names give what is missing, to the bar too; where even that is not enough (on a terminal of a few columns), all do.
    fn shorten(&self, shown: &[usize], widths: &mut [usize]) {
        let with_bar = self.least(shown, widths) + GAP + BAR.start() <= self.width;
        let for_names = if with_bar { self.width - GAP - BAR.start() } else { self.width };
        for (names_only, limit) in [(true, for_names), (false, self.width)] {
            for &at in shown.iter().filter(|&&at| self.is_name(at) || !names_only) {
                let over = total(shown, widths).saturating_sub(limit);
                widths[at] = widths[at].saturating_sub(over).max(1);
            }
        }
    }

    fn line<'a>(&self, shown: &[usize], widths: &[usize], cells: impl Iterator<Item = &'a str>) -> String {
        let cell = |(&at, text): (&usize, &str)| match self.columns[at].value {
            Value::Name | Value::Time => fit::left(text, widths[at]),
            _ => fit::right(text, widths[at]),
        };
        let cells: Vec<String> = shown.iter().zip(cells).map(cell).collect();
        let line = cells.join(&" ".repeat(GAP));
        // Of a terminal of a few columns.
        fit::cut(&line, self.width).into_owned()
    }

    fn with_bar(&self, line: String, width: usize, moved: Both, bar: usize) -> String {
        let bar = self.bars.draw(moved, bar);
        if bar.is_empty() {
            return line.trim_end().to_owned();
        }
        let padded = fit::left(&line, width);
        format!("{padded}{}{}", " ".repeat(GAP), self.coloured(&bar))
    }

    fn coloured(&self, bar: &str) -> String {
        if !self.colour {
            return bar.to_owned();
        }
        let rx: String = bar.chars().filter(|c| matches!(*c, RX | '#')).collect();
        let tx: String = bar.chars().filter(|c| matches!(*c, TX | '=')).collect();
        format!("{}{}", console::style(rx).green().force_styling(true), console::style(tx).blue().force_styling(true))
    }

    fn strong(&self, line: &str) -> String {
        let line = line.trim_end();
        if self.colour { console::style(line).underlined().force_styling(true).to_string() } else { line.to_owned() }
    }
}

fn total(shown: &[usize], widths: &[usize]) -> usize {
    shown.iter().map(|&at| widths[at]).sum::<usize>() + GAP * shown.len().saturating_sub(1)
}
