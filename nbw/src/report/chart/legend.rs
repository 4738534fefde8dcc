//! Legends: who has which colour, in as many lines as it takes.

use plotters::{prelude::DrawingBackend, style::RGBColor};

use super::{
    canvas::{Anchor, Canvas, INK, Rect, SMALL},
    frame::LINE,
};
use crate::failure::Failure;

/// The coloured square, and the space behind it and behind the name.
const SQUARE: i32 = 10;
const GAP: i32 = 6;
const BETWEEN: i32 = 16;
/// A name takes at most this.
const LONGEST: i32 = 220;

/// Draws it at the bottom of `rect`; what is left above is returned. It takes a third of the height at most: the busiest are
/// named first.
pub(super) fn draw<B: DrawingBackend>(
    canvas: &Canvas<B>,
    rect: Rect,
    entries: &[(String, RGBColor)],
) -> Result<Rect, Failure> {
    let lines = lines(canvas, rect.width(), entries);
    let fit = usize::try_from(rect.height() / 3 / LINE).unwrap_or(0).max(1);
    let shown = &lines[..lines.len().min(fit)];
    let top = rect.bottom - LINE * i32::try_from(shown.len()).unwrap_or(0);
    for (line, y) in shown.iter().zip((top..).step_by(LINE as usize)) {
        for (x, name, colour) in line {
            let (x, y) = (rect.left + x, y + LINE / 2);
            let half = SQUARE / 2;
            canvas.rectangle(Rect { left: x, top: y - half, right: x + SQUARE, bottom: y + half }, *colour)?;
            canvas.text(name, (x + SQUARE + GAP, y), SMALL, INK, Anchor::Left)?;
        }
    }
    Ok(Rect { bottom: top - GAP, ..rect })
}

type Entry = (i32, String, RGBColor);

fn lines<B: DrawingBackend>(canvas: &Canvas<B>, width: i32, entries: &[(String, RGBColor)]) -> Vec<Vec<Entry>> {
    let mut lines: Vec<Vec<Entry>> = vec![Vec::new()];
    let mut x = 0;
    for (name, colour) in entries {
        let name = canvas.shorten(name, SMALL, LONGEST.min(width - SQUARE - GAP));
        let takes = SQUARE + GAP + canvas.measure(&name, SMALL);
        if x > 0 && x + takes > width {
            lines.push(Vec::new());
            x = 0;
        }
        if let Some(line) = lines.last_mut() {
            line.push((x, name, *colour));
        }
        x += takes + BETWEEN;
    }
    lines
}
