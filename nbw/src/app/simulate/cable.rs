//! A cable between two network namespaces, in which nobody has an address: what is sent is all there is.

use std::{
    io,
    os::fd::{AsFd, AsRawFd, OwnedFd},
};

use futures_util::TryStreamExt;
use nbw_detect::simulate::Side;
use nix::{
    ifaddrs::getifaddrs,
    sys::socket::{AddressFamily, SockFlag, SockType, SockaddrLike, bind, socket},
};
use rtnetlink::{Handle, LinkUnspec, LinkVeth};

use super::namespace::Namespace;
use crate::netlink;

/// The interface on the inside, which is watched.
pub(super) const INSIDE: &str = "nbw-sim-in";
/// The one on the outside.
const OUTSIDE: &str = "nbw-sim-out";

/// Two namespaces and the cable between them; gone when dropped.
#[derive(Debug)]
pub(super) struct Cable {
    outside: Namespace,
    inside: Namespace,
}

impl Cable {
    /// Lays one.
    pub(super) fn lay() -> io::Result<Self> {
        let cable = Self { outside: Namespace::new()?, inside: Namespace::new()? };
        let inside = cable.inside.as_fd().as_raw_fd();
        cable.outside.enter(|| netlink::blocking(async |netlink| connect(&netlink, inside).await)?)?;
        cable.inside.enter(|| netlink::blocking(async |netlink| raise(&netlink, INSIDE).await)?)?;
        Ok(cable)
    }

    /// The namespace in which it is watched.
    pub(super) fn inside(&self) -> &Namespace {
        &self.inside
    }

    /// A socket that sends frames as they are, from that side.
    pub(super) fn socket(&self, side: Side) -> io::Result<OwnedFd> {
        match side {
            Side::Inside => self.inside.enter(|| packet_socket(INSIDE)),
            Side::Outside => self.outside.enter(|| packet_socket(OUTSIDE)),
        }
    }
}

async fn connect(netlink: &Handle, inside: i32) -> io::Result<()> {
    netlink.link().add(LinkVeth::new(OUTSIDE, INSIDE).build()).execute().await.map_err(io::Error::other)?;
    let there = LinkUnspec::new_with_name(INSIDE).setns_by_fd(inside).build();
    netlink.link().set(there).execute().await.map_err(io::Error::other)?;
    raise(netlink, OUTSIDE).await
}

async fn raise(netlink: &Handle, name: &str) -> io::Result<()> {
    let found =
        netlink.link().get().match_name(name.to_owned()).execute().try_next().await.map_err(io::Error::other)?;
    let index = found.ok_or(io::ErrorKind::NotFound)?.header.index;
    netlink.link().set(LinkUnspec::new_with_index(index).up().build()).execute().await.map_err(io::Error::other)
}

/// It is bound to no protocol, and so receives nothing.
fn packet_socket(interface: &str) -> io::Result<OwnedFd> {
    let own = |address: &nix::ifaddrs::InterfaceAddress| {
        address.interface_name == interface
            && address.address.and_then(|address| address.family()) == Some(AddressFamily::Packet)
    };
    let address = getifaddrs()?.find(own).and_then(|found| found.address).ok_or(io::ErrorKind::NotFound)?;
    let socket = socket(AddressFamily::Packet, SockType::Raw, SockFlag::SOCK_CLOEXEC, None)?;
    bind(socket.as_raw_fd(), &address)?;
    Ok(socket)
}
