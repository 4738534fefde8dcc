//! Insight: what was seen on this host that somebody should do something about, with the numbers that say so.
//!
//! Evidence comes from the history or from some time of watching, and from the kernel's own counters and settings
//! ([`facts`]). Each rule ([`rules`]) looks at all of it, needs some of it, and is silent without.

pub mod evidence;
pub mod facts;
pub mod finding;
#[cfg(test)]
pub(crate) mod fixture;
pub mod rules;
pub mod show;
pub mod stats;

use jiff::{Timestamp, tz::TimeZone};

use crate::{failure::Failure, history::Reader};

pub use self::{
    evidence::Evidence,
    finding::{Finding, Severity},
    rules::Rule,
};

/// What all rules have to say: warnings first, then the surest.
pub fn advise(evidence: &Evidence) -> Vec<Finding> {
    let mut findings: Vec<Finding> = rules::ALL.iter().flat_map(|rule| rule.find(evidence)).collect();
    findings.retain(|finding| !finding.evidence.is_empty());
    findings.sort_by(|a, b| a.severity.cmp(&b.severity).then(b.confidence.total_cmp(&a.confidence)));
    findings
}

/// What there is to advise about some time that is remembered; the kernel is asked how the host is set up now. It waits for
/// that, so it is not for ticks.
///
/// # Errors
/// When the history cannot be read, or the kernel not be asked.
pub fn findings(reader: &Reader, from: Timestamp, to: Timestamp, zone: &TimeZone) -> Result<Vec<Finding>, Failure> {
    let facts = facts::read_blocking()?;
    let evidence = Evidence::remembered(reader, (from, to), zone.clone(), facts);
    evidence.map(|evidence| advise(&evidence)).map_err(|error| Failure::running(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_said_of_nothing() {
        assert_eq!(advise(&fixture::live()), []);
        assert_eq!(advise(&fixture::week()), []);
    }

    #[test]
    fn each_rule_has_an_id_of_its_own_and_a_page() {
        let mut ids: Vec<&str> = rules::ALL.iter().map(|rule| rule.id()).collect();
        for id in &ids {
            let page = format!("{}/../docs/insight/{id}.md", env!("CARGO_MANIFEST_DIR"));
            assert!(std::path::Path::new(&page).is_file(), "{page}");
        }
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }
}
