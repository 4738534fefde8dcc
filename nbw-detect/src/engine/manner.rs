//! What a port's connections are like, of those that were watched: where nothing is ever as a signature looks for, it need not look.

use super::{
    flow::{Lru, lru},
    happening::{Happening, Sight},
    who::Who,
};
use crate::signature::{Counter, Signature};

/// So many connections, one after the other, of another kind say what a port is for.
const ENOUGH: u32 = 32;

/// Ports that are remembered.
const MOST: u32 = 4_096;

/// What was seen of a port: connections in a row that were of another kind, and until when nobody need look again.
#[derive(Debug, Clone, Copy, Default)]
struct Manner {
    unlike: u32,
    left: u64,
}

/// The ports, as one signature sees them.
#[derive(Debug)]
pub(crate) struct Manners {
    /// What an attempt is.
    attempt: Counter,
    /// For so long it is not looked again.
    leaves: u64,
    ports: Lru<(Who, u16), Manner>,
}

impl Manners {
    /// None for signatures that do not ask for connections to be watched, or do not judge them by how they went.
    pub(crate) fn new(signature: &Signature) -> Option<Self> {
        let attempt = signature.count.first()?;
        let judges = attempt.on == [Happening::TcpEnded] && (attempt.turns.is_some() || attempt.server_first.is_some());
        let leaves = signature.window.saturating_mul(1_000_000_000);
        let asks = !signature.watch.is_empty();
        (judges && asks).then(|| Self { attempt: attempt.clone(), leaves, ports: lru(MOST) })
    }

    /// A connection that was watched has ended.
    pub(crate) fn note(&mut self, sight: &Sight) {
        if sight.payload == 0 && sight.answer == 0 {
            return;
        }
        let like = self.is_like(sight);
        let Some(port) = self.ports.get_or_insert((sight.target, sight.target_port), Manner::default) else { return };
        port.unlike = if like { 0 } else { port.unlike + 1 };
        if port.unlike >= ENOUGH {
            *port = Manner { unlike: 0, left: sight.time.saturating_add(self.leaves) };
        }
    }

    /// Whether it might have been an attempt, however much was said.
    fn is_like(&self, sight: &Sight) -> bool {
        let turns = self.attempt.turns.as_ref().is_none_or(|turns| u32::from(sight.turns) >= *turns.0.start());
        turns && self.attempt.server_first.is_none_or(|first| first == sight.server_first)
    }

    /// Whether the port was seen to be of another kind a while ago.
    pub(crate) fn leave(&self, sight: &Sight) -> bool {
        self.ports.peek(&(sight.target, sight.target_port)).is_some_and(|port| port.left > sight.time)
    }
}
