//! Sets of ports that have a name: `[ports]` of a file. Where ports are listed, a set's name stands for all of it.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::{
    Spanned,
    de::{DeArray, DeTable, DeValue},
};

use super::form::Range;

/// Sets by their names.
pub(super) type Sets = BTreeMap<String, Vec<Range>>;

/// Of a file, only its sets.
#[derive(Deserialize)]
pub(super) struct File {
    #[serde(default)]
    pub(super) ports: Sets,
}

/// Puts in place of names what they stand for, in all counters of a file's signatures. What is no set's name is left as it is.
pub(super) fn put_in(document: &mut DeTable<'_>, sets: &Sets) {
    for signature in tables(document, "signature") {
        for counter in tables(signature, "count") {
            let lists = counter.iter_mut().filter(|(key, _)| key.get_ref().ends_with("-ports"));
            for (_, list) in lists {
                if let DeValue::Array(list) = list.get_mut() {
                    let all = std::mem::replace(list, DeArray::new());
                    *list = all.into_iter().flat_map(|port| numbers(port, sets)).collect();
                }
            }
        }
    }
}

/// The tables of an array.
fn tables<'a, 'i>(table: &'a mut DeTable<'i>, name: &str) -> impl Iterator<Item = &'a mut DeTable<'i>> {
    let array = table.iter_mut().find(|(key, _)| key.get_ref() == name).and_then(|(_, value)| match value.get_mut() {
        DeValue::Array(array) => Some(array),
        _ => None,
    });
    let values = array.map(|array: &mut DeArray<'i>| array.iter_mut()).into_iter().flatten();
    values.filter_map(|value| match value.get_mut() {
        DeValue::Table(table) => Some(table),
        _ => None,
    })
}

fn numbers<'i>(port: Spanned<DeValue<'i>>, sets: &Sets) -> Vec<Spanned<DeValue<'i>>> {
    match port.get_ref().as_str().and_then(|name| sets.get(name)) {
        Some(set) => {
            let text = |range: &Range| DeValue::String(range.text().into());
            set.iter().map(|range| Spanned::new(port.span(), text(range))).collect()
        }
        None => vec![port],
    }
}
