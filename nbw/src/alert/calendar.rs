//! Periods of the calendar, in the user's time zone.

use jiff::{RoundMode, Timestamp, ToSpan, Unit, Zoned, ZonedRound, civil::Date, tz::TimeZone};

use crate::rule::Period;

/// How the user counts days and months.
#[derive(Debug, Clone)]
pub struct Calendar {
    /// Where it is midnight when days begin.
    pub zone: TimeZone,
    /// On which day months begin, 1 to 28 (no month lacks one of these); what is outside is taken as the nearest of them.
    pub month_begins: i8,
}

/// A period: from its first instant to that of the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
}

impl Default for Calendar {
    /// The system's zone, and months as they are.
    fn default() -> Self {
        Self { zone: TimeZone::system(), month_begins: 1 }
    }
}

impl Calendar {
    /// The moment, as the user's clocks show it.
    pub(super) fn local(&self, time: Timestamp) -> Zoned {
        time.to_zoned(self.zone.clone())
    }

    /// The period that this moment is in. At the very ends of time, where there is no calendar, it has no length.
    pub(super) fn period(&self, per: Period, time: Timestamp) -> Span {
        let local = self.local(time);
        let found = match per {
            Period::Hour => hour(&local),
            Period::Day => self.days(local.date(), local.date().tomorrow()),
            Period::Week => {
                let monday = local.date().checked_sub(i64::from(local.weekday().to_monday_zero_offset()).days());
                monday.and_then(|monday| self.days(monday, monday.checked_add(1.week())))
            }
            Period::Month => self.month(local.date()),
        };
        found.unwrap_or(Span { start: time, end: time })
    }

    fn month(&self, date: Date) -> Result<Span, jiff::Error> {
        let begins = self.month_begins.clamp(1, 28);
        let of_this_month = date.first_of_month().checked_add(i64::from(begins - 1).days())?;
        let start = if date < of_this_month { of_this_month.checked_sub(1.month())? } else { of_this_month };
        self.days(start, start.checked_add(1.month()))
    }

    fn days(&self, first: Date, next: Result<Date, jiff::Error>) -> Result<Span, jiff::Error> {
        let midnight = |date: Date| Ok::<_, jiff::Error>(date.to_zoned(self.zone.clone())?.timestamp());
        Ok(Span { start: midnight(first)?, end: midnight(next?)? })
    }
}

/// From full hour to full hour by the local clock; it takes an hour also where clocks are put forward or back in it.
fn hour(local: &Zoned) -> Result<Span, jiff::Error> {
    let start = local.round(ZonedRound::new().smallest(Unit::Hour).mode(RoundMode::Trunc))?.timestamp();
    Ok(Span { start, end: start.checked_add(1.hour())? })
}
