//! `type = "email"`: a mail through an SMTP server.

mod letter;
#[cfg(test)]
mod tests;

use std::{fs, os::unix::fs::PermissionsExt, path::Path, sync::Arc, time::Duration};

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::Mailbox,
    transport::smtp::{
        authentication::Credentials,
        client::{Tls, TlsParameters},
    },
};
use tokio::time::timeout;

use self::letter::Letters;
use super::{Email, SmtpTls, deliver::Deliver, http::use_ring, retry::Trouble, wrong};
use crate::{
    alert::Notice,
    failure::{Failure, with_causes},
    files,
};

/// A password's file is read up to here.
const MOST_OF_A_PASSWORD: u64 = 4096;

/// One server, and whom the mails go to.
pub(super) struct ToEmail {
    mailer: AsyncSmtpTransport<Tokio1Executor>,
    letters: Letters,
    /// What was last to be sent: tried again it is the same mail, with the same Message-ID.
    written: Option<(Vec<Arc<Notice>>, Message)>,
    server: String,
    timeout: Duration,
}

impl ToEmail {
    /// # Errors
    /// Which setting is wrong.
    pub(super) fn new(action: &str, settings: &Email, host: &str) -> Result<Self, Failure> {
        let from = mailbox(action, "from", &settings.from)?;
        let to: Vec<Mailbox> = settings.to.iter().map(|to| mailbox(action, "to", to)).collect::<Result<_, _>>()?;
        if to.is_empty() {
            return Err(wrong(action, "to", "is empty: give at least one address, such as [\"ops@example.org\"]"));
        }
        if settings.timeout.is_zero() {
            return Err(wrong(action, "timeout", "has to be longer than nothing, such as 30s"));
        }
        let mailer = mailer(action, settings)?;
        let letters = Letters::new(from, to, host);
        Ok(Self { mailer, letters, written: None, server: settings.server.clone(), timeout: settings.timeout })
    }
}

impl ToEmail {
    fn letter(&mut self, notices: &[Arc<Notice>]) -> Result<Message, lettre::error::Error> {
        let is_same = |former: &[Arc<Notice>]| {
            former.len() == notices.len() && former.iter().zip(notices).all(|(one, other)| Arc::ptr_eq(one, other))
        };
        if let Some((former, letter)) = &self.written
            && is_same(former)
        {
            return Ok(letter.clone());
        }
        let letter = self.letters.write(notices)?;
        self.written = Some((notices.to_vec(), letter.clone()));
        Ok(letter)
    }
}

impl Deliver for ToEmail {
    const GATHERING: Duration = Duration::from_secs(5);
    const MOST: usize = 500;

    async fn send(&mut self, notices: &[Arc<Notice>]) -> Result<(), Trouble> {
        let letter = self.letter(notices).map_err(|error| Trouble::lasting(format!("no mail: {error}")))?;
        match timeout(self.timeout, self.mailer.send(letter)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => {
                let text = format!("{}: {}", self.server, with_causes(&error));
                Err(if error.is_permanent() { Trouble::lasting(text) } else { Trouble::passing(text) })
            }
            Err(_) => Err(Trouble::passing(format!("{} takes no mail within {:?}", self.server, self.timeout))),
        }
    }
}

fn mailbox(action: &str, key: &str, text: &str) -> Result<Mailbox, Failure> {
    text.parse().map_err(|error| wrong(action, key, format_args!("{text:?} is no mail address: {error}")))
}

fn mailer(action: &str, settings: &Email) -> Result<AsyncSmtpTransport<Tokio1Executor>, Failure> {
    use_ring();
    let (host, port) = server(&settings.server).map_err(|why| wrong(action, "server", why))?;
    let tls = || TlsParameters::new(host.clone()).map_err(|error| wrong(action, "tls", with_causes(&error)));
    let (tls, usual) = match settings.tls {
        SmtpTls::Starttls => (Tls::Required(tls()?), 587),
        SmtpTls::Tls => (Tls::Wrapper(tls()?), 465),
        SmtpTls::None => (Tls::None, 25),
    };
    let mailer = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host).port(port.unwrap_or(usual)).tls(tls);
    let mailer = mailer.timeout(Some(settings.timeout));
    Ok(match credentials(action, settings)? {
        Some(credentials) => mailer.credentials(credentials).build(),
        None => mailer.build(),
    })
}

/// `HOST`, `HOST:PORT` or `[ADDRESS]:PORT`.
fn server(text: &str) -> Result<(String, Option<u16>), String> {
    let bad = || format!("{text:?} is no server: give HOST or HOST:PORT");
    let is_bare_v6 = text.parse::<std::net::Ipv6Addr>().is_ok();
    let (host, port) = match text.rsplit_once(':').filter(|_| !is_bare_v6 && !text.ends_with(']')) {
        Some((host, port)) => (host, Some(port.parse().ok().filter(|port| *port > 0).ok_or_else(bad)?)),
        None => (text, None),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let is_name = |c: char| c.is_ascii_alphanumeric() || ".-_:".contains(c);
    if host.is_empty() || !host.chars().all(is_name) {
        return Err(bad());
    }
    Ok((host.to_owned(), port))
}

fn credentials(action: &str, settings: &Email) -> Result<Option<Credentials>, Failure> {
    match (&settings.username, &settings.password_file) {
        (None, None) => Ok(None),
        (Some(username), Some(file)) => {
            if settings.tls == SmtpTls::None {
                tracing::warn!("action {action}: the password goes over the network as it is; use tls = \"starttls\"");
            }
            Ok(Some(Credentials::new(username.clone(), password(action, file)?)))
        }
        (Some(_), None) => Err(wrong(action, "password_file", "is missing: username needs it")),
        (None, Some(_)) => Err(wrong(action, "username", "is missing: password_file needs it")),
    }
}

fn password(action: &str, file: &Path) -> Result<String, Failure> {
    let shown = file.display();
    let bad = |why: String| wrong(action, "password_file", format_args!("{shown} {why}"));
    let bytes = files::read(file, None, MOST_OF_A_PASSWORD).map_err(|error| bad(format!("cannot be read: {error}")))?;
    if fs::metadata(file).is_ok_and(|file| file.permissions().mode() & 0o077 != 0) {
        tracing::warn!("action {action}: others may read {shown}; chmod 600 {shown}");
    }
    let text = String::from_utf8(bytes).map_err(|_| bad("is no UTF-8 text".into()))?;
    match text.lines().next() {
        Some(password) if !password.is_empty() => Ok(password.to_owned()),
        _ => Err(bad("is empty: its first line has to be the password".into())),
    }
}
