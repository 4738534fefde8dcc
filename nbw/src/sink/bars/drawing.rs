//! Lines become indicatif's progress bars, one each; indicatif draws the blocks and redraws in place.

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::canvas::Canvas;
use super::line::{Gauge, Line};

/// What a full bar is in indicatif's whole numbers.
const FULL: u64 = 1_000_000;
/// Full block, seven eighths of it and so on, and what is not filled.
const BLOCKS: &str = "█▉▊▋▌▍▎▏·";

/// The lines on the terminal.
#[derive(Debug)]
pub(super) struct Drawing {
    colour: bool,
    bars: MultiProgress,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    bar: ProgressBar,
    template: String,
}

impl Drawing {
    pub(super) fn new(canvas: Canvas, colour: bool) -> Self {
        // Every change of a bar would draw all of them: let only `force_draw` do so, as far as possible.
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(canvas), 1);
        Self { colour, bars: MultiProgress::with_draw_target(target), rows: Vec::new() }
    }

    /// Replaces the lines. They are written by [`Canvas::send`].
    pub(super) fn draw(&mut self, lines: &[Line]) {
        for row in self.rows.drain(lines.len().min(self.rows.len())..) {
            self.bars.remove(&row.bar);
        }
        while self.rows.len() < lines.len() {
            let bar = self.bars.add(ProgressBar::new(FULL));
            self.rows.push(Row { bar, template: String::new() });
        }
        for (row, line) in self.rows.iter_mut().zip(lines) {
            row.show(line, self.colour);
        }
        if let Some(last) = self.rows.last() {
            last.bar.force_draw();
        }
    }
}

impl Row {
    fn show(&mut self, line: &Line, colour: bool) {
        let template = template(line.bar(), colour);
        if template != self.template {
            self.bar.set_style(style(&template));
            self.template = template;
        }
        self.bar.set_position(line.bar().map_or(0, position));
        self.bar.set_prefix(line.before(colour));
        self.bar.set_message(line.after(colour));
    }
}

/// The thinnest block is shown for anything above zero, on a link that is 10 Gbit/s by name only, too.
fn position(gauge: Gauge) -> u64 {
    let exact = (gauge.fraction * FULL as f64) as u64;
    if gauge.fraction > 0.0 { exact.max(1) } else { 0 }
}

fn template(gauge: Option<Gauge>, colour: bool) -> String {
    match gauge {
        Some(Gauge { width, tone, .. }) if width > 0 => {
            let look = if colour { format!(".{}/dim", tone.dotted()) } else { String::new() };
            format!("{{prefix}}{{bar:{width}{look}}}{{msg}}")
        }
        _ => "{prefix}{msg}".to_owned(),
    }
}

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    style.progress_chars(BLOCKS)
}
