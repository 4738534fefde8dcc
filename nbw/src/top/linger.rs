//! Closed connections are reported once; they stay in the picture for some ticks more.

use std::collections::VecDeque;

use crate::snapshot::{Connection, ConnectionState, Flow, Snapshot};

/// Ticks for which a closed connection is shown, the one that it was closed in included.
pub(super) const TICKS: usize = 5;

/// Closed connections of earlier ticks that are shown at most; the newest stay.
pub(super) const MOST: usize = 2_048;

/// The connections that were closed lately, one list for each tick, the newest last.
#[derive(Debug, Default)]
pub(super) struct Linger(VecDeque<Vec<Connection>>);

impl Linger {
    /// Adds those of earlier ticks to the snapshot, at rest, and remembers those that it says are closed.
    pub(super) fn extend(&mut self, snapshot: &mut Snapshot) {
        let Some(connections) = &mut snapshot.rows.connections else { return };
        let closed = connections.iter().filter(|row| row.state == ConnectionState::Closed);
        let closed: Vec<Connection> = closed.rev().take(MOST).map(at_rest).collect();
        connections.extend(self.0.iter().rev().flatten().take(MOST).cloned());
        self.0.push_back(closed);
        if self.0.len() == TICKS {
            self.0.pop_front();
        }
    }
}

fn at_rest(connection: &Connection) -> Connection {
    let at_rest = |flow: &Flow| Flow { bytes: 0, packets: 0, bytes_per_second: 0.0, packets_per_second: 0.0, ..*flow };
    Connection { rx: at_rest(&connection.rx), tx: at_rest(&connection.tx), ..connection.clone() }
}
