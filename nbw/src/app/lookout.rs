//! Somebody who looks around for rules that are about what is silent.

use crate::{alert::presence::Presence, cgroup_root::CgroupRoot, existing::Lookout, failure::Failure, rule::Rule};

/// For these rules, if any of them needs it. Where only some groups are counted (`filtered`), nobody looks: what is not
/// counted is not silent.
pub(super) fn lookout<'a>(rules: impl Iterator<Item = &'a Rule>, filtered: bool) -> Option<Box<dyn Presence>> {
    if filtered {
        return None;
    }
    let lookout = CgroupRoot::find().and_then(|root| Lookout::start(root, rules).map_err(Failure::from));
    let cannot = |failure| tracing::warn!("rules on less than something do not see what is silent: {failure}");
    lookout.map_err(cannot).ok().flatten().map(|lookout| Box::new(lookout) as Box<dyn Presence>)
}
