//! When vnStat's entries begin and end.

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};

use super::{
    json::{Dump, Entry, Moment},
    midnight,
};

/// The clock of the host that vnStat ran on.
pub(super) struct Calendar {
    zone: TimeZone,
    month_begins: i8,
}

/// The lengths of entries, from fine to coarse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    FiveMinutes,
    Hour,
    Day,
    Month,
    Year,
}

impl Length {
    pub(super) const ALL: [Self; 5] = [Self::FiveMinutes, Self::Hour, Self::Day, Self::Month, Self::Year];
}

impl Calendar {
    /// vnStat counts days in its host's zone or in UTC (`UseUTC`); where it says so by its Unix times, that is believed.
    pub(super) fn of(dump: &Dump, zone: &TimeZone, month_begins: i8) -> Self {
        let days = dump.interfaces.iter().flat_map(|interface| &interface.traffic.day);
        let told: Vec<(Date, i64)> = days.filter_map(|day| Some((date(&day.begin)?, day.begin.timestamp?))).collect();
        let fits = |zone: &TimeZone| told.iter().all(|(date, begin)| midnight(*date, zone) == Some(*begin));
        let known = [zone.clone(), TimeZone::system(), TimeZone::UTC];
        Self { zone: known.into_iter().find(fits).unwrap_or_else(|| zone.clone()), month_begins }
    }

    /// Begin and end of an entry, in seconds of Unix time; none for a date that there is not.
    pub(super) fn span(&self, entry: &Entry, length: Length) -> Option<(i64, i64)> {
        let date = date(&entry.begin)?;
        match length {
            Length::FiveMinutes => self.of_clock(&entry.begin, 300),
            Length::Hour => self.of_clock(&entry.begin, 3_600),
            Length::Day => self.dates(date, date.checked_add(1.day()).ok()?),
            Length::Month => {
                let begin = date.with().day(self.month_begins.clamp(1, 28)).build().ok()?;
                self.dates(begin, begin.checked_add(1.month()).ok()?)
            }
            Length::Year => {
                let begin = date.with().month(1).day(1).build().ok()?;
                self.dates(begin, begin.checked_add(1.year()).ok()?)
            }
        }
    }

    fn of_clock(&self, begin: &Moment, seconds: i64) -> Option<(i64, i64)> {
        let begin = self.second(begin)?.div_euclid(seconds) * seconds;
        Some((begin, begin + seconds))
    }

    fn dates(&self, begin: Date, end: Date) -> Option<(i64, i64)> {
        Some((midnight(begin, &self.zone)?, midnight(end, &self.zone)?))
    }

    /// A moment, in seconds of Unix time.
    pub(super) fn second(&self, moment: &Moment) -> Option<i64> {
        let clock = || {
            let time = jiff::civil::Time::new(moment.time.hour, moment.time.minute, 0, 0).ok()?;
            let zoned = date(moment)?.to_datetime(time).to_zoned(self.zone.clone()).ok()?;
            Some(zoned.timestamp().as_second())
        };
        let sane = |second: &i64| Timestamp::from_second(*second).is_ok();
        moment.timestamp.filter(sane).or_else(clock)
    }
}

fn date(moment: &Moment) -> Option<Date> {
    Date::new(moment.date.year, moment.date.month, moment.date.day).ok()
}
