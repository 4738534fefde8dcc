#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::{
    alert::Unit,
    check::{Limits, Verdict, report},
};

/// The verdict on what an agent says that has seen nothing.
async fn of_nothing(rule: &str, unit: Unit) -> Result<(Verdict, String), Unknown> {
    let limits = Limits::new(rule, None).unwrap();
    let nothing = Measured { rule: rule.to_owned(), unit, seconds: 1.0, subjects: Vec::new() };
    Ok(report(&limits, &with_idle(&limits.rule, nothing, &look(&limits.rule)?).await?))
}

/// This process is there, and no agent has seen it.
#[tokio::test]
async fn what_is_idle_counts_as_nothing_as_it_does_without_an_agent() {
    let own = procfs::process::Process::myself().unwrap().stat().unwrap().comm;
    let below = of_nothing(&format!("process '{own}' rx < 1kB/s"), Unit::BytesPerSecond).await.unwrap();
    assert!(below.0 == Verdict::Critical && below.1.contains(&format!("process {own} rx 0 B/s")), "{below:?}");
    assert_eq!(of_nothing(&format!("process '{own}' rx > 1kB/s"), Unit::BytesPerSecond).await.unwrap().0, Verdict::Ok);
    assert_eq!(of_nothing(&format!("process '{own}' rx > 1kB per day"), Unit::Bytes).await.unwrap().0, Verdict::Ok);
}

#[tokio::test]
async fn what_is_not_there_is_told_so_without_measuring() {
    let why = of_nothing("process nbw-no-such rx > 1kB/s", Unit::BytesPerSecond).await.unwrap_err();
    assert!(why.starts_with("no process matches \"nbw-no-such\""), "{why}");
    let why = of_nothing("process * rx > 3x usual", Unit::BytesPerSecond).await.unwrap_err();
    assert!(why.starts_with("the agent has seen nothing yet"), "{why}");
}
