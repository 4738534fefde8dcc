//! What keys, clicks and readings do.

use super::*;
use crate::{
    snapshot::{Connection, ConnectionState, Container, Process, Remote, RemoteKind},
    top::{
        columns::{self, Column},
        linger,
        order::Sorting,
        rows::{self, Key, Row},
        state::Page,
    },
};

/// Sorts by a column.
fn sort_by(state: &mut State, column: Column) {
    for _ in columns::all(state.by) {
        if state.sorting().column == column {
            return;
        }
        type_keys(state, "s");
    }
    panic!("no {column:?}");
}

#[test]
fn every_tab_is_reached_by_key() {
    let mut state = view(80, 24);
    for (at, by) in By::ALL.into_iter().enumerate() {
        type_keys(&mut state, &(at + 1).to_string());
        assert_eq!(state.by, by);
    }
    press(&mut state, KeyCode::Tab);
    assert_eq!(state.by, By::Interface);
    press(&mut state, KeyCode::BackTab);
    press(&mut state, KeyCode::Left);
    assert_eq!(state.by, By::Connection);
    press(&mut state, KeyCode::Right);
    assert_eq!(state.by, By::Remote);
}

#[test]
fn the_selection_is_a_row_and_not_a_place() {
    let mut state = view(80, 24);
    type_keys(&mut state, "2jj");
    assert_eq!(names(&state).1.as_deref(), Some("nginx.service"));
    type_keys(&mut state, "r");
    assert_eq!(
        names(&state),
        (
            ["ssh.service", "データベース", "unattributed", "nginx.service", "api", "web"].map(String::from).into(),
            Some("nginx.service".into())
        )
    );
    let mut snapshot = fixture::snapshot(41);
    snapshot.groups.retain(|group| &*group.name != "ssh.service" && &*group.name != "データベース");
    show(&mut state, snapshot);
    assert_eq!(names(&state).1.as_deref(), Some("nginx.service"));
}

#[test]
fn a_row_that_is_gone_leaves_the_selection_at_its_place() {
    let mut state = view(80, 24);
    type_keys(&mut state, "2j");
    assert_eq!(names(&state).1.as_deref(), Some("api"));
    let mut snapshot = fixture::snapshot(40);
    snapshot.groups.retain(|group| &*group.name != "api");
    show(&mut state, snapshot);
    assert_eq!(names(&state).1.as_deref(), Some("nginx.service"));
}

#[test]
fn until_one_is_chosen_the_first_row_is_selected_whichever_it_is() {
    let mut state = view(80, 24);
    type_keys(&mut state, "2");
    assert_eq!(names(&state).1.as_deref(), Some("web"));
    type_keys(&mut state, "r");
    assert_eq!(names(&state).1.as_deref(), Some("ssh.service"));
    type_keys(&mut state, "j");
    press(&mut state, KeyCode::Home);
    type_keys(&mut state, "r");
    assert_eq!(names(&state).1.as_deref(), Some("web"));
}

#[test]
fn any_column_sorts() {
    for by in By::ALL {
        let mut state = view(80, 24);
        type_keys(&mut state, &(by as usize + 1).to_string());
        let all = columns::all(by);
        let mut seen = Vec::new();
        for _ in &all {
            seen.push(state.sorting().column);
            let rows = names(&state).0.len();
            type_keys(&mut state, "r");
            assert_eq!(names(&state).0.len(), rows);
            type_keys(&mut state, "s");
        }
        assert!(all.iter().all(|column| seen.contains(column)), "{by:?}: {seen:?}");
        assert_eq!(state.sorting(), Sorting { column: seen[0], reversed: false });
        type_keys(&mut state, "<");
        assert_eq!(state.sorting().column, seen[seen.len() - 1]);
    }
}

#[test]
fn names_rise_and_numbers_fall_unless_reversed() {
    let mut state = view(80, 24);
    type_keys(&mut state, "6");
    sort_by(&mut state, Column::Name);
    assert_eq!(names(&state).0, ["api", "curl", "kernel", "nginx", "nginx", "sshd"]);
    sort_by(&mut state, Column::Pid);
    assert_eq!(names(&state).0, ["curl", "api", "nginx", "sshd", "nginx", "kernel"]);
    type_keys(&mut state, "r");
    assert_eq!(names(&state).0, ["kernel", "nginx", "sshd", "nginx", "api", "curl"]);
}

#[test]
fn a_filter_is_typed_kept_and_cleared() {
    let mut state = view(80, 24);
    type_keys(&mut state, "6/WWW");
    assert_eq!(names(&state).0, ["nginx", "nginx"]);
    press(&mut state, KeyCode::Backspace);
    type_keys(&mut state, "w-data q");
    assert_eq!((names(&state).0.len(), state.filter.as_str()), (0, "WWw-data q"));
    press(&mut state, KeyCode::Backspace);
    press(&mut state, KeyCode::Backspace);
    type_keys(&mut state, "\n");
    assert!(!state.typing);
    assert_eq!(names(&state).0, ["nginx", "nginx"]);
    press(&mut state, KeyCode::Esc);
    assert_eq!((names(&state).0.len(), state.filter.as_str()), (6, ""));
}

#[test]
fn a_filter_finds_what_columns_show_and_details_say() {
    for (tab, filter, found) in [
        ("3", "tier=front", 1),
        ("3", "4f9a1c", 1),
        ("2", "データ", 1),
        ("7", "192.0.2.80:443", 2),
        ("7", "mirror.example:https", 2),
        ("7", "[2001:db8::10]:443", 1),
        ("8", "as64500", 3),
        ("6", "--workers", 1),
        ("4", "shop", 1),
        ("5", "/system.slice/", 2),
    ] {
        let mut state = fresh(120, 30);
        show(&mut state, fixture::snapshot(1));
        type_keys(&mut state, &format!("{tab}/{filter}"));
        assert_eq!(state.counts().1, found, "{tab}/{filter}: {:?}", names(&state));
    }
}

#[test]
fn a_selection_survives_a_filter_that_hides_it() {
    let mut state = view(80, 24);
    type_keys(&mut state, "2jj/web");
    assert_eq!(names(&state), (vec!["web".into()], Some("web".into())));
    press(&mut state, KeyCode::Esc);
    assert_eq!(names(&state).1.as_deref(), Some("nginx.service"));
}

#[test]
fn paused_the_picture_stands_and_counting_goes_on() {
    let mut state = view(80, 24);
    type_keys(&mut state, "2p");
    let before = screen(&state, 80, 24);
    assert!(before[0].contains("PAUSED"));
    for tick in 41..=44 {
        show(&mut state, fixture::snapshot(tick));
    }
    assert_eq!(screen(&state, 80, 24), before);
    type_keys(&mut state, "j");
    assert_eq!(names(&state).1.as_deref(), Some("api"), "rows can be looked at");
    type_keys(&mut state, " ");
    let after = screen(&state, 80, 24);
    assert!(after[0].contains("09:00:44") && !after[0].contains("PAUSED"), "{after:#?}");
    assert_eq!(state.history.known(state.history.tick()), 44);
}

#[test]
fn closed_connections_stay_for_some_ticks_at_rest() {
    let mut state = fresh(200, 50);
    type_keys(&mut state, "7");
    show(&mut state, fixture::snapshot(1));
    let closed = |state: &State| -> Vec<Connection> {
        let connections = state.snapshot().unwrap().rows.connections.clone().unwrap();
        connections.into_iter().filter(|row| row.state == ConnectionState::Closed).collect()
    };
    assert!(closed(&state)[0].rx.bytes_per_second > 0.0);
    let total = closed(&state)[0].rx.total_bytes;
    for tick in 2..=8 {
        let mut snapshot = fixture::snapshot(tick);
        snapshot.rows.connections.as_mut().unwrap().retain(|row| row.state == ConnectionState::Open);
        show(&mut state, snapshot);
        let left = closed(&state);
        assert_eq!(left.len(), usize::from(tick as usize <= linger::TICKS), "tick {tick}");
        assert!(left.iter().all(|row| row.rx.bytes_per_second == 0.0 && row.rx.total_bytes == total));
    }
}

#[test]
fn clicks_go_where_they_are_aimed() {
    let mut state = view(80, 24);
    let line = screen(&state, 80, 24)[1].clone();
    let column = |word: &str| u16::try_from(line.find(word).unwrap()).unwrap();
    click(&mut state, column("proc"), 1);
    assert_eq!(state.by, By::Process);
    click(&mut state, 30, 6);
    assert_eq!(names(&state).1.as_deref(), Some("nginx"));
    mouse(&mut state, MouseEventKind::ScrollDown, 30, 6);
    assert_eq!(names(&state).1.as_deref(), Some("kernel"));
    mouse(&mut state, MouseEventKind::ScrollUp, 30, 6);
    assert_eq!(names(&state).1.as_deref(), Some("nginx"));
    click(&mut state, 10, 3);
    assert_eq!(names(&state).0, ["api", "curl", "kernel", "nginx", "nginx", "sshd"]);
    click(&mut state, 10, 3);
    assert_eq!(names(&state).0[0], "sshd");
    let before = names(&state);
    for (x, y) in [(30, 14), (0, 0), (79, 23), (200, 90), (30, 18)] {
        click(&mut state, x, y);
        assert_eq!(names(&state), before, "{x} {y}");
    }
}

#[test]
fn units_graph_names_and_interval_change_by_key() {
    let mut state = view(80, 24);
    type_keys(&mut state, "7n");
    assert!(screen(&state, 80, 24).iter().any(|line| line.contains("192.0.2.80:443")));
    type_keys(&mut state, "ug");
    let lines = screen(&state, 80, 24);
    assert!(lines[0].contains("MB/s") && !lines.iter().any(|line| line.contains("ago")), "{lines:#?}");
    let plus = |state: &mut State, key| press(state, KeyCode::Char(key));
    assert_eq!(plus(&mut state, '+'), Some(Demand::Interval(Duration::from_secs(2))));
    assert_eq!(plus(&mut state, '-'), Some(Demand::Interval(Duration::from_secs(1))));
    for _ in 0..3 {
        plus(&mut state, '-');
    }
    assert_eq!((plus(&mut state, '-'), state.interval), (None, Duration::from_millis(100)));
}

#[test]
fn quitting_and_suspending_are_demands() {
    let mut state = view(80, 24);
    let control = |letter| Event::Key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL));
    assert_eq!(state.on(control('z')), Some(Demand::Suspend));
    assert_eq!(state.on(control('c')), Some(Demand::Quit));
    type_keys(&mut state, "?q");
    assert_eq!(state.page, None, "q closes the help");
    assert_eq!(press(&mut state, KeyCode::Char('q')), Some(Demand::Quit));
}

#[test]
fn help_scrolls_to_its_end_and_no_further() {
    let mut state = view(60, 15);
    type_keys(&mut state, "?");
    press(&mut state, KeyCode::End);
    assert!(screen(&state, 60, 15).iter().any(|line| line.contains("q Ctrl-C")));
    let end = state.page;
    press(&mut state, KeyCode::Down);
    assert_eq!(state.page, end);
    press(&mut state, KeyCode::Home);
    assert_eq!(state.page, Some((Page::Help, 0)));
}

#[test]
fn thousands_of_rows_scroll() {
    let mut state = fresh(80, 24);
    show(&mut state, fixture::many(65_536));
    type_keys(&mut state, "7");
    assert_eq!(state.counts(), (65_536, 65_536));
    press(&mut state, KeyCode::End);
    let rows = names(&state);
    assert_eq!((rows.0.len(), rows.1), (11, Some("tcp 10.0.0.0:443".into())));
    for _ in 0..3 {
        press(&mut state, KeyCode::PageUp);
    }
    assert_eq!(names(&state).1.as_deref(), Some("tcp 10.0.0.30:443"));
    type_keys(&mut state, "/10.0.255.1");
    assert_eq!(state.counts().1, 1 + 10 + 100);
    show(&mut state, fixture::many(10));
    assert_eq!(state.counts().1, 0);
    press(&mut state, KeyCode::Esc);
    assert_eq!(names(&state).0.len(), 10);
}

#[test]
fn no_two_rows_are_the_same() {
    let mut snapshot = fixture::snapshot(1);
    let rows = &mut snapshot.rows;
    let containers = rows.containers.as_mut().unwrap();
    containers.push(Container { path: "/lxc.payload.web".into(), ..containers[0].clone() });
    let processes = rows.processes.as_mut().unwrap();
    processes.push(Process { id: Some(99), ended: true, ..processes[0].clone() });
    for name in ["ended", "no slot left", "kernel"] {
        processes.push(Process { id: None, pid: 0, name: name.into(), ..processes[0].clone() });
    }
    let remotes = rows.remotes.as_mut().unwrap();
    for kind in [RemoteKind::Ended, RemoteKind::NoSlot] {
        remotes.push(Remote { kind, address: None, host: None, ..remotes[0].clone() });
    }
    for by in By::ALL {
        let keys: Vec<Key> = rows::all(&snapshot, by).map(Row::key).collect();
        let distinct: std::collections::HashSet<&Key> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len(), "{keys:?}");
    }
}
