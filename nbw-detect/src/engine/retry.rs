//! Whether a SYN is sent again by a socket that waits for its answer, or is another one.

/// Between a SYN and the first repeat: 1 s (RFC 6298; Linux, macOS, Windows since 10) or 3 s (before: RFC 1122), and what timers and paths
/// add.
const FIRST: [(u64, u64); 2] = [(900_000_000, 1_300_000_000), (2_700_000_000, 3_500_000_000)];

/// Repeats of one socket at most: 6 of Linux (tcp_syn_retries) and 4 that come by the second before (tcp_syn_linear_timeouts, since 6.5);
/// as many of macOS.
const MOST: u8 = 10;

/// A packet that was seen twice.
const TWICE: u64 = 5_000_000;

/// When SYNs of the same ports came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Retry {
    last: u64,
    gap: u64,
    repeats: u8,
    /// The last one was a repeat.
    repeated: bool,
}

impl Retry {
    pub(super) fn new(now: u64) -> Self {
        Self { last: now, gap: 0, repeats: 0, repeated: false }
    }

    /// There is one more: whether a socket repeats its SYN like this. Who has done so too often is no socket.
    pub(super) fn again(&mut self, now: u64) -> bool {
        let gap = now.saturating_sub(self.last);
        if self.repeated && gap < TWICE {
            self.repeated = false;
            return true;
        }
        let within = |(from, to): (u64, u64)| (from..=to).contains(&gap);
        let regular = match self.gap {
            0 => FIRST.into_iter().any(within),
            before => within((before / 10 * 9, before / 10 * 13)) || within((before / 10 * 17, before / 10 * 25)),
        };
        self.last = now;
        self.repeated = regular && self.repeats < MOST;
        if self.repeated {
            (self.gap, self.repeats) = (gap, self.repeats + 1);
        } else if self.repeats < MOST {
            (self.gap, self.repeats) = (0, 0);
        }
        self.repeated
    }
}
