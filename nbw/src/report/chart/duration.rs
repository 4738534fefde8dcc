//! The load duration curve: for which share of the time the rate was at least how high.

use plotters::{
    prelude::DrawingBackend,
    style::{Color, RGBColor},
};

use super::{
    axis::{RateAxis, label},
    canvas::{Anchor, Canvas, FAINT_INK, GRID, INK, Rect, SMALL, colour},
    frame::{self, LINE},
    legend,
};
use crate::{
    failure::Failure,
    report::{
        Report,
        load::{self, Load},
    },
};

/// More lines than these cannot be told apart.
const LINES: usize = 8;
/// What carriers leave out.
const LEFT_OUT: f64 = 0.05;

/// Draws the chart.
pub(super) fn draw<B: DrawingBackend>(canvas: &Canvas<B>, report: &Report, title: &str) -> Result<(), Failure> {
    let loads = report.loads();
    let loads = &loads[..loads.len().min(LINES)];
    let entries: Vec<(String, RGBColor)> = loads.iter().map(|load| (load.name.clone(), colour_of(load))).collect();
    let rect = frame::head(canvas, title, &[&report.span(), "both directions"])?;
    let rect = legend::draw(canvas, rect, &entries)?;
    // Above the curves there is room for what the line at 5 % is, so that none goes through it.
    let rect = Rect { bottom: rect.bottom - 2 * LINE, top: rect.top + LINE, ..rect };
    let most = loads.iter().flat_map(|load| &load.samples).map(load::Sample::rate).fold(0.0, f64::max);
    let axis = RateAxis::new(rect, most, 0.0, report.units);
    let rect = Rect { left: rect.left + axis.width(canvas) + 8, ..rect };
    axis.draw(canvas, rect)?;
    shares(canvas, rect)?;
    for load in loads.iter().rev() {
        curve(canvas, rect, axis, load, colour_of(load))?;
    }
    canvas.line(vec![(rect.left, axis.y(0.0)), (rect.right, axis.y(0.0))], INK, 1)?;
    loads.first().map_or(Ok(()), |load| percentile(canvas, rect, load, report))
}

/// A subject's is that of the other charts.
fn colour_of(load: &Load) -> RGBColor {
    load.who.map_or(INK, |who| colour(who, load.is_rest))
}

fn x(rect: Rect, share: f64) -> i32 {
    rect.left + (share * f64::from(rect.width())).round() as i32
}

fn shares<B: DrawingBackend>(canvas: &Canvas<B>, rect: Rect) -> Result<(), Failure> {
    let room = canvas.measure("100 %", SMALL) + 14;
    let step = [10, 20, 25, 50].into_iter().find(|step| rect.width() * step / 100 >= room).unwrap_or(100);
    for share in (0..=100).step_by(step as usize) {
        let x = x(rect, f64::from(share) / 100.0);
        canvas.line(vec![(x, rect.top), (x, rect.bottom)], GRID, 1)?;
        let text = format!("{share} %");
        let half = canvas.measure(&text, SMALL) / 2;
        canvas.text(&text, (x.min(rect.right - half), rect.bottom + LINE / 2 + 2), SMALL, FAINT_INK, Anchor::Middle)?;
    }
    let middle = ((rect.left + rect.right) / 2, rect.bottom + LINE + LINE / 2);
    canvas.text("share of the time with this rate or more", middle, SMALL, FAINT_INK, Anchor::Middle)
}

fn curve<B: DrawingBackend>(
    canvas: &Canvas<B>,
    rect: Rect,
    axis: RateAxis,
    load: &Load,
    colour: RGBColor,
) -> Result<(), Failure> {
    let (mut points, mut from) = (Vec::new(), rect.left);
    for (share, rate) in load::duration(load) {
        let (to, y) = (x(rect, share), axis.y(rate));
        // Of the samples in one pixel the highest is drawn.
        if to > from || points.is_empty() {
            points.extend([(from, y), (to, y)]);
            from = to;
        }
    }
    let mut area = points.clone();
    area.extend([(from, axis.y(0.0)), (rect.left, axis.y(0.0))]);
    canvas.fill(area, colour.mix(0.12))?;
    canvas.line(points, colour, 2)
}

/// What carriers bill is at 5 % of the time.
fn percentile<B: DrawingBackend>(canvas: &Canvas<B>, rect: Rect, load: &Load, report: &Report) -> Result<(), Failure> {
    let curve = load::duration(load);
    let Some((_, rate)) = curve.iter().find(|(share, _)| *share > LEFT_OUT) else { return Ok(()) };
    let x = x(rect, LEFT_OUT);
    canvas.line(vec![(x, rect.top - LINE / 2), (x, rect.bottom)], INK.mix(0.6), 1)?;
    let text = format!("5 % of the time above {} ({})", label(report.units, *rate), load.name);
    let text = canvas.shorten(&text, SMALL, rect.right - x - 8);
    canvas.text(&text, (x + 6, rect.top - LINE / 2), SMALL, INK, Anchor::Left)
}
