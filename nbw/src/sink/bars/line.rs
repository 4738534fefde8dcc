//! One line of the picture: pieces of text with a meaning, and perhaps a bar between them.

use console::{Style, measure_text_width, truncate_str};

pub(super) use crate::fit::{left, right};

/// What a piece of text means; [`Tone::style`] decides how that looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Name,
    Faint,
    Rx,
    Tx,
    Share,
    Warning,
    /// A warning that may not be overlooked.
    Alert,
    Trouble,
}

impl Tone {
    /// The look, from the terminal's own palette, in the notation that indicatif's templates share.
    pub(super) fn dotted(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Name => "bold",
            Self::Faint => "dim",
            Self::Rx => "cyan",
            Self::Tx => "magenta",
            Self::Share => "blue",
            Self::Warning => "yellow",
            Self::Alert => "yellow.bold",
            Self::Trouble => "red.bold",
        }
    }

    fn style(self) -> Style {
        Style::from_dotted_str(self.dotted()).force_styling(true)
    }
}

/// A piece of text of one tone.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Span {
    text: String,
    tone: Tone,
}

/// A horizontal bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Gauge {
    /// How much is filled, 0 to 1. Anything above zero shows at least the thinnest block.
    pub(super) fraction: f64,
    /// Columns, filled or not.
    pub(super) width: usize,
    pub(super) tone: Tone,
}

/// One line of the picture.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Line {
    before: Vec<Span>,
    gauge: Option<Gauge>,
    after: Vec<Span>,
}

impl Line {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Adds text behind what is there.
    pub(super) fn text(mut self, tone: Tone, text: impl Into<String>) -> Self {
        let span = Span { text: text.into(), tone };
        let side = if self.gauge.is_some() { &mut self.after } else { &mut self.before };
        side.push(span);
        self
    }

    /// Adds the bar; a line has one at most.
    pub(super) fn gauge(mut self, gauge: Gauge) -> Self {
        self.gauge = Some(gauge);
        self
    }

    pub(super) fn bar(&self) -> Option<Gauge> {
        self.gauge
    }

    /// Cut where it is wider than `width`: a line that wraps would push the picture's first lines off the screen.
    pub(super) fn within(mut self, width: usize) -> Self {
        let mut room = width;
        cut(&mut self.before, &mut room);
        self.gauge = self.gauge.map(|gauge| Gauge { width: gauge.width.min(room), ..gauge });
        room -= self.gauge.map_or(0, |gauge| gauge.width);
        cut(&mut self.after, &mut room);
        self
    }

    /// Columns that the line takes.
    #[cfg(test)]
    pub(super) fn width(&self) -> usize {
        let gauge = self.gauge.map_or(0, |gauge| gauge.width);
        gauge + measure_text_width(&self.before(false)) + measure_text_width(&self.after(false))
    }

    /// What stands before the bar, with escape codes if `colour`.
    pub(super) fn before(&self, colour: bool) -> String {
        painted(&self.before, colour)
    }

    /// What stands behind the bar, with escape codes if `colour`.
    pub(super) fn after(&self, colour: bool) -> String {
        painted(&self.after, colour)
    }
}

fn cut(spans: &mut [Span], room: &mut usize) {
    for span in spans {
        span.text = truncate_str(&span.text, *room, "").into_owned();
        *room -= measure_text_width(&span.text);
    }
}

fn painted(spans: &[Span], colour: bool) -> String {
    let paint = |span: &Span| match span.tone {
        tone if colour && tone != Tone::Plain => tone.style().apply_to(&span.text).to_string(),
        _ => span.text.clone(),
    };
    spans.iter().map(paint).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_only_when_asked_for() {
        let line = Line::new().text(Tone::Rx, "rx").text(Tone::Plain, " 1");
        assert_eq!(line.before(false), "rx 1");
        assert_eq!(line.before(true), "\x1b[36mrx\x1b[0m 1");
    }
}
