use super::*;
use crate::{
    golden::assert_golden,
    history::query::Every,
    report::{What, fixture::Made},
};

const CHARTS: [(&str, Chart); 4] =
    [("rate", Chart::Rate), ("stack", Chart::Stack), ("heatmap", Chart::Heatmap), ("duration", Chart::Duration)];

fn report() -> Report {
    Made::containers().report(None, "2026-11-16T00:00:00+01:00", Every::Seconds(3_600))
}

fn drawn(chart: Chart, width: u32, png: bool, report: &Report) -> Vec<u8> {
    Picture { chart, width, height: usual_height(width), png }.render(report).unwrap()
}

/// The pictures are looked at with `NBW_PICTURES=DIR`.
#[test]
fn golden_pictures() {
    let report = report();
    for (name, chart) in CHARTS {
        for width in [400, 1_600] {
            let svg = drawn(chart, width, false, &report);
            let png = drawn(chart, width, true, &report);
            assert_eq!(png[..8], *b"\x89PNG\r\n\x1a\n");
            if let Some(directory) = std::env::var_os("NBW_PICTURES") {
                let path = std::path::Path::new(&directory).join(format!("{name}-{width}"));
                std::fs::write(path.with_extension("svg"), &svg).unwrap();
                std::fs::write(path.with_extension("png"), &png).unwrap();
            }
        }
        assert_golden(&format!("report/golden/{name}.svg"), &drawn(chart, 400, false, &report));
    }
}

#[test]
fn names_do_not_leave_their_text() {
    for (_, chart) in CHARTS {
        let svg = String::from_utf8(drawn(chart, 1_600, false, &report())).unwrap();
        assert!(!svg.contains("</script>") && !svg.contains("<img"), "{svg}");
        assert!(svg.contains("<title>host1, containers"), "{svg}");
    }
}

#[test]
fn the_smallest_picture_of_the_shortest_time_can_be_drawn() {
    let report = Made::containers().report(Some(What::Hours), "2026-11-25T20:00:00Z", Every::Seconds(3_600));
    for (_, chart) in CHARTS {
        for png in [false, true] {
            assert!(!Picture { chart, width: 200, height: 150, png }.render(&report).unwrap().is_empty());
        }
    }
}

#[test]
fn attacks_are_marked_where_they_were() {
    let marks = |report: &Report| {
        let svg = String::from_utf8(drawn(Chart::Rate, 1_000, false, report)).unwrap();
        svg.matches("#B91C1C").count()
    };
    let mut report = report();
    assert_eq!(marks(&report), 0);
    report.events = vec![crate::detection::fixture::flood(), crate::detection::fixture::scan()];
    assert_eq!(marks(&report), 2);
}
