//! Containers, with the interfaces that they used.

use std::borrow::Cow;

use super::{Row, or_empty, prefixed};
use crate::snapshot::{Container, Flow, Through};
use crate::words;

/// A container on the host's network may use dozens of interfaces; so many are named.
const NAMED: usize = 3;

impl Row for Container {
    fn rx(&self) -> &Flow {
        &self.rx
    }

    fn tx(&self) -> &Flow {
        &self.tx
    }

    fn sentence(&self) -> String {
        let runtime = self.runtime.map_or("", words::runtime);
        let known = [&*self.name, runtime, &or_empty(self.image.as_ref())].map(ToOwned::to_owned);
        let known: Vec<String> = known.into_iter().filter(|word| !word.is_empty()).collect();
        let (pod, places) = (prefixed("in", &pod(self)), prefixed("on", &places(self)));
        format!("container {}{pod}{places}", known.join(" "))
    }

    fn name(&self) -> Cow<'_, str> {
        (&*self.name).into()
    }

    fn facts(&self, _: jiff::Timestamp) -> Vec<Cow<'_, str>> {
        let peers: Vec<&str> = self.interfaces.iter().filter_map(|through| through.peer.as_deref()).collect();
        vec![
            self.runtime.map_or("", words::runtime).into(),
            or_empty(self.image.as_ref()),
            pod(self).into(),
            joined(&self.interfaces, |through| words::place(&through.name, &through.netns).into_owned()).into(),
            peers.join(", ").into(),
        ]
    }
}

fn pod(container: &Container) -> String {
    let name = container.pod.as_deref();
    name.map_or_else(String::new, |name| words::pod(container.namespace.as_deref(), name))
}

fn places(container: &Container) -> String {
    joined(&container.interfaces, |through| {
        let place = words::place(&through.name, &through.netns);
        through.peer.as_ref().map_or_else(|| place.to_string(), |peer| format!("{place} ({peer})"))
    })
}

fn joined(interfaces: &[Through], word: impl Fn(&Through) -> String) -> String {
    let mut words: Vec<String> = interfaces.iter().take(NAMED).map(word).collect();
    if interfaces.len() > NAMED {
        words.push(format!("{} more", interfaces.len() - NAMED));
    }
    words.join(", ")
}
