//! Remote hosts.

use std::borrow::Cow;

use super::{Row, or_empty};
use crate::snapshot::{Flow, Remote};
use crate::words;

impl Row for Remote {
    fn rx(&self) -> &Flow {
        &self.rx
    }

    fn tx(&self) -> &Flow {
        &self.tx
    }

    fn sentence(&self) -> String {
        let known = [&self.host, &self.country, &self.network];
        let known: Vec<&str> = known.into_iter().filter_map(Option::as_deref).collect();
        let known = if known.is_empty() { String::new() } else { format!(" ({})", known.join(", ")) };
        format!("remote {}{known} {}", words::address(self), words::counted(self.connections, "connection"))
    }

    fn name(&self) -> Cow<'_, str> {
        words::remote(self)
    }

    fn facts(&self, _: jiff::Timestamp) -> Vec<Cow<'_, str>> {
        // Where there is no name the address stands in its place already.
        let address = self.host.as_ref().map_or_else(String::new, |_| words::address(self));
        vec![
            self.connections.to_string().into(),
            address.into(),
            or_empty(self.country.as_ref()),
            or_empty(self.network.as_ref()),
        ]
    }
}
