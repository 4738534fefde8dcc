//! Names of remote ends: hosts, services, countries and networks.

use std::{net::IpAddr, num::NonZeroUsize, path::PathBuf, sync::Arc};

use lru::LruCache;

use super::View;
use crate::{
    failure::Failure,
    resolve::{
        dns::{Options, ReverseDns},
        geo::{Geo, Place},
        services::{ServiceNames, Transport},
    },
    snapshot::{Connection, End, Remote},
};

/// Addresses whose places are kept.
const KEPT: NonZeroUsize = NonZeroUsize::new(8_192).expect("not zero");

/// Who is asked for names.
pub struct RemoteNames {
    dns: Option<ReverseDns>,
    services: ServiceNames,
    geo: Option<Geo>,
    places: LruCache<IpAddr, Option<Place>>,
}

impl RemoteNames {
    /// Begins to answer; hosts have names unless `no_dns`, places as the files at `mmdb` know them.
    ///
    /// # Errors
    /// [`Failure::Usage`] names a file that is no MMDB database.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn start(no_dns: bool, mmdb: &[PathBuf]) -> Result<Self, Failure> {
        Ok(Self {
            geo: (!mmdb.is_empty()).then(|| Geo::open(mmdb)).transpose()?,
            dns: (!no_dns).then(|| ReverseDns::start(Options::default())),
            services: ServiceNames::load(),
            places: LruCache::new(KEPT),
        })
    }

    fn host(&mut self, address: Option<IpAddr>) -> Option<Arc<str>> {
        self.dns.as_mut()?.name(address?)
    }

    fn service(&self, port: u16, protocol: &str) -> Option<Arc<str>> {
        let transport = match protocol {
            "tcp" => Transport::Tcp,
            "udp" => Transport::Udp,
            _ => return None,
        };
        self.services.name(port, transport)
    }

    fn place(&mut self, address: Option<IpAddr>) -> Place {
        let (Some(geo), Some(address)) = (&self.geo, address) else { return Place::default() };
        self.places.get_or_insert(address, || geo.look_up(address)).clone().unwrap_or_default()
    }

    fn name(&mut self, end: &mut End, protocol: &str) {
        end.service = self.service(end.port, protocol);
        end.host = self.host(end.address);
    }
}

impl View {
    /// Names the ends of a connection, this host's by its service only.
    pub(super) fn name_ends(&mut self, row: &mut Connection) {
        let Some(names) = &mut self.names else { return };
        row.local.service = names.service(row.local.port, &row.protocol);
        names.name(&mut row.remote, &row.protocol);
    }

    /// Names a remote host.
    pub(super) fn name_remote(&mut self, row: &mut Remote) {
        let Some(names) = &mut self.names else { return };
        row.host = names.host(row.address);
        let place = names.place(row.address);
        (row.country, row.network) = (place.country, place.network);
    }
}
