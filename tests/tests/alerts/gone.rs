//! What vanishes while it fires.

use std::sync::atomic::{AtomicBool, Ordering};
use std::{
    net::UdpSocket,
    thread,
    time::{Duration, Instant},
};

use nbw_tests::lab::{Nbw, Netns, TwoHosts};

use super::story::Story;

/// How long is sent at most.
const LONGEST: Duration = Duration::from_secs(90);

/// Sends datagrams of 1,000 bytes, 200 a second, while `work` is being done. A machine that is busy makes up for what it
/// has not sent in time.
pub(crate) fn while_sending<T>(netns: &Netns, to: &str, work: impl FnOnce(&dyn Fn()) -> T) -> T {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let send = || {
            netns.enter(|| {
                let socket = UdpSocket::bind("0.0.0.0:0").expect("a socket");
                let start = Instant::now();
                let mut sent = 0;
                while !stop.load(Ordering::Relaxed) && start.elapsed() < LONGEST {
                    while sent <= start.elapsed().as_millis() / 5 {
                        // The way there may be what the test takes away.
                        let _ = socket.send_to(&[1; 1000], (to, 9));
                        sent += 1;
                    }
                    thread::sleep(Duration::from_millis(5));
                }
            });
        };
        scope.spawn(send);
        let _stop = Stop(&stop);
        work(&|| stop.store(true, Ordering::Relaxed))
    })
}

/// Stops the sender, however the test ends.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn an_interface_that_is_deleted_while_it_fires_is_over() {
    let hosts = TwoHosts::new(24, true);
    let interface = &hosts.cable.a;
    // True also in the tick in which most of the time it is not there any more.
    let rule = format!("interface {interface} rx < 10Gbit/s");
    let mut nbw = Nbw::watch_for(&hosts.left, &[&rule], "-n 200ms");
    while_sending(&hosts.right, &hosts.cable.v4.0, |_| {
        Story::follow(&mut nbw, "the alert", |story| story.ticks(&rule, "firing") > 0);
        hosts.left.run(&format!("ip link del {interface}"));
        let story = Story::follow(&mut nbw, "its end", |story| story.ticks(&rule, "resolved") > 0);
        let last = story.alerts(&rule).last().expect("the alert");
        assert_eq!(last["ended"], "gone", "{last}");
        assert!(last["summary"].as_str().expect("a summary").contains("is gone"), "{last}");
    });
    let after = nbw.next();
    assert_eq!(after["alerts"], serde_json::json!([]), "{after}");
}
