//! Golden screens.

use ratatui::style::{Color, Modifier};

use super::*;
use crate::golden::assert_golden;

const SIZES: [(u16, u16); 4] = [(80, 24), (120, 30), (200, 50), (60, 15)];

pub(super) fn assert_screen(name: &str, state: &State, (columns, rows): (u16, u16)) {
    let lines = screen(state, columns, rows);
    for line in &lines {
        assert!(fit::width(line) <= usize::from(columns), "{name}: {line}");
    }
    assert_golden(&format!("top/golden/{name}-{columns}x{rows}.txt"), (lines.join("\n") + "\n").as_bytes());
}

#[test]
fn tabs() {
    for (columns, rows) in SIZES {
        for by in By::ALL {
            let mut state = view(columns, rows);
            type_keys(&mut state, &(by as usize + 1).to_string());
            assert_screen(by.singular(), &state, (columns, rows));
        }
    }
}

#[test]
fn help() {
    for size in SIZES {
        let mut state = view(size.0, size.1);
        type_keys(&mut state, "?");
        assert_screen("help", &state, size);
    }
}

#[test]
fn a_filter_being_typed() {
    let mut state = view(80, 24);
    type_keys(&mut state, "7/NGINX");
    assert_screen("filter", &state, (80, 24));
}

#[test]
fn a_filter_that_nothing_matches() {
    let mut state = view(80, 24);
    type_keys(&mut state, "3/zzz\n");
    assert_screen("filter-none", &state, (80, 24));
}

#[test]
fn paused() {
    let mut state = view(80, 24);
    type_keys(&mut state, "2p");
    show(&mut state, fixture::snapshot(41));
    assert_screen("paused", &state, (80, 24));
}

#[test]
fn into_a_container() {
    let mut state = view(120, 30);
    type_keys(&mut state, "3j\n\n");
    assert_screen("drilled", &state, (120, 30));
}

#[test]
fn nothing_read_yet() {
    assert_screen("waiting", &fresh(80, 24), (80, 24));
}

#[test]
fn nothing_there() {
    let mut state = fresh(80, 24);
    show(&mut state, fixture::quiet());
    type_keys(&mut state, "7");
    assert_screen("empty", &state, (80, 24));
}

#[test]
fn a_kind_that_is_not_told_apart() {
    let mut state = fresh(80, 24);
    show(&mut state, fixture::without_rows());
    type_keys(&mut state, "6");
    assert_screen("not-counted", &state, (80, 24));
}

#[test]
fn troubles_and_warnings() {
    let mut state = view(80, 24);
    let mut snapshot = fixture::snapshot(41);
    snapshot.health.0 = vec![("no_slot", 12), ("no_storage", 3)];
    show(&mut state, snapshot);
    state.on(Event::Warning("a filter comes before nbw's on interface eth0: what it keeps is not counted".into()));
    assert_screen("troubles", &state, (80, 24));
}

#[test]
fn bytes_without_a_graph() {
    let mut state = view(80, 24);
    type_keys(&mut state, "2ug");
    assert_screen("bytes", &state, (80, 24));
}

#[test]
fn any_size_can_be_drawn() {
    let mut state = view(80, 24);
    for (columns, rows) in [(0, 0), (1, 1), (3, 2), (10, 4), (20, 5), (39, 18), (72, 19), (500, 3), (40, 200)] {
        state.on(Event::Resize(columns, rows));
        for keys in ["1", "2", "6", "7", "?", "?", "/x", "\n/\n"] {
            type_keys(&mut state, keys);
            drawn(&state, columns, rows);
        }
        press(&mut state, KeyCode::Esc);
    }
}

#[test]
fn a_screen_that_has_shrunk_is_drawn_as_far_as_it_goes() {
    for (columns, rows) in [(60, 15), (1, 1), (200, 3), (10, 50)] {
        for keys in ["", "?", "/x"] {
            let mut state = view(200, 50);
            type_keys(&mut state, keys);
            drawn(&state, columns, rows);
        }
    }
    let mut state = view(200, 50);
    state.fit((60, 15).into());
    assert_eq!(screen(&state, 60, 15), screen(&view(60, 15), 60, 15));
}

#[test]
fn only_colours_of_the_palette_or_none() {
    let palette = [Color::Reset, Color::Cyan, Color::Magenta, Color::Blue, Color::Yellow, Color::Red];
    let mut state = view(120, 30);
    for colour in [true, false] {
        state.theme = Theme::new(colour);
        let mut seen = std::collections::HashSet::new();
        for tab in "12345678?".chars() {
            type_keys(&mut state, &tab.to_string());
            for cell in drawn(&state, 120, 30).content() {
                assert!(palette.contains(&cell.fg) && cell.bg == Color::Reset, "{cell:?}");
                seen.insert(cell.fg);
            }
        }
        press(&mut state, KeyCode::Esc);
        assert_eq!(seen.len() > 1, colour, "{seen:?}");
    }
}

#[test]
fn what_is_no_more_is_faint_and_the_selected_row_reversed() {
    let mut state = view(80, 24);
    type_keys(&mut state, "6");
    let buffer = drawn(&state, 80, 24);
    let styles: Vec<(String, Modifier)> = (4..10).map(|row| (line(&buffer, row), buffer[(9, row)].modifier)).collect();
    let of = |word: &str| styles.iter().find(|(line, _)| line.contains(word)).map(|(_, modifier)| *modifier);
    assert!(of("6001").is_some_and(|modifier| modifier.contains(Modifier::DIM)), "{styles:?}");
    assert!(of("4711").is_some_and(|modifier| modifier == Modifier::REVERSED), "{styles:?}");
    assert!(of(" 930 sshd").is_some_and(|modifier| modifier.is_empty()), "{styles:?}");
}
