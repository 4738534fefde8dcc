//! The groups' part of the picture: a table.

use console::measure_text_width;

use super::super::{kind_label, place, short_place};
use super::line::{Gauge, Line, Tone, left, right};
use crate::snapshot::{Group, GroupKind};
use crate::units::{Units, VOLUME_WIDTH, volume_padded};

const KIND: usize = "container".len();
const PLACE: usize = 9;
/// How often as wide the column for the place may be.
const WIDEST_PLACE: usize = 3;
/// The narrowest column for names.
const NAME: usize = 14;
/// The widest, so that figures do not drift away from their names.
const WIDEST_NAME: usize = 48;
const SHORTEST_BAR: usize = 6;

/// Which columns a terminal has room for, and how wide they are. Every column but the first is preceded by a space.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns {
    units: Units,
    name: usize,
    kind: bool,
    place: usize,
    bar: usize,
    total: bool,
    /// Bytes a second, both directions together, of the group that fills its bar.
    busiest: f64,
}

impl Columns {
    /// Spends `width` on what matters most first: both rates, interface, total, kind, bar; the name gets the rest.
    pub(super) fn fit(width: usize, units: Units, groups: &[&Group]) -> Self {
        let mut left = width.saturating_sub(2 * (1 + units.rate_width()));
        let mut take = |columns: usize, keep: usize| {
            let fits = left >= columns + keep;
            left -= if fits { columns } else { 0 };
            fits
        };
        let mut places = usize::from(take(1 + PLACE, NAME));
        let total = take(1 + VOLUME_WIDTH, NAME);
        let kind = take(1 + KIND, NAME);
        let barred = take(1 + SHORTEST_BAR, NAME - 2);
        while (1..WIDEST_PLACE).contains(&places) && take(PLACE, (1 + places) * NAME) {
            places += 1;
        }
        let name = left.min(WIDEST_NAME);
        let bar = if barred { SHORTEST_BAR + left - name } else { 0 };
        let busiest = groups.iter().map(|group| rate(group)).fold(0.0, f64::max);
        Self { units, name, kind, place: places * PLACE, bar, total, busiest }
    }

    /// The line above the groups.
    pub(super) fn heading(&self) -> Line {
        let mut text = left("group", self.name);
        if self.kind {
            text = text + " " + &left("kind", KIND);
        }
        if self.place > 0 {
            text = text + " " + &left("interface", self.place);
        }
        if self.bar > 0 {
            text += &" ".repeat(1 + self.bar);
        }
        for title in ["rx", "tx"] {
            text = text + " " + &right(title, self.units.rate_width());
        }
        if self.total {
            text = text + " " + &right("total", VOLUME_WIDTH);
        }
        Line::new().text(Tone::Faint, text)
    }

    /// One group's line.
    pub(super) fn group(&self, group: &Group) -> Line {
        let derived = group.kind == GroupKind::Unattributed;
        let or_faint = |tone: Tone, shown: bool| if derived || !shown { Tone::Faint } else { tone };
        let line = self.who(group, or_faint(Tone::Plain, true));
        let rates = [(Tone::Rx, &group.rx), (Tone::Tx, &group.tx)];
        let line = rates.into_iter().fold(line, |line, (tone, flow)| {
            let tone = or_faint(tone, flow.bytes_per_second > 0.0);
            line.text(tone, format!(" {}", self.units.rate_padded(flow.bytes_per_second)))
        });
        if !self.total {
            return line;
        }
        line.text(Tone::Faint, format!(" {}", volume_padded(group.rx.total_bytes.saturating_add(group.tx.total_bytes))))
    }

    /// With the host's end of it where there is room.
    fn place(&self, group: &Group) -> String {
        let whole = place(group);
        if measure_text_width(&whole) <= self.place { whole } else { short_place(group) }
    }

    fn who(&self, group: &Group, tone: Tone) -> Line {
        let mut line = Line::new().text(tone, left(&group.name, self.name));
        if self.kind {
            line = line.text(Tone::Faint, format!(" {}", left(kind(group), KIND)));
        }
        if self.place > 0 {
            line = line.text(Tone::Faint, format!(" {}", left(&self.place(group), self.place)));
        }
        if self.bar == 0 {
            return line;
        }
        let fraction = if self.busiest > 0.0 { rate(group) / self.busiest } else { 0.0 };
        let tone = if tone == Tone::Plain { Tone::Share } else { tone };
        line.text(Tone::Plain, " ").gauge(Gauge { fraction, width: self.bar, tone })
    }
}

/// What no group owns has its kind for a name: no need to say it twice.
fn kind(group: &Group) -> &'static str {
    if group.kind == GroupKind::Unattributed { "" } else { kind_label(group.kind) }
}

/// Both directions, bytes a second.
fn rate(group: &Group) -> f64 {
    group.rx.bytes_per_second + group.tx.bytes_per_second
}
