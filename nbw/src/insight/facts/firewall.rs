//! What the firewall has dropped, as its own tools tell: `iptables-save`, `ip6tables-save`, `nft`. They only read. (Asked for the
//! first time, the kernel may load its nf_tables module to answer.)

mod iptables;
mod nft;

use std::{collections::HashMap, sync::Arc, time::Duration};

use ring::digest::{SHA256, digest};
use tokio::process::Command;

use super::{Counter, counter};
use crate::tool;

/// A tool that takes longer (100,000 rules) is not waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// Rulesets that are longer (some 50,000 rules) are not read.
const MOST_BYTES: u64 = 8 << 20;

/// Where the tools are; nobody else's `PATH` is looked at.
const PATH: &str = "/usr/sbin:/sbin:/usr/bin:/bin:/usr/local/sbin";

/// Of a rule's text so much is kept, in bytes.
const MOST_TEXT: usize = 200;

/// Bytes of a digest that tell the rules of a chain apart: two of 10,000 have the same by a chance of 1 in 5 million.
const DIGEST: usize = 6;

/// The counts of so many rules are told, of those that have met most: who bans addresses one by one has thousands.
const MOST_COUNTED: usize = 64;

/// Where in a packet's way a chain is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hook {
    /// For this host.
    Input,
    /// From this host.
    Output,
    /// Through this host.
    Forward,
    /// Before any of that, or in a chain that others jump to.
    Other,
}

/// A rule, or a chain's policy, that drops or rejects, and counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// `iptables`, `ip6tables` or `nft`.
    pub tool: &'static str,
    /// Table and chain, as the tool names them.
    pub chain: Arc<str>,
    /// Which rule of the chain, from 1 (nft: its handle); none for the policy. It may be another rule's tomorrow.
    pub number: Option<u64>,
    /// What its counters are known by, whatever its number is: `policy`, or made of what the rule says.
    pub id: Arc<str>,
    /// Where the chain is.
    pub hook: Hook,
    /// The rule as the tool writes it, cleaned.
    pub text: Arc<str>,
}

impl Verdict {
    /// The owner of its counters `packets` and `bytes`.
    pub fn owner(&self) -> String {
        format!("firewall {} {} {}", self.tool, self.chain, self.id)
    }

    /// The command that shows it with its counters.
    pub fn show(&self) -> String {
        let (table, chain) = self.chain.rsplit_once(' ').unwrap_or(("filter", &self.chain));
        let quoted = |name: &str| shlex::try_quote(name).unwrap_or_default().into_owned();
        match self.tool {
            "nft" => format!("nft -a list chain {}", self.chain.split(' ').map(quoted).collect::<Vec<_>>().join(" ")),
            tool => format!("{tool} -t {} -vnL {} --line-numbers", quoted(table), quoted(chain)),
        }
    }
}

/// A verdict, and how many packets and bytes it has met.
type Counted = (Verdict, u64, u64);

/// What tells a rule from others: the same as long as it says the same, wherever in its chain it is.
fn id(rule: &str) -> Arc<str> {
    let digest = digest(&SHA256, rule.as_bytes());
    digest.as_ref().iter().take(DIGEST).map(|byte| format!("{byte:02x}")).collect::<String>().into()
}

/// Rules that say the same twice in a chain are told apart by their order.
fn tell_apart(all: &mut [Counted]) {
    let mut met = HashMap::<String, u32>::new();
    for (verdict, ..) in all {
        let times = met.entry(verdict.owner()).or_default();
        *times += 1;
        if *times > 1 {
            verdict.id = format!("{}-{times}", verdict.id).into();
        }
    }
}

/// The counters of those that have met `least` packets.
fn counters(all: &[Counted], least: u64) -> Vec<Counter> {
    let mut busiest: Vec<&Counted> = all.iter().filter(|(_, packets, _)| *packets >= least).collect();
    busiest.sort_by_key(|(_, packets, _)| std::cmp::Reverse(*packets));
    busiest.truncate(MOST_COUNTED);
    let both = |(verdict, packets, bytes): &Counted| {
        [counter(&verdict.owner(), "packets", *packets), counter(&verdict.owner(), "bytes", *bytes)]
    };
    busiest.into_iter().flat_map(both).collect()
}

/// All that drops, and the counters of those that have met `least` packets; nothing where there is no tool or no leave.
pub(super) async fn read(least: u64) -> (Vec<Verdict>, Vec<Counter>) {
    let (v4, v6, nft) = tokio::join!(
        run("iptables-save", &["-c"]),
        run("ip6tables-save", &["-c"]),
        run("nft", &["-t", "-j", "list", "ruleset"])
    );
    let mut all: Vec<Counted> = Vec::new();
    let tables = [("iptables", &v4), ("ip6tables", &v6)].map(|(tool, text)| {
        all.extend(iptables::parse(tool, text));
        iptables::tables(text)
    });
    // What iptables-nft has put there is told by the tool that the user knows it by.
    all.extend(nft::parse(&nft, |family, table| match family {
        "ip" => tables[0].contains(&table),
        "ip6" => tables[1].contains(&table),
        _ => false,
    }));
    tell_apart(&mut all);
    let counters = counters(&all, least);
    (all.into_iter().map(|(verdict, ..)| verdict).collect(), counters)
}

/// What a tool prints; nothing if it is not there, fails, takes too long or has too much to say.
async fn run(program: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    command.args(arguments).env_clear().env("PATH", PATH);
    let bytes = tool::printed(command, PATIENCE, MOST_BYTES).await.unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rules: &[(u64, &str)]) -> Vec<(String, u64)> {
        let lines = rules.iter().map(|(packets, rule)| format!("[{packets}:0] -A INPUT {rule} -j DROP\n"));
        let mut all = iptables::parse("iptables", &format!("*filter\n{}", lines.collect::<String>()));
        tell_apart(&mut all);
        all.into_iter().map(|(verdict, packets, _)| (verdict.owner(), packets)).collect()
    }

    #[test]
    fn a_rule_that_is_deleted_moves_no_count_to_another() {
        let before = read(&[(9_000_000, "-s 192.0.2.1/32"), (5, "-p tcp -m tcp --dport 23")]);
        let after = read(&[(6, "-p tcp -m tcp --dport 23")]);
        assert_eq!(after[0].0, before[1].0);
        assert_ne!(after[0].0, before[0].0);
    }

    #[test]
    fn of_thousands_of_rules_the_busiest_count() {
        let rule = |at: u64| format!("[{at}:0] -A INPUT -s 10.0.{}.{}/32 -j DROP\n", at / 256, at % 256);
        let all = iptables::parse("iptables", &format!("*filter\n{}", (0..3_000).map(rule).collect::<String>()));
        let told = counters(&all, 0);
        assert_eq!((told.len(), told[0].1), (2 * MOST_COUNTED, 2_999));
        assert_eq!(counters(&all, 2_990).len(), 2 * 10);
    }

    #[test]
    fn the_same_rule_twice_has_two_counts() {
        let twice = read(&[(3, "-p udp"), (4, "-p tcp"), (5, "-p udp")]);
        assert_ne!(twice[0].0, twice[2].0);
        assert!(twice[2].0.starts_with(&twice[0].0), "{twice:?}");
    }
}
