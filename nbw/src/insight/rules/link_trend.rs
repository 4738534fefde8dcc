//! A link that will be full at some date.

use jiff::{SignedDuration, Timestamp};

use super::{Rule, percent, rate};
use crate::{
    history::{Kind, query::Point},
    insight::{
        Evidence, Finding, Severity,
        evidence::{Row, rows},
        finding::Unit,
        stats::Line,
    },
};

/// A trend of fewer days would be the difference between two weekends.
const FEWEST_DAYS: usize = 14;

/// A day of which less was recorded has no 95th percentile of its own, in seconds.
const MOST_OF_A_DAY: u32 = 12 * 3_600;

/// The slope is so many times its standard error: by chance in less than 1 of 100 cases (Student's t, 12 degrees of freedom).
const SIGNIFICANT: f64 = 3.06;

/// Nobody knows what will be later than that, in days.
const FAR: f64 = 365.0;

/// Least squares on the days' 95th percentiles, up to the link's speed.
pub(super) struct LinkTrend;

impl Rule for LinkTrend {
    fn id(&self) -> &'static str {
        "link-trend"
    }

    fn find(&self, evidence: &Evidence) -> Vec<Finding> {
        let days = evidence.days.get(&Kind::Interface).into_iter().flat_map(rows);
        let links = days.filter_map(|row| Some((row, evidence.facts.interface(row.name())?.limit()?)));
        links.filter_map(|(row, limit)| self.judge(evidence, row, limit)).collect()
    }
}

impl LinkTrend {
    fn judge(&self, evidence: &Evidence, row: Row<'_>, limit: f64) -> Option<Finding> {
        let sides: [fn(&Point) -> f64; 2] = [|point| point.rx_p95, |point| point.tx_p95];
        let lines = sides.into_iter().filter_map(|of| trend(row, of));
        let rising = lines.filter(|(line, ..)| line.slope > 0.0 && line.slope >= SIGNIFICANT * line.error);
        let left = |(line, today, _): &(Line, f64, usize)| (limit - line.at(*today)) / line.slope;
        // The direction that is full first.
        let full = rising.map(|line| (left(&line), line)).filter(|(left, _)| (0.0..=FAR).contains(left));
        let (left, (line, today, days)) = full.min_by(|a, b| a.0.total_cmp(&b.0))?;
        let soonest = (limit - line.at(today)) / (line.slope + 2.0 * line.error);
        let latest = (limit - line.at(today)) / (line.slope - 2.0 * line.error);
        let date = |days: f64| day(evidence, evidence.to + SignedDuration::from_hours((days * 24.0) as i64));
        let (name, when) = (row.name(), date(left));
        let title = format!("{name} will be full about {when} if it goes on like this");
        let seen = format!(
            "The 95th percentile of its days has grown by {} a day over {days} days, to {} of the link; the line explains {} \
             of it. By its error the date lies between {} and {}.",
            rate(line.slope),
            percent(line.at(today) / limit),
            percent(line.explains),
            date(soonest),
            date(latest.min(10.0 * FAR)),
        );
        Some(
            Finding::new(self.id(), if left < 60.0 { Severity::Warning } else { Severity::Hint }, name, title)
                .seen(line.explains, seen)
                .number("growth_a_day", line.slope, Unit::BytesPerSecond)
                .number("p95_now", line.at(today), Unit::BytesPerSecond)
                .number("link_speed", limit, Unit::BytesPerSecond)
                .number("days_left", left, Unit::Days)
                .number("days_seen", days as f64, Unit::Count)
                .number("explained", line.explains, Unit::Share)
                .command("See what grows.", "nbw report weeks --by container")
                .advise("Order the faster link in time, or move what grows."),
        )
    }
}

/// The line through the days, today's place on it, and how many days it goes through.
fn trend(row: Row<'_>, of: fn(&Point) -> f64) -> Option<(Line, f64, usize)> {
    let days = row.parts.iter().zip(&row.series.points).enumerate();
    let whole = days.filter(|(_, (part, _))| part.recorded_seconds >= MOST_OF_A_DAY);
    let points: Vec<(f64, f64)> = whole.map(|(day, (_, point))| (day as f64, of(point))).collect();
    if points.len() < FEWEST_DAYS {
        return None;
    }
    Some((Line::through(&points)?, points.last()?.0, points.len()))
}

fn day(evidence: &Evidence, time: Timestamp) -> String {
    time.to_zoned(evidence.zone.clone()).date().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::fixture::{LINK, named, week};

    /// Days on which the p95 grows by a part of the link's speed, from 40 %, with a little noise.
    fn growing(days: usize, by: f64) -> Evidence {
        week().with_days(Kind::Interface, "eth0", days, move |day| {
            let noise = if day % 2 == 0 { 0.004 } else { -0.004 };
            (0.0, LINK * (0.4 + by * day as f64 + noise))
        })
    }

    #[test]
    fn fourteen_days_make_a_trend_and_thirteen_do_not() {
        assert_eq!(named(&LinkTrend, &growing(14, 0.01)), ["eth0"]);
        assert!(named(&LinkTrend, &growing(13, 0.01)).is_empty());
    }

    #[test]
    fn the_date_is_where_the_line_meets_the_link_s_speed() {
        let finding = LinkTrend.find(&growing(30, 0.01)).remove(0);
        let left = finding.evidence.iter().find(|number| number.name == "days_left").unwrap();
        // 40 % + 29 days x 1 % = 69 %: 31 days are left.
        assert!((left.value - 31.0).abs() < 0.5, "{}", left.value);
        assert!(finding.title.contains("2026-12-2"), "{}", finding.title);
        assert!(finding.confidence > 0.98);
    }

    #[test]
    fn noise_in_one_direction_hides_no_trend_in_the_other() {
        let noise = |day: usize| LINK * (0.2 + 0.1 * (day * 7 % 5) as f64 + 0.011 * day as f64);
        let evidence = |rx: f64| {
            week().with_days(Kind::Interface, "eth0", 14, move |day| (rx * noise(day), LINK * (0.4 + 0.01 * day as f64)))
        };
        assert_eq!(named(&LinkTrend, &evidence(1.0)), ["eth0"]);
        assert_eq!(LinkTrend.find(&evidence(1.0)), LinkTrend.find(&evidence(0.0)));
    }

    #[test]
    fn noise_is_no_trend_nor_is_what_takes_years() {
        let noise = week().with_days(Kind::Interface, "eth0", 30, |day| (LINK * (0.3 + 0.1 * ((day * 7 % 5) as f64)), 0.0));
        for evidence in [noise, growing(30, 0.000_5), growing(30, -0.01)] {
            assert!(named(&LinkTrend, &evidence).is_empty());
        }
    }
}
