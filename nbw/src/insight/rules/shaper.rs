//! A shaper that is at its rate.

use super::{Rule, percent, quoted, rate, share};
use crate::insight::{Evidence, Finding, Severity, facts::Queue, finding::Unit};

/// From this share of its rate on a shaper is at it: a tbf's bucket and the headers that it does not count take the rest.
const AT_RATE: f64 = 0.9;

/// At its rate for this share of the time, or for this many seconds, whichever is less, it matters: who pays for bandwidth
/// by the 95th percentile gets a twentieth of the time for nothing, too.
const OFTEN: f64 = 0.05;
const LONG: f64 = 3_600.0;

/// Throughput at the rate, and packets that had to wait (`overlimits`) or were dropped.
pub(super) struct Shaper;

impl Rule for Shaper {
    fn id(&self) -> &'static str {
        "shaper"
    }

    fn find(&self, evidence: &Evidence) -> Vec<Finding> {
        let full = evidence.facts.queues.iter().filter_map(|queue| Full::of(evidence, queue));
        full.map(|full| self.judge(evidence, &full)).collect()
    }
}

/// Whether a shaper of this host is full. TCP then sends again what it drops, and also what waits in it for longer than TCP
/// expects.
pub(super) fn is_full(evidence: &Evidence) -> bool {
    evidence.facts.queues.iter().any(|queue| Full::of(evidence, queue).is_some())
}

/// A shaper at its rate.
struct Full<'a> {
    queue: &'a Queue,
    rate: f64,
    /// Seconds at its rate.
    seconds: f64,
    /// Mean rate in those.
    moved: f64,
    packets: u64,
    drops: u64,
    overlimits: u64,
}

impl<'a> Full<'a> {
    fn of(evidence: &Evidence, queue: &'a Queue) -> Option<Self> {
        let rate = queue.rate?;
        let (counters, owner) = (&evidence.counters, queue.owner());
        let parts = |what| counters.parts(&owner, what);
        let (bytes, overlimits) = (parts("bytes")?, parts("overlimits")?);
        let at_rate = counters.seconds.iter().zip(bytes).zip(overlimits).filter(|((seconds, bytes), overlimits)| {
            **seconds > 0.0 && **overlimits > 0 && **bytes as f64 / **seconds >= AT_RATE * rate
        });
        let (seconds, moved) =
            at_rate.fold((0.0, 0.0), |sum, ((seconds, bytes), _)| (sum.0 + seconds, sum.1 + *bytes as f64));
        let total = |what| counters.total(&owner, what);
        let (packets, drops, overlimits) = (total("packets"), total("drops"), total("overlimits"));
        let long = (OFTEN * counters.time()).min(LONG);
        (seconds > 0.0 && seconds >= long).then(|| Self {
            queue,
            rate,
            seconds,
            moved: moved / seconds,
            packets,
            drops,
            overlimits,
        })
    }
}

impl Shaper {
    fn judge(&self, evidence: &Evidence, full: &Full<'_>) -> Finding {
        let Queue { interface, kind, class, .. } = full.queue;
        let title = format!("The shaper {kind} at {interface} is full: {} of {}", rate(full.moved), rate(full.rate));
        let lost = share(full.drops, full.drops + full.packets);
        let dropped = if full.drops > 0 { percent(lost) } else { "none".to_owned() };
        let seen = format!(
            "For {} of the time it was at its rate. It made packets wait {} times and dropped {dropped} of them.",
            percent(full.seconds / evidence.counters.time()),
            full.overlimits,
        );
        let severity = if full.drops > 0 { Severity::Warning } else { Severity::Hint };
        let finding = Finding::new(self.id(), severity, interface, title)
            .seen(0.95, seen)
            .number("throughput", full.moved, Unit::BytesPerSecond)
            .number("rate", full.rate, Unit::BytesPerSecond)
            .number("overlimits", full.overlimits as f64, Unit::Count)
            .number("drops", full.drops as f64, Unit::Packets)
            .number("drop_share", lost, Unit::Share)
            .number("time_share", full.seconds / evidence.counters.time(), Unit::Share);
        let what = if *class { "class" } else { "qdisc" };
        let finding = finding
            .command("See its counters.", format!("tc -s {what} show dev {}", quoted(interface)))
            .command("See who fills it.", format!("nbw top -i {}", quoted(interface)));
        let more = "If the line behind it has more, raise its rate.";
        let finding = match raise(full) {
            Some(command) => finding.command(more, command),
            None => finding.advise(more),
        };
        match inside(full.queue) {
            Some(command) => finding.command("If it has not, let flows share fairly what there is.", command),
            None => finding,
        }
    }
}

/// The command that puts a fair queue into a shaper; cake is one.
fn inside(queue: &Queue) -> Option<String> {
    let (interface, handle) = (quoted(&queue.interface), &queue.handle);
    match &*queue.kind {
        // What is in a tbf is its class 1.
        "tbf" => Some(format!("tc qdisc add dev {interface} parent {handle}1 fq_codel")),
        "htb" => Some(format!("tc qdisc add dev {interface} parent {handle} fq_codel")),
        _ => None,
    }
}

/// The command that doubles the rate; none where the place of the qdisc would have to be known.
fn raise(full: &Full<'_>) -> Option<String> {
    /// A tbf's bucket has to hold what comes between two ticks of the kernel's clock (100 a second at least), and a GSO packet.
    const TICKS: f64 = 100.0;
    let Queue { kind, handle, class, root, .. } = full.queue;
    let interface = quoted(&full.queue.interface);
    let kbit = (full.rate * 8.0 * 2.0 / 1e3) as u64;
    let burst = (full.rate * 2.0 / TICKS).max(65_536.0) as u64;
    let change = format!("tc qdisc change dev {interface} root handle {handle} {kind}");
    match &**kind {
        "htb" if *class => {
            Some(format!("tc class change dev {interface} classid {handle} htb rate {kbit}kbit ceil {kbit}kbit"))
        }
        "cake" if *root => Some(format!("{change} bandwidth {kbit}kbit")),
        "tbf" if *root => Some(format!("{change} rate {kbit}kbit burst {burst} latency 50ms")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::fixture::{live, named, week};

    const RATE: u64 = 1_250_000;
    const OWNER: &str = "eth0 qdisc tbf 1:";

    fn second(bytes: u64, overlimits: u64, drops: u64) -> Evidence {
        let evidence = live().queue("tbf", Some(RATE as f64));
        let evidence = evidence.grew_in(OWNER, "bytes", 30, bytes).grew_in(OWNER, "overlimits", 30, overlimits);
        evidence.grew(OWNER, "drops", drops).grew(OWNER, "packets", 1_000)
    }

    #[test]
    fn at_90_percent_with_packets_that_wait_it_is_full() {
        assert_eq!(named(&Shaper, &second(RATE * 91 / 100, 10, 1)), ["eth0"]);
        assert_eq!(Shaper.find(&second(RATE, 10, 1))[0].severity, Severity::Warning);
        assert_eq!(Shaper.find(&second(RATE, 10, 0))[0].severity, Severity::Hint);
        assert!(named(&Shaper, &second(RATE * 89 / 100, 10, 1)).is_empty());
        assert!(named(&Shaper, &second(RATE, 0, 0)).is_empty());
    }

    #[test]
    fn an_hour_of_a_week_matters_and_none_does_not() {
        let hours = |count: usize| {
            let evidence = week().queue("tbf", Some(RATE as f64));
            let evidence = evidence.grew_in(OWNER, "bytes", count, RATE * 3_600);
            evidence.grew_in(OWNER, "overlimits", count, 100)
        };
        assert_eq!(named(&Shaper, &hours(1)), ["eth0"]);
        assert!(named(&Shaper, &hours(0)).is_empty());
    }

    #[test]
    fn a_queue_without_a_rate_is_no_shaper() {
        let mut evidence = second(RATE, 10, 10);
        evidence.facts.queues[0].rate = None;
        assert!(named(&Shaper, &evidence).is_empty() && !is_full(&evidence));
        assert!(is_full(&second(RATE, 10, 0)));
    }
}
