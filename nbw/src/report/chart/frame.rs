//! What all charts have around them: the title, and whose and which time it is.

use plotters::prelude::DrawingBackend;

use super::canvas::{Anchor, Canvas, FAINT_INK, INK, Rect, SMALL, TITLE};
use crate::failure::Failure;

/// Pixels around all.
pub(super) const MARGIN: i32 = 10;
/// From one line of small text to the next.
pub(super) const LINE: i32 = 18;

/// Draws the head; what is left of the picture is returned. What is `more` has one line, or each its own where one is too
/// short.
pub(super) fn head<B: DrawingBackend>(canvas: &Canvas<B>, title: &str, more: &[&str]) -> Result<Rect, Failure> {
    let whole = canvas.whole();
    let width = whole.width() - 2 * MARGIN;
    let mut y = MARGIN + 8;
    canvas.text(&canvas.shorten(title, TITLE, width), (MARGIN, y), TITLE, INK, Anchor::Left)?;
    let joined = more.join("; ");
    let lines = if canvas.measure(&joined, SMALL) <= width { &[joined.as_str()] } else { more };
    for line in lines {
        y += LINE;
        canvas.text(&canvas.shorten(line, SMALL, width), (MARGIN, y), SMALL, FAINT_INK, Anchor::Left)?;
    }
    Ok(Rect { left: MARGIN, top: y + LINE, right: whole.right - MARGIN, bottom: whole.bottom - MARGIN })
}
