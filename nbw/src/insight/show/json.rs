//! `--format json`: one object; its layout is in docs/insight.md.

use std::io;

use serde::Serialize;

use super::Advice;
use crate::insight::Finding;

/// Version of the layout, raised when a field changes its meaning.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    from: String,
    to: String,
    source: &'static str,
    findings: &'a [Finding],
}

/// One line.
pub(super) fn json(advice: &Advice) -> io::Result<String> {
    let time = |time: jiff::Timestamp| format!("{time:.3}");
    let object = Object {
        schema: SCHEMA,
        from: time(advice.from),
        to: time(advice.to),
        source: if advice.live { "live" } else { "history" },
        findings: &advice.findings,
    };
    Ok(serde_json::to_string(&object)? + "\n")
}
