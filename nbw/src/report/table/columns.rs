//! The columns of tables, and which go first where there is no room.

use crate::{
    history::query::Every,
    report::Report,
    units::{Units, VOLUME_WIDTH},
};

/// What a column has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    Place,
    Time,
    Name,
    Rx,
    Tx,
    Total,
    Average,
    RxPeak,
    RxPeakAt,
    TxPeak,
    TxPeakAt,
    RxP95,
    TxP95,
    P95,
    Month,
    Estimate,
    Quota,
    Change,
}

impl Value {
    /// Columns that its widest cell can take: tables of several subjects look alike.
    pub(super) fn least(self, units: Units) -> usize {
        match self {
            Self::Rx | Self::Tx | Self::Total | Self::Month | Self::Estimate => VOLUME_WIDTH,
            Self::Average | Self::RxPeak | Self::TxPeak | Self::RxP95 | Self::TxP95 | Self::P95 => units.rate_width(),
            _ => 0,
        }
    }
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) title: &'static str,
    pub(super) value: Value,
    /// The higher, the earlier it goes, with all that have the same; those of 0 stay.
    pub(super) spare: u8,
}

const fn column(title: &'static str, value: Value, spare: u8) -> Column {
    Column { title, value, spare }
}

const MOVED: [Column; 4] = [
    column("rx", Value::Rx, 10),
    column("tx", Value::Tx, 10),
    column("total", Value::Total, 0),
    column("average", Value::Average, 14),
];

/// Of the sums of subjects.
pub(super) fn of_sums(report: &Report) -> Vec<Column> {
    let mut columns = vec![column(crate::report::singular(report.kind), Value::Name, 0)];
    columns.extend(MOVED);
    columns.extend(change(report));
    columns.extend([
        column("rx peak", Value::RxPeak, 18),
        column("at", Value::RxPeakAt, 20),
        column("tx peak", Value::TxPeak, 18),
        column("at", Value::TxPeakAt, 20),
        column("rx p95", Value::RxP95, 19),
        column("tx p95", Value::TxP95, 19),
        column("p95", Value::P95, 16),
    ]);
    columns.extend(report.has_month().then_some(column("this month", Value::Month, 17)));
    columns.extend((report.has_month() && report.estimates()).then_some(column("estimate", Value::Estimate, 15)));
    columns.extend(quota(report));
    columns
}

/// Of the parts of one subject.
pub(super) fn of_parts(report: &Report) -> Vec<Column> {
    let mut columns = vec![column(crate::report::calendar::noun(report.every), Value::Time, 0)];
    columns.extend(MOVED);
    columns.extend(change(report));
    columns.extend(RATES);
    // It is a month's.
    columns.extend(quota(report).filter(|_| report.every == Every::Month));
    columns
}

/// Of the busiest parts.
pub(super) fn of_top(report: &Report) -> Vec<Column> {
    let mut columns =
        vec![column("#", Value::Place, 21), column(crate::report::calendar::noun(report.every), Value::Time, 0)];
    columns.push(column(crate::report::singular(report.kind), Value::Name, 0));
    columns.extend(MOVED);
    columns.extend(change(report));
    columns.extend(RATES);
    columns
}

const RATES: [Column; 5] = [
    column("rx peak", Value::RxPeak, 18),
    column("tx peak", Value::TxPeak, 18),
    column("rx p95", Value::RxP95, 19),
    column("tx p95", Value::TxP95, 19),
    column("p95", Value::P95, 16),
];

fn quota(report: &Report) -> Option<Column> {
    report.quota.map(|_| column("quota", Value::Quota, 11))
}

fn change(report: &Report) -> Option<Column> {
    report.previous.as_ref().map(|_| column("change", Value::Change, 12))
}
