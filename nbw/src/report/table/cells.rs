//! What is in a cell.

use super::{
    Drawing,
    columns::{Column, Value},
};
use crate::{
    report::rows::{self, Both, Row, Total},
    units,
};

impl Drawing<'_> {
    pub(super) fn of_row(&self, column: &Column, row: &Row) -> String {
        let units = self.report.units;
        // Nobody knows what was moved then: not that it was nothing.
        let unknown = row.part.recorded_seconds == 0 && row.is_idle();
        match column.value {
            Value::Time => self.report.label(row.part.start),
            Value::Name => self.name(&row.subject.name),
            Value::Total if unknown => "no record".to_owned(),
            _ if unknown => String::new(),
            Value::Rx => units::volume(row.point.rx.bytes),
            Value::Tx => units::volume(row.point.tx.bytes),
            Value::Total => units::volume(row.both().total()),
            Value::Average => units.rate(row.average()),
            Value::RxPeak => units.rate(row.point.rx.peak),
            Value::TxPeak => units.rate(row.point.tx.peak),
            Value::RxP95 => units.rate(row.point.rx_p95),
            Value::TxP95 => units.rate(row.point.tx_p95),
            Value::P95 => units.rate(row.point.rx_p95.max(row.point.tx_p95)),
            Value::Change => changed(row.previous, row.both()),
            Value::Quota => self.of_month(row.both()),
            _ => String::new(),
        }
    }

    /// How much of the quota a part has used, which is a month.
    fn of_month(&self, moved: Both) -> String {
        self.report.quota.map_or_else(String::new, |quota| rows::used(moved.total(), quota))
    }

    pub(super) fn of_total(&self, column: &Column, total: &Total) -> String {
        let (units, whole) = (self.report.units, total.whole);
        let at = |at: Option<jiff::Timestamp>| {
            let format = format!("%m-%d {}", self.report.clock());
            at.map_or_else(String::new, |at| self.report.calendar.local(at).strftime(&format).to_string())
        };
        match column.value {
            Value::Name => self.name(&total.subject.name),
            Value::Rx => units::volume(whole.rx.bytes),
            Value::Tx => units::volume(whole.tx.bytes),
            Value::Total => units::volume(total.both().total()),
            Value::Average => units.rate(total.average),
            Value::RxPeak => units.rate(whole.rx.peak),
            Value::RxPeakAt => at(whole.rx_peak_at),
            Value::TxPeak => units.rate(whole.tx.peak),
            Value::TxPeakAt => at(whole.tx_peak_at),
            Value::RxP95 => units.rate(whole.rx_p95),
            Value::TxP95 => units.rate(whole.tx_p95),
            Value::P95 => units.rate(total.billed()),
            Value::Month | Value::Estimate | Value::Quota if total.is_rest() => String::new(),
            Value::Month => units::volume(total.month.total()),
            Value::Estimate => total.month_estimate.map_or_else(String::new, |both| units::volume(both.total())),
            Value::Quota => self.report.quota.map_or_else(String::new, |quota| rows::used(total.month.total(), quota)),
            Value::Change => changed(total.previous, total.both()),
            Value::Time | Value::Place => String::new(),
        }
    }

    /// The last row of a subject's table.
    pub(super) fn sum(&self, column: &Column, total: &Total) -> String {
        match column.value {
            Value::Time => "total".into(),
            // Of many months there is none.
            Value::Quota => String::new(),
            _ => self.of_total(column, total),
        }
    }

    /// What a part that is not over will come to.
    pub(super) fn estimated(&self, column: &Column, estimate: Both) -> String {
        match column.value {
            Value::Time => "  estimated".into(),
            Value::Rx => units::volume(estimate.rx),
            Value::Tx => units::volume(estimate.tx),
            Value::Total => units::volume(estimate.total()),
            Value::Quota => self.of_month(estimate),
            _ => String::new(),
        }
    }
}

fn changed(previous: Option<Both>, now: Both) -> String {
    previous.map_or_else(String::new, |previous| rows::change(previous.total(), now.total()))
}
