use std::{collections::HashSet, fs, net::Ipv4Addr, ops::Deref};

use hickory_resolver::proto::{op::Message, rr::Name};
use server::{Server, no_such_name, ordinary, ordinary_name, pointers, server_failure};
use tempfile::TempDir;
use tokio::runtime::Handle;

use super::*;

mod answers;
mod bounds;
mod files;
mod server;
mod servers;

/// After this long nothing more is expected to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// Files in a directory of their own, and options that make use of them.
struct Host {
    directory: TempDir,
    options: Options,
}

impl Host {
    /// A host that asks these servers, as fast as it can.
    fn asking(servers: &[&Server]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let limits = Limits {
            per_second: u32::MAX,
            back_off: Duration::from_millis(50),
            rest: Duration::from_millis(50),
            ..Limits::default()
        };
        let options = Options {
            resolv_conf: directory.path().join("resolv.conf"),
            hosts: directory.path().join("hosts"),
            port: servers.first().map_or(53, |server| server.address.port()),
            limits,
        };
        let host = Self { directory, options };
        if !servers.is_empty() {
            host.asks(servers);
        }
        host
    }

    /// Writes a new resolv.conf, in one go as tools do it.
    fn asks(&self, servers: &[&Server]) {
        let lines: String = servers.iter().map(|server| format!("nameserver {}\n", server.address.ip())).collect();
        let new = self.directory.path().join("new");
        fs::write(&new, format!("search nowhere.example\n{lines}options timeout:1\n")).unwrap();
        fs::rename(new, &self.options.resolv_conf).unwrap();
    }

    fn start(&self) -> ReverseDns {
        ReverseDns::start(self.options.clone())
    }
}

fn ip(number: u32) -> IpAddr {
    Ipv4Addr::from(u32::from(Ipv4Addr::new(198, 18, 0, 0)) + number).into()
}

async fn until<T>(what: &str, mut probe: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = probe() {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The names of all these addresses once everything has been answered.
async fn names(dns: &mut ReverseDns, addresses: &[IpAddr]) -> Vec<Option<String>> {
    for &address in addresses {
        dns.name(address);
    }
    dns.settle(PATIENCE).await;
    addresses.iter().map(|&address| dns.name(address).map(|name| name.deref().to_owned())).collect()
}
