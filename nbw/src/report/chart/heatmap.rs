//! A heat map: average rates by weekday and hour, so that busy and quiet hours can be seen.

use plotters::{prelude::DrawingBackend, style::RGBColor};

use super::{
    axis::label,
    canvas::{Anchor, Canvas, FAINT_INK, Rect, SMALL, UNKNOWN},
    frame::{self, LINE},
};
use crate::{
    failure::Failure,
    report::{
        Report,
        load::{self, DAYS, HOURS, Heat},
    },
};

const NAMES: [&str; DAYS] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
/// From none to the most: even steps of lightness, so that it also reads without colours.
const LOW: RGBColor = RGBColor(0xe8, 0xf1, 0xfa);
const HIGH: RGBColor = RGBColor(0x08, 0x30, 0x6b);
/// Columns of the scale.
const SCALE: i32 = 120;

/// Draws the chart.
pub(super) fn draw<B: DrawingBackend>(canvas: &Canvas<B>, report: &Report, title: &str) -> Result<(), Failure> {
    let loads = report.loads();
    let Some(load) = loads.first() else { return Ok(()) };
    let heat = load::heat(load, &report.calendar.zone);
    let rect = frame::head(canvas, title, &[&report.span(), &format!("{}, both directions", load.name)])?;
    let most = heat.iter().flatten().flatten().fold(0.0, |most: f64, &rate| most.max(rate));
    let left = rect.left + NAMES.iter().map(|name| canvas.measure(name, SMALL)).max().unwrap_or(0) + 8;
    let cells = Rect { left, bottom: rect.bottom - 2 * LINE - 8, ..rect };
    draw_cells(canvas, cells, &heat, most)?;
    hours(canvas, cells)?;
    scale(canvas, Rect { top: rect.bottom - LINE, left, ..rect }, &label(report.units, most))
}

fn cell(rect: Rect, day: usize, hour: usize) -> Rect {
    let x = |hour: usize| rect.left + (rect.width() as usize * hour / HOURS) as i32;
    let y = |day: usize| rect.top + (rect.height() as usize * day / DAYS) as i32;
    Rect { left: x(hour), top: y(day), right: x(hour + 1) - 1, bottom: y(day + 1) - 1 }
}

fn draw_cells<B: DrawingBackend>(canvas: &Canvas<B>, rect: Rect, heat: &Heat, most: f64) -> Result<(), Failure> {
    for (day, rates) in heat.iter().enumerate() {
        for (hour, rate) in rates.iter().enumerate() {
            let colour = rate.map_or(UNKNOWN, |rate| shade(if most > 0.0 { rate / most } else { 0.0 }));
            canvas.rectangle(cell(rect, day, hour), colour)?;
        }
        let first = cell(rect, day, 0);
        canvas.text(NAMES[day], (rect.left - 8, (first.top + first.bottom) / 2), SMALL, FAINT_INK, Anchor::Right)?;
    }
    Ok(())
}

/// As many as there is room for, each at the begin of its hour.
fn hours<B: DrawingBackend>(canvas: &Canvas<B>, rect: Rect) -> Result<(), Failure> {
    let width = canvas.measure("00:00", SMALL) + 10;
    let step = [1, 2, 3, 4, 6, 12].into_iter().find(|step| rect.width() * step / 24 >= width).unwrap_or(12);
    for hour in (0..HOURS).step_by(step as usize) {
        let x = cell(rect, 0, hour).left;
        canvas.text(&format!("{hour:02}:00"), (x, rect.bottom + LINE / 2), SMALL, FAINT_INK, Anchor::Left)?;
    }
    Ok(())
}

fn scale<B: DrawingBackend>(canvas: &Canvas<B>, rect: Rect, most: &str) -> Result<(), Failure> {
    let y = rect.top + LINE / 2;
    canvas.text("0", (rect.left, y), SMALL, FAINT_INK, Anchor::Left)?;
    let left = rect.left + canvas.measure("0", SMALL) + 6;
    for x in 0..SCALE {
        let colour = shade(f64::from(x) / f64::from(SCALE));
        canvas.rectangle(Rect { left: left + x, top: y - 6, right: left + x + 1, bottom: y + 6 }, colour)?;
    }
    canvas.text(most, (left + SCALE + 6, y), SMALL, FAINT_INK, Anchor::Left)?;
    let (text, square) = ("no record", left + SCALE + canvas.measure(most, SMALL) + 24);
    if square + 16 + canvas.measure(text, SMALL) > rect.right {
        return Ok(());
    }
    canvas.rectangle(Rect { left: square, top: y - 6, right: square + 12, bottom: y + 6 }, UNKNOWN)?;
    canvas.text(text, (square + 16, y), SMALL, FAINT_INK, Anchor::Left)
}

fn shade(part: f64) -> RGBColor {
    let mix =
        |low: u8, high: u8| (f64::from(low) + (f64::from(high) - f64::from(low)) * part.clamp(0.0, 1.0)).round() as u8;
    RGBColor(mix(LOW.0, HIGH.0), mix(LOW.1, HIGH.1), mix(LOW.2, HIGH.2))
}
