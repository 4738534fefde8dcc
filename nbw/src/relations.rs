//! How the interfaces of nbw's own network namespace relate to each other, and to those of others. What follows from it
//! for sums is in [`crate::totals`].

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use crate::{
    links::{Link, Relation},
    resolve::netns::Netns,
    totals,
};

/// The interfaces that there are now, and which of them stand for the host.
#[derive(Debug, Default)]
pub struct Relations {
    links: HashMap<u32, Link>,
    edges: HashSet<u32>,
}

impl Relations {
    /// Those of these interfaces, which are all that the namespace has.
    pub fn of<'a>(links: impl Iterator<Item = &'a Link>) -> Self {
        let links: HashMap<u32, Link> = links.map(|link| (link.index, link.clone())).collect();
        Self { edges: totals::edges(&links), links }
    }

    /// Whether the host's total counts this interface.
    pub fn is_edge(&self, index: u32) -> bool {
        self.edges.contains(&index)
    }

    /// Name of the bridge, bond or the like that an interface is a port of.
    pub fn master(&self, index: u32) -> Option<Arc<str>> {
        self.name(self.links.get(&index)?.master?)
    }

    /// Name of the interface of the same namespace that an interface sits on.
    pub fn parent(&self, index: u32) -> Option<Arc<str>> {
        let joint = self.links.get(&index)?.joint?;
        let here = joint.relation == Relation::Parent && joint.namespace.is_none();
        here.then(|| self.name(joint.index)).flatten()
    }

    /// The interface here that an interface of another namespace is the other end of. Both ends have to say so: what is
    /// known of the other namespace may be some seconds old, and a cable may have been moved since.
    pub fn peer_of(&self, netns: &Netns, ifindex: u32) -> Option<&Link> {
        let there = netns.joint_home(ifindex)?;
        let link = self.links.get(&there.index)?;
        let here = link.joint?;
        let peers = there.relation == Relation::Peer && here.relation == Relation::Peer;
        let known = netns.ids.at_home.is_some() && here.namespace == netns.ids.at_home;
        (peers && known && here.index == ifindex).then_some(link)
    }

    /// Name of the interface here that an interface of another namespace sits on. Such an interface knows of none that
    /// sit on it: this may be some seconds old.
    pub fn parent_of(&self, netns: &Netns, ifindex: u32) -> Option<Arc<str>> {
        let joint = netns.joint_home(ifindex)?;
        (joint.relation == Relation::Parent).then(|| self.name(joint.index)).flatten()
    }

    fn name(&self, index: u32) -> Option<Arc<str>> {
        self.links.get(&index).map(|link| Arc::clone(&link.name))
    }
}
