//! The braille graph of the selected row: received above the axis, sent below, on one scale.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Color, Style},
    symbols::Marker,
    widgets::{
        Widget,
        canvas::{Canvas, Painter, Shape},
    },
};

use super::write;
use crate::{
    fit,
    top::{history::Point, state::State},
    units::Units,
    words,
};

/// Dots of a braille character.
const DOTS_ACROSS: usize = 2;
const DOTS_DOWN: usize = 4;

/// Where what is drawn goes: lines above and below the axis, and what a dot stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Scale {
    above: u16,
    below: u16,
    /// Bytes a second.
    dot: f64,
}

impl Scale {
    /// Divides `lines` between both directions as their peaks ask for; each has one at least.
    fn new(points: &[Point], lines: u16, units: Units) -> Self {
        let peak = |of: fn(&Point) -> f32| f64::from(points.iter().map(of).fold(0.0, f32::max));
        let (rx, tx) = (round_up(peak(|point| point.rx), units), round_up(peak(|point| point.tx), units));
        let share = if rx + tx > 0.0 { rx / (rx + tx) } else { 0.5 };
        let above = ((f64::from(lines) * share).round() as u16).clamp(1, lines.saturating_sub(1).max(1));
        let below = lines.saturating_sub(above);
        let dot = |peak: f64, lines: u16| peak / (f64::from(lines.max(1)) * DOTS_DOWN as f64);
        Self { above, below, dot: dot(rx, above).max(dot(tx, below)) }
    }

    /// Dots for a rate; anything above zero has one.
    fn dots(self, rate: f32, lines: u16) -> usize {
        if rate <= 0.0 || self.dot <= 0.0 {
            return 0;
        }
        let most = usize::from(lines) * DOTS_DOWN;
        ((f64::from(rate) / self.dot).round() as usize).clamp(1, most.max(1))
    }

    /// The rate at the edge of so many lines.
    fn edge(self, lines: u16) -> f64 {
        self.dot * f64::from(lines) * DOTS_DOWN as f64
    }
}

/// The next round number, in the units that are shown.
fn round_up(rate: f64, units: Units) -> f64 {
    let factor = match units {
        Units::Bits => 8.0,
        Units::Bytes => 1.0,
    };
    if rate <= 0.0 {
        return 0.0;
    }
    let shown = rate * factor;
    let power = 10_f64.powf(shown.log10().floor());
    let steps = [1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    let round = steps.into_iter().map(|step| step * power).find(|round| *round >= shown * 0.999_999);
    round.unwrap_or(10.0 * power) / factor
}

/// One direction's columns of dots.
struct Columns<'a> {
    points: &'a [Point],
    scale: Scale,
    up: bool,
    colour: Color,
}

impl Shape for Columns<'_> {
    fn draw(&self, painter: &mut Painter<'_, '_>) {
        let axis = usize::from(self.scale.above) * DOTS_DOWN;
        for (x, point) in self.points.iter().enumerate() {
            let lines = if self.up { self.scale.above } else { self.scale.below };
            let rate = if self.up { point.rx } else { point.tx };
            for dot in 0..self.scale.dots(rate, lines) {
                let y = if self.up { axis - 1 - dot } else { axis + dot };
                painter.paint(x, y, self.colour);
            }
        }
    }
}

/// Draws the graph with its labels.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, state: &State) {
    let label = u16::try_from(state.units.rate_width()).unwrap_or(0);
    let Some(width) = area.width.checked_sub(label + 2).filter(|&width| width > 1) else { return };
    let lines = area.height.saturating_sub(1);
    let (Some(picture), true) = (state.picture(), lines >= 2) else { return };
    let Some(row) = state.selected() else { return };
    let count = usize::from(width) * DOTS_ACROSS;
    let points = state.history.of(&row.key(), picture.tick, count);
    let scale = Scale::new(&points, lines, state.units);
    let place = Rect { x: area.x + label + 2, width, height: lines, ..area };
    let colour = |style: Style| style.fg.unwrap_or_default();
    for (up, style) in [(true, state.theme.rx()), (false, state.theme.tx())] {
        // Each direction has its own lines: a character has one colour only.
        let shape = Columns { points: &points, scale, up, colour: colour(style) };
        let mut part = Buffer::empty(place);
        Canvas::default().marker(Marker::Braille).paint(|context| context.draw(&shape)).render(place, &mut part);
        overlay(buffer, &part);
    }
    labels(buffer, area, label, scale, state);
    times(buffer, area, label + 2, count, state);
}

/// Takes over what is not blank.
fn overlay(buffer: &mut Buffer, part: &Buffer) {
    for position in part.area.positions() {
        let cell = &part[position];
        if cell.symbol() != " " && cell.symbol() != "\u{2800}" {
            // A terminal can have shrunk.
            if let Some(target) = buffer.cell_mut(position) {
                target.clone_from(cell);
            }
        }
    }
}

/// Rates at both edges, and a line between them.
fn labels(buffer: &mut Buffer, area: Rect, width: u16, scale: Scale, state: &State) {
    let lines = scale.above + scale.below;
    let faint = state.theme.faint();
    for line in 0..lines {
        write(buffer, area, line, width, "▕", faint);
    }
    let rate = |rate: f64| fit::right(&state.units.rate(rate), usize::from(width));
    write(buffer, area, 0, 0, &rate(scale.edge(scale.above)), state.theme.rx());
    write(buffer, area, lines.saturating_sub(1), 0, &rate(scale.edge(scale.below)), state.theme.tx());
    if scale.above >= 2 {
        write(buffer, area, scale.above - 1, 0, &fit::right("0", usize::from(width)), faint);
    }
}

/// How long ago the left edge was.
fn times(buffer: &mut Buffer, area: Rect, x: u16, count: usize, state: &State) {
    let Some(picture) = state.picture() else { return };
    let known = state.history.known(picture.tick).min(count);
    let Some(first) = known.checked_sub(1).and_then(|before| state.history.time(picture.tick, before)) else { return };
    let ago = words::short(words::since(first, picture.snapshot.time));
    let at = usize::from(x) + (count - known) / DOTS_ACROSS;
    let label = format!("{ago} ago");
    let room = usize::from(area.width).saturating_sub(at + 4);
    let line = area.height - 1;
    if fit::width(&label) <= room {
        write(buffer, area, line, u16::try_from(at).unwrap_or(x), &label, state.theme.faint());
    }
    write(buffer, area, line, area.width.saturating_sub(3), "now", state.theme.faint());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(rates: &[(f32, f32)]) -> Vec<Point> {
        rates.iter().map(|&(rx, tx)| Point { rx, tx }).collect()
    }

    #[test]
    fn both_directions_have_one_scale_and_the_lines_that_they_need() {
        let scale = Scale::new(&points(&[(100.0, 1.0), (400.0, 100.0)]), 10, Units::Bytes);
        assert_eq!((scale.above, scale.below), (8, 2));
        assert_eq!(scale.edge(scale.above), 400.0);
        assert_eq!((scale.dots(400.0, 8), scale.dots(100.0, 2), scale.dots(1.0, 2)), (32, 8, 1));
        assert_eq!(scale.dots(0.0, 8), 0);
    }

    #[test]
    fn no_traffic_is_drawn_as_nothing() {
        let scale = Scale::new(&points(&[(0.0, 0.0)]), 7, Units::Bits);
        assert_eq!((scale.above + scale.below, scale.dots(0.0, 4)), (7, 0));
    }

    #[test]
    fn edges_are_round_in_the_units_that_are_shown() {
        assert_eq!(round_up(39_050_000.0, Units::Bits), 50_000_000.0);
        assert_eq!(round_up(26_000_000.0, Units::Bits), 250_000_000.0 / 8.0);
        assert_eq!(round_up(39_050_000.0, Units::Bytes), 40_000_000.0);
        assert_eq!(round_up(1.0, Units::Bytes), 1.0);
    }

    #[test]
    fn peaks_never_leave_the_graph() {
        for (rx, tx) in [(1.0, 1e9), (1e9, 1.0), (3.3, 3.4), (0.0, 5.0), (1e-3, 0.0), (f32::MAX, 1.0)] {
            for lines in 2..20 {
                let scale = Scale::new(&points(&[(rx, tx)]), lines, Units::Bits);
                assert_eq!(scale.above + scale.below, lines);
                assert!(scale.edge(scale.above) >= f64::from(rx) * 0.999, "{rx} {tx} {lines} {scale:?}");
                assert!(scale.edge(scale.below) >= f64::from(tx) * 0.999, "{rx} {tx} {lines} {scale:?}");
            }
        }
    }
}
