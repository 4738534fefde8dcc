//! What the configuration says of actions: `[action.NAME]` with `type = "..."`.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use serde::Deserialize;

/// What an action does. A key that its type does not know is an error.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Settings {
    /// A line in nbw's own log (standard error or the journal).
    Log(Log),
    /// Runs a program.
    Exec(Exec),
    /// Posts JSON in the format of Alertmanager's webhook.
    Webhook(Webhook),
    /// Raises and ends alerts at an Alertmanager, by its v2 API.
    Alertmanager(Alertmanager),
    /// A line in the system's log, or another host's.
    Syslog(Syslog),
    /// A mail through an SMTP server.
    Email(Email),
}

impl Settings {
    /// The words that `type` knows.
    pub const TYPES: [&str; 6] = ["log", "exec", "webhook", "alertmanager", "syslog", "email"];

    /// Its `type`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Log(_) => "log",
            Self::Exec(_) => "exec",
            Self::Webhook(_) => "webhook",
            Self::Alertmanager(_) => "alertmanager",
            Self::Syslog(_) => "syslog",
            Self::Email(_) => "email",
        }
    }

    /// Whether they name a file that is read when the action is made, and may have other contents since.
    pub(super) fn reads_files(&self) -> bool {
        let file = match self {
            Self::Webhook(settings) => &settings.ca_file,
            Self::Alertmanager(settings) => &settings.ca_file,
            Self::Email(settings) => &settings.password_file,
            Self::Log(_) | Self::Exec(_) | Self::Syslog(_) => &None,
        };
        file.is_some()
    }
}

/// [`Settings::Log`].
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {}

/// [`Settings::Exec`].
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exec {
    /// The program (an absolute path) and its arguments. No shell reads it.
    pub command: Vec<String>,
    /// After this it is ended, with all that it has started.
    #[serde(default = "ten_seconds", with = "crate::config::duration")]
    pub timeout: Duration,
}

/// [`Settings::Webhook`].
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Where to: http or https.
    pub url: String,
    /// How long one attempt may take.
    #[serde(default = "ten_seconds", with = "crate::config::duration")]
    pub timeout: Duration,
    /// More header fields, such as `Authorization`.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// A file with certificates (PEM) to trust besides the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
}

/// [`Settings::Alertmanager`].
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alertmanager {
    /// Its address, without `/api/v2/alerts`.
    pub url: String,
    /// How long one attempt may take.
    #[serde(default = "ten_seconds", with = "crate::config::duration")]
    pub timeout: Duration,
    /// Firing alerts are sent again after this, so that it does not take them for ended.
    #[serde(default = "one_minute", with = "crate::config::duration")]
    pub resend: Duration,
    /// More header fields.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// A file with certificates (PEM) to trust besides the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
}

/// [`Settings::Syslog`].
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Syslog {
    /// `/dev/log` or the path of another socket, `udp://HOST:PORT` or `tcp://HOST:PORT`.
    #[serde(default = "dev_log")]
    pub address: String,
    /// Facility: `daemon`, `local0` ...
    #[serde(default = "daemon")]
    pub facility: String,
}

/// [`Settings::Email`].
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Email {
    /// The server: `HOST` or `HOST:PORT`.
    pub server: String,
    /// Whether and how the connection is encrypted.
    #[serde(default)]
    pub tls: SmtpTls,
    /// Who it is from.
    pub from: String,
    /// Who it goes to.
    pub to: Vec<String>,
    /// Who to log in as.
    #[serde(default)]
    pub username: Option<String>,
    /// A file that has the password in its first line.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// How long one attempt may take.
    #[serde(default = "thirty_seconds", with = "crate::config::duration")]
    pub timeout: Duration,
}

/// Encryption of SMTP.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmtpTls {
    /// STARTTLS, which has to succeed (port 587 unless told otherwise).
    #[default]
    Starttls,
    /// From the first byte on (port 465 unless told otherwise).
    Tls,
    /// None (port 25 unless told otherwise).
    None,
}

fn ten_seconds() -> Duration {
    Duration::from_secs(10)
}

fn thirty_seconds() -> Duration {
    Duration::from_secs(30)
}

fn one_minute() -> Duration {
    Duration::from_secs(60)
}

fn dev_log() -> String {
    "/dev/log".into()
}

fn daemon() -> String {
    "daemon".into()
}
