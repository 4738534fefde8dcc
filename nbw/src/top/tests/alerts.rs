//! Alerts: told at once, listed on a page of their own.

use ratatui::style::{Color, Modifier};

use super::{pictures::assert_screen, *};
use crate::{
    alert::{Alert, State as Stage},
    sink,
    top::state::Page,
};

/// A view that was shown alerts just now.
fn alerted(columns: u16, rows: u16) -> State {
    let mut state = view(columns, rows);
    show(&mut state, fixture::with_alerts(41));
    state
}

/// `count` alerts of every kind in turn.
fn many(count: usize) -> Snapshot {
    let alerts = sink::fixture::alerts();
    let alert = |at: usize| Alert { id: at.to_string().into(), ..alerts[at % alerts.len()].clone() };
    Snapshot { alerts: Some((0..count).map(alert).collect()), ..fixture::snapshot(41) }
}

#[test]
fn on_top() {
    for size in [(80, 24), (120, 30), (60, 15)] {
        assert_screen("alerts", &alerted(size.0, size.1), size);
    }
}

#[test]
fn on_their_page() {
    for size in [(80, 24), (120, 30), (60, 15)] {
        let mut state = alerted(size.0, size.1);
        type_keys(&mut state, "a");
        assert_screen("alerts-page", &state, size);
    }
}

#[test]
fn without_rules_the_page_says_how_to_have_some() {
    let mut state = view(80, 24);
    type_keys(&mut state, "a");
    assert_screen("alerts-none", &state, (80, 24));
    show(&mut state, Snapshot { alerts: Some(Vec::new()), ..fixture::snapshot(41) });
    assert!(screen(&state, 80, 24).iter().any(|line| line.contains("nothing fires")));
}

#[test]
fn many_are_counted_on_top_and_scrolled_on_their_page() {
    let mut state = view(80, 24);
    show(&mut state, many(200));
    let text = screen(&state, 80, 24);
    assert!(text[1].starts_with("CRITICAL") && text[4].contains("more alerts, 97 firing: a lists them"), "{text:#?}");
    assert!(text.iter().any(|line| line.starts_with("eth0")), "{text:#?}");
    type_keys(&mut state, "a");
    press(&mut state, KeyCode::End);
    let end = state.page;
    assert!(screen(&state, 80, 24).iter().any(|line| line.contains("ended 09:00:01: it is gone")));
    press(&mut state, KeyCode::Down);
    assert_eq!(state.page, end);
    // What there was to be scrolled through is no more.
    show(&mut state, fixture::with_alerts(42));
    show(&mut state, fixture::with_alerts(43));
    assert!(screen(&state, 80, 24).iter().any(|line| line.contains("rule: ")));
    press(&mut state, KeyCode::Home);
    assert!(screen(&state, 80, 24).iter().any(|line| line.contains("CRITICAL container web")));
}

#[test]
fn pages_are_exchanged_and_closed() {
    let mut state = alerted(80, 24);
    type_keys(&mut state, "a?");
    assert_eq!(state.page, Some((Page::Help, 0)));
    type_keys(&mut state, "a");
    assert_eq!(state.page, Some((Page::Alerts, 0)));
    type_keys(&mut state, "a");
    assert_eq!(state.page, None);
    type_keys(&mut state, "aq");
    assert_eq!(state.page, None, "q closes it");
    type_keys(&mut state, "/a");
    assert_eq!((state.page, state.filter.as_str()), (None, "a"));
}

#[test]
fn they_are_told_while_the_picture_stands() {
    let mut state = view(80, 24);
    type_keys(&mut state, "p");
    show(&mut state, fixture::with_alerts(41));
    assert!(screen(&state, 80, 24)[1].starts_with("CRITICAL container web"));
}

#[test]
fn the_bell_is_due_once_in_a_tick_in_which_they_begin() {
    let mut state = view(80, 24);
    assert!(!state.take_ring());
    show(&mut state, fixture::with_alerts(41));
    assert!(state.take_ring() && !state.take_ring());
    show(&mut state, fixture::with_alerts(42));
    assert!(!state.take_ring());
    let mut pending = fixture::with_alerts(43);
    pending.alerts.iter_mut().flatten().for_each(|alert| alert.state = Stage::Pending);
    show(&mut state, pending);
    assert!(!state.take_ring());
    show(&mut state, fixture::with_alerts(44));
    assert!(state.take_ring());
}

#[test]
fn they_have_the_palette_s_colours_or_none() {
    let mut state = alerted(80, 24);
    let looks = |state: &State| {
        let buffer = drawn(state, 80, 24);
        [1, 2, 3, 4].map(|row| (buffer[(0, row)].fg, buffer[(0, row)].modifier))
    };
    let (bold, dim) = (Modifier::BOLD, Modifier::DIM);
    let faint = (Color::Reset, dim);
    assert_eq!(looks(&state), [(Color::Red, bold), (Color::Yellow, bold), faint, faint]);
    state.theme = Theme::new(false);
    assert_eq!(looks(&state), [(Color::Reset, bold), (Color::Reset, bold), faint, faint]);
}

#[test]
fn the_most_urgent_is_seen_on_a_low_screen_too() {
    for rows in [6, 8, 10] {
        let text = screen(&alerted(80, rows), 80, rows);
        assert!(text[1].starts_with("CRITICAL container web"), "{text:#?}");
        assert!(text.iter().any(|line| line.starts_with("eth0")), "{text:#?}");
    }
}

#[test]
fn any_size_can_be_drawn() {
    let mut state = alerted(80, 24);
    show(&mut state, many(200));
    for (columns, rows) in [(0, 0), (1, 1), (3, 2), (10, 4), (20, 5), (39, 18), (72, 19), (500, 3), (40, 200)] {
        state.on(Event::Resize(columns, rows));
        for keys in ["", "a", "a"] {
            type_keys(&mut state, keys);
            drawn(&state, columns, rows);
        }
    }
}

#[test]
fn attacks_are_told_and_their_details_are_on_the_page() {
    use crate::detection::fixture::{flood, leak};
    let mut state = view(120, 30);
    show(&mut state, Snapshot { events: Some(Vec::new()), ..fixture::snapshot(41) });
    type_keys(&mut state, "a");
    assert!(screen(&state, 120, 30).iter().any(|line| line.contains("nothing fires")));
    show(&mut state, Snapshot { events: Some(vec![flood(), leak()]), ..fixture::snapshot(42) });
    assert!(screen(&state, 120, 30)[1].starts_with("CRITICAL syn-flood on 10.0.0.2:80"));
    assert_screen("attacks-page", &state, (120, 30));
    assert!(state.take_ring());
}
