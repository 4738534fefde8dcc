//! What leaves the host, by who has sent it to whom: no names are looked for.

use std::{collections::HashMap, net::IpAddr};

use nbw_common::abi::ip;

use super::{Connections, row::Row};

/// Bytes by local and remote address.
pub type Sent = HashMap<(IpAddr, IpAddr), u64>;

impl Connections {
    /// Every connection is kept from now on, also those that are open already.
    pub fn keep_rows(&mut self) {
        if std::mem::replace(&mut self.keep.rows, true) {
            return;
        }
        let slots = std::mem::take(&mut self.slots);
        slots.values().for_each(|live| self.enter(live));
        self.slots = slots;
    }

    /// What was sent since the last snapshot, of what is kept. Ask before [`Self::shown`].
    pub fn sent(&self) -> Sent {
        sum(self.rows())
    }
}

fn sum<'a>(rows: impl Iterator<Item = &'a Row>) -> Sent {
    let mut sent = Sent::new();
    for row in rows {
        let bytes = row.now.beyond(row.before).tx.bytes;
        if let (Some(local), Some(remote), 1..) = (ip(row.ident.local), row.remote(), bytes) {
            *sent.entry((local, remote)).or_default() += bytes;
        }
    }
    sent
}

#[cfg(test)]
mod tests {
    use nbw_common::abi::{ConnectionIdent, mapped};

    use super::*;
    use crate::{
        ledger::{Group, Place},
        rate::{Total, Totals},
    };

    fn row(id: u64, local: [u8; 4], remote: [u8; 4], before: u64, now: u64) -> Row {
        let address = |bytes: [u8; 4]| mapped(u32::from_ne_bytes(bytes));
        let ident = ConnectionIdent { local: address(local), remote: address(remote), ..ConnectionIdent::default() };
        let sent = |bytes| Totals { tx: Total { bytes, packets: 1 }, ..Totals::default() };
        let group = Group { row_id: 1, place: Place { netns: 1, ifindex: 1 } };
        let mut row = Row::new(id, &ident, group, jiff::Timestamp::UNIX_EPOCH);
        (row.before, row.now) = (sent(before), sent(now));
        row
    }

    #[test]
    fn it_is_summed_up_by_both_ends_and_since_the_last_reading() {
        let (host, near, far) = ([10, 0, 0, 2], [10, 0, 0, 3], [192, 0, 2, 7]);
        let rows =
            [row(1, host, far, 100, 150), row(2, host, far, 0, 7), row(3, host, near, 9, 9), row(4, far, host, 0, 1)];
        let [host, far] = [host, far].map(IpAddr::from);
        assert_eq!(sum(rows.iter()), Sent::from([((host, far), 57), ((far, host), 1)]));
    }
}
