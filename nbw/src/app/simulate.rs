//! The wiring of `nbw simulate`: attacks into a file, or into network namespaces of its own. There is no way from here to any
//! other interface: what is sent has spoofed addresses.

mod cable;
mod capture;
mod child;
mod judge;
mod list;
mod live;
mod namespace;
mod sender;
mod table;
mod verify;

use nbw_detect::simulate::{Plan, Scenario, attacks, look_alikes};

use super::Ended;
use crate::{cli::SimulateArgs, failure::Failure, filter::nearest};

/// `nbw simulate`.
///
/// # Errors
/// [`Failure`] says what is wrong, and the exit code: 1 when something was not detected that should have been.
pub async fn simulate(args: SimulateArgs) -> Result<(), Failure> {
    if let Some(interface) = &args.interface {
        return Err(Failure::Usage(format!(
            "nbw simulate never sends to {interface}, nor to any other interface of yours: attacks stay in a pair of network \
             namespaces that it makes and removes itself; leave --interface out, or write a capture with --write FILE"
        )));
    }
    if args.list {
        return list::print();
    }
    let Some(name) = &args.signature else { return verify::all(&args).await };
    let scenario = find(name)?;
    let plan = plan(&args, &scenario);
    match &args.write {
        Some(file) => capture::write(scenario, plan, file).await,
        None if args.verify => verify::one(&args, name).await,
        None => live::run(&scenario, &plan).await,
    }
}

fn find(name: &str) -> Result<Scenario, Failure> {
    let known = || attacks().map(|attack| attack.scenario).chain(look_alikes().map(|alike| alike.scenario));
    known().find(|scenario| scenario.name == name).ok_or_else(|| {
        let names: Vec<&str> = known().map(|scenario| scenario.name).collect();
        let meant = nearest(name, &names).map(|near| format!("did you mean {near}? ")).unwrap_or_default();
        Failure::Usage(format!("nothing called {name:?} can be generated: {meant}`nbw simulate --list` shows what can"))
    })
}

/// What was asked for, and the scenario's own where nothing was.
fn plan(args: &SimulateArgs, scenario: &Scenario) -> Plan {
    let own = scenario.plan();
    Plan { rate: args.rate.unwrap_or(own.rate), duration: args.duration.unwrap_or(own.duration), seed: args.seed }
}
