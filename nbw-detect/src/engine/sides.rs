//! Whether both directions of connections are to be seen here, or one only: by a mirror of one direction, say, or by routes that differ.

use super::happening::{Happening, Sight};

/// So many connections of which one side is seen may be chance: the other side's packets were lost, or came before the capture.
const CHANCE: u64 = 16;

/// What was seen counts half after so long.
const HALF: u64 = 60_000_000_000;

/// How many connections were seen from one side, and how many from both.
#[derive(Debug, Default)]
pub(crate) struct Sides {
    one: u64,
    both: u64,
    halved: u64,
}

impl Sides {
    /// Whether that says something.
    pub(crate) fn see(&mut self, sight: &Sight) -> bool {
        match sight.what {
            Happening::TcpOneSided => self.one += sight.count,
            Happening::TcpAnswered | Happening::TcpRefused => self.both += sight.count,
            _ => return false,
        }
        true
    }

    /// Whether most are seen from one side only.
    pub(crate) fn are_one(&self) -> bool {
        self.one >= CHANCE && self.one > self.both
    }

    /// It is that late.
    pub(crate) fn advance(&mut self, now: u64) {
        if now.abs_diff(self.halved) >= HALF {
            (self.one, self.both, self.halved) = (self.one / 2, self.both / 2, now);
        }
    }
}
