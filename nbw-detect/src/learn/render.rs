//! A learnt signature as a file.

use std::fmt::Write;

use serde::Serialize;

use super::{Learnt, Outcome};
use crate::Signature;

#[derive(Serialize)]
struct File<'a> {
    signature: [&'a Signature; 1],
}

pub(super) fn file(learnt: &Learnt) -> String {
    let mut text = String::from(
        "# Learnt by `nbw detect --learn`. Read it before you use it: `nbw detect --signatures FILE`.\n#\n",
    );
    for margin in &learnt.margins {
        let (name, attack, normal, bound) = (&margin.name, margin.attack, margin.normal, margin.bound);
        let _ = writeln!(text, "# {name}: {attack} in the attack, {normal} in what is normal, bound {bound}.");
    }
    let named = learnt.attack.named.as_ref().map(|(source, target)| format!(", {source} to {target} the busiest"));
    let _ = writeln!(text, "# On the attack: {}{}.", told(&learnt.attack), named.unwrap_or_default());
    let _ = writeln!(text, "# On what is normal: {}.\n", told(&learnt.normal));
    let file = File { signature: [&learnt.signature] };
    // Strings and numbers only: there is nothing that TOML could not say.
    text + &toml::to_string_pretty(&file).unwrap_or_default()
}

fn told(outcome: &Outcome) -> String {
    let events = if outcome.events == 1 { "event" } else { "events" };
    format!("{} {events}, in {} of {} windows", outcome.events, outcome.hits, outcome.windows)
}
