//! Which columns each kind of row has, what matters most of them, and which of them a width has room for.

use crate::{
    snapshot::By,
    units::{PACKET_RATE_WIDTH, Units, VOLUME_WIDTH},
};

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Name,
    Kind,
    Place,
    Link,
    Runtime,
    Image,
    Pod,
    Namespace,
    Interfaces,
    Containers,
    User,
    Pid,
    Owner,
    Command,
    Protocol,
    Local,
    Age,
    Process,
    Country,
    Network,
    Connections,
    RxRate,
    TxRate,
    RxTotal,
    TxTotal,
    RxPackets,
    TxPackets,
    Share,
}

impl Column {
    /// What stands above it.
    pub(super) fn title(self, by: By) -> &'static str {
        match self {
            Self::Name if by == By::Remote => "host",
            Self::Name if by == By::Connection => "remote end",
            Self::Name => by.singular(),
            Self::Kind => "kind",
            Self::Place => "interface",
            Self::Link => "link",
            Self::Runtime => "runtime",
            Self::Image => "image",
            Self::Pod => "pod",
            Self::Namespace => "namespace",
            Self::Interfaces => "interfaces",
            Self::Containers => "containers",
            Self::User => "user",
            Self::Pid => "pid",
            Self::Owner => "owner",
            Self::Command => "command",
            Self::Protocol => "prot",
            Self::Local => "local end",
            Self::Age => "age",
            Self::Process => "process",
            Self::Country => "country",
            Self::Network => "network",
            Self::Connections => "open",
            Self::RxRate => "rx",
            Self::TxRate => "tx",
            Self::RxTotal => "rx total",
            Self::TxTotal => "tx total",
            Self::RxPackets => "rx packets",
            Self::TxPackets => "tx packets",
            Self::Share => "rx+tx",
        }
    }

    /// Whether it holds numbers: right-aligned, the greatest first unless reversed.
    pub(super) fn is_number(self) -> bool {
        matches!(
            self,
            Self::Link
                | Self::Pid
                | Self::Age
                | Self::Connections
                | Self::RxRate
                | Self::TxRate
                | Self::RxTotal
                | Self::TxTotal
                | Self::RxPackets
                | Self::TxPackets
                | Self::Share
        )
    }

    /// Columns that its figures take, where it has figures.
    fn figures(self, units: Units) -> Option<u16> {
        let width = match self {
            Self::RxRate | Self::TxRate => units.rate_width(),
            Self::RxTotal | Self::TxTotal => VOLUME_WIDTH,
            Self::RxPackets | Self::TxPackets => PACKET_RATE_WIDTH,
            _ => return None,
        };
        u16::try_from(width).ok()
    }
}

/// What a kind of row wants of a column.
#[derive(Debug, Clone, Copy)]
struct Wish {
    column: Column,
    /// What matters most has the lowest; columns of one rank are shown together or not at all.
    rank: u8,
    /// Characters that it needs at least, and has use for at most.
    least: u16,
    most: u16,
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

fn wishes(by: By) -> impl Iterator<Item = Wish> {
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

/// All columns of a kind, shown or not: what can be sorted by.
pub(super) fn all(by: By) -> Vec<Column> {
    wishes(by).map(|wish| wish.column).collect()
}

/// A column that has its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) column: Column,
    /// Distance from the left edge.
    pub(super) x: u16,
    pub(super) width: u16,
}

/// The columns that `width` has room for, with a space between each two. What is left over makes them wider.
pub(super) fn fit(by: By, width: u16, units: Units) -> Vec<Placed> {
    let wanted: Vec<Wish> = wishes(by)
        .map(|wish| match wish.column.figures(units) {
            Some(figures) => Wish { least: figures, most: figures, ..wish },
            None => wish,
        })
        .collect();
    let mut left = width;
    let mut shown: Vec<bool> = vec![false; wanted.len()];
    for rank in 0..=wanted.iter().map(|wish| wish.rank).max().unwrap_or(0) {
        let needed: u16 = wanted.iter().filter(|wish| wish.rank == rank).map(|wish| wish.least + 1).sum();
        if rank > 0 && needed <= left {
            left -= needed;
            wanted.iter().zip(&mut shown).filter(|(wish, _)| wish.rank == rank).for_each(|(_, shown)| *shown = true);
        } else if rank == 0 {
            // The first is there in any case, and the first column has no space before it.
            left = (left + 1).saturating_sub(needed);
            wanted.iter().zip(&mut shown).filter(|(wish, _)| wish.rank == 0).for_each(|(_, shown)| *shown = true);
        }
    }
    let mut placed: Vec<Wish> =
        wanted.into_iter().zip(shown).filter(|(_, shown)| *shown).map(|(wish, _)| wish).collect();
    widen(&mut placed, left);
    place(&placed, width)
}

/// Gives what is left over to those that matter most first.
fn widen(columns: &mut [Wish], mut left: u16) {
    let mut order: Vec<usize> = (0..columns.len()).collect();
    order.sort_by_key(|&at| columns[at].rank);
    for at in order {
        let more = left.min(columns[at].most - columns[at].least);
        columns[at].least += more;
        left -= more;
    }
}

fn place(columns: &[Wish], width: u16) -> Vec<Placed> {
    let mut x = 0;
    let mut placed = Vec::new();
    for wish in columns {
        let width = wish.least.min(width.saturating_sub(x));
        placed.push(Placed { column: wish.column, x, width });
        x += width + 1;
    }
    placed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(by: By, width: u16) -> Vec<Column> {
        fit(by, width, Units::Bits).into_iter().map(|placed| placed.column).collect()
    }

    #[test]
    fn what_matters_least_goes_first() {
        use Column::*;
        assert_eq!(shown(By::Interface, 40), [Name, RxRate, TxRate]);
        assert_eq!(shown(By::Interface, 80), [Name, Link, RxRate, TxRate, Share, RxTotal, TxTotal]);
        assert_eq!(shown(By::Connection, 80), [Protocol, Name, Local, Process, RxRate, TxRate]);
        for by in By::ALL {
            assert_eq!(shown(by, 300).len(), all(by).len(), "{by:?}");
            assert!(shown(by, 80).contains(&RxRate) && shown(by, 80).contains(&TxRate), "{by:?}");
        }
    }

    proptest! {
        #[test]
        fn columns_stand_side_by_side_within_the_width(width in 0_u16..400, kind in 0_usize..8, bits in any::<bool>()) {
            let units = if bits { Units::Bits } else { Units::Bytes };
            let placed = fit(By::ALL[kind], width, units);
            prop_assert!(!placed.is_empty());
            for pair in placed.windows(2) {
                prop_assert!(pair[0].x + pair[0].width < pair[1].x + u16::from(pair[1].width == 0));
            }
            prop_assert!(placed.iter().all(|column| column.width == 0 || column.x + column.width <= width));
        }

        #[test]
        fn a_wider_terminal_has_no_fewer_rates(width in 40_u16..400, kind in 0_usize..8) {
            let columns = shown(By::ALL[kind], width);
            prop_assert!(width < 48 || columns.contains(&Column::RxRate), "{columns:?}");
        }
    }
}
