//! The table of totals, which is there without a script too.

use jiff::Timestamp;

use crate::{
    report::{Report, rows, rows::Total},
    units,
};

/// A column's title.
pub(super) struct HtmlColumn {
    pub(super) title: String,
    /// Whether the rows come sorted by it.
    pub(super) sorted: bool,
}

/// A subject.
pub(super) struct HtmlRow {
    pub(super) name: String,
    pub(super) cells: Vec<Cell>,
}

/// What is written, and what it is sorted by.
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) value: f64,
}

impl Cell {
    fn empty() -> Self {
        Self { text: String::new(), value: 0.0 }
    }
}

const TITLES: [&str; 14] = [
    "rx",
    "tx",
    "total",
    "average",
    "rx peak",
    "at",
    "tx peak",
    "at",
    "rx p95",
    "tx p95",
    "p95",
    "packets",
    "this month",
    "estimate",
];

/// The first of the columns that are about the month.
const MONTH: usize = 12;

pub(super) fn columns(report: &Report) -> Vec<HtmlColumn> {
    let column = |title: &str| HtmlColumn { title: title.to_owned(), sorted: title == "total" };
    let more = [report.quota.map(|_| "quota used"), report.previous.as_ref().map(|_| "change")];
    let known = TITLES.into_iter().take(if report.has_month() { TITLES.len() } else { MONTH });
    let titles = [super::super::singular(report.kind)].into_iter().chain(known).chain(more.into_iter().flatten());
    titles.map(column).collect()
}

pub(super) fn rows(report: &Report) -> Vec<HtmlRow> {
    let row = |total: &Total| HtmlRow { name: total.subject.name.to_string(), cells: cells(report, total) };
    report.totals().iter().map(row).collect()
}

fn cells(report: &Report, total: &Total) -> Vec<Cell> {
    let whole = total.whole;
    let volume = |bytes: u64| Cell { text: units::volume(bytes), value: bytes as f64 };
    let rate = |rate: f64| Cell { text: report.units.rate(rate), value: rate };
    let packets = whole.rx.packets + whole.tx.packets;
    let mut cells = vec![
        volume(whole.rx.bytes),
        volume(whole.tx.bytes),
        volume(total.both().total()),
        rate(total.average),
        rate(whole.rx.peak),
        when(report, whole.rx_peak_at),
        rate(whole.tx.peak),
        when(report, whole.tx_peak_at),
        rate(whole.rx_p95),
        rate(whole.tx_p95),
        rate(total.billed()),
        Cell { text: packets.to_string(), value: packets as f64 },
        volume(total.month.total()),
        total.month_estimate.map_or_else(Cell::empty, |both| volume(both.total())),
    ];
    cells.extend(report.quota.map(|quota| used(total.month.total(), quota)));
    if !report.has_month() {
        cells.truncate(MONTH);
    }
    if total.is_rest() {
        cells.iter_mut().skip(MONTH).for_each(|cell| *cell = Cell::empty());
    }
    cells.extend(report.previous.as_ref().map(|_| change(total)));
    cells
}

fn when(report: &Report, at: Option<Timestamp>) -> Cell {
    let text = at.map(|at| report.calendar.local(at).strftime(&format!("%F {}", report.clock())).to_string());
    Cell { text: text.unwrap_or_default(), value: at.map_or(0.0, |at| at.as_second() as f64) }
}

fn used(moved: u64, quota: u64) -> Cell {
    Cell { text: rows::used(moved, quota), value: moved as f64 / quota as f64 }
}

fn change(total: &Total) -> Cell {
    let (before, now) = (total.previous.map(rows::Both::total), total.both().total());
    let value = before.map_or(0.0, |before| now as f64 / (before as f64).max(1.0));
    Cell { text: before.map_or_else(String::new, |before| rows::change(before, now)), value }
}
