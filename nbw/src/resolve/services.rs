//! What a port is called: `https` for 443/tcp.
//!
//! The system's own table comes first (`/etc/services`, or whatever nsswitch.conf names), as its administrator may have
//! added to it. Minimal systems have none: the ports met most often are built in.

use std::{
    collections::HashMap,
    ffi::CStr,
    sync::{Arc, Mutex, PoisonError},
};

use registered::REGISTERED;

use crate::text;

mod registered;
#[cfg(test)]
mod tests;

/// The system's table is read up to this many entries: twice as many as IANA's registry has.
const MOST: usize = 32_768;

/// A transport protocol with ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Transport {
    /// RFC 9293.
    Tcp,
    /// RFC 768; UDP-Lite too, which shares its ports (RFC 3828).
    Udp,
    /// RFC 9260.
    Sctp,
    /// RFC 4340.
    Dccp,
}

impl Transport {
    /// The transport with this number in IANA's registry of protocol numbers, if it has ports.
    pub fn from_number(protocol: u8) -> Option<Self> {
        match i32::from(protocol) {
            libc::IPPROTO_TCP => Some(Self::Tcp),
            libc::IPPROTO_UDP | libc::IPPROTO_UDPLITE => Some(Self::Udp),
            libc::IPPROTO_SCTP => Some(Self::Sctp),
            libc::IPPROTO_DCCP => Some(Self::Dccp),
            _ => None,
        }
    }

    fn from_name(name: &CStr) -> Option<Self> {
        match name.to_bytes() {
            b"tcp" => Some(Self::Tcp),
            b"udp" => Some(Self::Udp),
            b"sctp" => Some(Self::Sctp),
            b"dccp" => Some(Self::Dccp),
            _ => None,
        }
    }
}

/// The names of all ports that have one.
#[derive(Debug)]
pub struct ServiceNames {
    names: HashMap<(u16, Transport), Arc<str>>,
}

impl ServiceNames {
    /// Reads the system's table, once and whole: asking for one port at a time would read the file again for each of the
    /// many ports without a name. It takes well under a millisecond (more if nsswitch.conf asks a server for services).
    pub fn load() -> Self {
        Self::of(system())
    }

    /// The names in `system`, of several for a port the first, and what is built in for ports without one.
    fn of(system: impl IntoIterator<Item = Service>) -> Self {
        let builtin =
            REGISTERED.iter().map(|&(port, transport, name)| Service { port, transport, name: name.to_owned() });
        let mut names = HashMap::new();
        for service in system.into_iter().chain(builtin) {
            names.entry((service.port, service.transport)).or_insert_with(|| Arc::from(service.name));
        }
        Self { names }
    }

    /// What runs on this port by custom; what really does, nobody can tell from the number.
    pub fn name(&self, port: u16, transport: Transport) -> Option<Arc<str>> {
        self.names.get(&(port, transport)).cloned()
    }
}

/// An entry of the system's table.
struct Service {
    port: u16,
    transport: Transport,
    name: String,
}

/// The system's table; empty where there is none.
fn system() -> Vec<Service> {
    static READING: Mutex<()> = Mutex::new(());
    let _alone = READING.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: these functions share one position and one buffer in libc. Nothing else in nbw calls them, and the lock
    // keeps a second caller of this function out.
    unsafe { libc::setservent(1) };
    let services = std::iter::from_fn(next_entry).take(MOST).flatten().collect();
    // SAFETY: as above.
    unsafe { libc::endservent() };
    services
}

/// The next entry of the table; `Some(None)` for one that is of no use. Only for [`system`], which holds the lock.
fn next_entry() -> Option<Option<Service>> {
    // SAFETY: `system` holds the lock. The entry is null or valid until the next call, and is copied before that.
    let entry = unsafe { libc::getservent().as_ref() }?;
    // SAFETY: libc sets both to strings that end, in the same buffer.
    let (name, protocol) = unsafe { (CStr::from_ptr(entry.s_name), CStr::from_ptr(entry.s_proto)) };
    Some(service(name, protocol, entry.s_port))
}

/// The entry with this port in network byte order.
fn service(name: &CStr, protocol: &CStr, port: i32) -> Option<Service> {
    let port = u16::from_be(u16::try_from(port).ok()?);
    let transport = Transport::from_name(protocol)?;
    Some(Service { port, transport, name: text::clean_bytes(name.to_bytes()) })
}
