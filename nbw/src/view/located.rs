//! Where a group's traffic was, by names.

use std::sync::Arc;

use crate::{ledger::Place, links::Link, resolve::netns::NetnsTable};

use super::View;

/// The names of a [`Place`].
pub(super) struct Located {
    pub(super) interface: Arc<str>,
    pub(super) netns: Arc<str>,
    pub(super) peer: Option<Arc<str>>,
    pub(super) parent: Option<Arc<str>>,
}

impl Located {
    /// Joined to no interface of the host.
    fn at(interface: Arc<str>, netns: Arc<str>) -> Self {
        Self { interface, netns, peer: None, parent: None }
    }
}

impl View {
    /// The other end, here, of an interface of another namespace.
    pub(super) fn peer(&self, place: Place, netns: &NetnsTable) -> Option<&Link> {
        self.relations.peer_of(netns.known(place.netns)?, place.ifindex)
    }

    /// Names a place.
    pub(super) fn locate(&self, place: Place, netns: &NetnsTable, host: u64) -> Located {
        let named = |name: Option<&Arc<str>>| match name {
            Some(name) => Arc::clone(name),
            None => format!("if{}", place.ifindex).into(),
        };
        if place.netns == host {
            let name = self.links.get(&place.ifindex).map(|link| &link.name);
            return Located::at(named(name), Arc::clone(&self.host));
        }
        if place.netns == 0 {
            return Located::at(named(None), "unknown".into());
        }
        let Some(found) = netns.known(place.netns) else {
            return Located::at(named(None), format!("netns {}", place.netns).into());
        };
        let name = found.links.get(&place.ifindex).map(|link| &link.name);
        Located {
            peer: self.peer(place, netns).map(|peer| Arc::clone(&peer.name)),
            parent: self.relations.parent_of(found, place.ifindex),
            ..Located::at(named(name), Arc::clone(&found.name))
        }
    }
}
