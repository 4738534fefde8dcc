//! Whose unit a cgroup belongs to: the system's, or one of a user's own, which can have the same name.
//!
//! A service manager makes its slices one in another, and in the innermost the unit's own cgroup; what is below is the
//! unit's own affair, whatever it calls it. Only a user's service manager, itself a unit of the system, goes on with
//! slices and units below (`cg_path_get_unit()` and `cg_path_get_user_unit()` in systemd's src/basic/cgroup-util.c).

use serde::Serialize;

use super::{
    path::Part,
    unit::{cgroup_unescape, display, has_suffix, is_session, is_slice, is_unit},
};
use crate::text;

/// A systemd unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its name, unescaped and cleaned: `getty@tty1.service`. Slices keep their escapes.
    pub name: String,
    /// What it is.
    pub kind: UnitKind,
    /// The template that it is an instance of, cleaned: `getty@.service`.
    pub template: Option<String>,
    /// What instance of it, unescaped and cleaned: `tty1`.
    pub instance: Option<String>,
    /// Who started it.
    pub manager: Manager,
    /// The user whose sessions, service manager or services it is one of, as uid.
    pub user: Option<u32>,
    /// The slice that it is in, cleaned: `user-1000.slice`, or `-.slice`, the root of all slices.
    pub slice: String,
    /// Path of its own cgroup, the beginning of the path that was given, byte for byte: a key, not a text to show.
    pub path: String,
}

/// What a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum UnitKind {
    /// Processes that systemd started.
    Service,
    /// Processes that others started and registered with systemd.
    Scope,
    /// A level of the tree, which holds other units.
    Slice,
    /// A login session, which is a scope.
    Session,
    /// What runs for a socket.
    Socket,
    /// What mounts.
    Mount,
    /// What swaps.
    Swap,
}

/// A service manager.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Manager {
    /// The host's, process 1.
    System,
    /// The one of the user with this uid: `systemctl --user`.
    User(u32),
    /// The one of the capsule of this name, cleaned: `systemctl --capsule` (systemd 256).
    Capsule(String),
}

/// The units that a path leads through, outermost first, as places in `parts`. The last one is the unit that the path
/// is in.
pub(super) fn units(parts: &[Part<'_>]) -> Vec<usize> {
    let mut units = Vec::new();
    let mut managed = false;
    for (at, part) in parts.iter().enumerate().filter(|(_, part)| is_unit(part.name)) {
        units.push(at);
        if is_slice(part.name) {
            continue;
        }
        // Only the system has service managers below it: what a user calls so is none.
        if managed || manager(part.name).is_none() {
            break;
        }
        managed = true;
    }
    units
}

/// The unit that the last of `parts` is, or is in.
pub(super) fn unit_of(path: &str, parts: &[Part<'_>]) -> Option<Unit> {
    let units = units(parts);
    let (&own, outer) = units.split_last()?;
    let name = parts[own].name;
    let names = || outer.iter().map(|&at| parts[at].name);
    let manager = names().find_map(manager).unwrap_or(Manager::System);
    let of = template(name);
    Some(Unit {
        name: display(name),
        kind: kind(name),
        template: of.as_ref().map(|(template, _)| text::clean(template).into_owned()),
        instance: of.map(|(_, instance)| text::unescape_systemd(instance).into_owned()),
        user: match &manager {
            Manager::System => user(units.iter().map(|&at| parts[at].name)),
            Manager::User(user) => Some(*user),
            Manager::Capsule(_) => None,
        },
        manager,
        slice: names().rev().find(|name| is_slice(name)).map_or_else(|| "-.slice".to_owned(), display),
        path: path[..parts[own].end].to_owned(),
    })
}

/// Templates and instances; only services and sockets can be such (`unit_type_may_template()`), of those that have a
/// cgroup.
fn template(name: &str) -> Option<(String, &str)> {
    let name = cgroup_unescape(name);
    let (stem, suffix) = name.rsplit_once('.').filter(|(_, suffix)| matches!(*suffix, "service" | "socket"))?;
    let (prefix, instance) =
        stem.split_once('@').filter(|(prefix, instance)| !prefix.is_empty() && !instance.is_empty())?;
    Some((format!("{prefix}@.{suffix}"), instance))
}

/// The manager that runs as this unit of the system.
fn manager(name: &str) -> Option<Manager> {
    let instance = |prefix: &str| name.strip_prefix(prefix)?.strip_suffix(".service");
    let user = instance("user@").and_then(uid).map(Manager::User);
    let capsule = || instance("capsule@").filter(|name| !name.is_empty());
    user.or_else(|| capsule().map(|name| Manager::Capsule(text::unescape_systemd(name).into_owned())))
}

/// The user whose unit of the system it is: `user@UID.service`, or anything in `user-UID.slice`
/// (`cg_path_get_owner_uid()`).
fn user<'a>(names: impl DoubleEndedIterator<Item = &'a str>) -> Option<u32> {
    let of_slice = |name: &str| name.strip_prefix("user-")?.strip_suffix(".slice").and_then(uid);
    names.rev().find_map(|name| match manager(name) {
        Some(Manager::User(user)) => Some(user),
        _ => of_slice(name),
    })
}

/// As systemd writes uids: decimal, without leading zeroes; the two that stand for none are none.
fn uid(text: &str) -> Option<u32> {
    let plain = text == "0" || !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|&uid| plain && !matches!(uid, 0xFFFF | u32::MAX))
}

fn kind(name: &str) -> UnitKind {
    let kinds = [
        (".service", UnitKind::Service),
        (".slice", UnitKind::Slice),
        (".socket", UnitKind::Socket),
        (".mount", UnitKind::Mount),
        (".swap", UnitKind::Swap),
    ];
    match kinds.into_iter().find(|(suffix, _)| has_suffix(name, suffix)) {
        Some((_, kind)) => kind,
        None if is_session(name) => UnitKind::Session,
        None => UnitKind::Scope,
    }
}
