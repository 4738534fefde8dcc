//! The attacks of a report's span, for people.

use nbw_detect::Event;

use super::{Report, table::Table};
use crate::{detection, fit, text};

/// So many are listed at most: the worst, in their order.
const LISTED: usize = 20;

/// One attack, as it is listed.
pub(super) struct Attack {
    pub(super) began: String,
    pub(super) severity: &'static str,
    pub(super) sentence: String,
    pub(super) signature: String,
    pub(super) technique: String,
    pub(super) advice: String,
}

/// Those that are listed, by when they began, and how many there are besides.
pub(super) fn listed(report: &Report) -> (Vec<Attack>, usize) {
    let mut worst: Vec<&Event> = report.events.iter().collect();
    worst.sort_by_key(|event| std::cmp::Reverse((event.severity, event.last_seen)));
    worst.truncate(LISTED);
    worst.sort_by_key(|event| event.first_seen);
    let hidden = report.events.len() - worst.len();
    (worst.into_iter().map(|event| attack(event, report)).collect(), hidden)
}

/// The section under a table; empty where there was no attack.
pub(super) fn section(report: &Report, table: &Table) -> String {
    let (attacks, hidden) = listed(report);
    if attacks.is_empty() {
        return String::new();
    }
    let mut lines = vec![String::new(), format!("attacks: {}", report.events.len())];
    for attack in &attacks {
        let line = format!("{}  {:<8}  {}", attack.began, attack.severity, attack.sentence);
        let wrapping = textwrap::Options::new(table.width.max(1)).subsequent_indent("  ");
        lines.extend(textwrap::wrap(&line, wrapping).iter().map(|line| fit::cut(line, table.width).into_owned()));
    }
    if hidden > 0 {
        lines.push(fit::cut(&format!("and {hidden} more: --format json has all"), table.width).into_owned());
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

fn attack(event: &Event, report: &Report) -> Attack {
    let clean = |text: &str| text::clean(text).into_owned();
    Attack {
        began: report.calendar.local(event.first_seen).strftime("%F %H:%M").to_string(),
        severity: event.severity.word(),
        sentence: clean(&detection::sentence(event)),
        signature: clean(&event.signature),
        technique: event.technique.as_deref().map(clean).unwrap_or_default(),
        advice: clean(&detection::advice(event)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        detection::fixture::{flood, leak, over, scan},
        history::query::Every,
        report::{Format, fixture::Made, html::Html, json::Json},
    };

    fn report(events: Vec<Event>) -> Report {
        Report { events, ..Made::containers().report(None, "2026-11-22T00:00:00+01:00", Every::Day) }
    }

    fn written(format: &dyn Format, events: Vec<Event>) -> String {
        String::from_utf8(format.render(&report(events)).unwrap()).unwrap()
    }

    fn table(width: usize) -> Table {
        Table { width, colour: false, unicode: true }
    }

    #[test]
    fn they_are_under_the_table_in_their_order() {
        let text = written(&table(200), vec![over(flood()), over(scan()), over(leak())]);
        let lines: Vec<&str> = text.lines().collect();
        let at = lines.iter().position(|line| *line == "attacks: 3").unwrap();
        assert!(lines[at - 1].is_empty());
        assert_eq!(
            lines[at + 1],
            "2026-11-22 09:58  critical  syn-flood on 10.0.0.2:80 is over after 1 m 40 s: 450,000 SYN from 1,000 sources \
             (confidence 97 %)"
        );
        assert!(lines[at + 2].starts_with("2026-11-22 09:59  warning   port-scan on 10.0.0.2 "));
        assert!(!written(&table(200), Vec::new()).contains("attacks"));
        for width in [20, 37, 80] {
            let text = written(&table(width), vec![flood(), leak()]);
            assert!(text.lines().all(|line| fit::width(line) <= width), "{text}");
        }
    }

    #[test]
    fn of_many_the_worst_are_listed_and_the_others_counted() {
        let scans = (0..100).map(|number| Event { id: number.to_string(), ..over(scan()) });
        let text = written(&table(80), scans.chain([over(flood())]).collect());
        assert!(text.contains("attacks: 101\n") && text.contains("critical  syn-flood"), "{text}");
        assert!(text.contains("\nand 81 more: --format json has all\n"), "{text}");
    }

    #[test]
    fn json_has_all_of_them_where_there_are_some() {
        let json = |events| serde_json::from_str::<serde_json::Value>(&written(&Json, events)).unwrap();
        assert!(json(Vec::new()).get("events").is_none());
        let events = json(vec![over(flood()), scan()])["events"].clone();
        assert_eq!(events, serde_json::to_value([over(flood()), scan()]).unwrap());
    }

    #[test]
    fn the_page_has_a_section_and_no_name_leaves_its_place() {
        assert!(!written(&Html, Vec::new()).contains("attacks-title"));
        let evil = Event { advice: "</td><script>alert(1)</script>".into(), ..flood() };
        let page = written(&Html, vec![evil]);
        assert!(page.contains("attacks-title") && page.contains("syn-flood on 10.0.0.2:80"), "{page}");
        assert!(page.contains("T1498.001") && !page.contains("<script>alert"), "{page}");
    }
}
