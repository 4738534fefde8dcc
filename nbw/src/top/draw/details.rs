//! All that is known of the selected row.

use std::borrow::Cow;

use ratatui::{buffer::Buffer, layout::Rect};

use super::{cells, write, write_right};
use crate::{
    fit,
    snapshot::{Connection, ConnectionState, Container, End, Group, Interface, Pod, Process, Remote, Unit},
    top::{rows::Row, state::State},
    units::{link_speed, volume},
    words,
};

/// What something is called, and what it is.
type Detail = (&'static str, String);

/// Columns of what things are called.
const LABEL: u16 = 11;

/// Draws the line above, with the row's name and what it moves.
pub(super) fn draw_rule(buffer: &mut Buffer, area: Rect, state: &State) {
    let theme = state.theme;
    let line = "─".repeat(usize::from(area.width));
    write(buffer, area, 0, 0, &line, theme.faint());
    let Some(row) = state.selected() else { return };
    let [rx, tx] = row.flows();
    let name = format!(" {} ", fit::shorten(&row.name(state.names), usize::from(area.width / 2)));
    let end = write(buffer, area, 0, 2, &name, theme.strong());
    let moved = format!(" rx {} tx {} ", volume(rx.total_bytes), volume(tx.total_bytes));
    let inner = Rect { width: area.width.saturating_sub(2), ..area };
    write_right(buffer, inner, end, &moved, theme.faint());
}

/// Draws the details; long ones take several lines.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, state: &State) {
    let (Some(row), Some(room)) = (state.selected(), area.width.checked_sub(LABEL)) else { return };
    let mut line = 0;
    for (label, text) in details(row, state) {
        write(buffer, area, line, 0, label, state.theme.faint());
        let left = usize::from(area.height.saturating_sub(line)).min(usize::from(area.height) / 3);
        let value = Rect { x: area.x + LABEL, width: room, ..area };
        for part in wrapped(&text, usize::from(room), left) {
            write(buffer, value, line, 0, &part, ratatui::style::Style::new());
            line += 1;
        }
    }
}

/// Text in at most `lines` lines of `width`; at least one. What is longer is shortened.
fn wrapped(text: &str, width: usize, lines: usize) -> Vec<String> {
    const MOST: usize = 3;
    let lines = lines.clamp(1, MOST);
    if fit::width(text) <= width || lines == 1 || width == 0 {
        return vec![fit::shorten(text, width)];
    }
    let mut parts = textwrap::wrap(text, width).into_iter().map(Cow::into_owned).collect::<Vec<_>>();
    if parts.len() > lines {
        parts =
            textwrap::wrap(&fit::shorten(text, width * (lines - 1)), width).into_iter().map(Cow::into_owned).collect();
        parts.truncate(lines);
    }
    parts
}

fn details(row: Row<'_>, state: &State) -> Vec<Detail> {
    let details = match row {
        Row::Interface(row) => of_interface(row),
        Row::Group(row) => of_group(row),
        Row::Container(row) => of_container(row),
        Row::Pod(row) => of_pod(row),
        Row::Unit(row) => of_unit(row),
        Row::Process(row) => of_process(row),
        Row::Connection(row) => of_connection(row, state),
        Row::Remote(row) => of_remote(row),
    };
    details.into_iter().filter(|(_, text)| !text.is_empty()).collect()
}

fn or_empty(text: Option<&str>) -> String {
    text.unwrap_or_default().to_owned()
}

fn of_interface(row: &Interface) -> Vec<Detail> {
    let state = if row.up { "up" } else { "down" };
    vec![
        ("state", state.into()),
        ("link", row.link_bits_per_second.map_or_else(String::new, link_speed)),
        ("index", row.index.to_string()),
        ("port of", or_empty(row.master.as_deref())),
        ("sits on", or_empty(row.parent.as_deref())),
        ("total", if row.edge { "counts it".into() } else { "leaves it out".into() }),
    ]
}

fn of_group(row: &Group) -> Vec<Detail> {
    let id = if row.id == 0 { String::new() } else { row.id.to_string() };
    vec![
        ("kind", words::kind(row.kind).into()),
        ("path", row.path.to_string()),
        ("interface", words::place(&row.interface, &row.netns).into_owned()),
        ("host's end", or_empty(row.peer.as_deref())),
        ("sits on", or_empty(row.parent.as_deref())),
        ("runtime", row.runtime.map_or("", words::runtime).into()),
        ("cgroup id", id),
    ]
}

fn of_container(row: &Container) -> Vec<Detail> {
    let labels: Vec<String> = row.labels.iter().map(|(label, value)| format!("{label}={value}")).collect();
    let through: Vec<Cow<'_, str>> = row.interfaces.iter().map(cells::through_label).collect();
    let pod = row.pod.as_deref().map(|pod| words::pod(row.namespace.as_deref(), pod));
    vec![
        ("image", or_empty(row.image.as_deref())),
        ("id", row.id.to_string()),
        ("runtime", row.runtime.map_or("", words::runtime).into()),
        ("pod", pod.unwrap_or_default()),
        ("through", through.join(" ")),
        ("labels", labels.join(" ")),
        ("path", row.path.to_string()),
    ]
}

fn of_pod(row: &Pod) -> Vec<Detail> {
    vec![
        ("namespace", or_empty(row.namespace.as_deref())),
        ("uid", row.uid.to_string()),
        ("runtime", row.runtime.map_or("", words::runtime).into()),
        ("containers", row.containers.join(" ")),
    ]
}

fn of_unit(row: &Unit) -> Vec<Detail> {
    vec![
        ("kind", words::kind(row.kind).into()),
        ("user", or_empty(row.user.as_deref())),
        ("path", row.path.to_string()),
    ]
}

fn of_process(row: &Process) -> Vec<Detail> {
    let user = match (&row.user, row.uid) {
        (Some(user), Some(uid)) if **user != uid.to_string() => format!("{user} ({uid})"),
        (user, uid) => {
            user.as_deref().map_or_else(|| uid.map_or_else(String::new, |uid| uid.to_string()), str::to_owned)
        }
    };
    let pid = if row.pid == 0 { "none is known".to_owned() } else { row.pid.to_string() };
    vec![
        ("pid", if row.ended { format!("{pid}, ended") } else { pid }),
        ("user", user),
        ("command", row.command.to_string()),
        ("owner", row.group_name.to_string()),
        ("path", row.group.to_string()),
    ]
}

fn of_connection(row: &Connection, state: &State) -> Vec<Detail> {
    let now = state.snapshot().map(|snapshot| snapshot.time).unwrap_or_default();
    let process = if row.pid == 0 { row.process.to_string() } else { format!("{} ({})", row.process, row.pid) };
    let since = row.since.to_zoned(state.zone.clone()).strftime("%F %T");
    let is = match row.state {
        ConnectionState::Open => "open",
        ConnectionState::Closed => "closed",
    };
    vec![
        ("remote", end(&row.remote)),
        ("local", end(&row.local)),
        ("process", process),
        ("owner", row.group_name.to_string()),
        ("since", format!("{since} ({})", words::short(words::since(row.since, now)))),
        ("state", format!("{}, {is}", row.protocol)),
        ("interface", words::place(&row.interface, &row.netns).into_owned()),
    ]
}

/// Numbers first, then the names that are known.
fn end(end: &End) -> String {
    let names: Vec<&str> = [&end.host, &end.service].into_iter().filter_map(|name| name.as_deref()).collect();
    let numbers = words::socket(end);
    if names.is_empty() { numbers } else { format!("{numbers} {}", names.join(" ")) }
}

fn of_remote(row: &Remote) -> Vec<Detail> {
    vec![
        ("address", words::address(row)),
        ("name", or_empty(row.host.as_deref())),
        ("country", or_empty(row.country.as_deref())),
        ("network", or_empty(row.network.as_deref())),
        ("open", row.connections.to_string()),
    ]
}
