use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::{
    history::query::Every,
    report::{build::Source, fixture::Made},
};

static REPORT: LazyLock<Report> =
    LazyLock::new(|| Made::containers().report(None, "2026-11-16T00:00:00+01:00", Every::Seconds(3_600)));

fn page(report: &Report) -> String {
    String::from_utf8(Html.render(report).unwrap()).unwrap()
}

fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    text.split_once(begin).unwrap().1.split_once(end).unwrap().0
}

#[test]
fn the_policy_is_of_what_is_in_the_page() {
    let page = page(&REPORT);
    let hash = |text: &str| STANDARD.encode(digest(&SHA256, text.as_bytes()));
    // The template escapes quotes in attributes.
    let policy = between(&page, "Policy\" content=\"", "\"").replace("&#39;", "'");
    let script = between(&page, "</script>\n<script>", "</script>");
    assert!(policy.contains(&format!("script-src 'sha256-{}'", hash(script))), "{policy}");
    assert!(
        policy.contains(&format!("style-src 'sha256-{}'", hash(between(&page, "<style>", "</style>")))),
        "{policy}"
    );
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{policy}");
}

#[test]
fn it_needs_nothing_from_elsewhere() {
    let page = page(&REPORT);
    for outside in ["src=\"", "href=", "@import", "url(", "fetch(", "XMLHttpRequest", "https://"] {
        assert!(!page.contains(outside), "{outside}");
    }
}

/// The page is looked at with `NBW_PICTURES=DIR`.
#[test]
fn it_can_be_looked_at() {
    let mut report = REPORT.clone();
    report.findings = Made::containers().findings(report.from, report.to, &report.calendar.zone).unwrap();
    let page = page(&report);
    assert!(page.contains("eth0 &#60;b&#62;is near"), "{page}");
    if let Some(directory) = std::env::var_os("NBW_PICTURES") {
        std::fs::write(std::path::Path::new(&directory).join("report.html"), page).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_name_leaves_its_place(middle in any::<String>(), which in 0..4_usize) {
        let ends = [("</script><script>alert(1)//", "\u{2028}"), ("\"onload=\"x", "<!--<script>"), ("</title>", "]]>"), ("'\\", "&lt;")];
        let name = format!("{}{middle}{}", ends[which].0, ends[which].1);
        let mut report = REPORT.clone();
        let before = page(&report);
        for series in &mut report.answer.series {
            series.subject.name = name.as_str().into();
        }
        report.host = name.clone();
        let page = page(&report);
        // As many elements as before, whatever the names.
        for tag in ["<script", "</script", "<img", "<!--", "</title", "onload=\""] {
            prop_assert_eq!(page.matches(tag).count(), before.matches(tag).count(), "{}", tag);
        }
        let data: Value = serde_json::from_str(between(&page, "id=\"data\">", "</script>")).unwrap();
        prop_assert_eq!(data["series"][0]["name"].as_str(), Some(name.as_str()));
    }
}
