//! Work that could move to quiet hours.

use super::{Rule, percent, rate, share};
use crate::{
    history::{Kind, query::Point},
    insight::{
        Evidence, Finding, Severity,
        evidence::{Row, recorded_seconds},
        finding::Unit,
        stats::mean,
    },
    units,
};

/// A day's pattern is not seen in less than this, in seconds: five days.
const LEAST: f64 = 5.0 * 86_400.0;

/// The busiest hours of a day, and the quietest ones, that are looked at.
const BUSY: usize = 4;
const QUIET: usize = 6;

/// It is worth moving something where the busy hours fill this much of the link (from here on providers begin to order more), and
/// the quiet ones at most so much. That, and what follows, are nbw's own choices; see the page.
const BUSY_LOAD: f64 = 0.5;
const QUIET_LOAD: f64 = 0.2;

/// It is worth moving what has this share of the busy hours.
const MOVABLE: f64 = 0.3;

/// And what does so much of its own work in them: what goes on all day has no better time.
const CONCENTRATED: f64 = 0.4;

/// So full the quiet hours may become: see `link_limit`.
const ROOM: f64 = 0.8;

/// A link that is half full at some hours and nearly empty at others, and one subject that has much of the busy ones.
pub(super) struct QuietHours;

impl Rule for QuietHours {
    fn id(&self) -> &'static str {
        "quiet-hours"
    }

    fn find(&self, evidence: &Evidence) -> Vec<Finding> {
        let Some(answer) = evidence.traffic.get(&Kind::Interface).filter(|_| !evidence.live) else { return Vec::new() };
        if recorded_seconds(answer) < LEAST {
            return Vec::new();
        }
        let links = evidence.interfaces().filter_map(|(link, row)| Some((row, link.limit()?)));
        links.filter_map(|(row, limit)| self.judge(evidence, row, limit)).collect()
    }
}

impl QuietHours {
    fn judge(&self, evidence: &Evidence, row: Row<'_>, limit: f64) -> Option<Finding> {
        let day = day(evidence, row);
        // Who is on for half of the day has no other half.
        if day.len() < BUSY + QUIET {
            return None;
        }
        let (busy, quiet) = (&day[day.len().checked_sub(BUSY)?..], &day[..QUIET.min(day.len())]);
        let load = |hours: &[(i8, f64)]| mean(&hours.iter().map(|hour| hour.1 / limit).collect::<Vec<_>>());
        let (full, empty) = (load(busy), load(quiet));
        if full < BUSY_LOAD || empty > QUIET_LOAD {
            return None;
        }
        let (mover, moved, part) = mover(evidence, busy)?;
        let room: f64 = quiet.iter().map(|hour| (ROOM * limit - hour.1).max(0.0) * 3_600.0).sum();
        let name = mover.name();
        let title =
            format!("{name} could move to quiet hours: there is room for {} a night", units::volume(room as u64));
        let seen = format!(
            "{name} has {} of the hours from {}, when {} is at {}; it moves {} a day then. In the hours from {} the link is at {}.",
            percent(part),
            times(busy),
            row.name(),
            percent(full),
            units::volume(moved as u64),
            times(quiet),
            percent(empty)
        );
        Some(
            Finding::new(self.id(), Severity::Hint, name, title)
                .seen(if moved <= room { 0.7 } else { 0.5 }, seen)
                .number("busy_load", full, Unit::Share)
                .number("quiet_load", empty, Unit::Share)
                .number("share_of_busy_hours", part, Unit::Share)
                .number("moved_a_day", moved, Unit::Bytes)
                .number("room_a_day", room, Unit::Bytes)
                .command(
                    "If it is a timer's work, change its time.",
                    format!("systemctl edit NAME.timer   # OnCalendar=*-*-* {:02}:00", quiet[0].0),
                )
                .advise(format!(
                    "Or slow it down so that it takes the whole night: {} would do.",
                    rate(moved / (QUIET as f64 * 3_600.0))
                )),
        )
    }
}

/// What moves at each hour of the day on the average, in bytes a second of the busier direction, the quietest first.
fn day(evidence: &Evidence, row: Row<'_>) -> Vec<(i8, f64)> {
    let mut hours: Vec<(i8, f64)> = Vec::new();
    for hour in 0..24 {
        let rates: Vec<f64> = row
            .recorded()
            .filter(|(part, _)| evidence.hour(part.start) == hour)
            .map(|(part, point)| point.rx.bytes.max(point.tx.bytes) as f64 / f64::from(part.recorded_seconds))
            .collect();
        if !rates.is_empty() {
            hours.push((hour, mean(&rates)));
        }
    }
    hours.sort_by(|a, b| a.1.total_cmp(&b.1));
    hours
}

/// Who has most of these hours, how many bytes it moves in them a day, and its share of them.
fn mover<'a>(evidence: &'a Evidence, busy: &[(i8, f64)]) -> Option<(Row<'a>, f64, f64)> {
    let bytes = |row: &Row<'_>| -> u64 {
        let hours = row.recorded().filter(|(part, _)| busy.iter().any(|hour| hour.0 == evidence.hour(part.start)));
        hours.map(|(_, point): (_, &Point)| point.rx.bytes + point.tx.bytes).sum()
    };
    let groups: Vec<(Row<'_>, u64)> = evidence.rows(Kind::Group).map(|row| (row, bytes(&row))).collect();
    let sum: u64 = groups.iter().map(|(_, bytes)| bytes).sum();
    let someone = groups.into_iter().filter(|(row, bytes)| row.is_one() && share(*bytes, row.bytes()) >= CONCENTRATED);
    let (row, most) = someone.max_by_key(|(_, bytes)| *bytes)?;
    let days = evidence.seconds(Kind::Group) / 86_400.0;
    let part = share(most, sum);
    (part >= MOVABLE && days > 0.0).then_some((row, most as f64 / days, part))
}

/// The hours in the order of the day.
fn times(hours: &[(i8, f64)]) -> String {
    let mut hours: Vec<i8> = hours.iter().map(|hour| hour.0).collect();
    hours.sort_unstable();
    hours.iter().map(|hour| format!("{hour:02}:00")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::fixture::{LINK, live, named, week};

    /// Four hours a day at `busy`, the rest at `quiet`; a backup has `part` of it.
    fn days(busy: f64, quiet: f64, part: f64) -> Evidence {
        let load = move |hour: usize| if (9..13).contains(&(hour % 24)) { busy * LINK } else { quiet * LINK };
        week()
            .with(Kind::Interface, "eth0", move |hour| (0.0, load(hour)))
            .with(Kind::Group, "/backup", move |hour| (0.0, part * load(hour)))
            .with(Kind::Group, "/web", move |hour| (0.0, (1.0 - part) * load(hour) / 2.0))
            .with(Kind::Group, "/mail", move |hour| (0.0, (1.0 - part) * load(hour) / 2.0))
    }

    #[test]
    fn half_full_and_nearly_empty_with_a_mover_is_told() {
        assert_eq!(named(&QuietHours, &days(0.51, 0.1, 0.5)), ["/backup"]);
        let seen = &QuietHours.find(&days(0.51, 0.1, 0.5))[0].seen;
        assert!(seen.contains("from 09:00, 10:00, 11:00, 12:00, when eth0 is at 51 %"), "{seen}");
    }

    #[test]
    fn just_below_it_is_not() {
        for evidence in [days(0.49, 0.1, 0.5), days(0.6, 0.21, 0.5)] {
            assert!(named(&QuietHours, &evidence).is_empty());
        }
        // Each has less than 30 %.
        let even = days(0.6, 0.1, 0.29).with(Kind::Group, "/more", |_| (0.0, 0.3 * LINK));
        assert!(named(&QuietHours, &even).is_empty());
        assert!(named(&QuietHours, &live().with(Kind::Interface, "eth0", |_| (0.0, LINK))).is_empty());
    }
}
