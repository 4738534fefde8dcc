//! What interfaces are called, here and in other network namespaces.

use std::sync::Arc;

use super::{Scene, View};
use crate::{ledger::Place, links::Link};

/// The names of a [`Place`].
pub(super) struct Located {
    /// The interface, in its network namespace.
    pub(super) interface: Arc<str>,
    /// The network namespace.
    pub(super) netns: Arc<str>,
    /// The host's interface that it is the other end of.
    pub(super) peer: Option<Arc<str>>,
    /// The host's interface that it sits on.
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
    pub(super) fn peer(&self, place: Place, scene: &Scene<'_>) -> Option<&Link> {
        self.relations.peer_of(scene.around.netns.known(place.netns)?, place.ifindex)
    }

    /// What the interface is called.
    pub(super) fn locate(&self, place: Place, scene: &Scene<'_>) -> Located {
        let named = |name: Option<&Arc<str>>| match name {
            Some(name) => Arc::clone(name),
            None => format!("if{}", place.ifindex).into(),
        };
        if place.netns == scene.around.host {
            let name = self.links.get(&place.ifindex).map(|link| &link.name);
            return Located::at(named(name), Arc::clone(&self.host));
        }
        if place.netns == 0 {
            return Located::at(named(None), "unknown".into());
        }
        let Some(found) = scene.around.netns.known(place.netns) else {
            return Located::at(named(None), format!("netns {}", place.netns).into());
        };
        let name = found.links.get(&place.ifindex).map(|link| &link.name);
        Located {
            peer: self.peer(place, scene).map(|peer| Arc::clone(&peer.name)),
            parent: self.relations.parent_of(found, place.ifindex),
            ..Located::at(named(name), Arc::clone(&found.name))
        }
    }
}
