//! What was moved while the clock could not be right: a board without a clock of its own begins in 1970, until the network tells.

use jiff::Timestamp;
use tracing::warn;

use super::moved::Tick;

/// So many subjects are held at most; what is beyond them is given up.
const MOST: usize = 20_000;

/// Ticks as one, without a time of day.
#[derive(Default)]
pub(super) struct Held {
    tick: Option<Tick>,
}

impl Held {
    /// Holds a tick until the clock is right. Tells how many bytes are given up, since that takes too long.
    pub(super) fn take(&mut self, tick: Tick) -> u64 {
        let Some(held) = &mut self.tick else {
            let time = Timestamp::from_millisecond(tick.to).unwrap_or_default();
            warn!("the clock says {time:.0}, which cannot be: the history is written when it has been set");
            self.tick = Some(tick);
            return 0;
        };
        held.join(tick);
        if held.moved.len() <= MOST {
            return 0;
        }
        warn!("the clock is still wrong: what was moved until now is not in the history; set the clock");
        let given_up = std::mem::take(&mut held.moved);
        let bytes = given_up.values().flat_map(|(_, amounts)| [amounts[0], amounts[2]]);
        // It was moved when nobody knows, and is not spread over what comes.
        held.from = held.to;
        bytes.fold(0, |sum: u64, bytes| sum.saturating_add(bytes.max(0) as u64))
    }

    /// A tick with what was held before it.
    pub(super) fn before(&mut self, mut tick: Tick) -> Tick {
        if let Some(held) = self.tick.take() {
            tick.join(held);
        }
        tick
    }

    /// Whether nothing is held.
    pub(super) fn is_empty(&self) -> bool {
        self.tick.is_none()
    }
}
