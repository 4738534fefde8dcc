//! What each kind of row wants to show, and what of it matters most.

use super::Column;
use crate::snapshot::By;

/// What a kind of row wants of a column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish {
    pub(super) column: Column,
    /// What matters most has the lowest; columns of one rank are shown together or not at all.
    pub(super) rank: u8,
    /// Characters that it needs at least, and has use for at most.
    pub(super) least: u16,
    pub(super) most: u16,
}

const fn wish(column: Column, rank: u8, least: u16, most: u16) -> Wish {
    Wish { column, rank, least, most }
}

/// Rates, totals, packets and the bar, which every kind has. Figures have the width that they need.
const fn figures(totals: u8, share: u8, packets: u8) -> [Wish; 7] {
    [
        wish(Column::RxRate, 1, 0, 0),
        wish(Column::TxRate, 1, 0, 0),
        wish(Column::Share, share, 6, 24),
        wish(Column::RxTotal, totals, 0, 0),
        wish(Column::TxTotal, totals, 0, 0),
        wish(Column::RxPackets, packets, 0, 0),
        wish(Column::TxPackets, packets, 0, 0),
    ]
}

/// What a kind's rows say besides their figures.
fn texts(by: By) -> &'static [Wish] {
    use Column::*;
    match by {
        By::Interface => const { &[wish(Name, 0, 10, 24), wish(Link, 4, 10, 10)] },
        By::Group => const { &[wish(Name, 0, 14, 48), wish(Kind, 4, 9, 9), wish(Place, 2, 9, 20)] },
        By::Container => {
            const {
                &[
                    wish(Name, 0, 14, 32),
                    wish(Runtime, 3, 10, 10),
                    wish(Image, 5, 12, 40),
                    wish(Pod, 7, 10, 32),
                    wish(Interfaces, 4, 9, 28),
                ]
            }
        }
        By::Pod => {
            const {
                &[
                    wish(Name, 0, 18, 48),
                    wish(Namespace, 3, 10, 24),
                    wish(Runtime, 6, 10, 10),
                    wish(Containers, 5, 10, 40),
                ]
            }
        }
        By::Unit => const { &[wish(Name, 0, 16, 48), wish(Kind, 3, 7, 7), wish(User, 4, 8, 16)] },
        By::Process => {
            const {
                &[
                    wish(Pid, 1, 7, 7),
                    wish(Name, 0, 13, 20),
                    wish(User, 5, 8, 14),
                    wish(Owner, 2, 12, 32),
                    wish(Command, 6, 14, 60),
                ]
            }
        }
        By::Connection => {
            const {
                &[
                    wish(Protocol, 2, 4, 5),
                    wish(Name, 0, 21, 44),
                    wish(Local, 3, 14, 30),
                    wish(Process, 2, 10, 16),
                    wish(Owner, 6, 12, 28),
                    wish(Age, 5, 6, 6),
                    wish(Place, 8, 9, 16),
                ]
            }
        }
        By::Remote => {
            const { &[wish(Name, 0, 21, 48), wish(Connections, 3, 6, 6), wish(Country, 4, 7, 7), wish(Network, 5, 12, 40)] }
        }
    }
}

/// All that a kind of row wants, from left to right.
pub(super) fn wishes(by: By) -> impl Iterator<Item = Wish> {
    let figures = match by {
        By::Interface => figures(2, 3, 5),
        By::Group => figures(3, 5, 6),
        By::Container | By::Pod => figures(2, 8, 9),
        By::Unit => figures(2, 5, 6),
        By::Process => figures(3, 7, 8),
        By::Connection => figures(4, 9, 10),
        By::Remote => figures(2, 6, 7),
    };
    texts(by).iter().copied().chain(figures)
}
