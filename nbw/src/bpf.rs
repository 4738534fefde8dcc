//! The kernel side as userspace handles it: load, attach, read, take slots back. Only this module knows aya.

mod attach;
mod clsact;
mod connection_slots;
mod counters;
mod detect;
mod free_slots;
mod group_slots;
mod link_slots;
mod load;
mod log;
mod membarrier;
mod netns_cookie;
mod owners;
mod ring;
mod room;
mod shared;
mod sockets;

use nbw_common::abi::{HEALTH_STRIDE, Trouble, maps};

use self::{attach::Attachments, shared::Words};
pub use self::{
    attach::{Hook, is_watched},
    connection_slots::{ConnectionSlots, SlotEvent},
    detect::{DetectOptions, Digests, Read},
    group_slots::GroupSlots,
    link_slots::LinkSlots,
    load::{LoadOptions, Object, cpus_for, object_bytes},
    log::forward_logs,
    membarrier::grace_period,
    netns_cookie::netns_cookie,
    owners::OwnerMap,
    room::Room,
};
use crate::{cgroup_root::CgroupRoot, failure::Failure, snapshot::Health, text};

/// nbw's kernel side, loaded. Dropping it detaches everything.
pub struct Kernel {
    /// Counters and identities of groups.
    pub groups: GroupSlots,
    /// Counters and identities of interfaces.
    pub links: LinkSlots,
    /// Counters and identities of connections, where they are counted.
    pub connections: Option<ConnectionSlots>,
    /// What is seen of packets of interest, where attacks are looked for.
    pub digests: Option<Digests>,
    attachments: Attachments,
    health: Words,
    cpus: u32,
    object: Object,
}

impl Kernel {
    /// Loads the programs; nothing is attached yet.
    ///
    /// # Errors
    /// [`Failure::Lacking`] names the privilege, kernel feature or mount that is missing; [`Failure::Running`] the
    /// file in which the verifier's log was saved.
    pub fn load(options: &LoadOptions) -> Result<Self, Failure> {
        let mut object = Object::load(options)?;
        let attachments = Attachments::new(options.hook);
        Ok(Self {
            groups: GroupSlots::open(&mut object)?,
            links: LinkSlots::open(&mut object, netns_cookie()?)?,
            connections: options.connection_slots.map(|slots| ConnectionSlots::open(&mut object, slots)).transpose()?,
            digests: options.detect.map(|_| Digests::open(&mut object)).transpose()?,
            attachments,
            health: object.map_words(maps::HEALTH, object.cpus * HEALTH_STRIDE, size_of::<u64>())?,
            cpus: object.cpus,
            object,
        })
    }

    /// Begins to count for groups. Interfaces come first: what is counted for one only is unattributed, not undelivered.
    ///
    /// # Errors
    /// [`Failure::Lacking`] when the kernel refuses.
    pub fn attach_groups(&mut self, root: &CgroupRoot) -> Result<(), Failure> {
        self.attachments.attach_groups(&mut self.object, root)
    }

    /// Begins to count an interface of nbw's own network namespace.
    ///
    /// # Errors
    /// [`Failure`] if there is no slot for it or the kernel refuses; the interface may also have vanished.
    pub fn attach_link(&mut self, index: u32, name: &str, link_header: u32) -> Result<(), Failure> {
        self.links.take(index, link_header)?;
        if self.digests.is_some() && !detect::can_read(link_header) {
            let name = text::clean(name);
            tracing::warn!(
                "no attacks are looked for on interface {name}: its packets are neither Ethernet's nor bare IP"
            );
        }
        let attached = self.attachments.attach_link(&mut self.object, index, name);
        if attached.is_err() {
            self.links.release(index)?;
        }
        attached
    }

    /// Stops counting an interface; its last bytes stay readable until [`LinkSlots::release`].
    pub fn detach_link(&mut self, index: u32) {
        self.attachments.detach_link(&mut self.object, index);
    }

    /// How often each way of failing was met since the programs were loaded.
    pub fn health(&self) -> Health {
        Health(Trouble::ALL.iter().map(|&trouble| (trouble.name(), self.troubles(trouble))).collect())
    }

    fn troubles(&self, trouble: Trouble) -> u64 {
        (0..self.cpus).map(|cpu| self.health.load((cpu * HEALTH_STRIDE + trouble as u32) as usize)).sum()
    }

    /// Where the kernel side keeps sockets' owners, once.
    ///
    /// # Errors
    /// When the object lacks the map.
    pub fn take_owners(&mut self) -> Result<OwnerMap, Failure> {
        OwnerMap::open(&mut self.object)
    }

    /// The loaded object, for log forwarding.
    pub fn object_mut(&mut self) -> &mut Object {
        &mut self.object
    }
}

impl Drop for Kernel {
    /// Detaches everything: links, and on old kernels the filters and the qdisc that were added for them.
    fn drop(&mut self) {
        self.attachments.detach_all(&mut self.object);
    }
}
