use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::{
    golden::assert_golden,
    history::query::Every,
    report::{
        build::{Request, Source, build},
        fixture::Made,
        progress::Progress,
        rows,
    },
};

fn report(what: Option<What>) -> Report {
    match what {
        Some(What::Hours) => Made::containers().report(what, "2026-11-25T12:00:00Z", Every::Seconds(3_600)),
        Some(What::Top) => Made::containers().report(what, "2026-11-01T00:00:00+01:00", Every::Day),
        Some(What::Months) => Made::containers().report(what, "2026-07-01T00:00:00+02:00", Every::Month),
        _ => Made::containers().report(what, "2026-11-23T00:00:00+01:00", Every::Day),
    }
}

static REPORTS: LazyLock<Vec<Report>> =
    LazyLock::new(|| [None, Some(What::Hours), Some(What::Months), Some(What::Top)].map(report).into());

fn drawn(report: &Report, width: usize, colour: bool, unicode: bool) -> String {
    String::from_utf8(Table { width, colour, unicode }.render(report).unwrap()).unwrap()
}

#[test]
fn golden_tables() {
    for (name, what) in
        [("sums", None), ("hours", Some(What::Hours)), ("months", Some(What::Months)), ("top", Some(What::Top))]
    {
        let report = report(what);
        for width in [60, 80, 200] {
            assert_golden(&format!("report/golden/{name}-{width}.txt"), drawn(&report, width, false, true).as_bytes());
        }
    }
}

#[test]
fn without_utf8_all_is_ascii() {
    assert!(drawn(&report(Some(What::Hours)), 100, false, false).is_ascii());
}

#[test]
fn colours_change_no_text() {
    let report = report(Some(What::Hours));
    let coloured = drawn(&report, 100, true, true);
    assert!(coloured.contains('\u{1b}'));
    assert_eq!(console::strip_ansi_codes(&coloured), drawn(&report, 100, false, true));
}

#[test]
fn what_nobody_recorded_is_not_told_as_nothing() {
    let made = Made::containers();
    let request = Request {
        to: "2026-08-20T02:00:00Z".parse().unwrap(),
        compare: false,
        ..made.request(Some(What::Hours), "2026-08-19T22:00:00Z", Every::Seconds(3_600))
    };
    let text = drawn(&build(&made, request, &Progress::start(1)).unwrap(), 200, false, true);
    let unknown: Vec<&str> = text.lines().filter(|line| line.contains("no record")).collect();
    assert!(
        !unknown.is_empty() && unknown.iter().all(|line| !line.contains("0 B") && !line.contains("bit/s")),
        "{text}"
    );
}

#[test]
fn nobody_is_new_where_nobody_recorded() {
    let made = Made::containers();
    let report = |from: &str| made.report(Some(What::Months), from, Every::Month);
    // The history begins in August.
    let text = drawn(&report("2026-07-01T00:00:00+02:00"), 200, false, true);
    assert!(!text.contains("new"), "{text}");
    let changes: Vec<bool> =
        report("2026-10-01T00:00:00+02:00").rows_of(0).iter().map(|row| row.previous.is_some()).collect();
    assert_eq!(changes, [true, true]);
}

#[test]
fn what_is_used_has_digits_that_say_something() {
    let used = |moved| rows::used(moved, 1_000_000);
    assert_eq!(
        ["2.5 %", "9.9 %", "10 %", "103 %"],
        [25_000, 99_400, 99_600, 1_034_000].map(used).each_ref().map(String::as_str)
    );
}

#[test]
fn an_estimate_of_the_first_moments_is_none() {
    // A history of an hour in a month that has five days left.
    let mut report = report(None);
    report.began = "2026-11-25T19:30:00Z".parse().unwrap();
    assert!(report.totals().iter().all(|total| total.month.total() > 0 && total.month_estimate.is_none()));
    let text = drawn(&report, 200, false, true);
    assert!(text.contains("this month") && !text.contains("estimate"), "{text}");
}

#[test]
fn findings_are_a_section() {
    let mut report = report(None);
    report.findings = Made::containers().findings(report.from, report.to, &report.calendar.zone).unwrap();
    let text = drawn(&report, 80, false, true);
    assert!(text.contains("\n! eth0 <b>is near</b> its limit\n") && text.contains("nbw top -i eth0"), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn nothing_is_wider_than_the_terminal(
        width in 20_usize..240, colour in any::<bool>(), unicode in any::<bool>(), which in 0..4_usize,
        name in "[a-zé界</ ]{0,60}", huge in any::<u64>(),
    ) {
        let mut report = REPORTS[which].clone();
        report.answer.series[0].subject.name = name.into();
        report.answer.whole[0].rx.bytes = huge >> 1;
        let text = drawn(&report, width, colour, unicode);
        for line in text.lines() {
            prop_assert!(fit::width(line) <= width, "{width}: {line:?}");
        }
    }
}
