//! One line of the picture: pieces of text with a meaning, and perhaps a bar between them.

use console::{Alignment, Style, measure_text_width, pad_str, truncate_str};

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

/// `text` in exactly `width` columns, left-aligned, shortened in its middle if it must be.
pub(super) fn left(text: &str, width: usize) -> String {
    pad_str(&shorten(text, width), width, Alignment::Left, None).into_owned()
}

/// `text` in exactly `width` columns, right-aligned, shortened in its middle if it must be.
pub(super) fn right(text: &str, width: usize) -> String {
    pad_str(&shorten(text, width), width, Alignment::Right, None).into_owned()
}

/// `text` in at most `width` columns. What tells names apart is often their end: the middle goes.
pub(super) fn shorten(text: &str, width: usize) -> String {
    if measure_text_width(text) <= width {
        return text.to_owned();
    }
    let tail = last_columns(text, width.saturating_sub(1) / 2);
    let head = width - measure_text_width(tail);
    format!("{}{tail}", truncate_str(text, head, if width == 0 { "" } else { "…" }))
}

/// The longest end of `text` that fits `width` columns.
fn last_columns(text: &str, width: usize) -> &str {
    let fits = |&(at, _): &(usize, char)| measure_text_width(&text[at..]) <= width;
    text.char_indices().find(fits).map_or("", |(at, _)| &text[at..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_middle_goes() {
        assert_eq!(shorten("eth0", 4), "eth0");
        assert_eq!(shorten("docker-0123456789.scope", 12), "docker…scope");
        assert_eq!(shorten("abcdef", 1), "…");
        assert_eq!(shorten("abcdef", 0), "");
    }

    #[test]
    fn colours_only_when_asked_for() {
        let line = Line::new().text(Tone::Rx, "rx").text(Tone::Plain, " 1");
        assert_eq!(line.before(false), "rx 1");
        assert_eq!(line.before(true), "\x1b[36mrx\x1b[0m 1");
    }

    proptest! {
        #[test]
        fn padding_is_exact_for_wide_characters_too(text in "[a-zデ界é]{0,30}", width in 0_usize..40) {
            prop_assert_eq!(measure_text_width(&left(&text, width)), width);
            prop_assert_eq!(measure_text_width(&right(&text, width)), width);
        }
    }
}
