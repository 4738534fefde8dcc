//! systemd units.

use std::borrow::Cow;

use super::{Row, or_empty, prefixed};
use crate::snapshot::{Flow, Unit};
use crate::words;

impl Row for Unit {
    fn rx(&self) -> &Flow {
        &self.rx
    }

    fn tx(&self) -> &Flow {
        &self.tx
    }

    fn sentence(&self) -> String {
        format!("unit {}{}", self.name, prefixed("of", &or_empty(self.user.as_ref())))
    }

    fn name(&self) -> Cow<'_, str> {
        (&*self.name).into()
    }

    fn facts(&self, _: jiff::Timestamp) -> Vec<Cow<'_, str>> {
        vec![words::kind(self.kind).into(), or_empty(self.user.as_ref())]
    }
}
