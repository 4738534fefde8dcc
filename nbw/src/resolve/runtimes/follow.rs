//! Listens to all who speak docker's API, as they come and go.

use std::{collections::HashMap, convert::Infallible, sync::Arc, time::Duration};

use tokio::{task::JoinHandle, time::Instant};

use super::{
    Known,
    ask::Blocking,
    docker,
    places::{Endpoint, Places},
    wishes::back_off,
};

/// How often sockets are looked for: a daemon that has just started is heard after this.
const LOOK: Duration = Duration::from_millis(500);

/// The longest that one is left alone that is there and does not answer.
const LONGEST: Duration = Duration::from_secs(30);

/// Who was heard for this long is not one that only says nonsense.
const LASTING: Duration = Duration::from_secs(10);

/// One who is, or was, listened to.
#[derive(Debug, Default)]
struct Listener {
    /// Ends with whether it lasted.
    task: Option<JoinHandle<bool>>,
    in_vain: u32,
    again: Option<Instant>,
}

/// Listens to whoever is there, again where one was lost.
pub(super) async fn all(places: &Places, known: &Arc<Known>) -> Infallible {
    let blocking = Blocking::default();
    let mut listeners: HashMap<Endpoint, Listener> = HashMap::new();
    let mut found = Vec::new();
    loop {
        let places = places.clone();
        // Where looking takes too long, those of before are still there, for all that is known.
        found = blocking.call(move || places.docker_endpoints()).await.unwrap_or(found);
        listeners.retain(|endpoint, listener| listener.task.is_some() || found.contains(endpoint));
        for endpoint in found.iter().filter(|endpoint| endpoint.followed) {
            listeners.entry(endpoint.clone()).or_default();
        }
        for (endpoint, listener) in &mut listeners {
            listener.reap().await;
            if listener.may_try() {
                listener.task = Some(tokio::spawn(listen(endpoint.clone(), Arc::clone(known))));
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

impl Listener {
    fn may_try(&self) -> bool {
        self.task.is_none() && self.again.is_none_or(|again| again <= Instant::now())
    }

    /// Takes note of an end. One who was heard for long is tried again at once, the others less and less often.
    async fn reap(&mut self) {
        if !self.task.as_ref().is_some_and(JoinHandle::is_finished) {
            return;
        }
        let Some(task) = self.task.take() else { return };
        let lasted = task.await.unwrap_or(false);
        self.in_vain = if lasted { 0 } else { self.in_vain + 1 };
        self.again = Some(Instant::now() + back_off(self.in_vain, LONGEST) / 2);
    }
}

async fn listen(endpoint: Endpoint, known: Arc<Known>) -> bool {
    let begun = Instant::now();
    let Err(error) = docker::follow(&endpoint, &known.book).await;
    tracing::debug!("{:?}: {error}", endpoint.address);
    begun.elapsed() > LASTING
}
