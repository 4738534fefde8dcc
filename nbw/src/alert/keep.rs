//! Bounds: what is kept where there is more than there is room for.

use std::{collections::BTreeMap, sync::Arc};

/// Drops all but the `most` greatest. Whether some had to go.
pub(super) fn greatest<V, W: PartialOrd + Copy>(
    map: &mut BTreeMap<Arc<str>, V>,
    most: usize,
    weight: impl Fn(&V) -> W,
) -> bool {
    if map.len() <= most {
        return false;
    }
    let mut order: Vec<(W, Arc<str>)> = map.iter().map(|(key, value)| (weight(value), Arc::clone(key))).collect();
    order.sort_by(|a, b| b.0.partial_cmp(&a.0).unwrap_or(std::cmp::Ordering::Equal));
    for (_, key) in order.drain(most..) {
        map.remove(&key);
    }
    true
}
