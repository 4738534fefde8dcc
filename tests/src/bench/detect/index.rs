//! `INDEX.tsv`: what is in the captures, by those who have looked at them.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};

/// Those that count for the whole, and those that are more difficult, or whose truth is less sure.
pub(super) const TIERS: [&str; 2] = ["core", "extra"];

/// A capture.
#[derive(Debug, Clone)]
pub(super) struct Capture {
    /// Below the directory of captures.
    pub(super) path: String,
    /// The attack, or `benign`.
    pub(super) label: String,
    pub(super) attacker: String,
    pub(super) victim: String,
    /// `core` or `extra`.
    pub(super) tier: String,
}

impl Capture {
    pub(super) fn is_attack(&self) -> bool {
        self.label != "benign"
    }

    /// The kinds of event that name the attack rightly.
    pub(super) fn kinds(&self) -> Vec<String> {
        let kinds: &[&str] = match self.label.as_str() {
            "dns_amplification" | "ntp_amplification" | "udp_amplification" => &["amplification"],
            // All of those captures are tunnels.
            "exfiltration" => &["exfiltration", "tunnel"],
            other => return vec![other.replace('_', "-")],
        };
        kinds.iter().map(|kind| (*kind).to_owned()).collect()
    }

    /// Kinds that are true of it too: who spoofs ARP has to look for hosts first.
    pub(super) fn also(&self) -> &'static [&'static str] {
        if self.label == "arp_spoof" { &["arp-scan"] } else { &[] }
    }
}

/// # Errors
/// When there is no index, or it has not the columns that are known.
pub(super) fn read(directory: &Path) -> Result<Vec<Capture>> {
    let file = directory.join("INDEX.tsv");
    let text = fs::read_to_string(&file).with_context(|| {
        format!("there are no captures: cannot read {} (name their directory by NBW_CAPTURES)", file.display())
    })?;
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let place = |name: &str| {
        names
            .iter()
            .position(|column| *column == name)
            .with_context(|| format!("{} has no column {name}", file.display()))
    };
    let [path, label, attacker, victim, tier] = ["path", "label", "attacker", "victim", "tier"].map(place);
    let (path, label, attacker, victim, tier) = (path?, label?, attacker?, victim?, tier?);
    let captures: Vec<Capture> = lines
        .filter(|line| !line.is_empty())
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let field = |at: usize| fields.get(at).copied().unwrap_or_default().to_owned();
            Capture {
                path: field(path),
                label: field(label),
                attacker: field(attacker),
                victim: field(victim),
                tier: field(tier),
            }
        })
        .collect();
    for capture in &captures {
        let known = TIERS.contains(&capture.tier.as_str());
        ensure!(
            known,
            "{}: {} is of tier {:?}, which is neither core nor extra",
            file.display(),
            capture.path,
            capture.tier
        );
    }
    Ok(captures)
}
