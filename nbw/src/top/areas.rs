//! What stands where on the screen.

use ratatui::layout::Rect;

/// From this height on there is room for the graph below the table.
const WITH_GRAPH: u16 = 18;
/// Lines of the graph's part on such a terminal, its heading included, and at most.
const LEAST_GRAPH: u16 = 8;
const MOST_GRAPH: u16 = 17;
/// From this width on the details stand beside the graph.
const WITH_DETAILS: u16 = 72;
/// Columns of the details at least and at most.
const LEAST_DETAILS: u16 = 32;
const MOST_DETAILS: u16 = 72;

/// The parts of the screen, from top to bottom. One without room has no height.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Areas {
    pub(super) header: Rect,
    /// Alerts, troubles and warnings, when there are any.
    pub(super) notices: Rect,
    pub(super) tabs: Rect,
    /// Where the user has drilled down to, what is filtered and how it is sorted.
    pub(super) trail: Rect,
    pub(super) heading: Rect,
    pub(super) rows: Rect,
    /// The line above graph and details.
    pub(super) rule: Rect,
    pub(super) graph: Rect,
    pub(super) details: Rect,
    pub(super) keys: Rect,
}

impl Areas {
    /// Divides a screen. `notices` is how many lines there are to be told, `graph` whether the user wants one.
    pub(super) fn new(columns: u16, rows: u16, notices: u16, graph: bool) -> Self {
        let mut rest = Rect::new(0, 0, columns, rows);
        let below = if graph && rows >= WITH_GRAPH { (rows / 3).clamp(LEAST_GRAPH, MOST_GRAPH) } else { 0 };
        let keys = from_bottom(&mut rest, u16::from(rows >= 4));
        let mut panel = from_bottom(&mut rest, below);
        let header = from_top(&mut rest, 1);
        let most = rest.height.saturating_sub(6).max(u16::from(rest.height > 3));
        let notices = from_top(&mut rest, notices.min(most));
        let tabs = from_top(&mut rest, 1);
        let trail = from_top(&mut rest, u16::from(rows >= 8));
        let heading = from_top(&mut rest, 1);
        let rule = from_top(&mut panel, 1);
        let details = if columns >= WITH_DETAILS { (columns * 2 / 5).clamp(LEAST_DETAILS, MOST_DETAILS) } else { 0 };
        let (graph, details) = split(panel, details);
        Self { header, notices, tabs, trail, heading, rows: rest, rule, graph, details, keys }
    }
}

fn from_top(rest: &mut Rect, height: u16) -> Rect {
    let part = Rect { height: height.min(rest.height), ..*rest };
    *rest = Rect { y: rest.y + part.height, height: rest.height - part.height, ..*rest };
    part
}

fn from_bottom(rest: &mut Rect, height: u16) -> Rect {
    let height = height.min(rest.height);
    rest.height -= height;
    Rect { y: rest.bottom(), height, ..*rest }
}

/// Left, and `width` columns on the right, with one between them.
fn split(area: Rect, width: u16) -> (Rect, Rect) {
    if width == 0 {
        return (area, Rect { x: area.right(), width: 0, ..area });
    }
    let left = Rect { width: area.width.saturating_sub(width + 1), ..area };
    (left, Rect { x: area.right() - width, width, ..area })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_the_screen_without_meeting() {
        for columns in [0, 1, 20, 60, 80, 200, 500] {
            for rows in [0, 1, 2, 3, 4, 5, 8, 15, 18, 24, 30, 50, 200] {
                for (notices, graph) in [(0, true), (2, true), (0, false), (100, true)] {
                    let areas = Areas::new(columns, rows, notices, graph);
                    let stacked = [areas.header, areas.notices, areas.tabs, areas.trail, areas.heading, areas.rows];
                    let height: u16 = stacked.iter().map(|area| area.height).sum();
                    assert_eq!(height + areas.rule.height + areas.graph.height + areas.keys.height, rows, "{areas:?}");
                    assert!(areas.graph.right() <= areas.details.x && areas.details.right() <= columns, "{areas:?}");
                }
            }
        }
    }

    #[test]
    fn the_table_has_most_of_a_small_terminal() {
        assert_eq!(Areas::new(80, 24, 0, true).rows.height, 11);
        assert_eq!(Areas::new(80, 24, 1, true).rows.height, 10);
        assert_eq!(Areas::new(60, 15, 0, true).rows.height, 10);
        assert_eq!(Areas::new(200, 50, 0, true).rows.height, 29);
    }
}
