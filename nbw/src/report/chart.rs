//! `--format svg` and `png`: pictures, drawn by plotters.

mod axis;
mod canvas;
mod duration;
mod frame;
mod heatmap;
mod legend;
mod rate;
#[cfg(test)]
mod tests;
mod timeline;

use std::sync::OnceLock;

use plotters::{
    backend::{BitMapBackend, SVGBackend},
    prelude::{DrawingBackend, IntoDrawingArea},
    style::{FontStyle, register_font},
};

use self::canvas::Canvas;
use super::{Format, Report};
use crate::{cli::Chart, failure::Failure};

/// DejaVu Sans, cut down to Latin, Greek and Cyrillic: pictures are the same on hosts without fonts.
static FONT: &[u8] = include_bytes!("font/DejaVuSans-subset.ttf");
/// Bytes of a pixel.
const RGB: usize = 3;

/// Draws a picture.
#[derive(Debug, Clone, Copy)]
pub struct Picture {
    /// Of what.
    pub chart: Chart,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Of pixels and not of vectors.
    pub png: bool,
}

impl Format for Picture {
    fn render(&self, report: &Report) -> Result<Vec<u8>, Failure> {
        know_font()?;
        if self.png { self.png(report) } else { self.svg(report) }
    }
}

impl Picture {
    fn svg(&self, report: &Report) -> Result<Vec<u8>, Failure> {
        let mut text = String::new();
        self.draw(SVGBackend::with_string(&mut text, (self.width, self.height)), report)?;
        Ok(named(&text, &self.title(report)).into_bytes())
    }

    fn png(&self, report: &Report) -> Result<Vec<u8>, Failure> {
        let mut pixels = vec![0; self.width as usize * self.height as usize * RGB];
        self.draw(BitMapBackend::with_buffer(&mut pixels, (self.width, self.height)), report)?;
        self.encode(&pixels).map_err(|error| Failure::running(&error))
    }

    fn encode(&self, pixels: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width, self.height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(pixels)?;
        writer.finish()?;
        Ok(bytes)
    }

    fn draw<B: DrawingBackend>(&self, backend: B, report: &Report) -> Result<(), Failure> {
        let area = backend.into_drawing_area();
        let canvas = Canvas::new(&area);
        canvas.clear()?;
        let title = self.title(report);
        match self.chart {
            Chart::Rate => rate::draw(&canvas, report, &title, false)?,
            Chart::Stack => rate::draw(&canvas, report, &title, true)?,
            Chart::Heatmap => heatmap::draw(&canvas, report, &title)?,
            Chart::Duration => duration::draw(&canvas, report, &title)?,
        }
        area.present().map_err(|error| Failure::Running(format!("cannot draw: {error}")))
    }

    fn title(&self, report: &Report) -> String {
        let of = format!("{}, {}", report.host, report.subjects());
        match self.chart {
            Chart::Rate | Chart::Stack => format!("{of}: rate"),
            Chart::Heatmap => format!("{of}: average rate by weekday and hour"),
            Chart::Duration => format!("{of}: load duration"),
        }
    }
}

/// The height, in pixels, of a picture of this width.
pub fn usual_height(width: u32) -> u32 {
    (width / 2).clamp(300, 1_000)
}

/// Makes the font known to plotters, once.
fn know_font() -> Result<(), Failure> {
    static KNOWN: OnceLock<bool> = OnceLock::new();
    let known = *KNOWN.get_or_init(|| register_font("sans-serif", FontStyle::Normal, FONT).is_ok());
    known.then_some(()).ok_or_else(|| Failure::Running("the font that is built in cannot be read".into()))
}

/// The picture with a name for those who do not see it.
fn named(svg: &str, title: &str) -> String {
    let title = title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    match svg.split_once("<svg ").and_then(|(before, rest)| Some((before, rest.split_once('>')?))) {
        Some((before, (attributes, rest))) => {
            format!("{before}<svg role=\"img\" {attributes}>\n<title>{title}</title>{rest}")
        }
        None => svg.to_owned(),
    }
}
