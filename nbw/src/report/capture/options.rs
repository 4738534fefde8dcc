//! What is wanted of a capture.

use jiff::{Timestamp, tz::TimeZone};
use nbw_detect::Time;

use super::subject::By;
use crate::{
    cli::{ReportArgs, ReportFormat},
    failure::Failure,
    history::{Kind, query::Every},
    report::{calendar::Calendar, request, when},
};

/// What is wanted.
pub(super) struct Wanted {
    pub(super) by: By,
    /// From here ...
    from: Option<Time>,
    /// ... up to here, this not included.
    to: Option<Time>,
    /// In parts of this length; by the capture's length without a word of the user.
    pub(super) every: Option<Every>,
    pub(super) top: Option<usize>,
    pub(super) rows: usize,
    pub(super) calendar: Calendar,
}

impl Wanted {
    /// Whether a packet of this time is.
    pub(super) fn has(&self, time: Time) -> bool {
        self.from.is_none_or(|from| from <= time) && self.to.is_none_or(|to| time < to)
    }

    /// Whether only some time of the capture is.
    pub(super) fn is_limited(&self) -> bool {
        self.from.is_some() || self.to.is_some()
    }
}

/// What the command line asks of a capture.
pub(super) fn wanted(args: &ReportArgs, format: ReportFormat, now: Timestamp) -> Result<Wanted, Failure> {
    let zone = args.zone.clone().unwrap_or_else(TimeZone::system);
    let calendar = Calendar { zone, month_begins: args.month_begins };
    let moment = |text: &Option<String>, edge| {
        let found = text.as_deref().map(|text| when::moment(text, edge, now, &calendar)).transpose();
        found.map(|found| found.map(time)).map_err(Failure::Usage)
    };
    let (from, to) = (moment(&args.from, when::Edge::From)?, moment(&args.to, when::Edge::To)?);
    if let (Some(from), Some(to)) = (from, to)
        && from >= to
    {
        return Err(Failure::Usage("there is no time between --from and --to: --from has to be before --to".into()));
    }
    let (top, rows) = request::told_apart(args, format);
    Ok(Wanted { by: by(args.by)?, from, to, every: args.every.or(request::every_of(args.what)), top, rows, calendar })
}

fn time(at: Timestamp) -> Time {
    Time(u64::try_from(at.as_nanosecond().max(0)).unwrap_or(u64::MAX))
}

fn by(kind: Option<Kind>) -> Result<By, Failure> {
    Ok(match kind {
        None | Some(Kind::Protocol) => By::Protocol,
        Some(Kind::Host) => By::Host,
        Some(Kind::Pair) => By::Pair,
        Some(Kind::Port) => By::Port,
        Some(_) => {
            return Err(Failure::Usage(
                "a capture does not know whose its packets were: give --by protocol, host, pair or port".into(),
            ));
        }
    })
}
