//! A process that the tests tell what to do with sockets: its pid, and every byte that it moves, are known.
//!
//! Its standard input is a socket. Each message there is a command: what to do, the name of a socket, and more; each is
//! answered by `ok ...` or `error ...`. Messages carry descriptors in both directions.

mod control;
mod datagrams;
mod streams;

use std::{
    collections::HashMap,
    io::{Error, Result},
    net::{SocketAddr, TcpListener, TcpStream, UdpSocket},
    os::fd::{AsFd, OwnedFd},
    str::FromStr,
    time::Duration,
};

use nix::sys::{
    signal::{SigHandler, Signal, signal},
    socket::{setsockopt, sockopt::Linger},
};

/// Nothing in the lab takes longer, unless it is lost.
const PATIENCE: Duration = Duration::from_secs(20);

fn main() -> Result<()> {
    // SAFETY: no handler of ours runs. Children that were forked need not be waited for.
    unsafe { signal(Signal::SIGCHLD, SigHandler::SigIgn) }?;
    let mut sockets = Sockets::default();
    while let Some((line, passed)) = control::receive()? {
        let words: Vec<&str> = line.split_whitespace().collect();
        match sockets.obey(&Command(&words), passed) {
            Ok((answer, descriptor)) => control::send(&format!("ok {answer}"), descriptor.as_ref().map(AsFd::as_fd))?,
            Err(error) => control::send(&format!("error {line}: {error}"), None)?,
        }
    }
    Ok(())
}

/// The words of a command.
struct Command<'a>(&'a [&'a str]);

impl Command<'_> {
    fn word(&self, at: usize) -> &str {
        self.0.get(at).copied().unwrap_or_default()
    }

    fn parse<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(&self, at: usize) -> Result<T> {
        self.word(at).parse().map_err(Error::other)
    }
}

/// What a command is answered with.
type Answer = (String, Option<OwnedFd>);

/// The sockets, by name.
#[derive(Default)]
struct Sockets(HashMap<String, OwnedFd>);

impl Sockets {
    fn obey(&mut self, command: &Command<'_>, passed: Option<OwnedFd>) -> Result<Answer> {
        let name = command.word(1);
        match command.word(0) {
            "keep" => self.keep(name, passed.ok_or_else(|| Error::other("nothing was passed"))?)?,
            "give" => return Ok((String::new(), Some(self.take(name)?))),
            "lend" => return Ok((String::new(), Some(self.get(name)?))),
            "fork" => return control::fork_off(),
            "close" => drop(self.take(name)?),
            "reset" => {
                setsockopt(&self.get::<OwnedFd>(name)?, Linger, &libc::linger { l_onoff: 1, l_linger: 0 })?;
                drop(self.take(name)?);
            }
            "listen" => self.keep(name, streams::listener(command.parse(2)?, command.word(3) == "shared")?)?,
            "connect" => self.keep(name, streams::connect(command.parse(2)?)?)?,
            "accept" => self.keep(name, streams::accept(&self.get::<TcpListener>(command.word(2))?)?)?,
            "udp" => self.keep(name, datagrams::bind(command.parse(2)?)?)?,
            "raw" => self.keep(name, datagrams::raw(command.parse(2)?)?)?,
            _ => return self.use_one(command).map(|answer| (answer, None)),
        }
        Ok((String::new(), None))
    }

    /// What sends or receives; the answer is mostly a number of bytes.
    fn use_one(&self, command: &Command<'_>) -> Result<String> {
        let name = command.word(1);
        let (stream, datagrams) = (|| self.get::<TcpStream>(name), || self.get::<UdpSocket>(name));
        Ok(match command.word(0) {
            "send" => streams::send(&stream()?, command.parse(2)?)?,
            "receive" => streams::receive(&stream()?, command.parse(2)?)?,
            "drain" => streams::drain(&stream()?)?,
            "finish" => streams::finish(&stream()?)?,
            "info" => streams::info(&self.get(name)?)?,
            // short ADDRESS COUNT BYTES
            "short" => streams::connect_often(command.parse(1)?, command.parse(2)?, command.parse(3)?)?,
            // serve-short LISTENER COUNT BYTES
            "serve-short" => streams::accept_often(&self.get(name)?, command.parse(2)?, command.parse(3)?)?,
            "aim" => datagrams::aim(&datagrams()?, Some(command.parse::<SocketAddr>(2)?))?,
            "unaim" => datagrams::aim(&datagrams()?, None)?,
            "join" => datagrams::join(&datagrams()?, command.parse(2)?, command.parse(3)?)?,
            "datagram" => datagrams()?.send(&vec![7; command.parse(2)?])?.to_string(),
            "send-to" => datagrams()?.send_to(&vec![7; command.parse(3)?], command.word(2))?.to_string(),
            "take" => datagrams::take(&datagrams()?, command.parse(2)?)?,
            "answer" => datagrams::answer(&datagrams()?, command.parse(2)?)?,
            what => return Err(Error::other(format!("what is {what}?"))),
        })
    }

    fn keep(&mut self, name: &str, socket: impl Into<OwnedFd>) -> Result<()> {
        self.0.insert(name.to_owned(), socket.into());
        Ok(())
    }

    fn take(&mut self, name: &str) -> Result<OwnedFd> {
        self.0.remove(name).ok_or_else(|| missing(name))
    }

    /// Another descriptor of the socket.
    fn get<T: From<OwnedFd>>(&self, name: &str) -> Result<T> {
        self.0.get(name).ok_or_else(|| missing(name))?.try_clone().map(T::from)
    }
}

fn missing(name: &str) -> Error {
    Error::other(format!("no socket {name}"))
}
