//! Figures by watcher, each with its ratio to what it is without nbw.

use super::watched::Watcher;
use crate::bench::table::Table;

/// A figure.
struct Figure {
    what: String,
    watcher: Watcher,
    value: f64,
    unit: &'static str,
}

/// All figures, in the order in which they first came.
#[derive(Default)]
pub(super) struct Series(Vec<Figure>);

impl Series {
    /// Keeps the least of all rounds.
    pub(super) fn least(&mut self, what: &str, watcher: Watcher, value: f64, unit: &'static str) {
        self.keep(what, watcher, value, unit, f64::min);
    }

    /// Keeps the most of all rounds.
    pub(super) fn most(&mut self, what: &str, watcher: Watcher, value: f64, unit: &'static str) {
        self.keep(what, watcher, value, unit, f64::max);
    }

    fn keep(&mut self, what: &str, watcher: Watcher, value: f64, unit: &'static str, of: impl Fn(f64, f64) -> f64) {
        match self.0.iter_mut().find(|figure| figure.what == what && figure.watcher == watcher) {
            Some(figure) => figure.value = of(figure.value, value),
            None => self.0.push(Figure { what: what.into(), watcher, value, unit }),
        }
    }

    fn value(&self, what: &str, watcher: Watcher) -> Option<f64> {
        self.0.iter().find(|figure| figure.what == what && figure.watcher == watcher).map(|figure| figure.value)
    }

    /// The figures, one kind after another.
    pub(super) fn table(&self) -> Table {
        let mut table = Table::new("connections");
        let mut kinds: Vec<&str> = Vec::new();
        for figure in &self.0 {
            if !kinds.contains(&&*figure.what) {
                kinds.push(&figure.what);
            }
        }
        for what in kinds {
            self.kind(what, &mut table);
        }
        table
    }

    fn kind(&self, what: &str, table: &mut Table) {
        let without = self.value(what, Watcher::None);
        for figure in self.0.iter().filter(|figure| figure.what == what) {
            let name = format!("{what}-{}", figure.watcher.name());
            table.add(&name, figure.value, figure.unit);
            if let Some(without) = without.filter(|_| figure.watcher != Watcher::None) {
                table.add(format!("{name}-ratio"), figure.value / without, "of without");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_counts_and_has_its_ratio() {
        let mut series = Series::default();
        for (without, groups) in [(10.0, 15.0), (8.0, 12.0), (9.0, 14.0)] {
            series.least("message", Watcher::None, without, "ns");
            series.least("message", Watcher::Groups, groups, "ns");
        }
        let rows: Vec<(String, f64)> = series.table().rows.into_iter().map(|row| (row.name, row.value)).collect();
        let expected = [("message-without", 8.0), ("message-groups", 12.0), ("message-groups-ratio", 1.5)];
        assert_eq!(rows, expected.map(|(name, value)| (name.to_owned(), value)));
    }
}
