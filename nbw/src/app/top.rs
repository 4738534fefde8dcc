//! The wiring of `nbw top`.

use jiff::tz::TimeZone;
use nix::{
    sys::signal::{Signal, kill},
    unistd::{Pid, gethostname},
};
use tokio::signal::unix::{self, SignalKind, signal};

use super::{
    Ended,
    alerts::Alerts,
    attacks::Attacks,
    live::{self, Live},
    ticks,
};
use crate::{
    cli::TopArgs,
    failure::Failure,
    snapshot::By,
    text,
    top::{Demand, Options, Screen},
    view::ViewOptions,
};

/// `nbw top`.
///
/// # Errors
/// [`Failure`] says what to tell the user, and the exit code.
pub async fn top(args: TopArgs) -> Result<(), Failure> {
    let mut alerts = Alerts::new(&args.alerts.alert, By::ALL.to_vec(), None)?;
    Screen::check()?;
    let mut ended = Ended::listen()?;
    let view = ViewOptions { by: alerts.lists(), sort: args.live.sort, top: None };
    let mut live = Live::start(live::Options::of(&args.live, args.alerts.detect), view).await?;
    let mut attacks = Attacks::start(args.alerts.detect, &live)?;
    alerts.check(live.links())?;
    alerts.look_around(&args.live.filter);
    let mut screen = Screen::open(options(&args))?;
    let stops = Stops::listen()?;
    let showing = Showing {
        live: &mut live,
        alerts: &mut alerts,
        attacks: &mut attacks,
        screen: &mut screen,
        stops,
        args: &args,
    };
    let result = tokio::select! {
        result = showing.run() => result,
        () = ended.wait() => Ok(()),
    };
    // The terminal first: detaching many interfaces takes the kernel a while.
    screen.close().await;
    drop(live);
    result
}

fn options(args: &TopArgs) -> Options {
    let host = gethostname().unwrap_or_default();
    Options {
        by: args.by,
        sort: args.live.sort,
        units: args.live.units,
        interval: args.live.interval,
        bell: args.alerts.bell,
        host: text::clean(&host.to_string_lossy()).into_owned(),
        zone: TimeZone::system(),
    }
}

/// The loop of `top`, borrowed so that a signal can end it at any await.
struct Showing<'a> {
    live: &'a mut Live,
    alerts: &'a mut Alerts,
    attacks: &'a mut Attacks,
    screen: &'a mut Screen,
    stops: Stops,
    args: &'a TopArgs,
}

impl Showing<'_> {
    async fn run(mut self) -> Result<(), Failure> {
        let mut ticks = ticks(self.args.live.interval, true);
        loop {
            tokio::select! {
                _ = ticks.tick() => {
                    let mut snapshot = self.live.tick().await?;
                    self.alerts.see(&mut snapshot);
                    self.attacks.see(&mut snapshot);
                    self.screen.show(snapshot);
                }
                demand = self.screen.demand() => match demand? {
                    Demand::Quit => return Ok(()),
                    Demand::Interval(interval) => ticks = super::ticks(interval, false),
                    // As the terminal does it for programs that leave the key to it: all of the job stops.
                    Demand::Suspend => kill(Pid::from_raw(0), Signal::SIGTSTP)
                        .map_err(|error| Failure::running(&error))?,
                },
                stop = self.stops.next() => match stop {
                    Stop::Stop => self.screen.suspend(),
                    Stop::Continue => self.screen.resumed(),
                },
                () = self.attacks.due() => self.attacks.look(self.live),
                due = self.live.due() => self.live.serve(due).await?,
            }
        }
    }
}

/// The signals of job control.
struct Stops {
    stop: unix::Signal,
    go_on: unix::Signal,
}

enum Stop {
    Stop,
    Continue,
}

impl Stops {
    fn listen() -> Result<Self, Failure> {
        let listen = |which: Signal| signal(SignalKind::from_raw(which as i32));
        Ok(Self { stop: listen(Signal::SIGTSTP)?, go_on: listen(Signal::SIGCONT)? })
    }

    async fn next(&mut self) -> Stop {
        tokio::select! {
            _ = self.stop.recv() => Stop::Stop,
            _ = self.go_on.recv() => Stop::Continue,
        }
    }
}
