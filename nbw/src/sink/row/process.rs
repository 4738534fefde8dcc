//! Processes.

use std::borrow::Cow;

use super::{Row, or_empty, prefixed};
use crate::snapshot::{Flow, Process};
use crate::words;

impl Row for Process {
    fn rx(&self) -> &Flow {
        &self.rx
    }

    fn tx(&self) -> &Flow {
        &self.tx
    }

    fn sentence(&self) -> String {
        let user = self.user.as_ref().map_or_else(String::new, |user| format!(" {user}"));
        format!("process {}{user}{}", words::process(&self.name, self.pid), prefixed("in", &self.group_name))
    }

    fn name(&self) -> Cow<'_, str> {
        (&*self.name).into()
    }

    fn facts(&self, _: jiff::Timestamp) -> Vec<Cow<'_, str>> {
        let pid = if self.pid == 0 { String::new() } else { self.pid.to_string() };
        vec![pid.into(), or_empty(self.user.as_ref()), (&*self.group_name).into(), (&*self.command).into()]
    }

    fn ended(&self) -> Option<&'static str> {
        self.ended.then_some("ended")
    }
}
