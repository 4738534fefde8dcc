//! What stands where: a snapshot, what is remembered and the terminal's size become lines. Nothing is drawn here.

use std::time::Duration;

use console::{measure_text_width, truncate_str};
use indicatif::FormattedDuration;
use jiff::tz::TimeZone;

use super::super::row::{Row, rows};
use super::history::History;
use super::line::{Line, Tone};
use super::table::Table;
use super::{design, interfaces};
use crate::board::{Board, Look};
use crate::snapshot::{By, Health, Interface, Snapshot};
use crate::units::Units;

/// Lines that an interface takes.
const PER_INTERFACE: usize = 2;
/// From this many lines on there are column headings, and from [`AIRY`] on blank lines.
const HEADED: usize = 11;
const AIRY: usize = 16;

/// Lines for alerts at most, on the lowest terminal and on any.
const LEAST_ALERTS: usize = 2;
const MOST_ALERTS: usize = 8;

/// A size in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) columns: usize,
    pub(super) rows: usize,
}

/// What the user asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) units: Units,
    /// What the list under the interfaces is of.
    pub(super) by: By,
    /// Only shown.
    pub(super) interval: Duration,
}

/// All that a picture is made from.
#[derive(Debug)]
pub(super) struct Scene<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) history: &'a History,
    pub(super) board: &'a Board,
    pub(super) asked: Asked,
    /// Since the first tick began.
    pub(super) running: Duration,
    pub(super) zone: &'a TimeZone,
    /// What lines may take.
    pub(super) size: Size,
}

/// The whole picture: no wider than the size, and a line less high, for the shell's prompt afterwards.
pub(super) fn picture(scene: &Scene<'_>) -> Vec<Line> {
    let health = health(&scene.snapshot.health, scene.size.columns);
    let alerts = alerts(scene);
    let room = scene.size.rows.saturating_sub(2 + usize::from(health.is_some()) + alerts.len());
    let rows = rows(scene.snapshot, scene.asked.by);
    let remark = remark(scene, rows.is_empty());
    let plan = Plan::fit(room, scene.snapshot.interfaces.len(), rows.len().max(usize::from(remark.is_some())));
    let gap = || plan.airy.then(blank);
    let mut lines = vec![header(scene)];
    lines.extend(alerts);
    lines.extend(gap());
    lines.extend(interface_lines(scene, &plan));
    lines.extend(gap().filter(|_| plan.rows > 0));
    lines.extend(remark.filter(|_| plan.rows > 0));
    lines.extend(row_lines(scene, &rows, &plan));
    lines.extend(health);
    // What is higher than the terminal would scroll, and be drawn over the wrong lines from then on.
    lines.truncate(scene.size.rows.saturating_sub(1).max(1));
    lines.into_iter().map(|line| line.within(scene.size.columns)).collect()
}

/// How much is shown of what there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Plan {
    airy: bool,
    headed: bool,
    interfaces: usize,
    rows: usize,
}

impl Plan {
    /// Interfaces get half of `room` at most, or more where the rows of the list leave it.
    fn fit(room: usize, interfaces: usize, rows: usize) -> Self {
        let (airy, headed) = (room >= AIRY, room >= HEADED);
        let room = room.saturating_sub(2 * (usize::from(airy) + usize::from(headed)));
        let half = (room / 2).max(PER_INTERFACE);
        let for_interfaces = half.max(room.saturating_sub(rows));
        let shown = rows_in(for_interfaces, PER_INTERFACE, interfaces).max(interfaces.min(1));
        let taken = shown * PER_INTERFACE + usize::from(shown < interfaces);
        let rows = rows_in(room.saturating_sub(taken), 1, rows);
        Self { airy, headed, interfaces: shown, rows }
    }
}

/// How many of `count` rows of `each` lines fit, with a line for "and more" if not all do.
fn rows_in(room: usize, each: usize, count: usize) -> usize {
    if count * each <= room { count } else { room.saturating_sub(1) / each }
}

fn header(scene: &Scene<'_>) -> Line {
    let width = scene.size.columns;
    let time = scene.snapshot.time.to_zoned(scene.zone.clone());
    let running = FormattedDuration(scene.running);
    let text = format!("  {}  every {:?}  for {running}", time.strftime("%H:%M:%S"), scene.asked.interval);
    let hint = "Ctrl-C ends";
    let used = "nbw".len() + measure_text_width(&text);
    let line = Line::new().text(Tone::Name, truncate_str("nbw", width, ""));
    if used + 2 + hint.len() > width {
        return line.text(Tone::Faint, truncate_str(&text, width.saturating_sub(3), "…"));
    }
    line.text(Tone::Faint, format!("{text}{hint:>room$}", room = width - used))
}

/// What there is to know of alerts, in a quarter of the picture at most.
fn alerts(scene: &Scene<'_>) -> Vec<Line> {
    let most = (scene.size.rows / 4).clamp(LEAST_ALERTS, MOST_ALERTS);
    let tone = |look| match look {
        Look::Critical => Tone::Trouble,
        Look::Warning => Tone::Alert,
        Look::Faint => Tone::Faint,
    };
    let line = |text: &str, tone| Line::new().text(tone, truncate_str(text, scene.size.columns, "…"));
    scene.board.lines(most).iter().map(|shown| line(&shown.text(), tone(shown.look()))).collect()
}

fn interface_lines(scene: &Scene<'_>, plan: &Plan) -> Vec<Line> {
    let all = &scene.snapshot.interfaces;
    let width = scene.size.columns;
    if all.is_empty() {
        return vec![note("waiting for an interface to appear", width)];
    }
    let columns = interfaces::Columns::fit(width, scene.asked.units, all);
    let (shown, hidden) = fold(all, plan.interfaces, idle);
    let mut lines: Vec<Line> = plan.headed.then(|| columns.heading()).into_iter().collect();
    lines.extend(shown.iter().flat_map(|interface| columns.interface(interface, scene.history)));
    lines.extend(more_interfaces(&hidden, width));
    lines
}

fn row_lines(scene: &Scene<'_>, rows: &[&dyn Row], plan: &Plan) -> Vec<Line> {
    let (shown, hidden) = fold(rows, plan.rows, |row| row.never_moved());
    let shown: Vec<&dyn Row> = shown.into_iter().copied().collect();
    let mut lines = Vec::new();
    if let Some(design) = design::of(scene.asked.by).filter(|_| !shown.is_empty()) {
        let table = Table::fit(scene.size.columns, scene.asked.units, design, &shown, scene.snapshot.time);
        lines.extend(plan.headed.then(|| table.heading()));
        lines.extend(table.lines());
    }
    lines.extend(more_rows(scene, &hidden));
    lines
}

/// Without rows of the kind that was asked for, a word about it.
fn remark(scene: &Scene<'_>, empty: bool) -> Option<Line> {
    let text = format!("no {} has traffic", scene.asked.by.singular());
    let asked_for = !matches!(scene.asked.by, By::Interface | By::Group);
    (empty && asked_for).then(|| note(&text, scene.size.columns))
}

/// The first `count` rows and the others. Where not all fit, those that never had traffic go last.
fn fold<T>(rows: &[T], count: usize, never: impl Fn(&T) -> bool) -> (Vec<&T>, Vec<&T>) {
    let mut shown: Vec<&T> = rows.iter().collect();
    if count < rows.len() {
        shown.sort_by_key(|row| never(row));
    }
    let hidden = shown.split_off(count.min(rows.len()));
    (shown, hidden)
}

fn idle(interface: &Interface) -> bool {
    interface.rx.total_packets == 0 && interface.tx.total_packets == 0
}

fn more_interfaces(hidden: &[&Interface], width: usize) -> Option<Line> {
    let count = hidden.len();
    let all_idle = hidden.iter().all(|interface| idle(interface));
    let idle = if all_idle { ", idle" } else { "" };
    let plural = if count == 1 { "" } else { "s" };
    (count > 0).then(|| note(&format!("… and {count} more interface{plural}{idle}"), width))
}

/// Hidden rows are still summed up: no traffic goes without a word.
fn more_rows(scene: &Scene<'_>, hidden: &[&&dyn Row]) -> Option<Line> {
    let count = hidden.len();
    let rx: f64 = hidden.iter().map(|row| row.rx().bytes_per_second).sum();
    let tx: f64 = hidden.iter().map(|row| row.tx().bytes_per_second).sum();
    let both = format!("… and {count} more: {} in all", scene.asked.units.rate(rx + tx));
    let each = format!("… and {count} more: rx {}, tx {}", scene.asked.units.rate(rx), scene.asked.units.rate(tx));
    let fits = measure_text_width(&each) <= scene.size.columns;
    (count > 0).then(|| note(if fits { &each } else { &both }, scene.size.columns))
}

fn health(health: &Health, width: usize) -> Option<Line> {
    let troubles: Vec<String> = health.troubles().map(|(name, count)| format!("{name} {count}")).collect();
    let text = format!(" {}", troubles.join(", "));
    let label = truncate_str("health:", width, "");
    let room = width.saturating_sub(label.len());
    let line = || Line::new().text(Tone::Trouble, label).text(Tone::Warning, truncate_str(&text, room, "…"));
    (!troubles.is_empty()).then(line)
}

fn note(text: &str, width: usize) -> Line {
    Line::new().text(Tone::Faint, truncate_str(text, width, "…"))
}

/// indicatif leaves out lines with nothing in them at all.
fn blank() -> Line {
    Line::new().text(Tone::Plain, " ")
}
