//! `--format html`: one page that needs nothing else, with charts that answer to pointers and keys.
//!
//! Names in it are hostile: the template escapes them as HTML, [`data::escaped`] as JSON in a script element, the script puts
//! them into the page as text only, and the page's policy runs no script but this one.

mod data;
#[cfg(test)]
mod tests;
mod totals;

use askama::Template;
use base64::{Engine, engine::general_purpose::STANDARD};
use ring::digest::{SHA256, digest};

use self::totals::{HtmlColumn, HtmlRow};
use super::{
    Format, Report, calendar,
    events::{self, Attack},
};
use crate::{failure::Failure, history::Kind, insight::Finding};

/// Writes a page.
pub struct Html;

const STYLE: &str = include_str!("html/style.css");
const SCRIPTS: [&str; 6] = [
    include_str!("html/base.js"),
    include_str!("html/plot.js"),
    include_str!("html/rate.js"),
    include_str!("html/heat.js"),
    include_str!("html/duration.js"),
    include_str!("html/main.js"),
];

#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    policy: String,
    version: &'a str,
    title: String,
    span: String,
    style: &'a str,
    findings: &'a [Finding],
    attacks: Vec<Attack>,
    more_attacks: usize,
    stacked: bool,
    undirected: bool,
    subjects: &'a str,
    columns: Vec<HtmlColumn>,
    totals: Vec<HtmlRow>,
    samples: u32,
    curve_samples: String,
    estimated: bool,
    made: String,
    zone: String,
    data: String,
    script: String,
}

impl Format for Html {
    fn render(&self, report: &Report) -> Result<Vec<u8>, Failure> {
        let script = format!("'use strict';(() => {{\n{}}})();", SCRIPTS.concat());
        let local = |at| report.calendar.local(at).strftime("%F %H:%M %Z").to_string();
        let (attacks, more_attacks) = events::listed(report);
        let page = Page {
            attacks,
            more_attacks,
            policy: policy(&script),
            version: env!("CARGO_PKG_VERSION"),
            title: report.title(),
            span: report.span(),
            style: STYLE,
            findings: &report.findings,
            // What went by two interfaces may be the same packet.
            stacked: !matches!(report.kind, Kind::Interface | Kind::Host),
            undirected: report.is_undirected(),
            subjects: report.subjects(),
            columns: totals::columns(report),
            totals: totals::rows(report),
            samples: report.answer.sample_seconds,
            curve_samples: calendar::length(if report.hourly.is_some() { calendar::HOUR } else { report.every }),
            estimated: report.estimates(),
            made: local(report.now),
            zone: report.calendar.zone.iana_name().map_or_else(|| local(report.now), str::to_owned),
            data: data::json(report)?,
            script,
        };
        page.render().map(String::into_bytes).map_err(|error| Failure::running(&error))
    }
}

/// Only this script and this style, and nothing from anywhere else.
fn policy(script: &str) -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(digest(&SHA256, text.as_bytes())));
    format!(
        "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'",
        hash(script),
        hash(STYLE)
    )
}
