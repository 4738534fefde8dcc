use super::super::fixture;
use super::super::row::rows;
use super::design::Part;
use super::line::Line;
use super::*;
use crate::alert::Alert;
use crate::snapshot::{Flow, Snapshot};
use std::sync::{Arc, Mutex};

const EVERY: Duration = Duration::from_secs(1);

fn lines_at(snapshot: &Snapshot, columns: usize, rows: usize) -> Vec<Line> {
    lines_by(By::Group, snapshot, columns, rows)
}

fn asked(by: By) -> Asked {
    Asked { units: Units::Bits, by, interval: EVERY }
}

fn lines_by(by: By, snapshot: &Snapshot, columns: usize, rows: usize) -> Vec<Line> {
    let mut history = History::default();
    history.record(snapshot);
    let mut board = Board::default();
    board.take(snapshot);
    picture(&Scene {
        snapshot,
        history: &history,
        board: &board,
        asked: asked(by),
        running: EVERY,
        zone: &TimeZone::UTC,
        size: Size { columns, rows },
    })
}

fn text_of(lines: &[Line]) -> Vec<String> {
    lines.iter().map(|line| format!("{}|{}", line.before(false), line.after(false))).collect()
}

fn shown(text: &[String], wanted: &str) -> bool {
    text.iter().any(|line| line.contains(wanted))
}

/// Where `Bars` writes to in these tests.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn drawn(snapshot: &Snapshot, colour: bool) -> String {
    drawn_by(By::Group, [snapshot, snapshot], colour)
}

fn drawn_by(by: By, snapshots: [&Snapshot; 2], colour: bool) -> String {
    let out = Shared::default();
    let mut bars = Bars::new(Box::new(out.clone()), None, colour, asked(by));
    bars.zone = TimeZone::UTC;
    for snapshot in snapshots {
        bars.emit(snapshot).unwrap();
    }
    bars.finish().unwrap();
    let bytes = out.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn no_line_is_wider_and_no_picture_higher_than_the_terminal() {
    for (columns, rows) in [(40, 10), (80, 24), (160, 50), (20, 5), (61, 17), (3, 2)] {
        let many = Snapshot { alerts: Some(many_alerts(500)), ..fixture::wide(200) };
        for snapshot in [fixture::snapshot(), fixture::wide(200), fixture::with_alerts(), many] {
            let lines = lines_at(&snapshot, columns, rows);
            let widest = lines.iter().map(Line::width).max().unwrap();
            assert!(widest <= columns, "{widest} at {columns}x{rows}: {:#?}", text_of(&lines));
            assert!(lines.len() < rows, "{} lines at {columns}x{rows}", lines.len());
        }
    }
}

fn many_alerts(count: usize) -> Vec<Alert> {
    let alerts = fixture::alerts();
    let alert = |at: usize| Alert { id: at.to_string().into(), ..alerts[at % alerts.len()].clone() };
    (0..count).map(alert).collect()
}

/// The lines that are in the colours of `tone`, without them.
fn painted(lines: &[Line], tone: line::Tone) -> Vec<String> {
    let whole = |line: &Line| (line.before(true), line.before(false));
    let code = Line::new().text(tone, "|").before(true);
    let start = code.split('|').next().unwrap_or_default().to_owned();
    lines.iter().map(whole).filter(|(colour, _)| colour.starts_with(&start)).map(|(_, text)| text).collect()
}

#[test]
fn alerts_are_on_top_in_their_colours() {
    for (columns, rows) in [(80, 24), (40, 24), (160, 50)] {
        let lines = lines_at(&fixture::with_alerts(), columns, rows);
        let text = text_of(&lines);
        let words: Vec<&str> = text[1..5].iter().map(|line| line.split(' ').next().unwrap_or_default()).collect();
        assert_eq!(words, ["CRITICAL", "WARNING", "resolved", "pending"], "{text:#?}");
        assert!(shown(&painted(&lines, line::Tone::Trouble), "CRITICAL container web"), "{text:#?}");
        assert!(shown(&painted(&lines, line::Tone::Alert), "WARNING  interface eth0"), "{text:#?}");
        let faint = painted(&lines, line::Tone::Faint);
        assert!(shown(&faint, "pending") && shown(&faint, "resolved"), "{text:#?}");
    }
}

#[test]
fn of_many_alerts_the_rest_is_counted() {
    let many = Snapshot { alerts: Some(many_alerts(500)), ..fixture::snapshot() };
    let lines = lines_at(&many, 80, 24);
    let text = text_of(&lines);
    assert_eq!(text.iter().filter(|line| line.starts_with("CRITICAL")).count(), 5, "{text:#?}");
    assert!(text[6].starts_with("… and 470 more alerts, 245 firing"), "{text:#?}");
    assert!(shown(&text, "eth0") && shown(&text, "web"), "{text:#?}");
}

#[test]
fn golden_of_alerts() {
    let snapshots = [&fixture::with_alerts(), &fixture::with_alerts_over()];
    fixture::assert_golden("alerts.bars.txt", drawn_by(By::Group, snapshots, false).as_bytes());
    assert!(drawn_by(By::Group, snapshots, true).contains("\x1b[31m\x1b[1mCRITICAL"));
}

#[test]
fn no_list_is_wider_or_higher_than_the_terminal() {
    for by in By::ALL {
        for (columns, rows) in (0..220).map(|columns| (columns, 24)).chain([(40, 10), (20, 5), (61, 17), (3, 2)]) {
            for snapshot in [fixture::with_rows(), fixture::with_no_rows()] {
                let lines = lines_by(by, &snapshot, columns, rows);
                let widest = lines.iter().map(Line::width).max().unwrap();
                assert!(widest <= columns, "{by:?}: {widest} at {columns}x{rows}: {:#?}", text_of(&lines));
                assert!(lines.len() < rows, "{by:?}: {} lines at {columns}x{rows}", lines.len());
            }
        }
    }
}

#[test]
fn facts_fit_their_columns_and_columns_their_order() {
    for by in By::ALL {
        let Some(design) = design::of(by) else { continue };
        let snapshot = fixture::with_rows();
        for row in rows(&snapshot, by) {
            assert_eq!(row.facts(snapshot.time).len(), design.facts.len(), "{by:?}");
        }
        for fact in 0..design.facts.len() {
            let shown = |part: &&design::Part| matches!(part, Part::Fact(at) | Part::Optional(at) if *at == fact);
            assert_eq!(design.order.iter().filter(shown).count(), 1, "{by:?}, column {fact}");
        }
    }
}

#[test]
fn the_list_is_of_what_was_asked_for() {
    let snapshot = fixture::with_rows();
    for by in By::ALL {
        let text = text_of(&lines_by(by, &snapshot, 159, 50));
        let Some(design) = design::of(by) else {
            assert_eq!(text.len(), 2 + 1 + 2 * snapshot.interfaces.len() + 1, "{text:#?}");
            continue;
        };
        let heading = text.iter().position(|line| line.starts_with(design.title)).unwrap();
        let all = rows(&snapshot, by);
        for (row, line) in all.iter().zip(&text[heading + 1..]) {
            let start: String = row.name().chars().take(8).collect();
            assert!(line.starts_with(&start), "{by:?}: {start} in {line}");
        }
        let wide = ["host's end", "country", "command", "local end", "containers", "kind"];
        assert!(wide.iter().any(|title| text[heading].contains(title)), "{by:?}: {}", text[heading]);
    }
}

#[test]
fn an_empty_list_says_so_if_it_was_asked_for() {
    for by in By::ALL {
        let text = text_of(&lines_by(by, &fixture::with_no_rows(), 80, 24));
        let remark = format!("no {} has traffic", by.singular());
        assert_eq!(shown(&text, &remark), !matches!(by, By::Interface | By::Group), "{text:#?}");
    }
}

#[test]
fn what_has_ended_is_dim() {
    let dim = |by, start: &str| {
        let lines = lines_by(by, &fixture::with_rows(), 120, 50);
        let painted: Vec<String> = lines.iter().map(|line| line.before(true)).collect();
        painted.iter().any(|line| line.starts_with(&format!("\x1b[2m{start}")))
    };
    assert!(dim(By::Process, "iperf3") && !dim(By::Process, "nginx"));
    assert!(dim(By::Connection, "192.0.2.8:") && !dim(By::Connection, "192.0.2.7:"));
}

#[test]
fn golden_of_each_kind() {
    for by in By::ALL {
        let text = drawn_by(by, [&fixture::with_rows(), &fixture::with_no_rows()], false);
        fixture::assert_golden(&format!("by-{}.bars.txt", by.singular()), text.as_bytes());
    }
}

#[test]
fn all_is_shown_where_it_fits() {
    for (columns, rows) in [(80, 24), (160, 50)] {
        let text = text_of(&lines_at(&fixture::snapshot(), columns, rows));
        for wanted in ["eth0", "wg0", "eth1", "lo ", "down", "web", "nginx.service", "unattributed", "user.slice"] {
            assert!(shown(&text, wanted), "{wanted} at {columns}x{rows}: {text:#?}");
        }
        assert!(shown(&text, "of 1 Gbit/s") && shown(&text, "of peak"));
        assert!(shown(&text, "health: no_storage 3"));
        assert!(!shown(&text, "more"));
    }
}

#[test]
fn the_hosts_end_is_shown_where_it_fits() {
    let text = |columns| text_of(&lines_at(&fixture::snapshot(), columns, 50));
    let (narrow, wide) = (text(80), text(160));
    assert!(shown(&narrow, " eth0@web ") && !shown(&narrow, "veth12ab"), "{narrow:#?}");
    assert!(shown(&wide, " veth12ab ") && shown(&wide, " on eth0 "), "{wide:#?}");
}

#[test]
fn what_does_not_fit_is_counted_and_summed() {
    let text = text_of(&lines_at(&fixture::snapshot(), 40, 10));
    assert!(shown(&text, "… and 3 more interfaces") && shown(&text, "bit/s in all"), "{text:#?}");
    let text = text_of(&lines_at(&fixture::wide(200), 80, 24));
    let groups = text.iter().filter(|line| line.contains("unit-")).count();
    assert!(shown(&text, &format!("… and {} more: rx ", 200 - groups)), "{text:#?}");
}

#[test]
fn what_never_had_traffic_goes_last_when_space_is_short() {
    let mut snapshot = fixture::snapshot();
    snapshot.interfaces.insert(0, fixture::interface("idle0", 9, None, Flow::default(), Flow::default()));
    assert!(!shown(&text_of(&lines_at(&snapshot, 40, 10)), "idle0"));
    assert!(shown(&text_of(&lines_at(&snapshot, 80, 40)), "idle0"));
}

#[test]
fn without_an_interface_it_waits() {
    let snapshot = Snapshot { interfaces: Vec::new(), groups: Vec::new(), ..fixture::snapshot() };
    assert!(shown(&text_of(&lines_at(&snapshot, 80, 24)), "waiting for an interface"));
}

#[test]
fn a_small_share_of_a_fast_link_shows() {
    let mut snapshot = fixture::snapshot();
    snapshot.interfaces[0].link_bits_per_second = Some(400_000_000_000);
    let text = drawn(&snapshot, false);
    let sent = text.lines().find(|line| line.starts_with("of 400 Gbit/s")).unwrap();
    assert!(sent.contains("tx ▏·"), "{sent}");
    let down = text.lines().find(|line| line.starts_with("down")).unwrap();
    assert!(down.contains("tx ··"), "{down}");
}

#[test]
fn without_a_terminal_there_are_no_escape_codes() {
    let text = drawn(&fixture::snapshot(), false);
    fixture::assert_golden("bars.txt", text.as_bytes());
    assert!(!text.contains('\x1b'));
    assert!(drawn(&fixture::snapshot(), true).contains("\x1b[36m"));
}

/// What two pictures of so many lines write, the second after a resize if there is a new size.
fn in_place(first: usize, second: usize, resized: Option<Size>) -> String {
    let size = Size { columns: 10, rows: 9 };
    let out = Shared::default();
    let canvas = Canvas::new(Box::new(out.clone()), size, true);
    let mut drawing = Drawing::new(canvas.clone(), false);
    let lines = |count| vec![Line::new().text(line::Tone::Plain, "line"); count];
    drawing.draw(&lines(first));
    canvas.send().unwrap();
    out.0.lock().unwrap().clear();
    resized.into_iter().for_each(|size| canvas.resize(size));
    drawing.draw(&lines(second));
    canvas.send().unwrap();
    canvas.leave().unwrap();
    let bytes = out.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_picture_is_drawn_over_the_one_before_and_stays_at_the_end() {
    let line = "line\x1b[K";
    let stays = format!("\r{line}\r\r\n");
    assert_eq!(in_place(1, 1, None), format!("\r{line}\r{stays}"));
    assert_eq!(in_place(3, 1, None), format!("\x1b[2A\r{line}\r\n\x1b[2K\r\n\x1b[2K\x1b[2A\r{stays}"));
}

#[test]
fn a_resized_terminal_is_drawn_anew() {
    let drawn = in_place(3, 1, Some(Size { columns: 20, rows: 9 }));
    assert!(drawn.starts_with("\x1b[H\x1b[2J\rline\x1b[K"), "{drawn:?}");
}
