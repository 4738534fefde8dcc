//! Which interfaces there are, which are counted, and which are just coming or going.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::{Duration, Instant},
};

use crate::{
    bpf::Kernel,
    failure::Failure,
    filter::Filter,
    links::{self, Link},
};

/// What was refused is tried again after this, by who is patient.
const AGAIN: Duration = Duration::from_secs(10);

/// The interfaces of nbw's network namespace.
#[derive(Default)]
pub struct Interfaces {
    all: BTreeMap<u32, Link>,
    /// Those that are counted; some may be gone already, and wait for their last reading.
    monitored: HashSet<u32>,
    /// Those that are to be attached, the first one last. Each takes the kernel two grace periods, some 20 ms.
    pending: Vec<u32>,
    /// Those that could not be attached, and when that was tried last.
    refused: HashMap<u32, Instant>,
    leaving: Vec<u32>,
    /// Whether a refusal is an end for nobody, and not for ever.
    patient: bool,
}

impl Interfaces {
    /// Takes over a new list. Those that were `deleted` meanwhile are not what they were, even if there are others with
    /// their indices now. What is new waits for [`Self::attach_next`].
    ///
    /// # Errors
    /// When the kernel refuses to take an interface back that came back.
    pub fn follow(
        &mut self,
        kernel: &mut Kernel,
        filter: &Filter,
        links: Vec<Link>,
        deleted: &HashSet<u32>,
    ) -> Result<(), Failure> {
        self.all = links.into_iter().map(|link| (link.index, link)).collect();
        let is_gone = |index: &u32| deleted.contains(index) || !self.all.contains_key(index);
        self.refused.retain(|index, _| !is_gone(index));
        let gone: Vec<u32> = self.monitored.iter().copied().filter(is_gone).collect();
        for index in gone {
            if !self.leaving.contains(&index) {
                kernel.detach_link(index);
                self.leaving.push(index);
            }
        }
        self.welcome_back(kernel, filter)?;
        self.pending = self.wanted(filter);
        Ok(())
    }

    /// Interfaces that left and came back with their old index before their last reading go on where they were.
    fn welcome_back(&mut self, kernel: &mut Kernel, filter: &Filter) -> Result<(), Failure> {
        let here = self.leaving.iter().filter_map(|index| self.all.get(index));
        let back: Vec<Link> = here.filter(|link| filter.wants_interface(&link.name)).cloned().collect();
        for link in back {
            self.leaving.retain(|&index| index != link.index);
            self.monitored.remove(&link.index);
            self.attach(kernel, &link)?;
        }
        Ok(())
    }

    /// Without `--interface` every interface that is up; with it, those named, up or not. In the order in which they are
    /// taken from the end: `lo` last of all.
    fn wanted(&self, filter: &Filter) -> Vec<u32> {
        let new = |link: &&Link| !self.monitored.contains(&link.index) && !self.refused.contains_key(&link.index);
        let asked = |link: &&Link| filter.wants_interface(&link.name) && (link.up || filter.has_interface_filter());
        let mut wanted: Vec<&Link> = self.all.values().filter(new).filter(asked).collect();
        wanted.sort_by_key(|link| std::cmp::Reverse((link.is_loopback(), link.index)));
        wanted.into_iter().map(|link| link.index).collect()
    }

    /// Attaches the next interface that waits for it. Returns its index, if it is counted from now on.
    ///
    /// # Errors
    /// When it is refused and no other is counted either, unless there is patience.
    pub fn attach_next(&mut self, kernel: &mut Kernel) -> Result<Option<u32>, Failure> {
        let Some(link) = self.pending.pop().and_then(|index| self.all.get(&index)).cloned() else { return Ok(None) };
        self.attach(kernel, &link)?;
        Ok(self.monitored.contains(&link.index).then_some(link.index))
    }

    fn attach(&mut self, kernel: &mut Kernel, link: &Link) -> Result<(), Failure> {
        match kernel.attach_link(link.index, &link.name, link.header) {
            Ok(()) => {
                self.monitored.insert(link.index);
                self.refused.remove(&link.index);
            }
            // It vanished while it was looked at: netlink tells of that, too.
            Err(failure) if !links::exists(link.index) => tracing::debug!("{failure}"),
            // The first refusal says that nothing can be counted here; a later one concerns one interface only.
            Err(failure) if self.monitored.is_empty() && !self.patient => return Err(failure),
            Err(failure) => {
                // Told when it begins, and not with each attempt.
                if self.refused.insert(link.index, Instant::now()).is_none() {
                    tracing::warn!("{failure}");
                }
            }
        }
        Ok(())
    }

    /// From now on a refusal ends nothing: what was refused is tried again every 10 s.
    pub fn be_patient(&mut self) {
        self.patient = true;
    }

    /// Lets those wait again that were refused some time ago, for who is patient.
    pub fn retry(&mut self) {
        let due = |(&index, at): (&u32, &Instant)| {
            (self.patient && at.elapsed() >= AGAIN && !self.pending.contains(&index)).then_some(index)
        };
        let again: Vec<u32> = self.refused.iter().filter_map(due).collect();
        self.pending.extend(again);
    }

    /// Whether any interface waits to be attached.
    pub fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.pending.len()
    }

    /// All interfaces.
    pub fn all(&self) -> impl Iterator<Item = &Link> + Clone {
        self.all.values()
    }

    /// The interface with this index.
    pub fn get(&self, index: u32) -> Option<&Link> {
        self.all.get(&index)
    }

    /// Indices of those that are counted.
    pub fn monitored(&self) -> impl Iterator<Item = u32> + '_ {
        self.monitored.iter().copied()
    }

    /// Whether none is counted, nor about to be.
    pub fn none_matches(&self) -> bool {
        self.monitored.is_empty() && self.pending.is_empty()
    }

    /// Those that are gone and have now been read for the last time.
    pub fn take_left(&mut self) -> Vec<u32> {
        let left = std::mem::take(&mut self.leaving);
        self.monitored.retain(|index| !left.contains(index));
        left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_refused_waits_again_only_where_there_is_patience() {
        let long_ago = Instant::now().checked_sub(AGAIN).unwrap();
        let mut interfaces = Interfaces::default();
        interfaces.refused.extend([(7, long_ago), (8, Instant::now())]);
        interfaces.retry();
        assert!(!interfaces.has_pending());
        interfaces.be_patient();
        interfaces.retry();
        interfaces.retry();
        assert_eq!(interfaces.pending, [7]);
    }
}
