//! What is kept of connections: each kind of row costs something for every connection that comes and goes.

use crate::snapshot::By;

/// What is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Every connection.
    pub rows: bool,
    /// Sums by process.
    pub processes: bool,
    /// Sums by remote host.
    pub remotes: bool,
}

impl Keep {
    /// What it takes to show these. Of a remote host it is shown how many connections there are.
    pub fn for_rows(by: &[By]) -> Self {
        let has = |kind| by.contains(&kind);
        Self { rows: has(By::Connection) || has(By::Remote), processes: has(By::Process), remotes: has(By::Remote) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_shown_is_not_kept() {
        let process = Keep { rows: false, processes: true, remotes: false };
        assert_eq!(Keep::for_rows(&[By::Process]), process);
        assert_eq!(Keep::for_rows(&[By::Remote]), Keep { rows: true, processes: false, remotes: true });
        assert_eq!(Keep::for_rows(&By::ALL), Keep { rows: true, processes: true, remotes: true });
    }
}
