//! The interfaces' part of the picture: two lines for each, one a direction.

use console::measure_text_width;

use super::history::{History, Past, TICKS};
use super::line::{Gauge, Line, Tone, left, right};
use crate::snapshot::{Flow, Interface};
use crate::units::{PACKET_RATE_WIDTH, Units, VOLUME_WIDTH, link_speed, packet_rate_padded, volume_padded};

/// Columns of `rx` and the spaces around it.
const DIRECTION: usize = 5;
/// Columns for names and scales: the kernel's longest name, or less on narrow terminals.
const NAME: (usize, usize) = (13, 15);
/// The shortest bar that still says something.
const SHORTEST_BAR: usize = 12;
/// From this width on a sparkline has all of [`TICKS`].
const SHORT_SPARKLINE: usize = 10;

/// Which columns a terminal has room for, and how wide they are. An optional column is preceded by a space.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns {
    units: Units,
    name: usize,
    bar: usize,
    packets: bool,
    peak: bool,
    total: bool,
    sparkline: usize,
}

impl Columns {
    /// Spends `width` on what matters most first: rate, total, peak, sparkline, packets; the bar gets the rest.
    pub(super) fn fit(width: usize, units: Units, interfaces: &[Interface]) -> Self {
        let widest = if width < 100 { NAME.0 } else { NAME.1 };
        let name = interfaces.iter().map(first_column).max().unwrap_or(0).min(widest);
        let mut left = width.saturating_sub(name + DIRECTION + 1 + units.rate_width());
        let mut take = |columns: usize, keep: usize| {
            let fits = left >= columns + keep;
            left -= if fits { columns } else { 0 };
            fits
        };
        let total = take(1 + VOLUME_WIDTH, SHORTEST_BAR);
        let peak = take(1 + units.rate_width(), SHORTEST_BAR);
        let short = take(1 + SHORT_SPARKLINE, SHORTEST_BAR);
        let packets = take(1 + PACKET_RATE_WIDTH, 2 * SHORTEST_BAR);
        let long = short && take(TICKS - SHORT_SPARKLINE, 2 * SHORTEST_BAR);
        let sparkline = if long { TICKS } else { usize::from(short) * SHORT_SPARKLINE };
        Self { units, name, bar: left, packets, peak, total, sparkline }
    }

    /// The line above the interfaces.
    pub(super) fn heading(&self) -> Line {
        let mut text = left("interface", self.name + DIRECTION + self.bar + 1);
        text += &right("rate", self.units.rate_width());
        let optional = [
            (self.packets, "packets", PACKET_RATE_WIDTH),
            (self.peak, "peak", self.units.rate_width()),
            (self.total, "total", VOLUME_WIDTH),
            (self.sparkline > 0, "recent", self.sparkline),
        ];
        for (_, title, width) in optional.into_iter().filter(|&(shown, _, _)| shown) {
            text = text + " " + &right(title, width);
        }
        Line::new().text(Tone::Faint, text)
    }

    /// The two lines of one interface.
    pub(super) fn interface(&self, interface: &Interface, history: &History) -> [Line; 2] {
        let pasts = history.of(interface);
        let scale = Scale::of(interface, pasts.rx.peak.max(pasts.tx.peak));
        let (tone, label) = scale.label(interface.up);
        let name = Line::new().text(Tone::Name, left(&interface.name, self.name));
        let below = Line::new().text(tone, left(&label, self.name));
        [
            self.direction(name.text(Tone::Rx, "  rx "), Tone::Rx, &interface.rx, &pasts.rx, scale),
            self.direction(below.text(Tone::Tx, "  tx "), Tone::Tx, &interface.tx, &pasts.tx, scale),
        ]
    }

    fn direction(&self, line: Line, tone: Tone, flow: &Flow, past: &Past, scale: Scale) -> Line {
        let rate = flow.bytes_per_second;
        let fraction = scale.fraction(rate);
        let strong = if rate > 0.0 { Tone::Plain } else { Tone::Faint };
        let mut line = line
            .gauge(Gauge { fraction, width: self.bar, tone })
            .text(strong, format!(" {}", self.units.rate_padded(rate)));
        if self.packets {
            line = line.text(strong, format!(" {}", packet_rate_padded(flow.packets_per_second)));
        }
        if self.peak {
            line = line.text(Tone::Faint, format!(" {}", self.units.rate_padded(past.peak)));
        }
        if self.total {
            line = line.text(Tone::Faint, format!(" {}", volume_padded(flow.total_bytes)));
        }
        if self.sparkline > 0 {
            line = line.text(tone, format!(" {}", past.sparkline(self.sparkline)));
        }
        line
    }
}

/// Columns that the name and what stands below it want.
fn first_column(interface: &Interface) -> usize {
    let (_, label) = Scale::of(interface, 0.0).label(interface.up);
    measure_text_width(&interface.name).max(measure_text_width(&label))
}

/// What a full bar stands for, in bytes a second.
#[derive(Debug, Clone, Copy)]
enum Scale {
    Link {
        bits_per_second: u64,
    },
    /// The higher of both directions' peaks, so that their bars compare.
    Peak(f64),
}

impl Scale {
    fn of(interface: &Interface, peak: f64) -> Self {
        match interface.link_bits_per_second {
            Some(bits_per_second) if bits_per_second > 0 => Self::Link { bits_per_second },
            _ => Self::Peak(peak),
        }
    }

    fn fraction(self, rate: f64) -> f64 {
        let full = match self {
            Self::Link { bits_per_second } => bits_per_second as f64 / 8.0,
            Self::Peak(peak) => peak,
        };
        if full > 0.0 { (rate / full).min(1.0) } else { 0.0 }
    }

    fn label(self, up: bool) -> (Tone, String) {
        match self {
            _ if !up => (Tone::Warning, "down".to_owned()),
            Self::Link { bits_per_second } => (Tone::Faint, format!("of {}", link_speed(bits_per_second))),
            Self::Peak(_) => (Tone::Faint, "of peak".to_owned()),
        }
    }
}
