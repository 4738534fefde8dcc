//! The thread that tells: a runtime of its own, with a task for each action.

use std::{collections::BTreeMap, pin::Pin, sync::Arc, thread, time::Duration};

use tokio::{
    runtime::Builder,
    sync::{mpsc, oneshot},
    task::{AbortHandle, JoinError, JoinSet},
    time::{Instant, sleep, timeout, timeout_at},
};
use tokio_util::sync::CancellationToken;

use crate::failure::Failure;

/// An action that was removed has this long for what it has still to tell.
const AFTER_REMOVAL: Duration = Duration::from_secs(10);

/// At the end, what hangs has this long to end by itself after it was asked to; at most half of all patience.
const GRACE: Duration = Duration::from_secs(1);

/// Look-ups of names that hang have a thread each, at most so many.
const MOST_BLOCKING_THREADS: usize = 64;

/// What an action does all the time.
pub(super) type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The way to the thread.
#[derive(Debug)]
pub(super) struct Worker {
    orders: mpsc::UnboundedSender<Order>,
    ended: oneshot::Receiver<()>,
    hurry: CancellationToken,
}

enum Order {
    /// Runs this, in place of what ran under the name.
    Start(Arc<str>, Task),
    /// Has only a little more time.
    Retire(Arc<str>),
    /// Everything has only so much more time.
    Finish(Duration),
}

impl Worker {
    /// Starts the thread.
    ///
    /// # Errors
    /// When there can be no thread or no runtime.
    pub(super) fn start() -> Result<Self, Failure> {
        let runtime = Builder::new_current_thread().enable_all().max_blocking_threads(MOST_BLOCKING_THREADS).build()?;
        let (orders, incoming) = mpsc::unbounded_channel();
        let (tell, ended) = oneshot::channel();
        let hurry = CancellationToken::new();
        let tasks = Tasks { hurry: hurry.clone(), ..Tasks::default() };
        let work = move || {
            runtime.block_on(tasks.work(incoming));
            // Look-ups of names and writes that hang are not waited for.
            runtime.shutdown_background();
            let _ = tell.send(());
        };
        thread::Builder::new().name("actions".into()).spawn(work)?;
        Ok(Self { orders, ended, hurry })
    }

    /// Cancelled when what hangs is to end at once.
    pub(super) fn hurry(&self) -> CancellationToken {
        self.hurry.clone()
    }

    /// Runs `task` as the one of this name. The former one is ended where it is.
    pub(super) fn run(&self, name: &Arc<str>, task: Task) {
        self.order(Order::Start(Arc::clone(name), task));
    }

    /// Lets the task of this name end soon.
    pub(super) fn retire(&self, name: &Arc<str>) {
        self.order(Order::Retire(Arc::clone(name)));
    }

    /// Lets all tasks end within `patience`, and returns when the thread has ended.
    pub(super) async fn finish(self, patience: Duration) {
        self.order(Order::Finish(patience));
        let _ = timeout(patience + GRACE, self.ended).await;
    }

    fn order(&self, order: Order) {
        if self.orders.send(order).is_err() {
            tracing::error!("the thread of the actions has ended: no action is told of alerts any more; restart nbw");
        }
    }
}

#[derive(Default)]
struct Tasks {
    all: JoinSet<()>,
    /// Each ends a removed action that does not end by itself.
    timers: JoinSet<()>,
    named: BTreeMap<Arc<str>, AbortHandle>,
    hurry: CancellationToken,
}

impl Tasks {
    /// Dropping a task ends what it has started: nobody who goes away without a word leaves anything behind.
    async fn work(mut self, mut orders: mpsc::UnboundedReceiver<Order>) {
        loop {
            tokio::select! {
                order = orders.recv() => match order {
                    Some(Order::Start(name, task)) => self.start(name, task).await,
                    Some(Order::Retire(name)) => self.retire(&name),
                    Some(Order::Finish(patience)) => return self.finish(patience).await,
                    None => return self.all.shutdown().await,
                },
                Some(ended) = self.all.join_next() => report(ended),
                Some(_) = self.timers.join_next() => {}
            }
        }
    }

    async fn start(&mut self, name: Arc<str>, task: Task) {
        if let Some(former) = self.named.remove(&name) {
            former.abort();
            // It is dropped when the runtime gets to it: only then has its successor all that it had in hand.
            while !former.is_finished() {
                tokio::task::yield_now().await;
            }
        }
        self.named.insert(name, self.all.spawn(task));
    }

    fn retire(&mut self, name: &Arc<str>) {
        if let Some(task) = self.named.remove(name) {
            self.timers.spawn(async move {
                sleep(AFTER_REMOVAL).await;
                task.abort();
            });
        }
    }

    async fn finish(mut self, patience: Duration) {
        let end = Instant::now() + patience;
        let grace = GRACE.min(patience / 2);
        if timeout_at(end - grace, join(&mut self.all)).await.is_err() {
            self.hurry.cancel();
            let _ = timeout_at(end, join(&mut self.all)).await;
        }
        self.all.shutdown().await;
    }
}

async fn join(tasks: &mut JoinSet<()>) {
    while let Some(ended) = tasks.join_next().await {
        report(ended);
    }
}

fn report(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!("an action has ended by a fault of nbw: it tells nothing any more until nbw is restarted");
    }
}
