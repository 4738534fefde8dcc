//! Names of alerts that stay the same: FNV-1a of what makes one.

use std::hash::Hasher;

use fnv::FnvHasher;

use super::Subject;

/// 16 hexadecimal digits, the same for the same rule and subject in every run and version.
pub(super) fn of(rule: &str, subject: &Subject) -> String {
    let mut hasher = FnvHasher::default();
    for part in [rule, subject.scope.word(), &subject.key] {
        hasher.write(part.as_bytes());
        hasher.write(&[0]);
    }
    format!("{:016x}", hasher.finish())
}
