//! systemd's units: the cgroup of a unit is a directory with the unit's name (systemd.unit(5),
//! <https://systemd.io/CGROUP_DELEGATION>).

use crate::{snapshot::GroupKind, text};

/// The types of unit that processes run in, so that they have a cgroup (systemd.resource-control(5)).
const SUFFIXES: [&str; 6] = [".service", ".scope", ".slice", ".socket", ".mount", ".swap"];

/// Whether a directory of this name is a unit's cgroup.
pub(super) fn is_unit(name: &str) -> bool {
    SUFFIXES.iter().any(|suffix| has_suffix(name, suffix))
}

/// The kind of a unit's own cgroup; sockets, mounts and swaps have no kind of their own.
pub(super) fn kind(name: &str) -> Option<GroupKind> {
    if has_suffix(name, ".scope") {
        return Some(scope_kind(name));
    }
    let kinds = [(".service", GroupKind::Service), (".slice", GroupKind::Slice)];
    kinds.into_iter().find(|(suffix, _)| has_suffix(name, suffix)).map(|(_, kind)| kind)
}

/// A component's name to show: escapes undone, except in slices, where a `-` means a level of the tree and
/// `\x2d` does not.
pub(super) fn display(name: &str) -> String {
    let name = if is_unit(name) { cgroup_unescape(name) } else { name };
    if is_slice(name) { text::clean(name) } else { text::unescape_systemd(name) }.into_owned()
}

/// Whether a unit of this name is a slice: it holds other units, and no processes.
pub(super) fn is_slice(name: &str) -> bool {
    has_suffix(name, ".slice")
}

/// A unit's name as its manager has it, with its escapes.
///
/// systemd puts `_` before a unit's name that the kernel's own files could collide with, such as
/// `_cpu.service` (`cg_escape()` in systemd's src/basic/cgroup-util.c).
pub(super) fn cgroup_unescape(name: &str) -> &str {
    name.strip_prefix('_').unwrap_or(name)
}

/// Login sessions are scopes that logind names `session-ID.scope` (src/login/logind-session.c).
pub(super) fn is_session(name: &str) -> bool {
    name.starts_with("session-") && has_suffix(name, ".scope")
}

fn scope_kind(name: &str) -> GroupKind {
    if is_session(name) { GroupKind::Session } else { GroupKind::Scope }
}

/// Whether there is something before the suffix, too.
pub(super) fn has_suffix(name: &str, suffix: &str) -> bool {
    name.strip_suffix(suffix).is_some_and(|stem| !stem.is_empty())
}
