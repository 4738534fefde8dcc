//! The first line: which host, when, and what all of it moves.

use std::time::Duration;

use indicatif::FormattedDuration;
use jiff::SignedDuration;
use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    widgets::{Sparkline, Widget},
};

use super::write;
use crate::{
    fit,
    top::{history::Point, state::State},
};

/// Columns of a sparkline, where there is room for it, and from this width on.
const SPARKLINE: u16 = 10;
const WITH_SPARKLINES: u16 = 76;

/// Draws the line.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, state: &State) {
    let totals = totals_width(state, area.width);
    let left = Rect { width: area.width.saturating_sub(totals), ..area };
    who(buffer, left, state);
    draw_totals(buffer, Rect { x: left.right(), width: area.width - left.width, ..area }, state);
}

fn who(buffer: &mut Buffer, area: Rect, state: &State) {
    let theme = state.theme;
    let mut x = write(buffer, area, 0, 0, "nbw", theme.strong());
    if state.paused {
        x = write(buffer, area, 0, x + 1, " PAUSED ", theme.mode().patch(theme.here()));
    }
    let time = state.snapshot().map(|snapshot| snapshot.time.to_zoned(state.zone.clone()).strftime("%H:%M:%S"));
    let time = time.map_or_else(String::new, |time| format!(" {time}"));
    let every = format!(" every {}", interval(state.interval));
    // The host's name is the first to be shortened, the interval the first to go.
    let room = usize::from(area.width.saturating_sub(x + 1));
    let host = fit::shorten(&state.host, room.saturating_sub(fit::width(&time)));
    x = write(buffer, area, 0, x + 1, &host, Style::new());
    x = write(buffer, area, 0, x, &time, Style::new());
    if usize::from(area.width.saturating_sub(x)) > fit::width(&every) {
        write(buffer, area, 0, x, &every, theme.faint());
    }
}

/// An interval as a user would have written it.
fn interval(interval: Duration) -> String {
    match SignedDuration::try_from(interval) {
        Ok(interval) => format!("{interval:#}").replace(' ', ""),
        Err(_) => FormattedDuration(interval).to_string(),
    }
}

fn totals_width(state: &State, width: u16) -> u16 {
    let rate = u16::try_from(state.units.rate_width()).unwrap_or(0);
    let sparkline = if width >= WITH_SPARKLINES { SPARKLINE + 1 } else { 0 };
    2 * (4 + sparkline + rate)
}

fn draw_totals(buffer: &mut Buffer, area: Rect, state: &State) {
    let Some(picture) = state.picture() else { return };
    let points = state.history.totals(picture.tick, usize::from(SPARKLINE));
    let (rx, tx) = area.width.checked_div(2).map_or((area, area), |half| {
        (Rect { width: half, ..area }, Rect { x: area.x + half, width: area.width - half, ..area })
    });
    direction(buffer, rx, state, "rx", &points, |point| point.rx, state.theme.rx());
    direction(buffer, tx, state, "tx", &points, |point| point.tx, state.theme.tx());
}

fn direction(
    buffer: &mut Buffer,
    area: Rect,
    state: &State,
    name: &str,
    points: &[Point],
    of: impl Fn(&Point) -> f32,
    style: Style,
) {
    let x = write(buffer, area, 0, 1, name, style);
    let rate = state.units.rate_padded(points.last().map_or(0.0, |point| f64::from(of(point))));
    let width = u16::try_from(rate.len()).unwrap_or(0);
    let at = area.width.saturating_sub(width);
    if let Some(room) = at.checked_sub(x + 2).filter(|&room| room >= SPARKLINE) {
        let place = Rect { x: area.x + at - 1 - SPARKLINE, width: SPARKLINE.min(room), height: 1, ..area };
        let data: Vec<u64> = points.iter().map(|point| of(point) as u64).collect();
        Sparkline::default().data(data).style(style).render(place.intersection(buffer.area), buffer);
    }
    write(buffer, area, 0, at, &rate, state.theme.strong());
}
