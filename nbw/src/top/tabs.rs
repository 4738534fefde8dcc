//! The line of tabs: what is written on them, and where each one is.

use crate::{
    fit,
    snapshot::{By, Snapshot},
};

use super::rows;

/// A tab's place on its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tab {
    pub(super) by: By,
    pub(super) x: u16,
    pub(super) width: u16,
    pub(super) text: String,
}

/// How much is written on the tabs; what fits best is taken.
#[derive(Debug, Clone, Copy)]
enum Wording {
    NumberedPlural,
    Plural,
    Singular,
    Short,
    ShortUncounted,
    Letters,
}

const WORDINGS: [Wording; 6] = [
    Wording::NumberedPlural,
    Wording::Plural,
    Wording::Singular,
    Wording::Short,
    Wording::ShortUncounted,
    Wording::Letters,
];

/// The tabs on a line of `width` columns, with the counts of `snapshot`.
pub(super) fn place(snapshot: Option<&Snapshot>, width: u16) -> Vec<Tab> {
    let count = |by| snapshot.and_then(|snapshot| rows::count(snapshot, by));
    let mut tabs = Vec::new();
    for wording in WORDINGS {
        tabs = worded(wording, count);
        if tabs.last().is_none_or(|tab: &Tab| tab.x + tab.width <= width) {
            break;
        }
    }
    tabs
}

fn worded(wording: Wording, count: impl Fn(By) -> Option<usize>) -> Vec<Tab> {
    let mut x = 0;
    let tab = |(at, by): (usize, By)| {
        let text = format!(" {} ", words(wording, at + 1, by, count(by)));
        let width = u16::try_from(fit::width(&text)).unwrap_or(u16::MAX);
        let tab = Tab { by, x, width, text };
        x += width;
        tab
    };
    By::ALL.into_iter().enumerate().map(tab).collect()
}

fn words(wording: Wording, number: usize, by: By, count: Option<usize>) -> String {
    let count = count.map_or_else(String::new, |count| format!(" {count}"));
    match wording {
        Wording::NumberedPlural => format!("{number} {}{count}", by.plural()),
        Wording::Plural => format!("{}{count}", by.plural()),
        Wording::Singular => format!("{}{count}", by.singular()),
        Wording::Short => format!("{}{count}", short(by)),
        Wording::ShortUncounted => short(by).to_owned(),
        Wording::Letters => short(by).chars().take(2).collect(),
    }
}

fn short(by: By) -> &'static str {
    match by {
        By::Interface => "iface",
        By::Container => "cont",
        By::Process => "proc",
        By::Connection => "conn",
        By::Group | By::Pod | By::Unit | By::Remote => by.singular(),
    }
}
