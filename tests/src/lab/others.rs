//! Other people's TC programs beside nbw's: ones that count, so that it shows when they miss a packet.

use std::{env, path::PathBuf};

use aya::{
    Ebpf,
    maps::Array,
    programs::{
        LinkOrder, SchedClassifier, TcAttachType,
        tc::{NlOptions, TcAttachOptions, qdisc_add_clsact},
    },
};

use super::{Counted, Netns};

/// Where the program is attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A TCX link, behind those that are there.
    Tcx,
    /// A filter of the clsact qdisc with this priority.
    Clsact(u16),
}

/// What the program says of each packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The next program may have it.
    Next,
    /// The packet passes, and no program behind sees it.
    Last,
}

/// A program of somebody else, detached on drop.
pub struct Other<'a> {
    netns: &'a Netns,
    ebpf: Option<Ebpf>,
}

impl<'a> Other<'a> {
    /// Attaches one.
    pub fn attach(netns: &'a Netns, interface: &str, side: TcAttachType, place: Place, verdict: Verdict) -> Self {
        let ebpf = netns.enter(|| attach(interface, side, place, verdict));
        Self { netns, ebpf: Some(ebpf) }
    }

    /// All that it has seen.
    pub fn counted(&self) -> Counted {
        let ebpf = self.ebpf.as_ref().expect("it is attached");
        let map: Array<_, [u64; 4]> = ebpf.map("OTHERS").expect("OTHERS").try_into().expect("an array");
        let all = map.iter().map(|counters| counters.expect("a stripe"));
        // A stripe is a `Counters`, of which the program uses the half for sending.
        all.fold(Counted::default(), |sum, [_, _, bytes, packets]| Counted {
            bytes: sum.bytes + bytes,
            packets: sum.packets + packets,
        })
    }
}

impl Drop for Other<'_> {
    fn drop(&mut self) {
        // aya detaches a filter by the interface's index, which means something in its own namespace only.
        let ebpf = self.ebpf.take();
        self.netns.enter(|| drop(ebpf));
    }
}

fn attach(interface: &str, side: TcAttachType, place: Place, verdict: Verdict) -> Ebpf {
    let mut ebpf = Ebpf::load_file(object()).expect("bench.o; `cargo xtask build-ebpf` makes it");
    let name = match verdict {
        Verdict::Next => "others_tc",
        Verdict::Last => "others_tc_ok",
    };
    let program: &mut SchedClassifier = ebpf.program_mut(name).expect(name).try_into().expect("a classifier");
    program.load().expect("the verifier's consent");
    let options = match place {
        Place::Tcx => TcAttachOptions::TcxOrder(LinkOrder::last()),
        Place::Clsact(priority) => {
            // It may be there already; if not, attaching says so.
            let _ = qdisc_add_clsact(interface);
            TcAttachOptions::Netlink(NlOptions { priority, ..NlOptions::default() })
        }
    };
    program.attach_with_options(interface, side, options).expect("to attach");
    ebpf
}

fn object() -> PathBuf {
    let built = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/bpf/bench.o");
    env::var_os("NBW_BENCH_OBJECT").map_or_else(|| built.into(), PathBuf::from)
}
