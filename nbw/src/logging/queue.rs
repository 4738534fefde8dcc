//! A bounded queue before the log: whoever logs never waits for whoever reads it.
//!
//! A pipe that nobody reads, or a journal that was stopped, would hold up the tick that has something to say.

use std::{
    fmt, io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Value, Visit, display},
};
use tracing_subscriber::{Layer, layer::Context};

/// Lines that may wait to be written.
const MOST_LINES: usize = 4096;
/// What waits has this long at the end.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Between two looks at a queue that is full at the end.
const BREATH: Duration = Duration::from_millis(10);

/// Hands events to a thread of its own, which writes them.
pub(super) struct Queue {
    lines: SyncSender<Order>,
    lost: Arc<AtomicU64>,
}

/// Waits for what is still to be written, on drop, but not for long.
#[must_use = "what is logged last may be lost without it"]
#[derive(Debug)]
pub struct Flush(SyncSender<Order>);

enum Order {
    Write(Line),
    /// Says so when all before it is written.
    Flush(SyncSender<()>),
}

/// An event that owns what it says.
struct Line {
    metadata: &'static Metadata<'static>,
    /// By the fields' indices.
    values: Vec<Option<Box<dyn Value + Send>>>,
}

/// Starts the thread, which writes by this subscriber.
///
/// # Errors
/// When there can be no thread.
pub(super) fn queue(writer: impl Subscriber + Send) -> io::Result<(Queue, Flush)> {
    // By the queue, as all that is logged.
    with_room_for(MOST_LINES, writer, |lost| {
        tracing::warn!("{lost} lines of the log were lost: nobody took them in time");
    })
}

/// `report` hears how many lines were lost, once others are taken again.
fn with_room_for(
    lines: usize,
    writer: impl Subscriber + Send,
    report: impl Fn(u64) + Send + 'static,
) -> io::Result<(Queue, Flush)> {
    let (send, receive) = sync_channel(lines);
    let lost = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&lost);
    thread::Builder::new().name("log".into()).spawn(move || write(&receive, &writer, &counted, report))?;
    Ok((Queue { lines: send.clone(), lost }, Flush(send)))
}

fn write(orders: &Receiver<Order>, writer: &impl Subscriber, lost: &AtomicU64, report: impl Fn(u64)) {
    for order in orders {
        match order {
            Order::Write(line) => line.write(writer),
            // Whoever waits for it may have given up.
            Order::Flush(done) => drop(done.try_send(())),
        }
        let lost = lost.swap(0, Relaxed);
        if lost > 0 {
            report(lost);
        }
    }
}

impl<S: Subscriber> Layer<S> for Queue {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        if self.lines.try_send(Order::Write(Line::of(event))).is_err() {
            self.lost.fetch_add(1, Relaxed);
        }
    }
}

impl Drop for Flush {
    fn drop(&mut self) {
        let (send, done) = sync_channel(1);
        let end = Instant::now() + LAST_WORDS;
        let mut order = Order::Flush(send);
        while let Err(std::sync::mpsc::TrySendError::Full(again)) = self.0.try_send(order) {
            if Instant::now() >= end {
                return;
            }
            order = again;
            thread::sleep(BREATH);
        }
        let _ = done.recv_timeout(end.saturating_duration_since(Instant::now()));
    }
}

impl Line {
    fn of(event: &Event<'_>) -> Self {
        let metadata = event.metadata();
        let values = metadata.fields().iter().map(|_| None).collect();
        let mut line = Self { metadata, values };
        event.record(&mut line);
        line
    }

    /// Without any dispatcher: whoever filters has let it pass already.
    fn write(&self, writer: &impl Subscriber) {
        let values: Vec<Option<&dyn Value>> =
            self.values.iter().map(|value| value.as_deref().map(|value| value as &dyn Value)).collect();
        writer.event(&Event::new(self.metadata, &self.metadata.fields().value_set_all(&values)));
    }

    fn keep(&mut self, field: &Field, value: impl Value + Send + 'static) {
        if let Some(place) = self.values.get_mut(field.index()) {
            *place = Some(Box::new(value));
        }
    }
}

impl Visit for Line {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.keep(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.keep(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.keep(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.keep(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.keep(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.keep(field, display(format!("{value:?}")));
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{PipeReader, PipeWriter, Read, pipe},
        sync::Mutex,
    };

    use tracing::{info, subscriber::with_default, warn};
    use tracing_subscriber::{Registry, fmt::layer, layer::SubscriberExt};

    use super::*;

    const DEADLINE: Duration = Duration::from_secs(20);

    /// A log by a queue of 10 lines into this pipe; what is lost is counted.
    fn logging_to(pipe: PipeWriter) -> (impl Subscriber + Send + Sync, Flush, Arc<AtomicU64>) {
        let lost = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&lost);
        let lines = layer().with_writer(Mutex::new(pipe)).with_target(false).with_ansi(false).without_time();
        let (queue, flush) = with_room_for(10, Registry::default().with(lines), move |lost| {
            counted.fetch_add(lost, Relaxed);
        })
        .unwrap();
        (Registry::default().with(queue), flush, lost)
    }

    fn all_of(mut pipe: PipeReader) -> String {
        let mut text = String::new();
        pipe.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn what_is_logged_is_written_as_without_a_queue() {
        let (read, write) = pipe().unwrap();
        let (log, flush, lost) = logging_to(write);
        with_default(log, || {
            warn!(scope = "host", value = 1.5, count = 3_u64, debt = -2_i64, fires = true, "{} is busy", "web");
            info!(kind = ?Some(1), "quiet");
        });
        drop(flush);
        let expected =
            " WARN web is busy scope=\"host\" value=1.5 count=3 debt=-2 fires=true\n INFO quiet kind=Some(1)\n";
        assert_eq!((&*all_of(read), lost.load(Relaxed)), (expected, 0));
    }

    /// 10,000 lines are more than fit into any pipe.
    #[test]
    fn nobody_waits_for_a_pipe_that_nobody_reads_and_what_is_lost_is_counted() {
        let (read, write) = pipe().unwrap();
        let (log, flush, lost) = logging_to(write);
        let (tell, told) = sync_channel(1);
        thread::spawn(move || {
            with_default(log, || (0..10_000).for_each(|number| info!("{number} {}", "x".repeat(100))));
            tell.send(()).unwrap();
            drop(flush);
        });
        told.recv_timeout(DEADLINE).expect("it goes on");
        let lines = all_of(read).lines().count() as u64;
        assert!((10..10_000).contains(&lines), "{lines}");
        assert_eq!(lines + lost.load(Relaxed), 10_000);
    }
}
