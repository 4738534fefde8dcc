//! Attaching: beside other people's programs, and never in place of them.

use std::collections::HashMap;

use aya::programs::{
    CgroupAttachMode, CgroupSkb, CgroupSkbAttachType, CgroupSock, LinkOrder, ProgramError, SchedClassifier,
    TcAttachType,
    tc::{NlOptions, SchedClassifierLinkId, TcAttachOptions},
};
use clap::ValueEnum;
use nbw_common::abi::programs;

use super::{Object, clsact, sockets};
use crate::{
    cgroup_root::CgroupRoot,
    failure::{Failure, with_causes},
    links, text,
};

/// The kernel's hooks at which an interface's packets can be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Hook {
    /// TCX links, Linux 6.6 and later: gone with the process that holds them.
    Tcx,
    /// Filters of the clsact qdisc.
    Clsact,
}

/// Whether somebody has attached programs to both directions of an interface of this network namespace: as TCX links, or an
/// nbw as filters of the clsact qdisc.
pub fn is_watched(name: &str) -> bool {
    let linked = |direction| SchedClassifier::query_tcx(name, direction).is_ok_and(|(_, all)| !all.is_empty());
    [TcAttachType::Ingress, TcAttachType::Egress].into_iter().all(linked) || clsact::is_watched(name)
}

/// What is attached.
pub(super) struct Attachments {
    works: Option<Hook>,
    links: HashMap<u32, Attached>,
}

struct Attached {
    ingress: SchedClassifierLinkId,
    egress: SchedClassifierLinkId,
    qdisc: Option<clsact::Made>,
}

impl Attachments {
    pub(super) fn new(wanted: Option<Hook>) -> Self {
        Self { works: wanted, links: HashMap::new() }
    }

    /// The hook that works; none while nothing is attached to an interface.
    pub(super) fn hook(&self) -> Option<Hook> {
        self.works.filter(|_| !self.links.is_empty())
    }

    /// Attaches what counts for cgroups at the root of the hierarchy: it sees every socket of the host.
    pub(super) fn attach_groups(&mut self, object: &mut Object, root: &CgroupRoot) -> Result<(), Failure> {
        let refused = |error: ProgramError| refused(root, &error);
        // A bpf_link takes no flags, and is always beside others (BPF_F_ALLOW_MULTI): `Single` is "no flags".
        let mode = CgroupAttachMode::Single;
        if object.connection_slots.is_some() {
            // First: whatever gets a slot is seen to be closed.
            sockets::attach(object, root, mode)?;
        }
        if object.watches_creation() {
            let program: &mut CgroupSock = object.program(programs::SOCK_CREATE)?;
            program.attach(root, mode).map_err(refused)?;
        }
        let [ingress, egress] = object.packet_hooks();
        let ingress: &mut CgroupSkb = object.program(ingress)?;
        ingress.attach(root, CgroupSkbAttachType::Ingress, mode).map_err(refused)?;
        let egress: &mut CgroupSkb = object.program(egress)?;
        egress.attach(root, CgroupSkbAttachType::Egress, mode).map_err(refused)?;
        Ok(())
    }

    /// Attaches both directions of an interface.
    pub(super) fn attach_link(&mut self, object: &mut Object, index: u32, name: &str) -> Result<(), Failure> {
        let device = device(index, name)?;
        match self.works {
            Some(hook) => self.attach_by(object, index, &device, hook),
            // Asked of the kernel by trying, not by its version: distributions carry features back.
            None => match self.attach_by(object, index, &device, Hook::Tcx) {
                Err(failure) if !links::exists(index) => Err(failure),
                Err(_) => self.attach_by(object, index, &device, Hook::Clsact),
                Ok(()) => Ok(()),
            },
        }
    }

    fn attach_by(&mut self, object: &mut Object, index: u32, device: &str, hook: Hook) -> Result<(), Failure> {
        let qdisc = match hook {
            Hook::Tcx => None,
            Hook::Clsact => clsact::prepare(index, device)?,
        };
        let [receives, sends] = object.link_hooks();
        let ingress = attach(object, receives, (index, device), TcAttachType::Ingress, hook)?;
        let egress = match attach(object, sends, (index, device), TcAttachType::Egress, hook) {
            Ok(egress) => egress,
            Err(failure) => {
                detach(object, receives, ingress);
                return Err(failure);
            }
        };
        if self.links.is_empty() {
            tracing::debug!(
                "interfaces are counted at {hook:?}; netns by {}",
                if object.netns_helper { "packet" } else { "socket" }
            );
        }
        self.works = Some(hook);
        self.links.insert(index, Attached { ingress, egress, qdisc });
        Ok(())
    }

    /// Detaches both directions; of an interface that is gone there is nothing left to detach.
    pub(super) fn detach_link(&mut self, object: &mut Object, index: u32) {
        let Some(Attached { ingress, egress, qdisc }) = self.links.remove(&index) else { return };
        let [receives, sends] = object.link_hooks();
        detach(object, receives, ingress);
        detach(object, sends, egress);
        drop(qdisc);
    }

    /// Detaches every interface.
    pub(super) fn detach_all(&mut self, object: &mut Object) {
        for index in self.links.keys().copied().collect::<Vec<_>>() {
            self.detach_link(object, index);
        }
    }
}

/// The cgroup root takes no program.
pub(super) fn refused(root: &CgroupRoot, error: &ProgramError) -> Failure {
    Failure::Lacking(format!(
        "cannot attach to the cgroup v2 root {}: {}; nbw needs CAP_NET_ADMIN, CAP_BPF and a kernel with \
         CONFIG_CGROUP_BPF",
        root.mount_point().display(),
        with_causes(error)
    ))
}

/// Attaches first, so that a program of someone else's that ends the chain cannot hide packets from the count.
fn attach(
    object: &mut Object,
    program: &'static str,
    (index, device): (u32, &str),
    side: TcAttachType,
    hook: Hook,
) -> Result<SchedClassifierLinkId, Failure> {
    let loaded: &mut SchedClassifier = object.program(program)?;
    let attached = match hook {
        Hook::Tcx => loaded.attach_with_options(device, side, TcAttachOptions::TcxOrder(LinkOrder::first())),
        Hook::Clsact => match clsact::priority_in_front(index, side) {
            0 => loaded.attach_with_options(device, side, filter(0)),
            priority => loaded.attach_with_options(device, side, filter(priority)).or_else(|_| {
                let name = text::clean(device);
                tracing::warn!("a filter comes before nbw's on interface {name}: what it keeps is not counted");
                loaded.attach_with_options(device, side, filter(0))
            }),
        },
    };
    attached.map_err(|error| cannot_attach(device, &with_causes(&error)))
}

/// A filter of this priority, or of the kernel's choice if it is 0. The handle tells whose it is.
fn filter(priority: u16) -> TcAttachOptions {
    TcAttachOptions::Netlink(NlOptions { priority, handle: std::process::id().into(), ..NlOptions::default() })
}

/// The interface's name as the kernel has it, which aya and libc ask for; `name` is the one for people.
fn device(index: u32, name: &str) -> Result<String, Failure> {
    let device = links::name_of(index).ok_or_else(|| cannot_attach(name, "it is gone"))?;
    device.into_string().map_err(|error| cannot_attach(name, &error.to_string()))
}

fn cannot_attach(name: &str, why: &str) -> Failure {
    Failure::Lacking(format!("cannot attach to interface {}: {why}", text::clean(name)))
}

/// Detaching fails only for what is gone already.
fn detach(object: &mut Object, program: &'static str, link: SchedClassifierLinkId) {
    let detached = object
        .program::<SchedClassifier>(program)
        .and_then(|loaded| loaded.detach(link).map_err(|error| Failure::running(&error)));
    if let Err(failure) = detached {
        tracing::debug!("{failure}");
    }
}
