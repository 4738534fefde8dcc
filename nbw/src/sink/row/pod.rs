//! Pods.

use std::borrow::Cow;

use super::Row;
use crate::snapshot::{Flow, Pod};
use crate::words;

impl Row for Pod {
    fn rx(&self) -> &Flow {
        &self.rx
    }

    fn tx(&self) -> &Flow {
        &self.tx
    }

    fn sentence(&self) -> String {
        format!("pod {}", self.name())
    }

    fn name(&self) -> Cow<'_, str> {
        words::pod(self.namespace.as_deref(), &self.name).into()
    }

    fn facts(&self, _: jiff::Timestamp) -> Vec<Cow<'_, str>> {
        vec![self.runtime.map_or("", words::runtime).into(), self.containers.join(", ").into()]
    }
}
