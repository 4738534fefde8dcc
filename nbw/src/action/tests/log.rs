use std::{
    fmt::Write as _,
    sync::{Arc, Mutex},
};

use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, layer::Context, layer::SubscriberExt};

use super::{firing, resolved, start, until_status};

/// Keeps the events of alerts as text.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl<S: Subscriber> Layer<S> for Kept {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "nbw::alert" {
            let mut line = Line(event.metadata().level().to_string());
            event.record(&mut line);
            self.0.lock().unwrap().push(line.0);
        }
    }
}

#[tokio::test]
async fn notices_are_events_with_fields() {
    let kept = Kept::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(kept.clone()));
    let dispatcher = start("[log]\ntype = \"log\"");
    dispatcher.tell(&[firing("busy", "web"), resolved("busy", "web")]);
    until_status(&dispatcher, "log", |log| log.sent == 2).await;
    let lines = kept.0.lock().unwrap().clone();
    assert!(
        lines[0].starts_with("WARN message=web sends 100 Mbit/s action=\"log\" change=\"firing\" alert=\"busy\""),
        "{lines:?}"
    );
    assert!(lines[0].contains("subject=\"web\" metric=\"tx\" value=12500000.0 threshold=6250000.0"), "{lines:?}");
    assert!(lines[1].starts_with("INFO ") && lines[1].contains("change=\"resolved\""), "{lines:?}");
}
