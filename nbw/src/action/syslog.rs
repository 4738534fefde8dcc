//! `type = "syslog"`: a line in the system's log, or another host's.
//!
//! Lines are made by the `syslog` crate; the sockets are our own, as the crate's wait without limit, are not made anew
//! when they break, and do not tell where a line over TCP ends.

mod line;
mod socket;
#[cfg(test)]
mod tests;

use std::{path::PathBuf, sync::Arc, time::Duration};

use tokio::time::timeout;

use self::{line::Lines, socket::Socket};
use super::{Syslog, deliver::Deliver, retry::Trouble, wrong};
use crate::{alert::Notice, failure::Failure};

/// One attempt takes no longer.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// Where the lines go.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Address {
    Unix(PathBuf),
    Udp(String),
    Tcp(String),
}

/// One receiver.
pub(super) struct ToSyslog {
    address: Address,
    lines: Lines,
    /// None until there is something to tell, and after it broke.
    socket: Option<Socket>,
}

impl ToSyslog {
    /// # Errors
    /// Which setting is wrong.
    pub(super) fn new(action: &str, settings: &Syslog, host: &str) -> Result<Self, Failure> {
        let unknown = |()| {
            let text = &settings.facility;
            wrong(
                action,
                "facility",
                format_args!("{text:?} is not known: give one such as daemon, user or local0 to local7"),
            )
        };
        let facility = settings.facility.parse().map_err(unknown)?;
        let address = address(&settings.address).map_err(|why| {
            let text = &settings.address;
            wrong(action, "address", format_args!("{text:?} {why}: give a path, udp://HOST:PORT or tcp://HOST:PORT"))
        })?;
        Ok(Self { lines: Lines::new(facility, host), address, socket: None })
    }

    async fn tell(&mut self, notice: &Notice) -> std::io::Result<()> {
        let mut socket = match self.socket.take() {
            Some(socket) if socket.is_open() => socket,
            _ => Socket::open(&self.address).await?,
        };
        let line = match self.address {
            Address::Unix(_) => self.lines.local(notice),
            _ => self.lines.remote(notice)?,
        };
        socket.send(&line).await?;
        self.socket = Some(socket);
        Ok(())
    }

    fn place(&self) -> String {
        match &self.address {
            Address::Unix(path) => path.display().to_string(),
            Address::Udp(place) | Address::Tcp(place) => place.clone(),
        }
    }
}

impl Deliver for ToSyslog {
    const GATHERING: Duration = Duration::ZERO;
    const MOST: usize = 1;

    async fn send(&mut self, notices: &[Arc<Notice>]) -> Result<(), Trouble> {
        let place = self.place();
        for notice in notices {
            match timeout(TIME_LIMIT, self.tell(notice)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return Err(Trouble::passing(format!("{place}: {error}"))),
                Err(_) => return Err(Trouble::passing(format!("{place} takes nothing within {TIME_LIMIT:?}"))),
            }
        }
        Ok(())
    }
}

fn address(text: &str) -> Result<Address, &'static str> {
    match text.split_once("://") {
        Some(("udp", place)) => Ok(Address::Udp(with_port(place)?)),
        Some(("tcp", place)) => Ok(Address::Tcp(with_port(place)?)),
        None if text.starts_with('/') => Ok(Address::Unix(PathBuf::from(text))),
        _ => Err("is no address of a log"),
    }
}

fn with_port(place: &str) -> Result<String, &'static str> {
    let (host, port) = place.rsplit_once(':').ok_or("has no port")?;
    match port.parse::<u16>() {
        Ok(1..) if !host.is_empty() => Ok(place.to_owned()),
        _ => Err("has no host, or no port from 1 to 65535"),
    }
}
