//! `--format plain`: aligned lines for pipes and logs. Every line can be understood, and found by `grep`, alone:
//! a time, then `interface NAME` or `KIND NAME on INTERFACE` (`unattributed on INTERFACE`), or a row of `--by` beginning
//! with the word for its kind; then the figures, and how a row came to its end. Alerts have a line when they begin to fire
//! and one when they end: `alert firing SEVERITY` or `alert resolved`, then a sentence.

use std::io::{self, Write};

use console::{Alignment, pad_str};
use jiff::tz::TimeZone;

use super::row::{Row, rows};
use super::{Sink, send};
use crate::alert::{Alert, State};
use crate::board::Board;
use crate::snapshot::{By, Flow, Health, Snapshot};
use crate::units::{Units, packet_rate_padded, volume_padded};

/// Columns for who a line is about; a longer subject is never cut, it only moves its line's figures.
fn subject_width(by: By) -> usize {
    match by {
        By::Interface | By::Group | By::Pod | By::Unit => 36,
        By::Container | By::Process | By::Remote => 54,
        By::Connection => 72,
    }
}

/// Writes each snapshot as lines: every interface, and the rows that had traffic in the tick.
#[derive(Debug)]
pub struct Plain<W> {
    out: W,
    units: Units,
    by: By,
    zone: TimeZone,
    lines: Vec<u8>,
    health: Health,
    board: Board,
}

impl<W: Write> Plain<W> {
    /// A sink that writes to `out`, with the system's local time.
    pub fn new(out: W, units: Units, by: By) -> Self {
        Self::with_zone(out, units, by, TimeZone::system())
    }

    /// A sink that writes to `out`, with the time of day in `zone`.
    pub fn with_zone(out: W, units: Units, by: By, zone: TimeZone) -> Self {
        Self { out, units, by, zone, lines: Vec::new(), health: Health::default(), board: Board::default() }
    }

    fn line(&mut self, time: &str, subject: &str, rx: &Flow, tx: &Flow, mark: &str) -> io::Result<()> {
        let subject = pad_str(subject, subject_width(self.by), Alignment::Left, None);
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
        for row in rows(snapshot, self.by).into_iter().filter(|row| is_told(*row)) {
            let mark = row.ended().map_or_else(String::new, |word| format!("  {word}"));
            self.line(&time, &row.sentence(), row.rx(), row.tx(), &mark)?;
        }
        for alert in self.board.take(snapshot) {
            writeln!(self.lines, "{time} alert {}", change(&alert))?;
        }
        self.health(&time, &snapshot.health)?;
        send(&mut self.out, &mut self.lines)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// What has become of an alert.
fn change(alert: &Alert) -> String {
    match alert.state {
        State::Resolved => format!("resolved {}", alert.summary),
        _ => format!("firing {} {}", alert.severity.word(), alert.summary),
    }
}

/// Whether the row has a line. An end is told even if nothing was moved in its tick.
fn is_told(row: &dyn Row) -> bool {
    row.moved() || row.ended().is_some()
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
    use crate::snapshot::ConnectionState;

    fn written(units: Units, by: By, snapshots: [Snapshot; 2]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut sink = Plain::with_zone(&mut out, units, by, TimeZone::UTC);
        for snapshot in snapshots {
            sink.emit(&snapshot).unwrap();
        }
        sink.finish().unwrap();
        out
    }

    fn groups(units: Units) -> Vec<u8> {
        written(units, By::Group, [fixture::snapshot(), fixture::later()])
    }

    #[test]
    fn golden() {
        fixture::assert_golden("snapshot.txt", &groups(Units::Bits));
        fixture::assert_golden("snapshot-bytes.txt", &groups(Units::Bytes));
    }

    #[test]
    fn golden_of_each_kind() {
        for by in By::ALL {
            let text = written(Units::Bits, by, [fixture::with_rows(), fixture::with_no_rows()]);
            fixture::assert_golden(&format!("by-{}.txt", by.singular()), &text);
        }
    }

    #[test]
    fn no_escape_codes_and_no_repeated_health() {
        let text = String::from_utf8(groups(Units::Bits)).unwrap();
        assert!(!text.contains('\x1b'));
        assert_eq!(text.lines().filter(|line| line.starts_with("health:")).count(), 1);
    }

    #[test]
    fn golden_of_alerts() {
        let snapshots = [fixture::with_alerts(), fixture::with_alerts_over()];
        let text = written(Units::Bits, By::Interface, snapshots);
        fixture::assert_golden("alerts.txt", &text);
        let lines = |word: &str| String::from_utf8_lossy(&text).lines().filter(|line| line.contains(word)).count();
        assert_eq!((lines(" alert firing "), lines(" alert resolved ")), (2, 3));
    }

    #[test]
    fn a_connection_that_was_idle_at_its_end_is_told() {
        let mut snapshot = fixture::with_rows();
        let connections = snapshot.rows.connections.as_mut().unwrap();
        connections.retain(|connection| connection.state == ConnectionState::Closed);
        for flow in connections.iter_mut().flat_map(|connection| [&mut connection.rx, &mut connection.tx]) {
            (flow.bytes, flow.packets) = (0, 0);
        }
        let text = String::from_utf8(written(Units::Bits, By::Connection, [snapshot, fixture::later()])).unwrap();
        assert_eq!(text.lines().filter(|line| line.ends_with("  closed")).count(), 1, "{text}");
    }
}
