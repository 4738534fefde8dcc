//! What the picture remembers between ticks: each interface's last rates and highest ones.

use std::collections::{HashMap, VecDeque};

use crate::snapshot::{Flow, Interface, Snapshot};

/// Ticks that are remembered, and the columns of the widest sparkline.
pub(super) const TICKS: usize = 20;

/// One direction's past, in bytes a second.
#[derive(Debug, Clone, Default)]
pub(super) struct Past {
    rates: VecDeque<f64>,
    /// The highest rate seen.
    pub(super) peak: f64,
}

impl Past {
    fn push(&mut self, flow: &Flow) {
        if self.rates.len() == TICKS {
            self.rates.pop_front();
        }
        self.rates.push_back(flow.bytes_per_second);
        self.peak = self.peak.max(flow.bytes_per_second);
    }

    /// The last rates in `width` columns, newest at the right, the highest of them at full height.
    pub(super) fn sparkline(&self, width: usize) -> String {
        let known = self.rates.len().min(width);
        let recent = || self.rates.iter().skip(self.rates.len() - known).copied();
        let top = recent().fold(0.0, f64::max);
        let blank = std::iter::repeat_n(' ', width - known);
        blank.chain(recent().map(|rate| level(rate, top))).collect()
    }
}

/// A block for one rate; only nothing at all gets the lowest.
fn level(rate: f64, top: f64) -> char {
    const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    if rate <= 0.0 || top <= 0.0 {
        return LEVELS[0];
    }
    let step = (rate / top * 7.0).ceil() as usize;
    LEVELS[step.clamp(1, 7)]
}

/// Both directions of one interface.
#[derive(Debug, Clone, Default)]
pub(super) struct Pasts {
    pub(super) rx: Past,
    pub(super) tx: Past,
}

/// The past of every interface in the last snapshot, by ifindex.
#[derive(Debug, Default)]
pub(super) struct History(HashMap<u32, Pasts>);

impl History {
    /// Adds a tick and forgets interfaces that are gone.
    pub(super) fn record(&mut self, snapshot: &Snapshot) {
        self.0.retain(|index, _| snapshot.interfaces.iter().any(|interface| interface.index == *index));
        for interface in &snapshot.interfaces {
            let pasts = self.0.entry(interface.index).or_default();
            pasts.rx.push(&interface.rx);
            pasts.tx.push(&interface.tx);
        }
    }

    /// The past of `interface`; empty for an unknown one.
    pub(super) fn of(&self, interface: &Interface) -> Pasts {
        self.0.get(&interface.index).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::fixture;
    use super::*;

    fn past(rates: &[i64]) -> Past {
        let mut past = Past::default();
        rates.iter().for_each(|&rate| past.push(&fixture::flow(rate)));
        past
    }

    #[test]
    fn a_sparkline_grows_from_the_right() {
        assert_eq!(past(&[0, 1, 50, 100]).sparkline(6), "  ▁▂▅█");
        assert_eq!(past(&[900, 1, 2]).sparkline(2), "▅█");
        assert_eq!(past(&[]).sparkline(3), "   ");
    }

    #[test]
    fn a_peak_outlives_the_window() {
        let mut rates = vec![0; 40];
        rates[0] = 7;
        let past = past(&rates);
        assert_eq!(past.rates.len(), TICKS);
        assert_eq!(past.peak, 7.0);
    }

    #[test]
    fn what_is_gone_is_forgotten() {
        let mut history = History::default();
        history.record(&fixture::snapshot());
        let mut snapshot = fixture::later();
        let gone = snapshot.interfaces.remove(0);
        history.record(&snapshot);
        assert_eq!(history.of(&gone).rx.peak, 0.0);
        assert!(history.of(&snapshot.interfaces[0]).rx.peak > 0.0);
    }
}
