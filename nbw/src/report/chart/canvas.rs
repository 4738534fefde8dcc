//! What is drawn with: text, lines and areas in pixels, and how wide a text is.

use plotters::{
    coord::Shift,
    prelude::{DrawingArea, DrawingBackend, PathElement, Polygon, Rectangle, Text},
    style::{
        Color, IntoFont, RGBColor, ShapeStyle, TextStyle,
        text_anchor::{HPos, Pos, VPos},
    },
};

use crate::{failure::Failure, text};

pub(super) const INK: RGBColor = RGBColor(0x1f, 0x29, 0x33);
pub(super) const FAINT_INK: RGBColor = RGBColor(0x5b, 0x67, 0x73);
pub(super) const GRID: RGBColor = RGBColor(0xd9, 0xde, 0xe3);
pub(super) const UNKNOWN: RGBColor = RGBColor(0xef, 0xf1, 0xf3);
/// What should not have been.
pub(super) const ALARM: RGBColor = RGBColor(0xb9, 0x1c, 0x1c);
const PAPER: RGBColor = RGBColor(0xff, 0xff, 0xff);

/// Colours that people with any colour vision can tell apart (Okabe and Ito, then Tol's), the last for the rest.
const PALETTE: [RGBColor; 10] = [
    RGBColor(0x00, 0x72, 0xb2),
    RGBColor(0xe6, 0x9f, 0x00),
    RGBColor(0x00, 0x9e, 0x73),
    RGBColor(0xcc, 0x79, 0xa7),
    RGBColor(0x56, 0xb4, 0xe9),
    RGBColor(0xd5, 0x5e, 0x00),
    RGBColor(0x88, 0x22, 0x55),
    RGBColor(0x99, 0x99, 0x33),
    RGBColor(0x33, 0x22, 0x88),
    RGBColor(0x7b, 0x4b, 0x2a),
];
const REST: RGBColor = RGBColor(0x8a, 0x93, 0x9c);

/// The colour of the subject at a place.
pub(super) fn colour(at: usize, is_rest: bool) -> RGBColor {
    if is_rest { REST } else { PALETTE[at % PALETTE.len()] }
}

/// How large a text is, in pixels.
pub(super) const TITLE: u32 = 15;
pub(super) const SMALL: u32 = 12;

/// Where of a text its position is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    /// In the middle of its left end.
    Left,
    /// In the middle of its right end.
    Right,
    /// In its middle.
    Middle,
}

/// A rectangle in pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rect {
    pub(super) left: i32,
    pub(super) top: i32,
    pub(super) right: i32,
    pub(super) bottom: i32,
}

impl Rect {
    pub(super) fn width(&self) -> i32 {
        self.right - self.left
    }

    pub(super) fn height(&self) -> i32 {
        self.bottom - self.top
    }
}

/// A picture being drawn.
pub(super) struct Canvas<'a, B: DrawingBackend> {
    area: &'a DrawingArea<B, Shift>,
}

impl<'a, B: DrawingBackend> Canvas<'a, B> {
    pub(super) fn new(area: &'a DrawingArea<B, Shift>) -> Self {
        Self { area }
    }

    /// All of the picture.
    pub(super) fn whole(&self) -> Rect {
        let (width, height) = self.area.dim_in_pixel();
        Rect { left: 0, top: 0, right: signed(width), bottom: signed(height) }
    }

    pub(super) fn clear(&self) -> Result<(), Failure> {
        self.area.fill(&PAPER).map_err(cannot)
    }

    pub(super) fn text(
        &self,
        text: &str,
        at: (i32, i32),
        size: u32,
        colour: RGBColor,
        anchor: Anchor,
    ) -> Result<(), Failure> {
        let horizontal = match anchor {
            Anchor::Left => HPos::Left,
            Anchor::Right => HPos::Right,
            Anchor::Middle => HPos::Center,
        };
        let style = style(size).color(&colour).pos(Pos::new(horizontal, VPos::Center));
        self.area.draw(&Text::new(text::clean(text).into_owned(), at, style)).map_err(cannot)
    }

    /// How wide a text is. The font of whoever looks at an SVG may be another: that which is built in is a wide one.
    pub(super) fn measure(&self, text: &str, size: u32) -> i32 {
        self.area.estimate_text_size(&text::clean(text), &style(size)).map_or(0, |(width, _)| signed(width))
    }

    /// `text` with as much of its middle as has to go so that it is at most so wide.
    pub(super) fn shorten(&self, text: &str, size: u32, width: i32) -> String {
        let mut keep = text.chars().count();
        let mut short = text.to_owned();
        while keep > 1 && self.measure(&short, size) > width {
            keep -= 1;
            short = crate::fit::shorten(text, keep);
        }
        short
    }

    pub(super) fn line(&self, points: Vec<(i32, i32)>, colour: impl Color, width: u32) -> Result<(), Failure> {
        let style: ShapeStyle = colour.stroke_width(width);
        self.area.draw(&PathElement::new(points, style)).map_err(cannot)
    }

    pub(super) fn fill(&self, points: Vec<(i32, i32)>, colour: impl Color) -> Result<(), Failure> {
        self.area.draw(&Polygon::new(points, colour.filled())).map_err(cannot)
    }

    pub(super) fn rectangle(&self, rect: Rect, colour: impl Color) -> Result<(), Failure> {
        self.area
            .draw(&Rectangle::new([(rect.left, rect.top), (rect.right, rect.bottom)], colour.filled()))
            .map_err(cannot)
    }
}

fn style(size: u32) -> TextStyle<'static> {
    TextStyle::from(("sans-serif", size).into_font())
}

fn signed(pixels: u32) -> i32 {
    i32::try_from(pixels).unwrap_or(i32::MAX)
}

fn cannot(error: impl std::error::Error) -> Failure {
    Failure::Running(format!("cannot draw: {error}"))
}
