//! Services that do nothing, all the time.

use super::{Rule, quoted};
use crate::{
    history::Kind,
    insight::{Evidence, Finding, Severity, evidence::Row, finding::Unit},
    units,
};

/// What is quiet at some time of the day is seen in a day, in seconds.
const LEAST: f64 = 86_400.0;

/// It had traffic in this share of all hours.
const ALWAYS: f64 = 0.95;

/// A packet a second, each of which wakes a CPU out of its sleep; but hardly a byte, so that nobody is served by them.
const PACKETS: f64 = 1.0;
const BYTES: f64 = 1_000.0;

/// So many are told.
const MOST: usize = 3;

/// Groups with a packet a second and less than a kilobyte a second, at every hour.
pub(super) struct ChattyIdle;

impl Rule for ChattyIdle {
    fn id(&self) -> &'static str {
        "chatty-idle"
    }

    fn find(&self, evidence: &Evidence) -> Vec<Finding> {
        let seconds = evidence.seconds(Kind::Group);
        if evidence.live || seconds < LEAST {
            return Vec::new();
        }
        let groups = evidence.rows(Kind::Group).filter(Row::is_one);
        let mut chatty: Vec<Row<'_>> = groups.filter(|row| is_chatty(row, seconds)).collect();
        chatty.sort_by_key(|row| std::cmp::Reverse(row.packets()));
        chatty.truncate(MOST);
        chatty.into_iter().map(|row| self.tell(row, seconds)).collect()
    }
}

fn is_chatty(row: &Row<'_>, seconds: f64) -> bool {
    let (parts, busy) = row.recorded().fold((0, 0), |(parts, busy), (_, point)| {
        (parts + 1, busy + u32::from(point.rx.packets + point.tx.packets > 0))
    });
    f64::from(busy) >= ALWAYS * f64::from(parts)
        && row.packets() as f64 >= PACKETS * seconds
        && row.bytes() as f64 <= BYTES * seconds
}

impl ChattyIdle {
    fn tell(&self, row: Row<'_>, seconds: f64) -> Finding {
        let (name, packets) = (row.name(), row.packets() as f64 / seconds);
        let title = format!(
            "{name} talks all the time and says little: {} in {}",
            units::packet_rate(packets),
            units::volume(row.bytes())
        );
        let seen = "It had traffic at every hour, day and night, and hardly moved anything: polling, heartbeats, or retries in vain.";
        Finding::new(self.id(), Severity::Hint, name, title)
            .seen(0.6, seen.to_owned())
            .number("packet_rate", packets, Unit::PacketsPerSecond)
            .number("rate", row.bytes() as f64 / seconds, Unit::BytesPerSecond)
            .number("hours", seconds / 3_600.0, Unit::Count)
            .command("See with whom.", format!("nbw watch --by connection --cgroup {}", quoted(&row.series.subject.key)))
            .advise("Have it poll less often, or be told of changes instead; look into its log for an address that does not answer.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::fixture::{live, named, week};

    fn chatty(rate: f64, size: f64, hours: usize) -> Evidence {
        week()
            .with_packets(Kind::Group, "/poller", size, move |hour| (0.0, if hour < hours { rate * size } else { 0.0 }))
    }

    #[test]
    fn a_packet_a_second_at_every_hour_is_told() {
        assert_eq!(named(&ChattyIdle, &chatty(1.1, 100.0, 168)), ["/poller"]);
        assert!(named(&ChattyIdle, &chatty(0.9, 100.0, 168)).is_empty());
        assert!(named(&ChattyIdle, &chatty(2.0, 100.0, 158)).is_empty());
        assert!(named(&ChattyIdle, &chatty(11.0, 100.0, 168)).is_empty());
    }

    #[test]
    fn half_a_minute_is_not_enough() {
        assert!(named(&ChattyIdle, &live().with(Kind::Group, "/poller", |_| (0.0, 500.0))).is_empty());
    }
}
