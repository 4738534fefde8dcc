//! Attacks in the status.

use console::style;
use nbw_detect::Event;

use super::{At, clean, severity, table};
use crate::{control::Attacks, detection};

/// More than these are counted and not listed.
const LISTED: usize = 20;

/// `2 now, 5 today; 47 signatures`.
pub(super) fn fact(attacks: &Attacks) -> String {
    let mut fact = format!("{} now, {} today; {} signatures", attacks.now.len(), attacks.today, attacks.signatures);
    let lost = |count: u64, what: &str| match count {
        0 => String::new(),
        count => format!("; {}", style(format!("{count} {what}")).red()),
    };
    fact += &lost(attacks.digests_lost, "packets could not be looked at");
    fact += &lost(attacks.not_watched, "times there was no place to watch an endpoint");
    fact
}

/// Those that go on; empty where there are none.
pub(super) fn section(attacks: Option<&Attacks>, at: &At<'_>) -> String {
    let Some(attacks) = attacks.filter(|attacks| !attacks.now.is_empty()) else { return String::new() };
    let mut worst: Vec<&Event> = attacks.now.iter().collect();
    worst.sort_by_key(|event| (std::cmp::Reverse(event.severity), event.first_seen));
    let row = |event: &&Event| {
        let alert = detection::alert(event);
        vec![severity(alert.severity), at.clock(event.first_seen), clean(&alert.summary)]
    };
    let mut rows: Vec<Vec<String>> = worst.iter().take(LISTED).map(row).collect();
    let hidden = worst.len().saturating_sub(LISTED);
    if hidden > 0 {
        rows.push(vec![format!("and {hidden} more")]);
    }
    format!("Attacks: {}\n", attacks.now.len()) + &table::lines(&rows, &[])
}
