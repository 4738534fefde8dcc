//! Columns of text, each as wide as its widest cell.

use console::{Alignment, measure_text_width, pad_str};

/// Between two columns.
const GAP: &str = "  ";

/// Lines of cells; `right` says which columns are aligned right. What is last in a line is not padded.
pub(super) fn lines(rows: &[Vec<String>], right: &[usize]) -> String {
    let widths = widths(rows);
    rows.iter().map(|row| format!("  {}\n", line(row, &widths, right))).collect()
}

fn widths(rows: &[Vec<String>]) -> Vec<usize> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width =
        |column| rows.iter().filter_map(move |row| row.get(column)).map(|cell: &String| measure_text_width(cell)).max();
    (0..columns).map(|column| width(column).unwrap_or(0)).collect()
}

fn line(row: &[String], widths: &[usize], right: &[usize]) -> String {
    let cell = |(column, cell): (usize, &String)| {
        let alignment = if right.contains(&column) { Alignment::Right } else { Alignment::Left };
        pad_str(cell, widths[column], alignment, None).into_owned()
    };
    let cells: Vec<String> = row.iter().enumerate().map(cell).collect();
    cells.join(GAP).trim_end().to_owned()
}
