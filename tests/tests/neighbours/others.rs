//! Programs of somebody else's that count: they see every packet before, beside and after nbw.

use aya::programs::TcAttachType;
use nbw_tests::lab::{Counted, Nbw, Other, Place, Totals, TwoHosts, Verdict, interface, ping, together, until};
use nix::sys::signal::Signal;

const BOTH: [TcAttachType; 2] = [TcAttachType::Ingress, TcAttachType::Egress];

/// Both directions of an interface, watched by somebody else's programs.
struct Watched<'a> {
    ingress: Other<'a>,
    egress: Other<'a>,
}

impl<'a> Watched<'a> {
    fn attach(hosts: &'a TwoHosts, place: Place, verdict: Verdict) -> Self {
        let [ingress, egress] = BOTH.map(|side| Other::attach(&hosts.left, &hosts.cable.a, side, place, verdict));
        Self { ingress, egress }
    }

    fn counted(&self) -> (Counted, Counted) {
        (self.ingress.counted(), self.egress.counted())
    }
}

/// What each of `watchers` and the kernel count of some pings must be the same.
fn all_see_every_packet(hosts: &TwoHosts, when: &str, watchers: &[&Watched]) {
    let kernel = || hosts.left.kernel_counters(&hosts.cable.a);
    let quiet = || {
        let read = || (kernel(), watchers.iter().map(|watched| watched.counted()).collect::<Vec<_>>());
        until("a quiet cable", || {
            let before = read();
            std::thread::sleep(std::time::Duration::from_millis(60));
            (read() == before).then_some(before)
        })
    };
    let before = quiet();
    for address in [&hosts.cable.v4.1, &hosts.cable.v6.1] {
        ping(&hosts.left, None, address, "-c 25 -i 0.002 -s 900");
    }
    let after = quiet();
    let moved = after.0.since(before.0);
    assert!(moved.rx_packets >= 50 && moved.tx_packets >= 50, "{moved:?}");
    for (number, (now, then)) in after.1.iter().zip(&before.1).enumerate() {
        let seen = (now.0.since(then.0), now.1.since(then.1));
        assert_eq!(seen, (moved.rx(), moved.tx()), "{when}: what neighbour {number} has seen");
    }
}

/// What nbw and the kernel count of some pings must be the same.
fn nbw_sees_every_packet(hosts: &TwoHosts, nbw: &mut Nbw) {
    let name = &hosts.cable.a;
    let kernel = || hosts.left.kernel_counters(name);
    let (kernel_before, before) = together(nbw, kernel);
    ping(&hosts.left, None, &hosts.cable.v4.1, "-c 25 -i 0.002 -s 900");
    let (kernel_after, after) = together(nbw, kernel);
    let moved = Totals::of(interface(&after, name)).since(Totals::of(interface(&before, name)));
    assert_eq!(moved, kernel_after.since(kernel_before));
    assert!(moved.rx_packets >= 25 && moved.tx_packets >= 25, "{moved:?}");
}

fn watch(hosts: &TwoHosts, options: &str) -> Nbw {
    Nbw::watch(&hosts.left, &format!("-i {} --interval 50ms {options}", hosts.cable.a))
}

/// Programs by TCX and by clsact, attached before nbw and after it, while it runs and when it has ended in any way.
fn neighbours_are_undisturbed(number: u8, options: &str) {
    let hosts = TwoHosts::new(number, false);
    let before_by_tcx = Watched::attach(&hosts, Place::Tcx, Verdict::Next);
    let before_by_clsact = Watched::attach(&hosts, Place::Clsact(20), Verdict::Next);
    let early = [&before_by_tcx, &before_by_clsact];
    all_see_every_packet(&hosts, "without nbw", &early);
    let mut nbw = watch(&hosts, options);
    all_see_every_packet(&hosts, "beside nbw", &early);
    let after_by_tcx = Watched::attach(&hosts, Place::Tcx, Verdict::Next);
    let after_by_clsact = Watched::attach(&hosts, Place::Clsact(30), Verdict::Next);
    let all = [&before_by_tcx, &before_by_clsact, &after_by_tcx, &after_by_clsact];
    all_see_every_packet(&hosts, "attached beside nbw", &all);
    nbw_sees_every_packet(&hosts, &mut nbw);
    nbw.signal(Signal::SIGTERM);
    assert!(nbw.wait().0.success());
    all_see_every_packet(&hosts, "after nbw", &all);
    let nbw = watch(&hosts, options);
    nbw.signal(Signal::SIGKILL);
    drop(nbw);
    all_see_every_packet(&hosts, "after nbw was killed", &all);
}

#[test]
fn neighbours_of_tcx_links_are_undisturbed() {
    neighbours_are_undisturbed(61, "");
}

#[test]
fn neighbours_of_clsact_filters_are_undisturbed() {
    neighbours_are_undisturbed(62, "--hook clsact");
}

/// A program that ends the chain was there first: nbw counts all packets all the same, and so does the program.
#[test]
fn a_program_that_ends_the_chain_hides_nothing() {
    for (number, place, options) in
        [(63, Place::Tcx, ""), (64, Place::Clsact(1), "--hook clsact"), (65, Place::Clsact(49_152), "--hook clsact")]
    {
        let hosts = TwoHosts::new(number, false);
        let first = Watched::attach(&hosts, place, Verdict::Last);
        // The test's own programs do end it: one that is attached behind them sees nothing.
        let behind = Watched::attach(&hosts, behind(place), Verdict::Next);
        let mut nbw = watch(&hosts, options);
        all_see_every_packet(&hosts, &format!("{place:?}"), &[&first]);
        assert_eq!(behind.counted(), (Counted::default(), Counted::default()), "behind {place:?}");
        nbw_sees_every_packet(&hosts, &mut nbw);
    }
}

fn behind(place: Place) -> Place {
    match place {
        Place::Tcx => Place::Tcx,
        Place::Clsact(priority) => Place::Clsact(priority + 1),
    }
}
