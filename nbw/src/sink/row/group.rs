//! Groups: what was moved by a cgroup, or by nobody, on one interface.

use std::borrow::Cow;

use super::Row;
use crate::snapshot::{Flow, Group, GroupKind};
use crate::words;

impl Row for Group {
    fn rx(&self) -> &Flow {
        &self.rx
    }

    fn tx(&self) -> &Flow {
        &self.tx
    }

    fn sentence(&self) -> String {
        let place = words::joined_place(self);
        // The name of a derived row is already its kind: `unattributed` or `undelivered`.
        if self.derived() {
            return format!("{} on {place}", self.name);
        }
        format!("{} {} on {place}", words::kind(self.kind), self.name)
    }

    fn name(&self) -> Cow<'_, str> {
        (&*self.name).into()
    }

    fn facts(&self, _: jiff::Timestamp) -> Vec<Cow<'_, str>> {
        let kind = if self.derived() { "" } else { words::kind(self.kind) };
        let host_end = match (&self.peer, &self.parent) {
            (Some(peer), _) => (&**peer).into(),
            (None, Some(parent)) => format!("on {parent}").into(),
            (None, None) => "".into(),
        };
        vec![kind.into(), words::place(&self.interface, &self.netns), host_end]
    }

    fn derived(&self) -> bool {
        self.kind == GroupKind::Unattributed
    }
}
