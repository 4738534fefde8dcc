//! Takes back the slots that nothing is heard of.

use std::time::Duration;

use nbw_common::abi::kind;

use super::{Connections, Live};
use crate::{bpf::ConnectionSlots, failure::Failure};

/// How long a remote end of an unconnected socket may be silent before its slot is taken back, while there are plenty.
const SILENT: Duration = Duration::from_secs(60);
/// The same when half of the slots are taken.
const SILENT_WHEN_SCARCE: Duration = Duration::from_secs(5);

/// How often, at most, all that is silent is taken back, when three quarters of the slots are taken.
const SWEEP: Duration = Duration::from_secs(10);

impl Connections {
    /// Takes back the slots of remote ends that nothing is heard of.
    pub(super) fn retire_silent(&mut self, slots: &[u32], table: &mut ConnectionSlots) -> Result<(), Failure> {
        let patience = if slots.len() > self.capacity / 2 { SILENT_WHEN_SCARCE } else { SILENT };
        for &slot in slots {
            let silent = |live: &Live| live.ident.kind == kind::END && live.idle_since.elapsed() > patience;
            if self.slots.get(&slot).is_some_and(silent) {
                self.close_end(slot, table)?;
            }
        }
        Ok(())
    }

    /// When slots are scarce, takes back those of all sockets that are silent: of some the kernel does not tell the end (its
    /// own, or one whose last packet came while it was closed). A socket that was only silent takes a new one.
    pub(super) fn sweep(&mut self, slots: &[u32], table: &mut ConnectionSlots) -> Result<(), Failure> {
        let scarce = slots.len() > self.capacity / 4 * 3;
        if !scarce || self.swept.is_some_and(|swept| swept.elapsed() < SWEEP) {
            return Ok(());
        }
        self.swept = Some(self.now);
        table.forget();
        for &slot in slots {
            let silent = |live: &Live| live.ident.kind != kind::END && live.idle_since.elapsed() > SILENT_WHEN_SCARCE;
            if self.slots.get(&slot).is_some_and(silent) {
                self.close(slot, table)?;
            }
        }
        Ok(())
    }
}
