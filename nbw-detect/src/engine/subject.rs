//! Of whom a signature counts: the part of what has happened that its key looks at.

use super::{happening::Sight, who::Who};
use crate::signature::Key;

/// Those of whom something is counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Subject {
    port: u16,
    source: Who,
    target: Who,
}

/// Whom something that has happened concerns.
pub(crate) fn subject(key: Key, sight: &Sight) -> Subject {
    let subject = Subject::default();
    let (source, target) = (sight.source, sight.target);
    match key {
        Key::Source => Subject { source, ..subject },
        Key::Target => Subject { target, ..subject },
        Key::Pair => Subject { source, target, ..subject },
        Key::SourcePort => Subject { source, port: sight.target_port, ..subject },
        Key::TargetPort => Subject { target, port: sight.target_port, ..subject },
        Key::PairPort => Subject { source, target, port: sight.target_port },
        Key::TargetService => Subject { target, port: sight.source_port, ..subject },
        Key::PairService => Subject { source, target, port: sight.source_port },
        Key::SourceNet => Subject { source, target: target.net(), ..subject },
    }
}
