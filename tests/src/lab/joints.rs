//! How the interfaces of a namespace are joined to others, by `ip link`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Netns;

/// What `ip` says of the interfaces of a namespace.
#[derive(Debug)]
pub struct Joints {
    /// For each that has its other end in, or sits on one in, another namespace that has a name: that namespace's name,
    /// and the other's index in it, to the own name.
    pub abroad: BTreeMap<(String, u64), BTreeSet<String>>,
    /// For each port its bridge or bond.
    pub masters: BTreeMap<String, String>,
}

impl Joints {
    /// Asks `ip` in a namespace.
    pub fn of(netns: &Netns) -> Self {
        let ids = rows(netns, "ip -j netns list-id");
        let names: BTreeMap<u64, &str> =
            ids.iter().filter_map(|row| Some((row["nsid"].as_u64()?, row["name"].as_str()?))).collect();
        let (mut abroad, mut masters) = (BTreeMap::<_, BTreeSet<String>>::new(), BTreeMap::new());
        for row in &rows(netns, "ip -j link show") {
            let own = row["ifname"].as_str().expect("a name").to_owned();
            if let Some(master) = row["master"].as_str() {
                masters.insert(own.clone(), master.to_owned());
            }
            let there = row["link_netnsid"].as_u64().and_then(|id| names.get(&id));
            if let (Some(name), Some(index)) = (there, row["link_index"].as_u64()) {
                abroad.entry((String::from(*name), index)).or_default().insert(own);
            }
        }
        Self { abroad, masters }
    }
}

fn rows(netns: &Netns, line: &str) -> Vec<Value> {
    let json = netns.run(line);
    // For an empty list some versions print nothing.
    if json.trim().is_empty() { Vec::new() } else { serde_json::from_str(&json).expect("JSON from ip") }
}
