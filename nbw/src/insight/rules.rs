//! The rules: each a small file of its own, with a page in `docs/insight`.

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

/// A rate in bytes a second, for people.
fn rate(bytes_per_second: f64) -> String {
    crate::units::Units::Bits.rate(bytes_per_second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_have_as_many_digits_as_say_something() {
        assert_eq!([0.999, 0.0481, 0.0002].map(percent), ["100 %", "4.8 %", "0.02 %"]);
        assert_eq!((share(1, 0), share(1, 4)), (0.0, 0.25));
    }
}
