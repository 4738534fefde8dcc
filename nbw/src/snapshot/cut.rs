//! What is left of a snapshot for those who show it. Rules have to see all of it before.

use super::{By, Group, Remote, RemoteKind, Snapshot};

impl Snapshot {
    /// Leaves what was asked for: the lists of `by`, and in each list the first `top` rows. What nobody owns is left
    /// besides, so that rows add up.
    pub fn cut(&mut self, by: &[By], top: Option<usize>) {
        self.leave_lists(by);
        let Some(top) = top else { return };
        leave(&mut self.groups, top, Group::is_nobody);
        let rows = &mut self.rows;
        rows.containers.iter_mut().for_each(|rows| rows.truncate(top));
        rows.pods.iter_mut().for_each(|rows| rows.truncate(top));
        rows.units.iter_mut().for_each(|rows| rows.truncate(top));
        rows.processes.iter_mut().for_each(|rows| leave(rows, top, |row| row.id.is_none()));
        rows.connections.iter_mut().for_each(|rows| rows.truncate(top));
        rows.remotes.iter_mut().for_each(|rows| leave(rows, top, Remote::is_nobody));
    }

    fn leave_lists(&mut self, by: &[By]) {
        let rows = &mut self.rows;
        rows.containers.take_if(|_| !by.contains(&By::Container));
        rows.pods.take_if(|_| !by.contains(&By::Pod));
        rows.units.take_if(|_| !by.contains(&By::Unit));
        rows.processes.take_if(|_| !by.contains(&By::Process));
        rows.connections.take_if(|_| !by.contains(&By::Connection));
        rows.remotes.take_if(|_| !by.contains(&By::Remote));
    }
}

impl Group {
    /// Whether this is no cgroup, but what none of them owns.
    fn is_nobody(&self) -> bool {
        self.id == 0 && self.path.is_empty()
    }
}

impl Remote {
    /// Whether it stands for what has no row of its own any more, or never had.
    fn is_nobody(&self) -> bool {
        matches!(self.kind, RemoteKind::Ended | RemoteKind::NoSlot)
    }
}

/// The first `top` rows, and nobody's.
fn leave<T>(rows: &mut Vec<T>, top: usize, nobody: impl Fn(&T) -> bool) {
    let mut left = top;
    rows.retain(|row| {
        let stays = nobody(row) || left > 0;
        left -= usize::from(stays && !nobody(row));
        stays
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::fixture;

    fn cut(by: &[By], top: Option<usize>) -> Snapshot {
        let mut snapshot = fixture::with_rows();
        snapshot.cut(by, top);
        snapshot
    }

    /// Numbers of rows in the order of the tabs, without interfaces and groups; none where there is no list.
    fn counts(snapshot: &Snapshot) -> [Option<usize>; 6] {
        let rows = &snapshot.rows;
        [
            rows.containers.as_ref().map(Vec::len),
            rows.pods.as_ref().map(Vec::len),
            rows.units.as_ref().map(Vec::len),
            rows.processes.as_ref().map(Vec::len),
            rows.connections.as_ref().map(Vec::len),
            rows.remotes.as_ref().map(Vec::len),
        ]
    }

    #[test]
    fn lists_that_were_not_asked_for_go() {
        let all = counts(&fixture::with_rows());
        assert!(all.iter().all(Option::is_some));
        for (at, by) in By::ALL.into_iter().skip(2).enumerate() {
            let mut expected = [None; 6];
            expected[at] = all[at];
            assert_eq!(counts(&cut(&[by], None)), expected, "{by:?}");
        }
        assert_eq!(counts(&cut(&[By::Group, By::Interface], None)), [None; 6]);
        assert_eq!(counts(&cut(&By::ALL, None)), all);
    }

    #[test]
    fn the_first_rows_stay_in_order_and_what_nobody_owns_besides() {
        let whole = fixture::with_rows();
        let snapshot = cut(&By::ALL, Some(2));
        let names = |snapshot: &Snapshot| snapshot.groups.iter().map(|row| row.name.to_string()).collect::<Vec<_>>();
        assert_eq!(names(&snapshot), [&names(&whole)[..2], &["unattributed".to_owned()]].concat());
        assert_eq!(snapshot.interfaces.len(), whole.interfaces.len());
        let remotes = |snapshot: &Snapshot| {
            let rows = snapshot.rows.remotes.clone().unwrap();
            rows.iter().filter(|row| !row.is_nobody()).count()
        };
        assert!(remotes(&whole) > 2 && whole.rows.remotes.as_ref().unwrap().len() == remotes(&whole) + 2);
        assert_eq!((remotes(&snapshot), snapshot.rows.remotes.as_ref().unwrap().len()), (2, 4));
        assert_eq!(counts(&snapshot)[..5], [Some(2); 5]);
    }

    #[test]
    fn nobody_s_processes_are_not_cut_off() {
        let mut snapshot = fixture::with_rows();
        let processes = snapshot.rows.processes.as_mut().unwrap();
        processes.last_mut().unwrap().id = None;
        let expected = [processes[0].pid, processes.last().unwrap().pid];
        snapshot.cut(&[By::Process], Some(1));
        let left: Vec<u32> = snapshot.rows.processes.unwrap().iter().map(|row| row.pid).collect();
        assert_eq!(left, expected);
    }
}
