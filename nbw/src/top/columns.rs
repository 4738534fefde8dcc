//! Which columns each kind of row has, what matters most of them, and which of them a width has room for.

mod wishes;

use self::wishes::{Wish, wishes};
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
            Self::Interfaces => "through",
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

/// Deals out what is left over, a character each in turn, to those that have use for it.
fn widen(columns: &mut [Wish], mut left: u16) {
    loop {
        let before = left;
        for wish in columns.iter_mut().filter(|wish| wish.least < wish.most) {
            if left == 0 {
                return;
            }
            wish.least += 1;
            left -= 1;
        }
        if left == before {
            return;
        }
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
