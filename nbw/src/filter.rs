//! What the user asked to see: `--interface`, `--cgroup`, `--container`, `--unit`.
//!
//! Repeats of one option are or-ed, different options are and-ed; an option that was not given asks for all.

#[cfg(test)]
mod tests;

use std::{fmt, path::Path, sync::Arc};

use crate::{
    resolve::identity::{self, Identity},
    text,
};

use crate::pattern::Pattern;

/// Units that can be asked for by name; a name without one of these endings means a service, as for
/// systemctl(1).
const UNIT_SUFFIXES: [&str; 11] = [
    ".service",
    ".scope",
    ".slice",
    ".socket",
    ".mount",
    ".swap",
    ".automount",
    ".device",
    ".path",
    ".target",
    ".timer",
];

/// Which rows the user wants.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    interfaces: Vec<Pattern>,
    cgroups: Vec<Pattern>,
    containers: Vec<Pattern>,
    units: Vec<Pattern>,
    /// Whether interfaces that are asked for by name may come later.
    patient: bool,
}

/// What runtimes call containers, as far as is known.
pub trait Names {
    /// The name of this one.
    fn name(&self, identity: &Identity) -> Option<Arc<str>>;

    /// Whether any container has exactly this name.
    fn has(&self, name: &str) -> bool;
}

/// A filter that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// The glob does not parse.
    #[error("{option} {pattern:?} is no valid glob: {reason}")]
    BadGlob {
        /// The option it was given to.
        option: &'static str,
        /// As the user wrote it.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Nothing was given.
    #[error("{option} needs a name or a glob, not an empty string")]
    Empty {
        /// The option it was given to.
        option: &'static str,
    },
}

/// An interface that was asked for by its exact name and does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownInterface {
    /// The name asked for.
    pub name: String,
    /// The one that was perhaps meant.
    pub nearest: Option<String>,
    /// Those there are.
    pub existing: Vec<String>,
}

impl Filter {
    /// A filter of the options' values. Below `mount_point` the cgroup v2 hierarchy is mounted: a cgroup may
    /// be given by its path there, too.
    pub fn new(
        interfaces: &[String],
        cgroups: &[String],
        containers: &[String],
        units: &[String],
        mount_point: &Path,
    ) -> Result<Self, FilterError> {
        Ok(Self {
            interfaces: patterns("--interface", interfaces, str::to_owned)?,
            cgroups: patterns("--cgroup", cgroups, |path| below_mount(path, mount_point))?,
            containers: patterns("--container", containers, str::to_owned)?,
            units: patterns("--unit", units, full_unit)?,
            patient: false,
        })
    }

    /// The same filter; if `patient`, interfaces that are asked for by name and are not there may come later.
    pub fn waiting_for_interfaces(self, patient: bool) -> Self {
        Self { patient, ..self }
    }

    /// Whether there is time for interfaces: until they come, or can be counted.
    pub fn is_patient(&self) -> bool {
        self.patient
    }

    /// Whether the interface of this name is wanted.
    pub fn wants_interface(&self, name: &str) -> bool {
        any_or_none(&self.interfaces, |pattern| pattern.matches(name))
    }

    /// Whether the group at `path`, which is `identity`, is wanted, by what `names` know by now.
    pub fn wants_group(&self, path: &str, identity: &Identity, names: &impl Names) -> bool {
        any_or_none(&self.cgroups, |pattern| holds(pattern, path))
            && any_or_none(&self.containers, |pattern| is_container(pattern, identity, names))
            && any_or_none(&self.units, |pattern| is_in_unit(pattern, path, identity))
    }

    /// Whether some groups are not wanted (so that neither is what no group owns).
    pub fn has_group_filter(&self) -> bool {
        ![&self.cgroups, &self.containers, &self.units].into_iter().all(|patterns| patterns.is_empty())
    }

    /// Whether the user named interfaces.
    pub fn has_interface_filter(&self) -> bool {
        !self.interfaces.is_empty()
    }

    /// The interfaces asked for by exact name that are not among the `existing`. A glob may match nothing:
    /// what it is for may come later.
    pub fn unknown_interfaces(&self, existing: &[&str]) -> Vec<UnknownInterface> {
        let names = self.interfaces.iter().filter_map(Pattern::exact);
        let unknown = names.filter(|name| !self.patient && !existing.contains(name));
        unknown.map(|name| UnknownInterface::new(name, existing)).collect()
    }
}

impl UnknownInterface {
    fn new(name: &str, existing: &[&str]) -> Self {
        let clean = |name: &str| text::clean(name).into_owned();
        Self {
            name: clean(name),
            nearest: nearest(name, existing).map(clean),
            existing: existing.iter().copied().map(clean).collect(),
        }
    }
}

impl fmt::Display for UnknownInterface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no interface {:?}", self.name)?;
        if let Some(nearest) = &self.nearest {
            write!(f, ": did you mean {nearest:?}?")?;
        } else {
            f.write_str(".")?;
        }
        match self.existing.as_slice() {
            [] => f.write_str(" There are none"),
            existing => write!(f, " There are: {}", existing.join(", ")),
        }
    }
}

impl std::error::Error for UnknownInterface {}

fn patterns(
    option: &'static str,
    values: &[String],
    normal: impl Fn(&str) -> String,
) -> Result<Vec<Pattern>, FilterError> {
    let pattern = |value: &String| match value.as_str() {
        "" => Err(FilterError::Empty { option }),
        value => Pattern::new(&normal(value)).map_err(|error| bad_glob(option, value, &error)),
    };
    values.iter().map(pattern).collect()
}

fn bad_glob(option: &'static str, pattern: &str, error: &globset::Error) -> FilterError {
    FilterError::BadGlob { option, pattern: pattern.to_owned(), reason: error.kind().to_string() }
}

fn any_or_none(patterns: &[Pattern], matches: impl Fn(&Pattern) -> bool) -> bool {
    patterns.is_empty() || patterns.iter().any(matches)
}

/// The path (or glob) from the v2 root: one slash before each component, none at the end.
pub(crate) fn below_mount(path: &str, mount_point: &Path) -> String {
    let below = mount_point.to_str().and_then(|mount_point| strip_path(path, mount_point)).unwrap_or(path);
    let names: Vec<_> = below.split('/').filter(|name| !matches!(*name, "" | ".")).collect();
    format!("/{}", names.join("/"))
}

/// What follows `parent` in `path`, where it is a parent of it. Where the hierarchy is mounted at `/`, as in
/// some tests, every path is below it anyway.
fn strip_path<'a>(path: &'a str, parent: &str) -> Option<&'a str> {
    let below = path.strip_prefix(parent.trim_end_matches('/'))?;
    (below.is_empty() || below.starts_with('/')).then_some(below)
}

/// `nginx` is `nginx.service`; escapes are undone, as they are in what this is compared with.
pub(crate) fn full_unit(name: &str) -> String {
    let name = text::unescape_systemd(name);
    let has_suffix = UNIT_SUFFIXES.iter().any(|suffix| name.ends_with(suffix));
    if has_suffix { name.into_owned() } else { format!("{name}.service") }
}

/// Whether the cgroup at `path`, or one that it is in, matches.
fn holds(pattern: &Pattern, path: &str) -> bool {
    pattern.exact() == Some("/") || with_parents(path).any(|path| pattern.matches(path))
}

/// The root, the cgroups that the one at `path` is in, and itself.
pub(crate) fn with_parents(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.match_indices('/').map(|(at, _)| at).filter(|&at| at > 0);
    let below = ends.chain([path.len()]).map(|end| &path[..end]);
    ["/"].into_iter().chain(below.filter(|&path| path != "/"))
}

/// Whether the pattern is how this id begins. What is some container's name is no beginning of an id: `cafe` is one
/// container, not each whose id happens to begin so.
pub(crate) fn begins_id(pattern: &Pattern, id: &str, is_name: impl Fn(&str) -> bool) -> bool {
    pattern.begins_hex(id) && !pattern.exact().is_some_and(is_name)
}

/// By name, or by how the id begins. (A row's name is the one that the runtime told, or part of the id.)
fn is_container(pattern: &Pattern, identity: &Identity, names: &impl Names) -> bool {
    identity.container.as_ref().is_some_and(|container| {
        let by_path = pattern.matches(&identity.name) || pattern.matches(&container.id);
        let by_id = || begins_id(pattern, &container.id, |text| names.has(text));
        if identity::is_hex_id(&container.id) && pattern.exact().is_some() {
            return by_id() || names.name(identity).is_some_and(|name| pattern.matches(&name));
        }
        by_path || names.name(identity).is_some_and(|name| pattern.matches(&name))
    })
}

/// A unit's slices and its service manager are asked for, too: `user@1000.service` has no traffic of its own.
fn is_in_unit(pattern: &Pattern, path: &str, identity: &Identity) -> bool {
    identity::units_of(path, identity).any(|unit| pattern.matches(&text::unescape_systemd(&unit)))
}

/// The most similar name, if no more than half of its letters differ.
pub(crate) fn nearest<'a>(name: &str, existing: &[&'a str]) -> Option<&'a str> {
    let far = |other: &&str| strsim::damerau_levenshtein(name, other);
    let best = existing.iter().copied().min_by_key(far)?;
    (2 * far(&best) <= best.chars().count()).then_some(best)
}
