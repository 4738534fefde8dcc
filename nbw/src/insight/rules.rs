//! The rules: each a small file of its own, with a page in `docs/insight`.

use std::borrow::Cow;

use super::{Evidence, Finding};

/// Looks at the evidence, and says what there is to say.
pub trait Rule: Sync {
    /// Its name, which is its page's too.
    fn id(&self) -> &'static str;

    /// What it finds; nothing where it lacks what it needs.
    fn find(&self, evidence: &Evidence) -> Vec<Finding>;
}

/// Declares the rules' modules, and a list of all of them.
macro_rules! rules {
    ($($module:ident::$rule:ident),+ $(,)?) => {
        $(mod $module;)+

        /// All rules.
        pub const ALL: &[&dyn Rule] = &[$(&$module::$rule),+];
    };
}

rules! {
    link_limit::LinkLimit,
    link_trend::LinkTrend,
    link_speed::LinkSpeed,
    shaper::Shaper,
    hog::Hog,
    bursts::Bursts,
    quiet_hours::QuietHours,
    small_packets::SmallPackets,
    drops::Drops,
    errors::Errors,
    softnet::Softnet,
    socket_drops::SocketDrops,
    conntrack::Conntrack,
    firewall_drops::FirewallDrops,
    retransmissions::Retransmissions,
    resets::Resets,
    asymmetry::Asymmetry,
    new_remote::NewRemote,
    chatty_idle::ChattyIdle,
    dns_volume::DnsVolume,
    unattributed::Unattributed,
}

mod waiting;

/// A part of something; nothing of nothing.
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// A share for people: `4.8 %`, `0.02 %`.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let decimals = match percent {
        10.0.. => 0,
        1.0.. => 1,
        _ => 2,
    };
    format!("{percent:.decimals$} %")
}

/// A name in a command that is to be copied into a root shell: who may name a cgroup must not say what runs there.
fn quoted(name: &str) -> Cow<'_, str> {
    // What has a NUL in it was not cleaned, and is no argument.
    shlex::try_quote(name).unwrap_or(Cow::Borrowed("''"))
}

/// Whether the queue of an interface can be replaced by a command without taking anything away: a plain one is its root. A shaper,
/// the classes of htb and the queues of a card that has several (mq) are somebody's work, or the kernel's.
fn is_plain(evidence: &Evidence, interface: &str) -> bool {
    const PLAIN: [&str; 6] = ["pfifo_fast", "pfifo", "bfifo", "fq_codel", "fq", "sfq"];
    evidence.facts.root_queue(interface).is_some_and(|queue| PLAIN.contains(&&*queue.kind))
}

/// A rate in bytes a second, for people.
fn rate(bytes_per_second: f64) -> String {
    crate::units::Units::Bits.rate(bytes_per_second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_ends_its_quotes() {
        use crate::{
            history::Kind,
            insight::{advise, fixture},
        };
        assert_eq!(quoted("/system.slice/ssh.service"), "/system.slice/ssh.service");
        let names = ["/a'; touch \"$HOME\"; '", "/$(reboot)", "/b`reboot`", "/c d;e|f&g"];
        for name in names {
            let full = fixture::live().with(Kind::Interface, "eth0", |_| (0.0, fixture::LINK));
            let hog = full.with(Kind::Group, name, |_| (0.0, 9e6));
            let hog = hog.with(Kind::Group, "/one", |_| (1e6, 0.0)).with(Kind::Group, "/two", |_| (1e6, 0.0));
            let week = fixture::week().with_packets(Kind::Group, name, 100.0, |_| (0.0, 200.0));
            for (rule, evidence) in [("hog", hog), ("chatty-idle", week)] {
                let findings = advise(&evidence);
                let finding = findings.iter().find(|finding| finding.rule == rule).expect(rule);
                let commands = finding.advice.iter().filter_map(|advice| advice.command.as_deref());
                for words in commands.map(|command| shlex::split(command).expect("whole quotes")) {
                    assert_eq!(words.last().map(String::as_str), Some(name), "{words:?}");
                }
            }
        }
        let odd = "eth0;reboot";
        let eth0 = |eth0: &mut crate::insight::facts::Interface| {
            (eth0.name, eth0.fastest_of_both) = (odd.into(), Some(10_000_000_000))
        };
        for finding in advise(&fixture::live().eth0(eth0).grew(odd, "rx_errors", 1_000).grew(odd, "tx_dropped", 1_000))
        {
            for command in finding.advice.iter().filter_map(|advice| advice.command.as_deref()) {
                assert!(!command.replace("'eth0;reboot'", "").contains(odd), "{command}");
            }
        }
    }

    #[test]
    fn shares_have_as_many_digits_as_say_something() {
        assert_eq!([0.999, 0.0481, 0.0002].map(percent), ["100 %", "4.8 %", "0.02 %"]);
        assert_eq!((share(1, 0), share(1, 4)), (0.0, 0.25));
    }
}
