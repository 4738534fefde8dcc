//! Queueing disciplines and classes, their counters and the rates that they are set to, by rtnetlink.

use std::{collections::HashMap, sync::Arc};

use futures_util::{StreamExt, TryStreamExt};
use netlink_packet_core::{Nla, NlasIterator};
use netlink_packet_route::tc::{TcAttribute, TcHandle, TcMessage, TcOption, TcStats2};
use rtnetlink::Handle;

use super::{Counter, counter, links::Interface};
use crate::text;

/// More queues than this are not looked at.
const MOST: usize = 4_096;

/// A queueing discipline or a class of one.
#[derive(Debug, Clone, PartialEq)]
pub struct Queue {
    /// The interface that it is at.
    pub interface: Arc<str>,
    /// `tbf`, `htb`, `fq_codel` ...
    pub kind: Arc<str>,
    /// `1:` of a qdisc, `1:10` of a class.
    pub handle: Arc<str>,
    /// Whether it is a class.
    pub class: bool,
    /// Whether all that the interface sends goes through it.
    pub root: bool,
    /// Bytes a second that it lets pass; none where it is no shaper.
    pub rate: Option<f64>,
}

impl Queue {
    /// The owner of its counters `bytes`, `packets`, `drops` and `overlimits`.
    pub fn owner(&self) -> String {
        let what = if self.class { "class" } else { "qdisc" };
        format!("{} {what} {} {}", self.interface, self.kind, self.handle)
    }
}

/// All queues of these interfaces, and their counters.
pub(super) async fn read(handle: &Handle, interfaces: &[Interface]) -> (Vec<Queue>, Vec<Counter>) {
    let names: HashMap<i32, &Arc<str>> =
        interfaces.iter().map(|interface| (interface.index.cast_signed(), &interface.name)).collect();
    let qdiscs = handle.qdisc().get().execute().take(MOST).try_collect::<Vec<TcMessage>>().await.unwrap_or_default();
    let mut found: Vec<(Queue, Vec<Counter>)> =
        qdiscs.iter().filter_map(|message| queue(message, false, &names)).collect();
    // Only htb's classes have rates of their own that nbw can read.
    let with_classes: Vec<i32> =
        qdiscs.iter().filter(|message| kind(message) == Some("htb")).map(|message| message.header.index).collect();
    for index in with_classes {
        let classes = handle.traffic_class(index).get().execute().take(MOST).try_collect::<Vec<TcMessage>>().await;
        found.extend(classes.unwrap_or_default().iter().filter_map(|message| queue(message, true, &names)));
    }
    let (queues, counters): (Vec<Queue>, Vec<Vec<Counter>>) = found.into_iter().unzip();
    (queues, counters.into_iter().flatten().collect())
}

fn kind(message: &TcMessage) -> Option<&str> {
    message.attributes.iter().find_map(|attribute| match attribute {
        TcAttribute::Kind(kind) => Some(kind.as_str()),
        _ => None,
    })
}

fn queue(message: &TcMessage, class: bool, names: &HashMap<i32, &Arc<str>>) -> Option<(Queue, Vec<Counter>)> {
    let interface = Arc::clone(names.get(&message.header.index)?);
    let kind = kind(message)?;
    if matches!(kind, "noqueue" | "clsact" | "ingress") {
        return None;
    }
    let options = message.attributes.iter().find_map(|attribute| match attribute {
        TcAttribute::Options(options) => Some(options.as_slice()),
        _ => None,
    });
    let queue = Queue {
        interface,
        kind: text::clean(kind).into(),
        handle: handle(message.header.handle, class).into(),
        class,
        root: !class && message.header.parent == TcHandle::ROOT,
        rate: options.and_then(|options| rate(kind, &nested(options))).filter(|rate| *rate > 0.0),
    };
    let counters = counted(&queue.owner(), &message.attributes);
    Some((queue, counters))
}

/// As `tc` writes it.
fn handle(handle: TcHandle, class: bool) -> String {
    if class { format!("{:x}:{:x}", handle.major, handle.minor) } else { format!("{:x}:", handle.major) }
}

fn counted(owner: &str, attributes: &[TcAttribute]) -> Vec<Counter> {
    let stats = attributes.iter().find_map(|attribute| match attribute {
        TcAttribute::Stats2(stats) => Some(stats),
        _ => None,
    });
    let mut counters = Vec::new();
    for part in stats.into_iter().flatten() {
        match part {
            TcStats2::Basic(basic) => {
                counters.push(counter(owner, "bytes", basic.bytes));
                counters.push(counter(owner, "packets", basic.packets.into()));
            }
            TcStats2::Queue(queue) => {
                counters.push(counter(owner, "drops", queue.drops.into()));
                counters.push(counter(owner, "overlimits", queue.overlimits.into()));
            }
            _ => {}
        }
    }
    counters
}

/// The attributes inside the options of a kind that the library does not know: their types and bytes.
fn nested(options: &[TcOption]) -> Vec<(u16, Vec<u8>)> {
    let mut found = Vec::new();
    for option in options {
        let mut bytes = vec![0; option.value_len()];
        option.emit_value(&mut bytes);
        let attributes = NlasIterator::new(&bytes).map_while(Result::ok);
        found.extend(attributes.map(|attribute| (attribute.kind(), attribute.value().to_vec())));
    }
    found
}

/// Bytes a second that a shaper is set to (`linux/pkt_sched.h`). The 64-bit attribute is there for what 32 bits cannot hold.
fn rate(kind: &str, attributes: &[(u16, Vec<u8>)]) -> Option<f64> {
    let value = |wanted: u16| attributes.iter().find(|(kind, _)| *kind == wanted).map(|(_, value)| &value[..]);
    let (parameters, wide) = match kind {
        // TCA_TBF_PARMS and TCA_TBF_RATE64: `tc_tbf_qopt` begins with the rate.
        "tbf" => (value(1).and_then(|bytes| narrow(bytes, 0)), value(4)),
        // TCA_HTB_PARMS and TCA_HTB_CEIL64: in `tc_htb_opt` the ceiling is behind the rate.
        "htb" => (value(1).and_then(|bytes| narrow(bytes, RATESPEC)), value(7)),
        // TCA_CAKE_BASE_RATE64.
        "cake" => (None, value(2)),
        _ => return None,
    };
    let wide = wide.and_then(|bytes| Some(u64::from_ne_bytes(bytes.get(..8)?.try_into().ok()?) as f64));
    wide.or(parameters)
}

/// Size of a `tc_ratespec`.
const RATESPEC: usize = 12;

/// The rate in a `tc_ratespec` at an offset: its last four bytes.
fn narrow(bytes: &[u8], at: usize) -> Option<f64> {
    let rate = bytes.get(at + RATESPEC - 4..at + RATESPEC)?;
    Some(f64::from(u32::from_ne_bytes(rate.try_into().ok()?)))
}

#[cfg(test)]
mod tests {
    use netlink_packet_core::DefaultNla;

    use super::*;

    /// What a kernel sent for `tbf rate 10mbit burst 32k latency 50ms` begins like this.
    fn tbf() -> Vec<u8> {
        let mut value = vec![0_u8; 36];
        value[8..12].copy_from_slice(&1_250_000_u32.to_ne_bytes());
        let mut bytes = 40_u16.to_ne_bytes().to_vec();
        bytes.extend(1_u16.to_ne_bytes());
        bytes.extend(value);
        bytes.extend([8, 0, 5, 0, 1, 2, 3, 4]);
        bytes
    }

    #[test]
    fn the_rate_of_a_tbf_is_found() {
        let options = [TcOption::Other(DefaultNla::new(2, tbf()))];
        let nested = nested(&options);
        assert_eq!(nested.iter().map(|(kind, value)| (*kind, value.len())).collect::<Vec<_>>(), [(1, 36), (5, 4)]);
        assert_eq!(rate("tbf", &nested), Some(1_250_000.0));
        assert_eq!(rate("pfifo", &nested), None);
    }

    #[test]
    fn wide_rates_are_preferred_and_broken_ones_are_none() {
        let wide = (4, 5_000_000_000_u64.to_ne_bytes().to_vec());
        assert_eq!(rate("tbf", &[(1, vec![0xff; 36]), wide]), Some(5e9));
        assert_eq!(rate("tbf", &[(1, vec![0; 3])]), None);
        assert_eq!(nested(&[TcOption::Other(DefaultNla::new(2, vec![9, 0, 1, 0]))]), []);
        let mut htb = vec![0_u8; 44];
        htb[20..24].copy_from_slice(&125_000_u32.to_ne_bytes());
        assert_eq!(rate("htb", &[(1, htb)]), Some(125_000.0));
        assert_eq!(rate("cake", &[(2, 7_u64.to_ne_bytes().to_vec())]), Some(7.0));
    }

    #[test]
    fn handles_are_written_as_tc_does() {
        let header = TcHandle { major: 0x8001, minor: 0x10 };
        assert_eq!((handle(header, false), handle(header, true)), ("8001:".to_owned(), "8001:10".to_owned()));
    }
}
