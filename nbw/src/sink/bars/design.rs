//! Which columns the list of each kind has, and what they are worth: the texts are those of `row::Row::facts`.

use console::Alignment;

use crate::snapshot::By;

/// The columns of one kind.
#[derive(Debug)]
pub(super) struct Design {
    /// Heading of the names.
    pub(super) title: &'static str,
    /// Columns that names have at least, and at most, so that figures do not drift away from them.
    pub(super) name: (usize, usize),
    /// What stands between name and figures, from left to right.
    pub(super) facts: &'static [Fact],
    /// What is given room, most important first. Names and rates have theirs already.
    pub(super) order: &'static [Part],
}

/// A column between name and figures.
#[derive(Debug)]
pub(super) struct Fact {
    pub(super) title: &'static str,
    pub(super) width: usize,
    /// What [`Part::Wider`] adds.
    pub(super) more: usize,
    pub(super) alignment: Alignment,
}

/// What a list can have besides names and rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The column of this number in [`Design::facts`].
    Fact(usize),
    /// The same, left out where no row has anything in it.
    Optional(usize),
    /// More room for that column, if there is plenty.
    Wider(usize),
    /// Bytes since nbw attached.
    Total,
    Bar,
}

use Part::{Bar, Fact as Shown, Optional, Total, Wider};

const fn text(title: &'static str, width: usize, more: usize) -> Fact {
    Fact { title, width, more, alignment: Alignment::Left }
}

const fn number(title: &'static str, width: usize) -> Fact {
    Fact { title, width, more: 0, alignment: Alignment::Right }
}

const KIND: usize = "container".len();
const RUNTIME: usize = "containerd".len();
const USER: usize = 9;

static GROUP: Design = Design {
    title: "group",
    name: (14, 48),
    facts: &[text("kind", KIND, 0), text("interface", 9, 9), text("host's end", 15, 0)],
    order: &[Shown(1), Total, Shown(0), Bar, Wider(1), Optional(2)],
};

static CONTAINER: Design = Design {
    title: "container",
    name: (14, 48),
    facts: &[
        text("runtime", RUNTIME, 0),
        text("image", 14, 18),
        text("pod", 14, 10),
        text("interface", 9, 9),
        text("host's end", 15, 0),
    ],
    order: &[Optional(2), Total, Bar, Shown(1), Shown(0), Shown(3), Wider(1), Optional(4), Wider(3), Wider(2)],
};

static POD: Design = Design {
    title: "pod",
    name: (18, 48),
    facts: &[text("runtime", RUNTIME, 0), text("containers", 14, 18)],
    order: &[Total, Bar, Shown(1), Shown(0), Wider(1)],
};

static UNIT: Design = Design {
    title: "unit",
    name: (14, 48),
    facts: &[text("kind", "service".len(), 0), text("user", USER, 0)],
    order: &[Total, Optional(1), Bar, Shown(0)],
};

static PROCESS: Design = Design {
    title: "process",
    name: (14, 16),
    facts: &[number("pid", "4194304".len()), text("user", USER, 0), text("in", 14, 14), text("command", 20, 28)],
    order: &[Shown(0), Shown(2), Total, Bar, Shown(1), Shown(3), Wider(2), Wider(3)],
};

static CONNECTION: Design = Design {
    title: "remote end",
    name: ("255.255.255.255:65535".len(), 48),
    facts: &[
        text("type", "icmp6".len(), 0),
        text("local end", 16, 9),
        text("process", 14, 8),
        text("in", 14, 14),
        number("age", 4),
    ],
    order: &[Shown(2), Shown(0), Total, Bar, Shown(1), Shown(4), Wider(1), Shown(3), Wider(2), Wider(3)],
};

static REMOTE: Design = Design {
    title: "remote",
    name: ("255.255.255.255".len(), 48),
    facts: &[number("open", 5), text("address", 15, 24), text("country", 7, 0), text("network", 14, 18)],
    order: &[Shown(0), Total, Bar, Optional(1), Optional(2), Optional(3), Wider(3), Wider(1)],
};

/// The design for a kind; none for interfaces, which are no list.
pub(super) fn of(by: By) -> Option<&'static Design> {
    match by {
        By::Interface => None,
        By::Group => Some(&GROUP),
        By::Container => Some(&CONTAINER),
        By::Pod => Some(&POD),
        By::Unit => Some(&UNIT),
        By::Process => Some(&PROCESS),
        By::Connection => Some(&CONNECTION),
        By::Remote => Some(&REMOTE),
    }
}
