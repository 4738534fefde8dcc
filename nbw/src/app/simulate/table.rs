//! Tables for people, as wide as the terminal.

use comfy_table::{ContentArrangement, Table, presets::NOTHING};

/// Columns where there is no terminal to fit.
const PIPE_WIDTH: u16 = 140;

/// A table without lines, its first column flush left.
pub(super) fn of<const N: usize>(head: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let mut table = Table::new();
    let width = console::Term::stdout().size_checked().map_or(PIPE_WIDTH, |(_, columns)| columns.max(40));
    table.load_preset(NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(width).set_header(head);
    table.add_rows(rows);
    if let Some(first) = table.column_mut(0) {
        first.set_padding((0, 1));
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}
