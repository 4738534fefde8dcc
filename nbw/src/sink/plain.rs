//! `--format plain`: aligned lines for pipes and logs. Every line can be understood, and found by `grep`, alone:
//! a time, then `interface NAME` or `KIND NAME on INTERFACE` (`unattributed on INTERFACE`), then the figures.

use std::io::{self, Write};

use console::{Alignment, pad_str};
use jiff::tz::TimeZone;

use super::{Sink, kind_label, place, send};
use crate::snapshot::{Flow, Group, GroupKind, Health, Snapshot};
use crate::units::{Units, packet_rate_padded, volume_padded};

/// Columns for who a line is about; a longer subject is never cut, it only moves its line's figures.
const SUBJECT_WIDTH: usize = 36;

/// Writes each snapshot as lines: every interface, and the groups that had traffic in the tick.
#[derive(Debug)]
pub struct Plain<W> {
    out: W,
    units: Units,
    zone: TimeZone,
    lines: Vec<u8>,
    health: Health,
}

impl<W: Write> Plain<W> {
    /// A sink that writes to `out`, with the system's local time.
    pub fn new(out: W, units: Units) -> Self {
        Self::with_zone(out, units, TimeZone::system())
    }

    /// A sink that writes to `out`, with the time of day in `zone`.
    pub fn with_zone(out: W, units: Units, zone: TimeZone) -> Self {
        Self { out, units, zone, lines: Vec::new(), health: Health::default() }
    }

    fn line(&mut self, time: &str, subject: &str, rx: &Flow, tx: &Flow, mark: &str) -> io::Result<()> {
        let subject = pad_str(subject, SUBJECT_WIDTH, Alignment::Left, None);
        let (rx, tx) = (figures(self.units, rx), figures(self.units, tx));
        writeln!(self.lines, "{time} {subject}  rx {rx}  tx {tx}{mark}")
    }

    /// Says so when a count of troubles has changed; standing ones would only fill the log.
    fn health(&mut self, time: &str, health: &Health) -> io::Result<()> {
        if *health == self.health {
            return Ok(());
        }
        self.health.clone_from(health);
        let troubles: Vec<_> = health.troubles().map(|(name, count)| format!("{name}={count}")).collect();
        if troubles.is_empty() {
            return Ok(());
        }
        writeln!(self.lines, "health: {time} {}", troubles.join(" "))
    }
}

impl<W: Write> Sink for Plain<W> {
    fn emit(&mut self, snapshot: &Snapshot) -> io::Result<()> {
        self.lines.clear();
        let time = snapshot.time.to_zoned(self.zone.clone()).strftime("%H:%M:%S").to_string();
        for interface in &snapshot.interfaces {
            let mark = if interface.up { "" } else { "  down" };
            let subject = format!("interface {}", interface.name);
            self.line(&time, &subject, &interface.rx, &interface.tx, mark)?;
        }
        for group in snapshot.groups.iter().filter(|group| moved(group)) {
            self.line(&time, &subject(group), &group.rx, &group.tx, "")?;
        }
        self.health(&time, &snapshot.health)?;
        send(&mut self.out, &mut self.lines)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Whether the group had traffic in this tick. A derived row that only went back had none.
fn moved(group: &Group) -> bool {
    [group.rx, group.tx].iter().any(|flow| flow.bytes > 0 || flow.packets > 0)
}

fn subject(group: &Group) -> String {
    // The name of such a row is already its kind: `unattributed` or `undelivered`.
    if group.kind == GroupKind::Unattributed {
        return format!("{} on {}", group.name, place(group));
    }
    format!("{} {} on {}", kind_label(group.kind), group.name, place(group))
}

fn figures(units: Units, flow: &Flow) -> String {
    format!(
        "{} {} total {}",
        units.rate_padded(flow.bytes_per_second),
        packet_rate_padded(flow.packets_per_second),
        volume_padded(flow.total_bytes)
    )
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    fn written(units: Units) -> Vec<u8> {
        let mut out = Vec::new();
        let mut sink = Plain::with_zone(&mut out, units, TimeZone::UTC);
        sink.emit(&fixture::snapshot()).unwrap();
        sink.emit(&fixture::later()).unwrap();
        sink.finish().unwrap();
        out
    }

    #[test]
    fn golden() {
        fixture::assert_golden("snapshot.txt", &written(Units::Bits));
        fixture::assert_golden("snapshot-bytes.txt", &written(Units::Bytes));
    }

    #[test]
    fn no_escape_codes_and_no_repeated_health() {
        let text = String::from_utf8(written(Units::Bits)).unwrap();
        assert!(!text.contains('\x1b'));
        assert_eq!(text.lines().filter(|line| line.starts_with("health:")).count(), 1);
    }
}
