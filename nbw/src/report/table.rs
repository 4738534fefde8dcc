//! `--format table`: for people, as wide as the terminal.

mod bar;
mod cells;
mod columns;
mod grid;

use std::fmt::Write;

use self::{
    bar::Bars,
    columns::{Column, Value},
    grid::Grid,
};
use super::{
    Format, Report, What, events,
    rows::{Both, Row, Total},
};
use crate::{failure::Failure, fit, insight::show, text};

/// So wide where there is no terminal to fit.
const PIPE_WIDTH: usize = 160;

/// Writes a table.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether there may be colours.
    pub colour: bool,
    /// Whether there may be more than ASCII.
    pub unicode: bool,
}

impl Table {
    /// As standard output is, or as a file wants it.
    pub fn for_stdout(to_file: bool, colour: bool) -> Self {
        let terminal = console::Term::stdout();
        let size = if to_file { None } else { terminal.size_checked() };
        Self {
            width: size.map_or(PIPE_WIDTH, |(_, columns)| usize::from(columns).max(20)),
            colour,
            unicode: to_file || terminal.features().wants_emoji() || is_utf8(),
        }
    }
}

/// Whether the locale can show more than ASCII.
fn is_utf8() -> bool {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set).unwrap_or_default();
    let locale = locale.to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

impl Format for Table {
    fn render(&self, report: &Report) -> Result<Vec<u8>, Failure> {
        let drawing = Drawing { table: self, report };
        let text = match report.what {
            None => drawing.sums(),
            Some(What::Top) => drawing.top(),
            Some(_) => drawing.by_time(),
        };
        let head = drawing.head();
        let attacks = drawing.plain(&events::section(report, self));
        Ok(format!("{head}\n{text}{attacks}{}", drawing.findings()?).into_bytes())
    }
}

struct Drawing<'a> {
    table: &'a Table,
    report: &'a Report,
}

impl Drawing<'_> {
    fn head(&self) -> String {
        let mut head = String::new();
        for line in [self.report.title(), self.report.span()] {
            head.push_str(&self.strong(&fit::cut(&self.plain(&line), self.table.width)));
            head.push('\n');
        }
        head
    }

    /// Names are cleaned where they enter; others than this nbw may have written the history.
    fn name(&self, name: &str) -> String {
        self.plain(&text::clean(name))
    }

    /// ASCII only, where more cannot be shown.
    fn plain(&self, text: &str) -> String {
        if self.table.unicode {
            text.to_owned()
        } else {
            text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect()
        }
    }

    fn strong(&self, text: &str) -> String {
        if self.table.colour { console::style(text).bold().force_styling(true).to_string() } else { text.to_owned() }
    }

    /// One row for each subject.
    fn sums(&self) -> String {
        let totals = self.report.totals();
        let most = totals.iter().map(|total| total.both().total()).max().unwrap_or(0);
        let bars = Bars { most, unicode: self.table.unicode };
        let columns = columns::of_sums(self.report);
        let rows = totals.iter().map(|total| columns.iter().map(|column| self.of_total(column, total)).collect());
        let moved = totals.iter().map(Total::both).collect();
        let mut text = self.grid(&columns, rows.collect(), moved, &bars);
        text.push('\n');
        text.push_str(&self.footnote());
        text
    }

    /// A table for each subject: a row for each part, and the sum.
    fn by_time(&self) -> String {
        let (mut text, totals) = (String::new(), self.report.totals());
        for (who, total) in totals.iter().enumerate() {
            let rows = self.report.rows_of(who);
            let name = self.name(&total.subject.name);
            let _ = writeln!(text, "{}", self.strong(&fit::shorten(&name, self.table.width)));
            text.push_str(&self.of_subject(&rows, total));
            text.push('\n');
        }
        text.push_str(&self.footnote());
        text
    }

    fn of_subject(&self, rows: &[Row], total: &Total) -> String {
        let bars =
            Bars { most: rows.iter().map(|row| row.both().total()).max().unwrap_or(0), unicode: self.table.unicode };
        let columns = columns::of_parts(self.report);
        let mut cells: Vec<Vec<String>> = Vec::new();
        let mut moved = Vec::new();
        for row in rows {
            cells.push(columns.iter().map(|column| self.of_row(column, row)).collect());
            moved.push(row.both());
            if let Some(estimate) = row.estimate {
                cells.push(columns.iter().map(|column| self.estimated(column, estimate)).collect());
                moved.push(Both::default());
            }
        }
        cells.push(columns.iter().map(|column| self.sum(column, total)).collect());
        moved.push(Both::default());
        self.grid(&columns, cells, moved, &bars)
    }

    /// The busiest parts of all subjects, in one table.
    fn top(&self) -> String {
        let rows = self.report.rows();
        let bars = Bars { most: rows.first().map_or(0, |row| row.both().total()), unicode: self.table.unicode };
        let columns = columns::of_top(self.report);
        let place = |(at, row): (usize, &Row)| {
            let cell = |column: &Column| match column.value {
                Value::Place => (at + 1).to_string(),
                _ => self.of_row(column, row),
            };
            columns.iter().map(cell).collect()
        };
        let cells = rows.iter().enumerate().map(place).collect();
        self.grid(&columns, cells, rows.iter().map(Row::both).collect(), &bars)
    }

    fn grid(&self, columns: &[Column], cells: Vec<Vec<String>>, moved: Vec<Both>, bars: &Bars) -> String {
        Grid {
            columns,
            cells,
            moved,
            bars,
            width: self.table.width,
            units: self.report.units,
            colour: self.table.colour,
        }
        .draw()
    }

    /// What the figures are, where that is not plain.
    fn footnote(&self) -> String {
        let samples = self.report.samples();
        let note = format!("p95: 95th percentile of samples of {samples} (in, out; the larger is what carriers bill)");
        let note = format!("{note}{}", self.report.undirected());
        let lines = textwrap::wrap(&note, self.table.width.max(1));
        let style = |line: &str| {
            if self.table.colour { console::style(line).dim().force_styling(true).to_string() } else { line.to_owned() }
        };
        lines.iter().map(|line| style(line) + "\n").collect()
    }

    fn findings(&self) -> Result<String, Failure> {
        let report = self.report;
        if report.findings.is_empty() {
            return Ok(String::new());
        }
        let advice = show::Advice {
            from: report.from,
            to: report.to,
            live: false,
            zone: report.calendar.zone.clone(),
            findings: report.findings.clone(),
        };
        let mut text = Vec::new();
        show::Format::Text.write(&advice, &mut text, self.table.width, self.table.colour)?;
        Ok(format!("\n{}", self.plain(&String::from_utf8_lossy(&text))))
    }
}

#[cfg(test)]
mod tests;
