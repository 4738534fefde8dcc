//! Actions: who is told of alerts, and how. One thread does it all, so that nothing here can hold up a tick.

mod settings;

pub use settings::{Alertmanager, Email, Exec, Kind, Log, Settings, SmtpTls, Syslog, Webhook};
