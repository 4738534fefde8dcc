//! The wiring of `nbw insight`.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use console::Term;
use jiff::tz::TimeZone;

use super::{Ended, live::Live, ticks};
use crate::{
    cli::{FilterArgs, InsightArgs, LiveArgs, NameArgs},
    failure::Failure,
    insight::{
        self, Evidence,
        evidence::{Counters, live::Watched},
        facts,
        show::Advice,
    },
    snapshot::By,
    units::Units,
    view::{Sort, ViewOptions},
};

/// How often what is watched is read.
const INTERVAL: Duration = Duration::from_secs(1);

/// How long it is watched where there is no history.
const USUALLY: Duration = Duration::from_secs(30);

/// `nbw insight`.
///
/// # Errors
/// [`Failure`] says what to tell the user, and the exit code.
pub async fn insight(args: InsightArgs) -> Result<(), Failure> {
    let mut ended = Ended::listen()?;
    tokio::select! {
        result = advise(&args) => result,
        () = ended.wait() => Ok(()),
    }
}

async fn advise(args: &InsightArgs) -> Result<(), Failure> {
    let evidence = watch(args, args.live.unwrap_or(USUALLY)).await?;
    let advice = Advice {
        from: evidence.from,
        to: evidence.to,
        live: evidence.live,
        zone: evidence.zone.clone(),
        findings: insight::advise(&evidence),
    };
    let mut stdout = Term::stdout();
    let width = usize::from(stdout.size_checked().map_or(80, |(_, columns)| columns));
    let written = args.format.write(&advice, &mut stdout, width, console::colors_enabled());
    written.map_err(Failure::output)
}

/// Watches for some time.
async fn watch(args: &InsightArgs, time: Duration) -> Result<Evidence, Failure> {
    let view = ViewOptions { by: vec![By::Connection], sort: Sort::default(), top: None };
    let mut live = Live::start(&live_args(args), view).await?;
    let before = facts::read().await?;
    let mut watched = Watched::default();
    let begun = Instant::now();
    let mut ticks = ticks(INTERVAL.min(time), false);
    while begun.elapsed() < time {
        tokio::select! {
            _ = ticks.tick() => watched.take(&live.tick().await?),
            due = live.due() => live.serve(due).await?,
        }
    }
    let facts = facts::read().await?;
    let counters = Counters::between(&before.counters, &facts.counters, begun.elapsed().as_secs_f64());
    let (from, to) = watched.span().ok_or_else(|| Failure::Running("nothing was read in the time given".to_owned()))?;
    let (traffic, talks) = watched.into_answers();
    Ok(Evidence {
        from,
        to,
        live: true,
        zone: TimeZone::system(),
        traffic,
        days: HashMap::new(),
        counters,
        facts,
        talks: Some(talks),
    })
}

/// What `watch` would have been told.
fn live_args(args: &InsightArgs) -> LiveArgs {
    let interface = args.interface.clone();
    LiveArgs {
        filter: FilterArgs { interface, cgroup: Vec::new(), container: Vec::new(), unit: Vec::new() },
        interval: INTERVAL,
        units: Units::default(),
        sort: Sort::default(),
        names: NameArgs { no_dns: true, mmdb: Vec::new() },
        verbose: args.verbose,
        kernel: args.kernel.clone(),
    }
}
