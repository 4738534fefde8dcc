//! Axes of rates: round numbers, and how they are written.

use plotters::prelude::DrawingBackend;

use super::canvas::{Anchor, Canvas, FAINT_INK, GRID, Rect, SMALL};
use crate::{failure::Failure, units::Units};

/// Labels are at least this far apart, and there are no more than so many, however high the picture is.
const APART: i32 = 26;
const MOST: i32 = 14;

/// A vertical axis of rates that goes up from zero, and down too where there is something below.
#[derive(Debug, Clone, Copy)]
pub(super) struct RateAxis {
    /// The line between received and sent, in pixels.
    zero: f64,
    /// Pixels of one byte a second.
    scale: f64,
    /// Bytes a second between two lines.
    step: f64,
    up: f64,
    down: f64,
    units: Units,
}

impl RateAxis {
    /// An axis in `rect` for rates of up to `up` above and `down` below, bytes a second.
    pub(super) fn new(rect: Rect, up: f64, down: f64, units: Units) -> Self {
        let height = f64::from(rect.height().max(1));
        // Where nothing was moved there is a scale, too.
        let up = if up + down > 0.0 { up } else { 1.0 };
        // A little more, so that the highest does not touch the edge.
        let (up, down) = (up * 1.03, down * 1.03);
        let scale = height / (up + down);
        let zero = f64::from(rect.top) + up * scale;
        let apart = APART.max(rect.height() / MOST);
        Self { zero, scale, step: round(f64::from(apart) / scale, units), up, down, units }
    }

    /// The pixel of a rate, above zero or (negative) below.
    pub(super) fn y(&self, rate: f64) -> i32 {
        (self.zero - rate * self.scale).round() as i32
    }

    fn lines(&self) -> impl Iterator<Item = f64> + '_ {
        let (first, last) = (-whole(self.down / self.step), whole(self.up / self.step));
        (first..=last).map(|at| f64::from(at) * self.step)
    }

    /// Columns that the labels take.
    pub(super) fn width<B: DrawingBackend>(&self, canvas: &Canvas<B>) -> i32 {
        let widths = self.lines().map(|rate| canvas.measure(&label(self.units, rate), SMALL));
        widths.max().unwrap_or(0)
    }

    /// Lines and labels; these are to the left of `rect`.
    pub(super) fn draw<B: DrawingBackend>(&self, canvas: &Canvas<B>, rect: Rect) -> Result<(), Failure> {
        for rate in self.lines() {
            let y = self.y(rate);
            canvas.line(vec![(rect.left, y), (rect.right, y)], GRID, 1)?;
            canvas.text(&label(self.units, rate), (rect.left - 6, y), SMALL, FAINT_INK, Anchor::Right)?;
        }
        Ok(())
    }
}

fn whole(steps: f64) -> i32 {
    steps.floor().clamp(0.0, 1e4) as i32
}

/// The next round number of units: 1, 2 or 5, times a power of ten.
fn round(bytes_per_second: f64, units: Units) -> f64 {
    let factor = if units == Units::Bits { 8.0 } else { 1.0 };
    let value = (bytes_per_second * factor).max(1.0);
    let power = 10_f64.powf(value.log10().floor());
    let nice = [1.0, 2.0, 5.0, 10.0].into_iter().find(|nice| nice * power >= value * (1.0 - 1e-12)).unwrap_or(10.0);
    nice * power / factor
}

/// A rate without decimals that say nothing; what is below the axis is no less a rate.
pub(super) fn label(units: Units, rate: f64) -> String {
    let text = units.rate(rate.abs());
    match text.split_once(' ') {
        Some((number, unit)) if number.contains('.') => {
            format!("{} {unit}", number.trim_end_matches('0').trim_end_matches('.'))
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn labels_are_round() {
        assert_eq!(label(Units::Bits, 12_500_000.0), "100 Mbit/s");
        assert_eq!(label(Units::Bytes, -2_500.0), "2.5 kB/s");
        assert_eq!(round(13.0, Units::Bytes), 20.0);
        assert_eq!(round(100.0, Units::Bits), 125.0);
    }

    proptest! {
        #[test]
        fn all_rates_are_inside_and_labels_apart(up in 0.0_f64..1e13, down in 0.0_f64..1e13, height in 60_i32..2_000) {
            let rect = Rect { left: 0, top: 10, right: 100, bottom: 10 + height };
            let axis = RateAxis::new(rect, up, down, Units::Bits);
            for y in [axis.y(up), axis.y(-down)] {
                prop_assert!((rect.top..=rect.bottom).contains(&y), "{y}");
            }
            let lines: Vec<i32> = axis.lines().map(|rate| axis.y(rate)).collect();
            prop_assert!(lines.windows(2).all(|pair| pair[0] - pair[1] >= APART - 1), "{lines:?}");
            prop_assert!(lines.len() >= 2 || height < 5 * APART, "{lines:?}");
        }
    }
}
