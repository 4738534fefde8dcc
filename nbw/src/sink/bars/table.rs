//! The list under the interfaces: a table of the rows of one kind.

use std::borrow::Cow;

use console::Alignment;

use super::super::row::Row;
use super::design::{Design, Part};
use super::line::{Gauge, Line, Tone, left, right};
use crate::units::{Units, VOLUME_WIDTH, volume_padded};

const SHORTEST_BAR: usize = 6;

/// The rows that are shown, with which columns a terminal has room for, and how wide they are. Every column but the
/// first is preceded by a space.
pub(super) struct Table<'a> {
    design: &'static Design,
    rows: Vec<Shown<'a>>,
    units: Units,
    room: Room,
    /// Bytes a second, both directions together, of the row that fills its bar.
    busiest: f64,
}

struct Shown<'a> {
    row: &'a dyn Row,
    name: Cow<'a, str>,
    facts: Vec<Cow<'a, str>>,
}

impl<'a> Table<'a> {
    /// Spends `width` on both rates first, then in the design's order.
    pub(super) fn fit(
        width: usize,
        units: Units,
        design: &'static Design,
        rows: &[&'a dyn Row],
        now: jiff::Timestamp,
    ) -> Self {
        let shown = |&row: &&'a dyn Row| Shown { row, name: row.name(), facts: row.facts(now) };
        let rows: Vec<Shown<'a>> = rows.iter().map(shown).collect();
        let used = |fact: usize| rows.iter().any(|row| row.facts.get(fact).is_some_and(|text| !text.is_empty()));
        let room = Room::spend(width.saturating_sub(2 * (1 + units.rate_width())), design, used);
        let busiest = rows.iter().map(|shown| shown.row.rate()).fold(0.0, f64::max);
        Self { design, rows, units, room, busiest }
    }

    /// The line above the rows.
    pub(super) fn heading(&self) -> Line {
        let mut text = left(self.design.title, self.room.name);
        for (fact, &width) in self.design.facts.iter().zip(&self.room.facts).filter(|&(_, &width)| width > 0) {
            text = text + " " + &aligned(fact.title, width, fact.alignment);
        }
        if self.room.bar > 0 {
            text += &" ".repeat(1 + self.room.bar);
        }
        for title in ["rx", "tx"] {
            text = text + " " + &right(title, self.units.rate_width());
        }
        if self.room.total {
            text = text + " " + &right("total", VOLUME_WIDTH);
        }
        Line::new().text(Tone::Faint, text)
    }

    /// A line for each row.
    pub(super) fn lines(&self) -> impl Iterator<Item = Line> + '_ {
        self.rows.iter().map(|shown| self.line(shown))
    }

    fn line(&self, shown: &Shown<'_>) -> Line {
        let row = shown.row;
        let dim = row.derived() || row.ended().is_some();
        let or_faint = |tone: Tone, strong: bool| if dim || !strong { Tone::Faint } else { tone };
        let line = self.gauge(self.who(shown, or_faint(Tone::Plain, true)), row, or_faint(Tone::Share, true));
        let rates = [(Tone::Rx, row.rx()), (Tone::Tx, row.tx())];
        let line = rates.into_iter().fold(line, |line, (tone, flow)| {
            let tone = or_faint(tone, flow.bytes_per_second > 0.0);
            line.text(tone, format!(" {}", self.units.rate_padded(flow.bytes_per_second)))
        });
        if !self.room.total {
            return line;
        }
        line.text(Tone::Faint, format!(" {}", volume_padded(row.total())))
    }

    fn who(&self, shown: &Shown<'_>, tone: Tone) -> Line {
        let line = Line::new().text(tone, left(&shown.name, self.room.name));
        let facts = self.design.facts.iter().zip(&shown.facts).zip(&self.room.facts);
        facts.filter(|&(_, &width)| width > 0).fold(line, |line, ((fact, text), &width)| {
            line.text(Tone::Faint, format!(" {}", aligned(text, width, fact.alignment)))
        })
    }

    fn gauge(&self, line: Line, row: &dyn Row, tone: Tone) -> Line {
        if self.room.bar == 0 {
            return line;
        }
        let fraction = if self.busiest > 0.0 { row.rate() / self.busiest } else { 0.0 };
        line.text(Tone::Plain, " ").gauge(Gauge { fraction, width: self.room.bar, tone })
    }
}

fn aligned(text: &str, width: usize, alignment: Alignment) -> String {
    if alignment == Alignment::Right { right(text, width) } else { left(text, width) }
}

/// How wide the columns are.
#[derive(Debug, PartialEq, Eq)]
struct Room {
    name: usize,
    /// 0 where a column is left out.
    facts: Vec<usize>,
    bar: usize,
    total: bool,
}

impl Room {
    /// `used` says whether any row has something in a column.
    fn spend(mut left: usize, design: &Design, used: impl Fn(usize) -> bool) -> Self {
        let (least, most) = design.name;
        let mut take = |columns: usize, keep: usize| {
            let fits = left >= columns + keep;
            left -= if fits { columns } else { 0 };
            fits
        };
        let (mut facts, mut barred, mut total) = (vec![0; design.facts.len()], false, false);
        for part in design.order {
            match *part {
                Part::Optional(fact) if !used(fact) => {}
                Part::Fact(fact) | Part::Optional(fact) => {
                    let width = design.facts[fact].width;
                    facts[fact] = if take(1 + width, least) { width } else { 0 };
                }
                Part::Wider(fact) if facts[fact] > 0 => {
                    let more = design.facts[fact].more;
                    facts[fact] += if take(more, 2 * least) { more } else { 0 };
                }
                Part::Wider(_) => {}
                Part::Total => total = take(1 + VOLUME_WIDTH, least),
                Part::Bar => barred = take(1 + SHORTEST_BAR, least - 2),
            }
        }
        let name = left.min(most);
        let bar = if barred { SHORTEST_BAR + left - name } else { 0 };
        Self { name, facts, bar, total }
    }
}
