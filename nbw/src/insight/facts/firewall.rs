//! What the firewall has dropped, as its own tools tell: `iptables-save`, `ip6tables-save`, `nft`. They only read. (Asked for the
//! first time, the kernel may load its nf_tables module to answer.)

mod iptables;
mod nft;

use std::{process::Stdio, sync::Arc, time::Duration};

use tokio::process::Command;

use super::{Counter, counter};

/// A tool that takes longer (100,000 rules) is not waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where the tools are; nobody else's `PATH` is looked at.
const PATH: &str = "/usr/sbin:/sbin:/usr/bin:/bin:/usr/local/sbin";

/// Of a rule's text so much is kept, in bytes.
const MOST_TEXT: usize = 200;

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
    /// Which rule of the chain, from 1 (nft: its handle); none for the policy.
    pub number: Option<u64>,
    /// Where the chain is.
    pub hook: Hook,
    /// The rule as the tool writes it, cleaned.
    pub text: Arc<str>,
}

impl Verdict {
    /// The owner of its counters `packets` and `bytes`.
    pub fn owner(&self) -> String {
        let number = self.number.map_or_else(|| "policy".to_owned(), |number| number.to_string());
        format!("firewall {} {} {number}", self.tool, self.chain)
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

/// All that drops, and the counters of it; nothing where there is no tool or no leave.
pub(super) async fn read() -> (Vec<Verdict>, Vec<Counter>) {
    let (v4, v6, nft) = tokio::join!(
        run("iptables-save", &["-c"]),
        run("ip6tables-save", &["-c"]),
        run("nft", &["-j", "list", "ruleset"])
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
    let counters = all.iter().flat_map(|(verdict, packets, bytes)| {
        [counter(&verdict.owner(), "packets", *packets), counter(&verdict.owner(), "bytes", *bytes)]
    });
    let counters = counters.collect();
    (all.into_iter().map(|(verdict, ..)| verdict).collect(), counters)
}

/// What a tool prints; nothing if it is not there, fails, or takes too long.
async fn run(program: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    command.args(arguments).env_clear().env("PATH", PATH).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    match tokio::time::timeout(PATIENCE, command.output()).await {
        Ok(Ok(output)) if output.status.success() => String::from_utf8_lossy(&output.stdout).into_owned(),
        _ => String::new(),
    }
}
