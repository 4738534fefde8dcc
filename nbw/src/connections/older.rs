//! The search for the owners of sockets that were there before nbw.

use std::{collections::HashMap, slice, time::Duration};

use futures_util::FutureExt;
use nbw_common::abi::Owner;
use tokio::task::JoinHandle;

use crate::{bpf::OwnerMap, resolve::sockets};

/// When to search, each time after the one before. Once is not enough: a connection that is established but not accepted
/// is in no process yet.
const PAUSES: [Duration; 4] = [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(30)];

/// What a search found: owners by the cookies of their sockets.
type Owners = HashMap<u64, Owner>;

/// The search.
pub(super) struct Older {
    pauses: slice::Iter<'static, Duration>,
    searching: Option<JoinHandle<Option<(OwnerMap, Owners)>>>,
}

impl Older {
    /// Begins to search, in the background.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub(super) fn start(map: OwnerMap) -> Self {
        let mut older = Self { pauses: PAUSES.iter(), searching: None };
        older.search(map);
        older
    }

    /// What was found since the last call.
    pub(super) fn found(&mut self) -> Option<Owners> {
        let done = self.searching.as_mut().and_then(FutureExt::now_or_never)?;
        self.searching = None;
        // None: the search panicked, or the runtime is ending.
        let (map, owners) = done.ok().flatten()?;
        self.search(map);
        Some(owners)
    }

    fn search(&mut self, mut map: OwnerMap) {
        self.searching = self.pauses.next().map(|&pause| {
            tokio::spawn(async move {
                tokio::time::sleep(pause).await;
                let search = move || {
                    let owners = sockets::adopt(&mut map);
                    (map, owners)
                };
                tokio::task::spawn_blocking(search).await.ok()
            })
        });
    }
}
