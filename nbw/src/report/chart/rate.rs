//! Rates over time: received above the axis, sent below, each subject for itself or one upon the other.

use plotters::{
    prelude::DrawingBackend,
    style::{Color, RGBColor},
};

use super::{
    axis::RateAxis,
    canvas::{ALARM, Anchor, Canvas, FAINT_INK, GRID, INK, Rect, SMALL, UNKNOWN, colour},
    frame::{self, LINE},
    legend, timeline,
};
use crate::{
    failure::Failure,
    report::{Report, rows},
};

/// Height of an attack's mark, in pixels.
const ATTACK: i32 = 5;

/// A stretch of time, with each subject's rates in it, received and sent.
struct Slice {
    from: f64,
    to: f64,
    recorded: bool,
    rates: Vec<(f64, f64)>,
}

/// Draws the chart.
pub(super) fn draw<B: DrawingBackend>(
    canvas: &Canvas<B>,
    report: &Report,
    title: &str,
    stacked: bool,
) -> Result<(), Failure> {
    let sides = if report.is_undirected() { "which way is not known" } else { "received above, sent below" };
    let mut more = vec![report.span(), sides.to_owned()];
    if !report.events.is_empty() {
        more.push("attacks: red, along the upper edge".to_owned());
    }
    let more: Vec<&str> = more.iter().map(String::as_str).collect();
    let rect = frame::head(canvas, title, &more)?;
    let rect = legend::draw(canvas, rect, &entries(report))?;
    let rect = Rect { bottom: rect.bottom - LINE, top: rect.top + 4, ..rect };
    let slices = slices(report, rect.width());
    let (up, down) = most(&slices, stacked);
    let axis = RateAxis::new(rect, up, down, report.units);
    let rect = Rect { left: rect.left + axis.width(canvas) + 8, ..rect };
    let plot = Plot { canvas, rect, axis, slices: &slices };
    plot.unknown()?;
    axis.draw(canvas, rect)?;
    plot.time(report)?;
    if stacked {
        plot.stacks(report)?
    } else {
        plot.lines(report)?
    }
    plot.attacks(report)?;
    canvas.line(vec![(rect.left, axis.y(0.0)), (rect.right, axis.y(0.0))], INK, 1)
}

fn entries(report: &Report) -> Vec<(String, RGBColor)> {
    let named = report.answer.series.iter().enumerate();
    named.map(|(at, series)| (series.subject.name.to_string(), colour(at, series.subject.key.is_empty()))).collect()
}

/// The parts, as many of them in one slice as there are in a pixel.
fn slices(report: &Report, pixels: i32) -> Vec<Slice> {
    let parts = &report.answer.parts;
    let together = parts.len().div_ceil(usize::try_from(pixels).unwrap_or(1).max(1)).max(1);
    let slice = |(first, parts): (usize, &[crate::history::query::Part])| {
        // Of a slice that is partly unknown the rate is that of what was recorded.
        let seconds: f64 = parts.iter().filter(|part| part.recorded_seconds > 0).map(rows::seconds).sum();
        let all = first * together..first * together + parts.len();
        let rate = |series: &crate::history::query::Series| {
            let points = &series.points[all.clone()];
            let (rx, tx): (u64, u64) =
                (points.iter().map(|p| p.rx.bytes).sum(), points.iter().map(|p| p.tx.bytes).sum());
            (rx as f64 / seconds.max(1.0), tx as f64 / seconds.max(1.0))
        };
        let (start, end) = (parts[0].start, parts[parts.len() - 1].end.min(report.to.max(parts[0].start)));
        let second = |at: jiff::Timestamp| at.duration_since(report.from).as_secs_f64();
        Slice {
            from: second(start).max(0.0),
            to: second(end),
            recorded: parts.iter().any(|part| part.recorded_seconds > 0),
            rates: report.answer.series.iter().map(rate).collect(),
        }
    };
    parts.chunks(together).enumerate().map(slice).collect()
}

fn most(slices: &[Slice], stacked: bool) -> (f64, f64) {
    let join = |rates: &mut dyn Iterator<Item = f64>| if stacked { rates.sum() } else { rates.fold(0.0, f64::max) };
    let up = slices.iter().map(|slice| join(&mut slice.rates.iter().map(|rate| rate.0))).fold(0.0, f64::max);
    let down = slices.iter().map(|slice| join(&mut slice.rates.iter().map(|rate| rate.1))).fold(0.0, f64::max);
    (up, down)
}

struct Plot<'a, B: DrawingBackend> {
    canvas: &'a Canvas<'a, B>,
    rect: Rect,
    axis: RateAxis,
    slices: &'a [Slice],
}

impl<B: DrawingBackend> Plot<'_, B> {
    fn x(&self, second: f64) -> i32 {
        let all = self.slices.last().map_or(1.0, |slice| slice.to).max(1.0);
        self.rect.left + (second / all * f64::from(self.rect.width())).round() as i32
    }

    /// Where nothing was recorded there is no rate, and not one of zero.
    fn unknown(&self) -> Result<(), Failure> {
        for slice in self.slices.iter().filter(|slice| !slice.recorded) {
            self.canvas.rectangle(Rect { left: self.x(slice.from), right: self.x(slice.to), ..self.rect }, UNKNOWN)?;
        }
        Ok(())
    }

    fn time(&self, report: &Report) -> Result<(), Failure> {
        let end = report.answer.parts.last().map_or(report.to, |part| part.end.min(report.to));
        let measure = |text: &str| self.canvas.measure(text, SMALL);
        let y = self.rect.bottom + LINE / 2 + 2;
        for tick in timeline::ticks(&report.calendar, (report.from, end), self.rect.width(), measure) {
            let x = self.x(tick.at.duration_since(report.from).as_secs_f64());
            self.canvas.line(vec![(x, self.rect.top), (x, self.rect.bottom)], GRID, 1)?;
            // Not beyond the picture.
            let half = measure(&tick.text) / 2;
            let x = x.min(self.rect.right - half);
            self.canvas.text(&tick.text, (x, y), SMALL, FAINT_INK, Anchor::Middle)?;
        }
        Ok(())
    }

    /// From when to when each attack was, at least as wide as can be seen.
    fn attacks(&self, report: &Report) -> Result<(), Failure> {
        for event in &report.events {
            let second = |at: jiff::Timestamp| at.duration_since(report.from).as_secs_f64();
            let x = |at| self.x(second(at)).clamp(self.rect.left, self.rect.right);
            let (left, right) = (x(event.first_seen) - 1, x(event.last_seen) + 1);
            self.canvas.rectangle(Rect { left, right, bottom: self.rect.top + ATTACK, ..self.rect }, ALARM)?;
        }
        Ok(())
    }

    /// The stretches between which nothing was recorded.
    fn runs(&self) -> impl Iterator<Item = &[Slice]> {
        self.slices.split(|slice| !slice.recorded).filter(|run| !run.is_empty())
    }

    fn stacks(&self, report: &Report) -> Result<(), Failure> {
        for run in self.runs() {
            let mut below = vec![(0.0, 0.0); run.len()];
            for (who, series) in report.answer.series.iter().enumerate() {
                let colour = colour(who, series.subject.key.is_empty());
                let above: Vec<(f64, f64)> = below
                    .iter()
                    .zip(run)
                    .map(|(low, slice)| (low.0 + slice.rates[who].0, low.1 + slice.rates[who].1))
                    .collect();
                for sent in [false, true] {
                    let side = |(rx, tx): (f64, f64)| if sent { -tx } else { rx };
                    let mut outline = self.steps(run, above.iter().map(|&rate| side(rate)));
                    outline.extend(self.steps(run, below.iter().map(|&rate| side(rate))).into_iter().rev());
                    self.canvas.fill(outline, colour.mix(0.9))?;
                }
                below = above;
            }
        }
        Ok(())
    }

    fn lines(&self, report: &Report) -> Result<(), Failure> {
        // The busiest last, on top of the others.
        for (who, series) in report.answer.series.iter().enumerate().rev() {
            let colour = colour(who, series.subject.key.is_empty());
            for run in self.runs() {
                for sent in [false, true] {
                    let side = |slice: &Slice| if sent { -slice.rates[who].1 } else { slice.rates[who].0 };
                    let outline = self.steps(run, run.iter().map(side));
                    let mut area = outline.clone();
                    area.extend([
                        (self.x(run[run.len() - 1].to), self.axis.y(0.0)),
                        (self.x(run[0].from), self.axis.y(0.0)),
                    ]);
                    self.canvas.fill(area, colour.mix(0.15))?;
                    self.canvas.line(outline, colour, 2)?;
                }
            }
        }
        Ok(())
    }

    /// A rate is that of its whole slice: steps, and no slopes between that nobody measured.
    fn steps(&self, run: &[Slice], rates: impl Iterator<Item = f64>) -> Vec<(i32, i32)> {
        let ends = run.iter().zip(rates).flat_map(|(slice, rate)| {
            let y = self.axis.y(rate);
            [(self.x(slice.from), y), (self.x(slice.to), y)]
        });
        ends.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{history::query::Every, report::fixture::Made};

    #[test]
    fn what_was_not_recorded_makes_no_rate_lower() {
        let mut report = Made::containers().report(None, "2026-11-25T12:30:00Z", Every::Seconds(3_600));
        let parts = report.answer.parts.len();
        for (at, part) in report.answer.parts.iter_mut().enumerate() {
            part.recorded_seconds = if at % 2 == 0 { 1_800 } else { 0 };
        }
        for series in &mut report.answer.series {
            for (at, point) in series.points.iter_mut().enumerate() {
                point.rx.bytes = if at % 2 == 0 { 1_800 * 1_000 } else { 0 };
            }
        }
        for pixels in [parts as i32, (parts / 2) as i32, 1] {
            for slice in slices(&report, pixels).iter().filter(|slice| slice.recorded) {
                assert!(slice.rates.iter().all(|rate| rate.0 == 1_000.0), "{pixels}: {:?}", slice.rates);
            }
        }
    }
}
