//! What stands where: a snapshot, what is remembered and the terminal's size become lines. Nothing is drawn here.

use std::time::Duration;

use console::{measure_text_width, truncate_str};
use indicatif::FormattedDuration;
use jiff::tz::TimeZone;

use super::history::History;
use super::line::{Line, Tone};
use super::{groups, interfaces};
use crate::snapshot::{Group, Health, Interface, Snapshot};
use crate::units::Units;

/// Lines that an interface takes.
const PER_INTERFACE: usize = 2;
/// From this many lines on there are column headings, and from [`AIRY`] on blank lines.
const HEADED: usize = 11;
const AIRY: usize = 16;

/// A size in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) columns: usize,
    pub(super) rows: usize,
}

/// All that a picture is made from.
#[derive(Debug)]
pub(super) struct Scene<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) history: &'a History,
    pub(super) units: Units,
    /// The interval asked for.
    pub(super) interval: Duration,
    /// Since the first tick began.
    pub(super) running: Duration,
    pub(super) zone: &'a TimeZone,
    /// What lines may take.
    pub(super) size: Size,
}

/// The whole picture: no wider than the size, and a line less high, for the shell's prompt afterwards.
pub(super) fn picture(scene: &Scene<'_>) -> Vec<Line> {
    let health = health(&scene.snapshot.health, scene.size.columns);
    let room = scene.size.rows.saturating_sub(2 + usize::from(health.is_some()));
    let plan = Plan::fit(room, scene.snapshot.interfaces.len(), scene.snapshot.groups.len());
    let gap = || plan.airy.then(blank);
    let mut lines = vec![header(scene)];
    lines.extend(gap());
    lines.extend(interface_lines(scene, &plan));
    lines.extend(gap().filter(|_| plan.groups > 0));
    lines.extend(group_lines(scene, &plan));
    lines.extend(health);
    lines.into_iter().map(|line| line.within(scene.size.columns)).collect()
}

/// How many rows of each kind are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Plan {
    airy: bool,
    headed: bool,
    interfaces: usize,
    groups: usize,
}

impl Plan {
    /// Interfaces get half of `room` at most, or more where the groups leave it.
    fn fit(room: usize, interfaces: usize, groups: usize) -> Self {
        let (airy, headed) = (room >= AIRY, room >= HEADED);
        let room = room.saturating_sub(2 * (usize::from(airy) + usize::from(headed)));
        let half = (room / 2).max(PER_INTERFACE);
        let for_interfaces = half.max(room.saturating_sub(groups));
        let shown = rows_in(for_interfaces, PER_INTERFACE, interfaces).max(interfaces.min(1));
        let taken = shown * PER_INTERFACE + usize::from(shown < interfaces);
        let groups = rows_in(room.saturating_sub(taken), 1, groups);
        Self { airy, headed, interfaces: shown, groups }
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
    let text = format!("  {}  every {:?}  for {running}", time.strftime("%H:%M:%S"), scene.interval);
    let hint = "Ctrl-C ends";
    let used = "nbw".len() + measure_text_width(&text);
    let line = Line::new().text(Tone::Name, truncate_str("nbw", width, ""));
    if used + 2 + hint.len() > width {
        return line.text(Tone::Faint, truncate_str(&text, width.saturating_sub(3), "…"));
    }
    line.text(Tone::Faint, format!("{text}{hint:>room$}", room = width - used))
}

fn interface_lines(scene: &Scene<'_>, plan: &Plan) -> Vec<Line> {
    let all = &scene.snapshot.interfaces;
    let width = scene.size.columns;
    if all.is_empty() {
        return vec![note("waiting for an interface to appear", width)];
    }
    let columns = interfaces::Columns::fit(width, scene.units, all);
    let (shown, hidden) = fold(all, plan.interfaces, idle);
    let mut lines: Vec<Line> = plan.headed.then(|| columns.heading()).into_iter().collect();
    lines.extend(shown.iter().flat_map(|interface| columns.interface(interface, scene.history)));
    lines.extend(more_interfaces(&hidden, width));
    lines
}

fn group_lines(scene: &Scene<'_>, plan: &Plan) -> Vec<Line> {
    let never = |group: &Group| group.rx.total_packets == 0 && group.tx.total_packets == 0;
    let (shown, hidden) = fold(&scene.snapshot.groups, plan.groups, never);
    if shown.is_empty() {
        return more_groups(scene, &hidden).into_iter().collect();
    }
    let columns = groups::Columns::fit(scene.size.columns, scene.units, &shown);
    let mut lines: Vec<Line> = plan.headed.then(|| columns.heading()).into_iter().collect();
    lines.extend(shown.iter().map(|group| columns.group(group)));
    lines.extend(more_groups(scene, &hidden));
    lines
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

/// Hidden groups are still summed up: no traffic goes without a word.
fn more_groups(scene: &Scene<'_>, hidden: &[&Group]) -> Option<Line> {
    let count = hidden.len();
    let rx: f64 = hidden.iter().map(|group| group.rx.bytes_per_second).sum();
    let tx: f64 = hidden.iter().map(|group| group.tx.bytes_per_second).sum();
    let both = format!("… and {count} more: {} in all", scene.units.rate(rx + tx));
    let each = format!("… and {count} more: rx {}, tx {}", scene.units.rate(rx), scene.units.rate(tx));
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
