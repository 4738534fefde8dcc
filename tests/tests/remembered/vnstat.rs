//! vnstat beside the agent.

use std::{
    fs::File,
    process::{Child, Stdio},
};

use nbw_tests::lab::{Iperf, Netns, TwoHosts, run, until};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;

use super::place::{Agent, Place, at_rest};

/// As often as it can, and whatever the rate.
const CONFIG: &str = "
UpdateInterval 2
PollInterval 2
SaveInterval 1
MaxBandwidth 0
BandwidthDetection 0
UseLogging 0
BootVariation 0
TimeSyncWait 0
";

/// A running vnstatd; killed on drop.
struct Vnstat<'a> {
    child: Child,
    place: &'a Place,
}

impl<'a> Vnstat<'a> {
    /// Starts it inside; it knows the interface when this returns.
    fn start(netns: &Netns, place: &'a Place, interface: &str) -> Self {
        let database = place.path("vnstat");
        std::fs::create_dir(&database).expect("a directory");
        let config = format!("DatabaseDir \"{}\"{CONFIG}", database.display());
        std::fs::write(place.path("vnstat.conf"), config).expect("its configuration");
        let log = File::create(place.path("vnstat.log")).expect("a log");
        let mut command = netns.command("vnstatd");
        command.arg("--nodaemon").arg("--config").arg(place.path("vnstat.conf"));
        command.stdout(log.try_clone().expect("a log")).stderr(log).stdin(Stdio::null());
        let mut vnstat = Self { child: command.spawn().expect("vnstatd starts"), place };
        until("vnstatd to begin", || {
            assert!(vnstat.child.try_wait().expect("its state").is_none(), "it has ended: {}", vnstat.log());
            (vnstat.log().contains("Monitoring") && vnstat.log().contains(interface)).then_some(())
        });
        vnstat
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.place.path("vnstat.log")).unwrap_or_default()
    }

    /// What it has counted, received and sent, once all of it is written.
    fn total(&self, interface: &str) -> (u64, u64) {
        // It writes what it has read so far.
        kill(Pid::from_raw(self.child.id().cast_signed()), Signal::SIGHUP).expect("a signal to vnstatd");
        let config = self.place.path("vnstat.conf");
        let said: Value =
            serde_json::from_str(&run(&format!("vnstat --config {} --json h -i {interface}", config.display())))
                .expect("JSON from vnstat");
        let total = &said["interfaces"][0]["traffic"]["total"];
        let count = |side: &str| total[side].as_u64().unwrap_or_else(|| panic!("{side}: {said}"));
        (count("rx"), count("tx"))
    }
}

impl Drop for Vnstat<'_> {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn vnstat_beside_it_has_counted_the_same() {
    let (hosts, place) = (TwoHosts::new(63, false), Place::new());
    let a = &hosts.cable.a;
    let kernel = || hosts.left.kernel_counters(a);
    let before = at_rest(&hosts.left, a);
    let vnstat = Vnstat::start(&hosts.left, &place, a);
    let agent = Agent::start(&hosts.left, &place);
    assert_eq!(kernel(), before, "the link did not rest while both began");
    let _server = Iperf::server(&hosts.right, None);
    for options in ["-n 5M -w 128K", "-n 3M -w 128K -R"] {
        Iperf::client(&hosts.left, None, &hosts.cable.v4.1, options);
    }
    let moved = agent.settled(kernel).since(before);
    agent.end();
    let ours = place.moved("hours --by interface", a);
    assert_eq!(ours, moved);
    // It reads every two seconds: what it has read before all was moved is less.
    let theirs = until("vnstat to have read all", || {
        let (rx, tx) = vnstat.total(a);
        (rx + tx >= moved.rx_bytes + moved.tx_bytes).then_some((rx, tx))
    });
    assert_eq!(theirs, (ours.rx_bytes, ours.tx_bytes));
}
