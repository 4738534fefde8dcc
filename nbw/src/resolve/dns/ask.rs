//! A question to the DNS servers, and what its answer means.

use std::{net::IpAddr, time::Duration};

use hickory_resolver::{
    TokioResolver,
    config::{ResolveHosts, ResolverConfig, ResolverOpts},
    lookup::Lookup,
    net::{DnsError, NetError, runtime::TokioRuntimeProvider},
    proto::rr::{Name, RData, RecordType},
    system_conf::parse_resolv_conf,
};

use super::{cache::Found, host_name};

/// Of the servers in `resolv.conf` so many are asked, as libc does (`MAXNS`).
const MOST_SERVERS: usize = 3;

/// A question that was not answered is put once more (hickory then takes the server that has been quickest).
const RETRIES: usize = 1;

/// A server is given this long, or what `resolv.conf` says if that is less.
const A_SERVERS_TIME: Duration = Duration::from_secs(2);

/// What became of a question.
#[derive(Debug)]
pub(super) enum Outcome {
    /// A server has answered, if only that it cannot.
    Heard(Found),
    /// None has.
    Silence,
}

/// The DNS servers.
#[derive(Debug, Clone)]
pub(super) struct Servers {
    resolver: TokioResolver,
    patience: Duration,
}

impl Servers {
    /// The servers that this `resolv.conf` names, at this port.
    pub(super) fn of(resolv_conf: &[u8], port: u16, patience: Duration) -> Result<Self, NetError> {
        let (config, options) = parse_resolv_conf(resolv_conf)?;
        let mut builder = TokioResolver::builder_with_config(servers(config, port), TokioRuntimeProvider::default());
        *builder.options_mut() = economical(options);
        Ok(Self { resolver: builder.build()?, patience })
    }

    /// Asks for the address's name.
    pub(super) async fn name_of(&self, ip: IpAddr) -> Outcome {
        outcome(
            tokio::time::timeout(self.patience, self.resolver.reverse_lookup(ip))
                .await
                .unwrap_or(Err(NetError::Timeout)),
        )
    }

    /// Whether anybody answers at all. Asked for are the root's servers: every resolver has them at hand, while the servers of
    /// remote hosts' names, which others run, may all be slow or gone.
    pub(super) async fn answer(&self) -> bool {
        let question = self.resolver.lookup(Name::root(), RecordType::NS);
        let answer = tokio::time::timeout(self.patience, question).await;
        matches!(outcome(answer.unwrap_or(Err(NetError::Timeout))), Outcome::Heard(_))
    }
}

fn servers(config: ResolverConfig, port: u16) -> ResolverConfig {
    let (_, _, mut servers) = config.into_parts();
    servers.truncate(MOST_SERVERS);
    for connection in servers.iter_mut().flat_map(|server| &mut server.connections) {
        connection.port = port;
    }
    // Without search domains: addresses' names are always whole.
    ResolverConfig::from_name_servers(servers)
}

fn economical(options: ResolverOpts) -> ResolverOpts {
    let mut options = options;
    options.timeout = options.timeout.min(A_SERVERS_TIME);
    options.attempts = RETRIES;
    // Never the same question to two servers at once.
    options.num_concurrent_reqs = 1;
    // `Cache` and `Hosts` are ours.
    options.cache_size = 0;
    options.use_hosts_file = ResolveHosts::Never;
    options
}

fn outcome(answer: Result<Lookup, NetError>) -> Outcome {
    match answer {
        Ok(lookup) => Outcome::Heard(found(&lookup)),
        Err(NetError::Dns(DnsError::NoRecordsFound(none))) => {
            Outcome::Heard(Found::Name(None, Duration::from_secs(none.negative_ttl.unwrap_or(0).into())))
        }
        Err(NetError::Dns(_) | NetError::Proto(_) | NetError::Truncated | NetError::ForeignClassRecord { .. }) => {
            Outcome::Heard(Found::Nothing)
        }
        Err(_) => Outcome::Silence,
    }
}

/// The name in an answer. Of several the first by alphabet: servers change their order, and the shown name should stay.
fn found(lookup: &Lookup) -> Found {
    let pointers = lookup.answers().iter().filter_map(|record| match &record.data {
        RData::PTR(name) => Some((host_name::shown(name)?, record.ttl)),
        _ => None,
    });
    let (name, time_to_live) = pointers.min().unzip();
    Found::Name(name, Duration::from_secs(time_to_live.unwrap_or(0).into()))
}
